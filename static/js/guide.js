// Guided steps beside a lab: each ticks itself when the run, as it plays, shows what the step waits for; one after the other.
//
// A lab may have several guides. One of them is at work: the one touched last, else the first that is not finished; the others stand still.
// The step that is next stands on the lab too (guide_strip.js): guide and lab rarely fit one screen.
import { el, setText } from "../player/dom.js";
import { Memory } from "../player/memory.js";
import { GuideStrip } from "./guide_strip.js";

const BEFORE_MAX = 200; // names kept of what a lab showed before anybody took part

/** The name under which a guide can wait for an event: a note of a node, a promise broken, a challenge met. What the student does is told apart. */
export function shownBy(event) {
  if (event.kind === "note") return event.name;
  if (event.kind === "check") return event.holds ? null : event.checker;
  if (event.kind === "goal") return event.progress >= 1 ? event.challenge : null;
  return null;
}

class Guide {
  constructor(element) {
    this.element = element;
    this.steps = [...element.querySelectorAll("li[data-see]")];
    this.words = element.querySelector(".guide-state");
    this.title = element.querySelector(".guide-title")?.textContent.trim() || "Guided steps";
    this.again = el("button", { type: "button", class: "link guide-again", hidden: true, onclick: () => this.begin() }, "Begin again");
    this.handle = el("button", { type: "button", class: "link guide-follow", hidden: true }, "Follow it at the lab");
    this.words.after(this.handle, this.again);
    this.memory = new Memory(`guide ${location.pathname} ${element.dataset.key}`);
    const finished = "finished" in element.dataset ? this.steps.length : 0; // on another day, or another device
    this.done = Math.min(this.memory.read().done ?? finished, this.steps.length);
    this.changed = () => {};
    this.show();
  }

  get finished() {
    return this.done === this.steps.length;
  }

  seen(names) {
    const before = this.done;
    for (const name of names) if (name === this.steps[this.done]?.dataset.see) this.done += 1;
    if (this.done === before) return;
    this.memory.write({ done: this.done });
    this.show();
    if (this.finished) this.element.dispatchEvent(new CustomEvent("guide-done", { bubbles: true, detail: this.element.dataset.key }));
  }

  show() {
    const { length } = this.steps;
    this.steps.forEach((step, at) => {
      step.classList.toggle("done", at < this.done);
      step.classList.toggle("next", at === this.done);
      if (at === this.done) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
      setText(step.querySelector(".guide-told"), at < this.done ? "Done: " : "");
    });
    this.again.hidden = this.done === 0;
    setText(this.words, this.finished ? `All ${length} steps done.` : this.done ? `${this.done} of ${length} steps done.` : "");
    this.changed();
  }

  /** From the first step, also of a guide that was finished. The button goes, so the keyboard goes to the first step. */
  begin() {
    this.done = 0;
    this.memory.write({ done: 0 });
    this.show();
    this.steps[0].tabIndex = -1;
    this.steps[0].focus();
  }
}

/** The guides of one lab hear what it shows, and its strip shows the one at work. */
function follow(lab, guides) {
  let touched = null;
  let before = []; // what the lab showed while nobody took part: it plays by itself, over and over, and counts once somebody does
  let shown_us = 0;
  const unfinished = () => guides.find((guide) => !guide.finished) ?? null;
  const tell = (names) => {
    const atWork = touched && !touched.finished ? touched : unfinished();
    atWork?.seen([...before.splice(0), ...names]);
  };
  const strip = new GuideStrip(lab);
  const touch = (guide) => {
    touched = guide;
    strip.show(guide);
  };
  for (const guide of guides) {
    for (const type of ["pointerdown", "focusin"]) guide.element.addEventListener(type, () => touch(guide));
    guide.changed = () => strip.show(guide);
    guide.handle.hidden = false;
    guide.handle.addEventListener("click", () => strip.come());
  }
  strip.show(unfinished());
  lab.addEventListener("acted", ({ detail }) => tell([detail.name]));
  lab.addEventListener("passed", ({ detail: [events, start, end] }) => {
    const names = events.slice(start, end).map(shownBy).filter(Boolean);
    if (lab.engaged) return tell(names);
    if (events[start].t_us < shown_us) before = [];
    shown_us = events[end - 1].t_us;
    before = [...before, ...names].slice(-BEFORE_MAX);
    return undefined;
  });
}

const guides = [...document.querySelectorAll("[data-guide]")].map((element) => new Guide(element));
await customElements.whenDefined("lab-run");
for (const lab of document.querySelectorAll("lab-run")) {
  const own = guides.filter(({ element }) => element.dataset.guide === lab.dataset.name);
  if (own.length) follow(lab, own);
}
