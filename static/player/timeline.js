// The timeline: transport buttons, the track with what is known and the marks on it, time and speed.
import { clamp } from "./geometry.js";
import { el, icon, setAttribute, setText } from "./dom.js";
import { SPEEDS } from "./clock.js";
import { Jumps } from "./jumps.js";
import { seconds } from "./words.js";

const SPANS_S = [10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 3600];
const LABEL_PX = 6.1; // a letter of a mark's label, about
const TICK_PX_MIN = 3;
const MARKS_MS_MIN = 400; // chunks may come many a second; the marks need not
const EDGE_PX = 20; // a label at an end of the track may stand out this far
const LABEL_LETTERS_MAX = 22;
const LABEL_TIMES_MAX = 6; // a word that stands everywhere says nothing
const RANK = { violated: 300, fault: 200, goal: -50 };

export class Timeline {
  /** `transport`: what the buttons and the track move (see transport.js). */
  constructor(transport) {
    this.transport = transport;
    this.marksKey = "";
    this.marked_ms = 0;
    this.width = 0;
    this.toggle = button("play", "Play", () => transport.toggle(), "primary");
    this.range = el("input", { type: "range", min: 0, max: 10_000, step: 10, value: 0, "aria-label": "Moment of the run" });
    this.range.addEventListener("input", () => transport.scrub(this.range.valueAsNumber * 1000));
    this.range.addEventListener("change", () => transport.scrubbed());
    this.buffered = el("i", { class: "buffered" });
    this.played = el("i", { class: "played" });
    this.knob = el("i", { class: "knob" });
    this.marks = el("div", { class: "marks" });
    this.track = el("div", { class: "track" }, el("i", { class: "rail" }), this.buffered, this.played, this.marks, this.range, this.knob);
    this.time = el("output", { class: "time", "aria-label": "Moment" }, "0.00 s");
    this.speed = speedSelect(transport);
    const steps = [button("back", "Step back to the event before", () => transport.step(-1)), this.toggle, button("forward", "Step to the next event", () => transport.step(1))];
    this.jumps = new Jumps(transport);
    this.element = el("div", { class: "timeline" }, el("div", { class: "transport" }, ...steps, this.jumps.element), this.track, el("div", { class: "readout" }, this.time, this.speed));
  }

  /** The track's width is read here, not in a frame: reading it there would force a layout. */
  measure() {
    this.width = this.track.clientWidth;
  }

  /** view: {t_us, ready_us, until_us, playing, ended, speed, marks, marksKey} */
  update(view) {
    const span_us = spanOf(Math.max(view.until_us, view.t_us, view.marks_us ?? 0), view.until_us_max);
    const part = (t_us) => clamp(t_us / span_us, 0, 1);
    this.played.style.transform = `scaleX(${part(view.t_us)})`;
    this.buffered.style.transform = `scaleX(${part(view.ready_us ?? view.until_us)})`;
    this.knob.style.left = `${part(view.t_us) * 100}%`;
    setText(this.time, seconds(view.t_us));
    this.updateRange(view.t_us, span_us);
    this.updateToggle(view);
    this.jumps.update();
    if (Number(this.speed.value) !== view.speed) this.speed.value = String(view.speed);
    this.updateMarks(view, span_us);
  }

  updateRange(t_us, span_us) {
    const max_ms = Math.round(span_us / 1000);
    if (Number(this.range.max) !== max_ms) this.range.max = max_ms;
    const at_ms = Math.floor(t_us / 10_000) * 10;
    if (this.range.valueAsNumber !== at_ms) this.range.value = at_ms;
    setAttribute(this.range, "aria-valuetext", `${(t_us / 1e6).toFixed(1)} seconds`);
  }

  updateToggle({ playing, ended }) {
    const what = playing ? "pause" : ended ? "replay" : "play";
    if (this.toggle.dataset.icon === what) return;
    this.toggle.dataset.icon = what;
    this.toggle.replaceChildren(icon(what));
    this.toggle.setAttribute("aria-label", { pause: "Pause", replay: "Play again from the start", play: "Play" }[what]);
  }

