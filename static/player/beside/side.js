// One of the two runs: what it is, said above its player, and kept up to date while one acts in it.
import { el } from "../dom.js";
import { relativesOf } from "../family.js";
import { deedLabel, say, seconds } from "../words.js";

const DEEDS_MAX = 6;
const ASK_AGAIN_MS = 5000;

export class Side {
  /** `about`: the run as labs/family.py tells of it. `host`: where the words go. */
  constructor(letter, player, about, host) {
    Object.assign(this, { letter, player, about, host });
    this.asked = keyOf(player.dataset.run, about.revision);
  }

  /** The run that is shown; null while a new one is being made. */
  get run() {
    return this.player.session.run;
  }

  /** Each frame: a run that is another, or has another log, is asked for anew. `told()` is called when the answer came. */
  async look(told) {
    const { session } = this.player;
    const key = keyOf(session.run, session.revision);
    if (!session.run || !session.greeted || key === this.asked) return;
    this.asked = key;
    const family = await relativesOf(this.player.dataset.runUrl, session.run);
    if (!family) setTimeout(() => (this.asked = this.asked === key ? "" : this.asked), ASK_AGAIN_MS);
    if (family?.run.id !== session.run) return;
    this.about = family.run;
    told();
  }

  /** `facts`: {relation, parameters: [[label, value]], seed: whether it differs, deeds: commands the other does not share}. */
  write({ relation, parameters, seedDiffers, deeds }) {
    const { about, player } = this;
    const chips = [chip(`seed ${about.seed}`, seedDiffers), ...parameters.map(([label, value]) => chip(`${label}: ${say(value)}`, true))];
    const shown = deeds.slice(0, DEEDS_MAX).map((command) => this.deed(command));
    const more = deeds.length > DEEDS_MAX ? el("li", {}, `and ${deeds.length - DEEDS_MAX} more`) : null;
    const only = deeds.length ? el("p", { class: "only" }, el("span", {}, "Only here"), el("ul", {}, ...shown, more)) : el("p", { class: "only none" }, "Nothing was done here that was not done in the other.");
    const open = el("a", { href: `${player.dataset.runUrl}${about.id}/`, "aria-label": `Open run ${this.letter} alone` }, "Open alone");
    const name = el("h2", {}, el("b", { class: "letter" }, this.letter), el("span", {}, about.label), relation ? el("small", {}, relation) : null);
    this.host.replaceChildren(name, open, el("p", { class: "chips" }, ...chips), only);
  }

  deed({ at_us, action, args }) {
    const label = deedLabel(this.player.lab, action, args);
    return el("li", {}, el("button", { type: "button", class: "link", title: `Go to ${seconds(at_us)}`, onclick: () => this.player.transport.jump(at_us) }, el("time", {}, seconds(at_us)), ` ${label}`));
  }
}

/** How run `b` came from run `a`, in words for b's head; empty where neither comes from the other. */
export function relationOf(of, other, letter) {
  const at = (run) => (run.branched_at_us === null ? "" : ` at ${seconds(run.branched_at_us)}`);
  if (of.id === other.id) return "the same run";
  if (of.parent === other.id) return of.branched_at_us === null ? `copy of ${letter}` : `branch of ${letter}${at(of)}`;
  if (of.parent !== null && of.parent === other.parent) return of.branched_at_us === null ? "copy of the same run" : `branch of the same run${at(of)}`;
  return "";
}

function keyOf(run, revision) {
  return `${run} ${revision}`;
}

function chip(words, differs) {
  return el("span", { class: differs ? "chip differs" : "chip" }, words);
}
