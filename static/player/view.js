// The player's page structure: head, cluster, panels, line of words, timeline; and what is drawn of a moment.
import { Cluster } from "./cluster.js";
import { el, icon, setText } from "./dom.js";
import { Narrator } from "./narrator.js";
import { checksStrip } from "./panels/checks.js";
import { makePanels } from "./panels/registry.js";
import { Popover } from "./popover.js";
import { Tabs } from "./tabs.js";
import { Timeline } from "./timeline.js";
import { WayBack } from "./way_back.js";

export class View {
  /** `player` is the element's own interface (see docs/player.md): what is clicked goes there. */
  constructor(player, host) {
    this.player = player;
    const { lab } = player;
    this.cluster = new Cluster(lab, { onSelect: (thing, by) => player.selection.set(thing, by), onPoint: (thing) => player.selection.point(thing) });
    this.narrator = new Narrator(lab);
    this.wayBack = new WayBack(player);
    this.narrator.element.append(this.wayBack.element);
    this.timeline = new Timeline(player.transport);
    const parts = {
      lab,
      sourceUrl: host.dataset.sourceUrl,
      plotlyUrl: host.dataset.plotlyUrl,
      store: () => player.session.store,
      marks: () => player.session.marks(),
      jump: (t_us) => player.transport.jump(t_us),
      select: (event) => player.selection.setEvent(event),
      prove: (proof) => player.selection.prove(proof),
      ask: () => player.invalidate(),
      act: (action, args) => player.deeds.carryOut(action, args),
      open: (thing) => player.selection.set(thing, "keyboard"),
      pause: () => player.clock.playing && player.transport.pause(),
      point: (thing) => player.selection.point(thing),
      whyNot: () => player.whyNot(),
      judge: () => player.judge(),
      show: (panel) => this.tabs.showNamed(panel),
      start: (challenge) => player.runs.startChallenge(challenge),
    };
    this.strip = lab.checkers.length ? checksStrip({ title: "Promises" }, parts) : null;
    this.tabs = new Tabs(makePanels(panelsOf(lab, parts), parts), () => player.invalidate());
    this.banner = el("div", { class: "banner", hidden: true });
    this.branch = el("div", { class: "branch", hidden: true });
    this.notices = el("div", { class: "notices" });
    this.side = el("div", { class: "side" }, ...this.tabs.elements, this.strip?.element);
    this.head = this.makeHead();
    this.stage = el("div", { class: "stage" }, this.cluster.element, this.side);
    this.element = el("div", { class: "player", role: "group", tabindex: -1, "aria-label": `${lab.title}, live lab` }, this.head, this.branch, this.notices, this.stage, this.narrator.element, this.timeline.element);
    this.popover = new Popover(this.stage, () => player.selection.closed());
    host.replaceChildren(this.element);
    this.tabs.fit();
    this.element.append(player.seeds.element);
    this.watchSize();
  }

  makeHead() {
    const { player } = this;
    this.title = el("b", { class: "title" }, player.lab.title);
    this.chips = { scenario: chip("scenario"), seed: chip("seed"), checks: chip("promises") };
    this.whole = headButton("whole", "Fill the window", () => player.toggleWhole());
    const fault = el("button", { type: "button", class: "primary fault", "aria-haspopup": "dialog", onclick: () => player.dialogs.menu() }, "Fault");
    const setup = el("button", { type: "button", class: "set-up", "aria-haspopup": "dialog", "aria-label": "Set up a new run", onclick: () => player.dialogs.setup() }, icon("setup"), el("span", {}, "Set up"));
    const share = headButton("share", "Share this moment", () => player.sharing.open());
    const seeds = headButton("seeds", "Run again with other seeds", () => player.seeds.ask());
    const help = headButton("help", "Keys and help", () => player.dialogs.help());
    return el("div", { class: "head" }, this.title, ...Object.values(this.chips), el("span", { class: "push" }), share, seeds, help, this.whole, setup, fault);
  }