  updateMarks({ marks, marksKey, now_ms }, span_us) {
    const key = `${marksKey} ${span_us} ${this.width}`;
    if (key === this.marksKey || (now_ms < this.marked_ms + MARKS_MS_MIN && this.marksKey)) return;
    Object.assign(this, { marksKey: key, marked_ms: now_ms });
    const labelled = labelsThatFit(marks(), (mark) => (mark.t_us / span_us) * this.width, this.width);
    this.marks.replaceChildren(...labelled.map((one) => this.mark(one, (one.mark.t_us / span_us) * 100)));
  }

  mark({ mark, label, shift, often }, percent) {
    const words = `${seconds(mark.t_us)}: ${mark.text ?? mark.label}`;
    const made = el("button", { type: "button", class: label ? "mark labelled" : often ? "mark often" : "mark", "data-kind": mark.kind, tabindex: -1, title: words, "aria-label": words }, el("span", {}, label));
    made.firstChild.style.left = `${shift}px`;
    made.style.left = `${percent}%`;
    made.addEventListener("click", () => this.transport.jump(mark.t_us));
    return made;
  }
}

/** What happened rarely gets its words first, and what came of it before what began it; the rest stays a tick. Returns [{mark, label, shift, often}] in time order. */
function labelsThatFit(marks, place, width) {
  const often = new Map();
  for (const mark of marks) often.set(mark.label, (often.get(mark.label) ?? 0) + 1);
  const rank = (mark) => (RANK[mark.kind] ?? 0) - often.get(mark.label);
  const taken = [];
  const labels = new Map();
  for (const mark of [...marks].sort((a, b) => rank(b) - rank(a) || b.t_us - a.t_us)) {
    const label = mark.label.length > LABEL_LETTERS_MAX ? `${mark.label.slice(0, LABEL_LETTERS_MAX - 1)}…` : mark.label;
    const long = label.length * LABEL_PX + 6;
    const centred = place(mark) - long / 2;
    const from = clamp(centred, -EDGE_PX, width + EDGE_PX - long);
    const to = from + long;
    if (often.get(mark.label) > LABEL_TIMES_MAX || taken.some((one) => from < one.to && one.from < to)) continue;
    taken.push({ from, to });
    labels.set(mark, { label, shift: from - centred });
  }
  return spaced(marks, place, labels).map((mark) => ({ mark, ...(labels.get(mark) ?? { label: "", shift: 0 }), often: often.get(mark.label) > LABEL_TIMES_MAX }));
}

/** Of marks without words that stand closer than the eye can tell apart, one. */
function spaced(marks, place, labels) {
  let last_px = -Infinity;
  return marks.filter((mark) => {
    if (labels.has(mark) || mark.kind !== "note") return true;
    if (place(mark) - last_px < TICK_PX_MIN) return false;
    last_px = place(mark);
    return true;
  });
}

/** The track's length: the next round length above what is known, so that it does not creep while one plays. */
function spanOf(end_us, until_us_max = Infinity) {
  const needed_s = (end_us * 1.02) / 1e6;
  return Math.min((SPANS_S.find((span_s) => span_s >= needed_s) ?? needed_s * 1.2) * 1e6, Math.max(until_us_max, 1e6));
}

function button(name, label, onclick, extra = "") {
  return el("button", { type: "button", class: `icon ${extra}`, "aria-label": label, title: label, onclick }, icon(name));
}

function speedSelect(transport) {
  const options = SPEEDS.map((speed) => el("option", { value: speed }, `${speed}x`));
  const select = el("select", { "aria-label": "Speed", title: "Speed of virtual time" }, ...options);
  select.addEventListener("change", () => transport.setSpeed(Number(select.value)));
  return select;
}
