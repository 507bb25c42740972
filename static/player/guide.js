// Guided steps beside a lab: each ticks itself when the run, as it plays, shows what the step waits for; one after the other.
import { el, setText } from "./dom.js";
import { Memory } from "./memory.js";

/** The name under which a guide can wait for an event: a note of a node, a rule broken, a challenge met. (What the student does is told apart.) */
export function shownBy(event) {
  if (event.kind === "violation") return event.checker;
  if (event.kind === "goal") return event.progress >= 1 ? event.challenge : null;
  return event.kind === "state" ? event.name : null;
}

class Guide {
  constructor(element, number) {
    this.element = element;
    this.steps = [...element.querySelectorAll("li[data-see]")];
    this.words = element.querySelector(".guide-state");
    this.memory = new Memory(`guide ${location.pathname} ${number}`);
    this.done = Math.min(this.memory.read().done ?? 0, this.steps.length);
    const lab = [...document.querySelectorAll("lab-run")].find((one) => one.dataset.name === element.dataset.guide);
    lab?.addEventListener("passed", ({ detail: [events, start, end] }) => this.seen(events.slice(start, end).map(shownBy)));
    lab?.addEventListener("acted", ({ detail }) => this.seen([detail.name]));
    this.show();
  }

  seen(names) {
    const before = this.done;
    for (const name of names) if (name && name === this.steps[this.done]?.dataset.see) this.done += 1;
    if (this.done === before) return;
    this.memory.write({ done: this.done });
    this.show();
  }

  show() {
    this.steps.forEach((step, at) => {
      step.classList.toggle("done", at < this.done);
      step.classList.toggle("next", at === this.done);
      step.querySelector(".guide-tick").setAttribute("aria-label", at < this.done ? "done" : "to do");
    });
    if (this.done < this.steps.length) return setText(this.words, this.done ? `${this.done} of ${this.steps.length} steps done.` : "");
    const again = el("button", { type: "button", class: "link", onclick: () => this.again() }, "Begin again");
    return this.words.replaceChildren(`All ${this.steps.length} steps done. `, again);
  }

  again() {
    this.done = 0;
    this.memory.write({ done: 0 });
    this.show();
  }
}

document.querySelectorAll("[data-guide]").forEach((element, number) => new Guide(element, number));