  watchSize() {
    this.observer = new ResizeObserver(() => {
      this.cluster.resize(this.cluster.element.clientWidth, this.cluster.element.clientHeight);
      this.timeline.measure();
      this.tabs.measure();
      this.player.invalidate();
    });
    this.observer.observe(this.cluster.element);
    this.observer.observe(this.side);
  }

  /** Draws a moment; returns true while something still moves by itself. */
  draw(view) {
    this.timeline.update(view);
    this.narrator.update(view);
    if (!view.state) return false;
    const moves = this.cluster.draw(view);
    this.tabs.update(view);
    this.strip?.update(view);
    this.updateChecksChip(view.state);
    return moves;
  }

  updateChecksChip({ checks }) {
    if (this.shownChecks === checks) return;
    this.shownChecks = checks;
    const broken = Object.values(checks).filter((check) => !check.holds).length;
    const { classList } = this.chips.checks;
    const [words, few] = broken ? [`${broken} ${broken === 1 ? "promise" : "promises"} broken`, `${broken} broken`] : ["all promises hold", "all hold"];
    this.chips.checks.replaceChildren(el("span", { class: "long" }, words), el("span", { class: "short", "aria-hidden": "true" }, few));
    classList.toggle("ok", broken === 0);
    classList.toggle("bad", broken > 0);
  }

  updateHead({ scenario, seed }) {
    setText(this.chips.scenario, scenario);
    setText(this.chips.seed, `seed ${seed}`);
  }

  /** A state of the whole player, over the cluster: {kind, text, button: [words, onclick]} or null. */
  showBanner(state) {
    const key = state ? `${state.kind} ${state.text}` : "";
    if (this.bannerKey === key) return;
    this.bannerKey = key;
    this.banner.hidden = !state;
    if (!state) return;
    // A wait stands over the cluster, which is not there yet; what lasts stands above it, so that nothing is covered.
    (state.kind === "busy" ? this.cluster.element : this.notices).append(this.banner);
    this.banner.className = `banner ${state.kind}`;
    const button = state.button ? el("button", { type: "button", onclick: state.button[1] }, state.button[0]) : null;
    this.banner.replaceChildren(...[el("span", { role: state.kind === "busy" ? "status" : "alert" }, state.text), button].filter(Boolean));
  }

  /** Something of the page's own that belongs to the lab: it stands above it, and stays in sight while the lab is. */
  hang(element) {
    this.element.before(element);
  }

  /** The line about the run's relatives (see family.js); nothing hides it. */
  showBranch(parts) {
    this.branch.hidden = parts.length === 0;
    this.branch.replaceChildren(...parts);
  }

  /** The theme changed. */
  recolour() {
    this.cluster.flight.recolour();
    this.cluster.flows.recolour();
    this.tabs.recolour();
  }

  close() {
    this.observer.disconnect();
    this.narrator.close();
    this.wayBack.close();
  }
}

/** The lab's panels; a lab with challenges shows them though it does not list them, and its source where the page has it; one whose few promises fit the strip needs no list of them. */
function panelsOf(lab, { sourceUrl }) {
  const listed = lab.panels.filter((spec) => spec.panel !== "checks" || lab.checkers.length > 3);
  const byHand = lab.actions.some(({ target }) => target === "message" || target === "timer");
  const more = [
    byHand ? { panel: "pending", title: "Pending" } : null,
    lab.challenges?.length ? { panel: "challenges", title: "Challenges" } : null,
    sourceUrl ? { panel: "source", title: "Source" } : null,
  ];
  return [...listed, ...more.filter((spec) => spec && !listed.some((one) => one.panel === spec.panel))];
}

function chip(kind) {
  return el("span", { class: `chip ${kind}` });
}

function headButton(name, label, onclick) {
  return el("button", { type: "button", class: "icon bare", "aria-label": label, title: label, onclick }, icon(name));
}
