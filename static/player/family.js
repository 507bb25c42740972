// The relatives of the run that is shown, in one line above the cluster: what it branched from with the way back, and what branched from it.
import { el } from "./dom.js";
import { ask } from "./site.js";
import { deedLabel, seconds } from "./words.js";

const SHOWN_MAX = 12;

/** `/runs/<id>/family/` as {run, parent, siblings, children}, or null where the server does not tell. */
export function relativesOf(runUrl, run) {
  return ask(`${runUrl}${run}/family/`);
}

export class Family {
  constructor(player) {
    this.player = player;
    this.known = null; // what the server told of the run that is shown
  }

  /** Asks for the relatives; only whose run it is has any to see. */
  async look() {
    const { session, dataset } = this.player;
    const { run } = session;
    if (!run || dataset.led || !session.rights.act) return;
    const known = await relativesOf(dataset.runUrl, run);
    if (!known || !this.player.view || session.run !== run) return;
    this.known = known;
    this.show();
  }

  show() {
    const { player } = this;
    const known = this.known?.run.id === player.session.run ? this.known : null;
    player.view.showBranch([...this.shared(), ...this.origin(known), ...this.branches(known)]);
  }

  /** Seen by a link. */
  shared() {
    const { session } = this.player;
    if (!session.run || session.run !== session.place.sharedRun) return [];
    return [el("span", {}, "A shared run, as it was when the link was made. What you do here happens in a copy of your own.")];
  }

  /** Where a branch comes from. In the tab that made it, as what was just done; later, and elsewhere, as what it is. */
  origin(known) {
    const { runs, session, dataset } = this.player;
    const { parent } = runs;
    if (!parent || (dataset.led && !parent.made)) return []; // side by side the heads say where a run comes from
    const at_us = parent.at_us ?? known?.run.branched_at_us;
    const when = at_us === undefined || at_us === null ? "" : ` at ${seconds(at_us)}`;
    const words = parent.made || !known?.parent ? `You acted in the past${when}: this is a new branch.` : `A ${when ? "branch" : "copy"} of “${known.parent.label}”${when}.`;
    const back = el("button", { type: "button", class: "link", onclick: () => runs.backTo({ ...parent, at_us: at_us ?? undefined }) }, "Back to the earlier run");
    return [el("span", {}, words), back, dataset.led ? null : this.beside(parent.run, session.run)].filter(Boolean);
  }

  branches(known) {
    const children = known?.children ?? [];
    const siblings = known?.siblings ?? [];
    return [this.list(children, "branch", "branches"), this.list(siblings, "other branch of the earlier run", "other branches of the earlier run")].filter(Boolean);
  }

  list(relatives, one, many) {
    if (!relatives.length) return null;
    const rows = relatives.slice(0, SHOWN_MAX).map((relative) => this.row(relative));
    const more = relatives.length > SHOWN_MAX ? el("li", {}, `and ${relatives.length - SHOWN_MAX} more, in the list of your runs`) : null;
    return el("details", { class: "relatives" }, el("summary", {}, relatives.length === 1 ? `1 ${one}` : `${relatives.length} ${many}`), el("ul", {}, ...rows, more));
  }

  /** The moment it left at, what was done there first, and the two ways to see it. */
  row({ id, label, branched_at_us, commands }) {
    const { player } = this;
    const [first] = commands;
    const deed = first ? deedLabel(player.lab, first.action, first.args) : "nothing done yet";
    const at_us = branched_at_us ?? first?.at_us ?? null;
    const open = () => player.runs.goTo({ run: id, at_us }, `This is the branch “${deed}”.`);
    const named = label === this.known.run.label ? deed : `${label}: ${deed}`;
    return el("li", {}, el("time", {}, at_us === null ? "copy" : seconds(at_us)), el("span", {}, named), el("button", { type: "button", class: "link", onclick: open, "aria-label": `Open the branch ${named}` }, "Open"), this.beside(player.session.run, id, named));
  }

  beside(a, b, of = "the earlier run and this branch") {
    return el("a", { href: `${this.player.dataset.runUrl}${a}/beside/${b}/`, "aria-label": `Side by side: ${of}` }, "Side by side");
  }
}
