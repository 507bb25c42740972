// "Run again with 100 seeds": the same parameters and commands under other dice, computed by the workers, one square for each.
import { el, icon, setText } from "./dom.js";
import { Memory } from "./memory.js";
import { ask } from "./site.js";
import { checkTitle, seconds } from "./words.js";

const COUNT = 100;
const SECONDS_MIN = 1;
const SECONDS_MAX = 60;
const SECONDS_USUAL = 20;
const LOOK_MS = 500;
const LOOK_MS_MAX = 8000;

export class Seeds {
  constructor(player) {
    this.player = player;
    this.memory = new Memory(`${player.dataset.place || player.dataset.name} seeds`);
    this.url = null; // of the trial that is shown
    this.begun = false; // just now, by hand, and not seen yet
    this.head = el("h3", {});
    this.words = el("p", { class: "seeds-words", role: "status" });
    this.strip = el("ol", { class: "seeds-strip", onkeydown: (event) => this.moved(event) });
    this.cancel = el("button", { type: "button", onclick: () => this.stop() }, "Cancel");
    const close = el("button", { type: "button", class: "icon bare", "aria-label": "Close the trial", onclick: () => this.close() }, icon("close"));
    this.element = el("section", { class: "seeds", "aria-label": "Other seeds", hidden: true }, el("header", {}, this.head, this.cancel, close), this.words, this.strip);
  }

  /** The form that begins a trial. */
  ask() {
    const { player } = this;
    const usual = Math.min(SECONDS_MAX, Math.max(SECONDS_USUAL, Math.ceil(player.seen_us / 1e6)));
    const length = el("input", { type: "number", min: SECONDS_MIN, max: SECONDS_MAX, step: 1, value: usual, required: true });
    const form = el("form", { class: "action-form" }, el("label", {}, el("span", {}, "Seconds of each run"), length), el("button", { type: "submit", class: "primary" }, `Try ${COUNT} seeds`));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.begin(Math.round(length.valueAsNumber * 1e6));
    });
    const hint = "Was that the rule, or luck? The same cluster, the same faults at the same moments, other dice. Green kept every promise, a cross broke one.";
    player.dialogs.open("Run again with other seeds", [el("p", { class: "hint" }, hint), form], "form");
  }

  async begin(until_us) {
    const { session, dataset, view } = this.player;
    try {
      const run = await session.ensureRun();
      const { url } = await session.place.send(`${dataset.runUrl}${run}/seeds/`, { count: COUNT, until_us, key: dataset.shareKey });
      view.popover.close();
      this.begun = true;
      this.follow(url);
    } catch (error) {
      view.popover.say(error.message);
    }
  }

  /** After a reload the trial of this tab is shown again. */
  resume() {
    const { url } = this.memory.read();
    if (url) this.follow(url);
  }

  follow(url) {
    this.url = url;
    this.memory.write({ url });
    this.squares = null;
    this.look(LOOK_MS);
  }

  async look(wait_ms) {
    clearTimeout(this.timer);
    const { url } = this;
    const found = await ask(url);
    if (url !== this.url || !this.player.view) return;
    if (found) this.show(found);
    else if (this.element.hidden) return this.close(); // remembered, and gone meanwhile
    else setText(this.words, "The trial cannot be reached; looking again.");
    if (!found?.done) this.timer = setTimeout(() => this.look(found ? LOOK_MS : Math.min(LOOK_MS_MAX, wait_ms * 2)), wait_ms);
  }

  show({ run, seeds, until_us, findings, done, cancelled }) {
    this.element.hidden = false;
    this.bringIntoSight();
    setText(this.head, `${seeds.length} seeds, ${seconds(until_us, 0)} each`);
    this.squares ??= this.draw(run, seeds);
    for (const finding of findings) this.fill(this.squares.get(finding.seed), finding);
    const broken = findings.filter((one) => one.checker);
    const progress = done && !cancelled ? "" : cancelled ? `Cancelled after ${findings.length}. ` : `${findings.length} of ${seeds.length} played. `;
    setText(this.words, `${progress}${findings.length - broken.length} kept every promise, ${broken.length} broke one${tally(this.player.lab, broken)}.`);
    this.cancel.hidden = done;
  }

  /** A trial that was just asked for, once there is something to see of it: on most screens it stands below. */
  bringIntoSight() {
    if (!this.begun) return;
    this.begun = false;
    requestAnimationFrame(() => this.element.scrollIntoView({ block: "nearest", behavior: this.player.reduced ? "auto" : "smooth" }));
  }

  draw(run, seeds) {
    const squares = new Map(seeds.map((seed, i) => [seed, el("button", { type: "button", class: "die waiting", tabindex: i ? -1 : 0, "aria-label": `seed ${seed}: not played yet` })]));
    for (const [seed, square] of squares) square.addEventListener("click", () => this.open(run, seed, square));
    this.strip.replaceChildren(...[...squares.values()].map((square) => el("li", {}, square)));
    return squares;
  }

  fill(square, { seed, checker, t_us, text }) {
    if (!square.classList.contains("waiting")) return;
    const words = checker ? `${checkTitle(this.player.lab, checker)} violated at ${seconds(t_us)}. ${text}` : "every promise kept";
    square.className = `die ${checker ? "bad" : "ok"}`;
    square.setAttribute("aria-label", `seed ${seed}: ${words}`);
    square.title = `seed ${seed}: ${words}`;
    if (checker) square.dataset.t = t_us;
  }

  /** A square opens its run in this player: at the violation, or at the moment one stands at. */
  async open(run, seed, square) {
    const { session, clock, runs, transport } = this.player;
    const at_us = square.dataset.t ? Number(square.dataset.t) : Math.floor(clock.t_us);
    try {
      const made = await session.place.copy(run, { seed });
      this.strip.querySelector("[aria-current]")?.removeAttribute("aria-current");
      square.setAttribute("aria-current", "true");
      this.player.seen_us = at_us;
      runs.goTo({ run: made.run, at_us }, `This is the run under seed ${seed}.`);
      transport.pause();
    } catch (error) {
      this.player.tell(error.message, "refused");
    }
  }

  async stop() {
    await this.player.session.place.send(`${this.url}cancel/`).catch((error) => this.player.tell(error.message, "refused"));
    this.look(LOOK_MS);
  }

  /** Arrow keys go from square to square; one of them is in the order of tabs. */
  moved(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns }[event.key];
    const all = [...this.strip.querySelectorAll("button")];
    const next = all[all.indexOf(event.target) + step];
    if (!step) return;
    event.preventDefault();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  get columns() {
    return getComputedStyle(this.strip).gridTemplateColumns.split(" ").length;
  }

  close() {
    clearTimeout(this.timer);
    this.url = null;
    this.memory.forget();
    this.element.hidden = true;
  }
}

/** " (Election safety 3, Log matching 1)" */
function tally(lab, broken) {
  const counts = new Map();
  for (const { checker } of broken) counts.set(checker, (counts.get(checker) ?? 0) + 1);
  return counts.size ? ` (${[...counts].map(([checker, count]) => `${checkTitle(lab, checker)} ${count}`).join(", ")})` : "";
}
