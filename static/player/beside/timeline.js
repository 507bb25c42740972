// The shared timeline: one playhead, the marks of the one run above the rail and of the other below it, and where they part.
import { el } from "../dom.js";
import { clamp } from "../geometry.js";
import { Timeline } from "../timeline.js";
import { seconds } from "../words.js";

export class SharedTimeline {
  constructor(transport) {
    this.transport = transport;
    this.upper = new Timeline(transport);
    this.lower = new Timeline(transport); // lends its marks alone
    this.parting = el("button", { type: "button", class: "parting", tabindex: -1, hidden: true, onclick: () => transport.jump(this.parting_us) });
    this.apart = el("i", { class: "apart", hidden: true });
    this.upper.marks.classList.add("upper");
    this.lower.marks.classList.add("lower");
    const lanes = ["A", "B"].map((letter) => el("span", { class: `lane ${letter === "A" ? "upper" : "lower"}`, "aria-hidden": "true" }, letter));
    this.upper.marks.after(this.apart, this.lower.marks, this.parting, ...lanes);
    this.upper.range.setAttribute("aria-label", "Moment of both runs");
    this.element = this.upper.element;
  }

  measure() {
    this.upper.measure();
    this.lower.width = this.upper.width;
  }

  /** `view` as a player's timeline takes it; `marks`: [{marks, marksKey}] of both; `parts_us`: null where the runs never part. */
  update(view, [a, b], parts_us) {
    this.upper.update({ ...view, ...a });
    this.lower.update({ ...view, ...b });
    this.updateParting(parts_us);
  }

  updateParting(parts_us) {
    const key = `${parts_us} ${this.upper.range.max}`;
    if (key === this.key) return;
    this.key = key;
    this.parting_us = parts_us;
    this.parting.hidden = this.apart.hidden = parts_us === null;
    if (parts_us === null) return;
    const percent = clamp(parts_us / (Number(this.upper.range.max) * 10), 0, 100); // the range counts milliseconds
    this.parting.style.left = `${percent}%`;
    this.apart.style.left = `${percent}%`;
    const words = `The runs part at ${seconds(parts_us)}`;
    this.parting.title = words;
    this.parting.setAttribute("aria-label", words);
  }
}
