// The stretch of virtual time a panel shows: it follows the playhead until somebody moves it, and again once the playhead leaves it.
import { clamp } from "../geometry.js";

const SPAN_US_MIN = 2_000;
const SPAN_US_MAX = 120_000_000;
const PLAYHEAD_PART = 0.8; // where the playhead stands while it is followed: what was is of more use than what will be
const STEP = 1.6;

export class TimeWindow {
  constructor(span_us) {
    this.span_us = clamp(span_us, SPAN_US_MIN, SPAN_US_MAX);
    this.from_us = 0;
    this.following = true;
  }

  get to_us() {
    return this.from_us + this.span_us;
  }

  /** Once a frame. Where motion is not wanted the window stands still and turns over like a page. */
  follow(t_us, reduced) {
    if (this.wasLeft(t_us)) this.following = true;
    if (!this.following) return;
    const part = (t_us - this.from_us) / this.span_us;
    if (!reduced) this.from_us = t_us - PLAYHEAD_PART * this.span_us;
    else if (part < 0.02 || part > 0.97) this.from_us = t_us - 0.3 * this.span_us;
    this.from_us = Math.max(this.from_us, this.span_us * -0.02);
  }

  /** Whether the playhead went out of a window that stood still; a window that was moved away from it stays where it was put. */
  wasLeft(t_us) {
    const { from_us, span_us, last } = this;
    const inside = t_us >= from_us && t_us <= this.to_us;
    this.last = { from_us, span_us, inside };
    return last?.inside && !inside && last.from_us === from_us && last.span_us === span_us;
  }

  /** Shows less (1) or more (-1) of time, around a moment that keeps its place. */
  zoom(direction, around_us) {
    const span_us = clamp(this.span_us * STEP ** -direction, SPAN_US_MIN, SPAN_US_MAX);
    this.from_us = around_us - ((around_us - this.from_us) / this.span_us) * span_us;
    this.span_us = span_us;
  }

  pan(shift_us) {
    this.from_us = Math.max(this.from_us + shift_us, -0.5 * this.span_us);
    this.following = false;
  }

  /** Makes a moment visible, if it is not. */
  reveal(t_us) {
    if (t_us >= this.from_us && t_us <= this.to_us) return;
    this.from_us = t_us - this.span_us / 2;
    this.following = false;
  }

  /** Makes a stretch fit, with air on both sides. */
  fit(from_us, to_us) {
    this.span_us = clamp((to_us - from_us) * 1.25, this.span_us, SPAN_US_MAX);
    this.from_us = (from_us + to_us) / 2 - this.span_us / 2;
    this.following = false;
  }

  x(t_us, width) {
    return ((t_us - this.from_us) / this.span_us) * width;
  }

  at(x, width) {
    return this.from_us + (x / width) * this.span_us;
  }

  /** Moments for the axis: round steps, no nearer to each other than `px_min`. */
  ticks(width, px_min) {
    const least = (this.span_us * px_min) / width;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = power * [1, 2, 5, 10].find((times) => times * power >= least);
    const first = Math.max(0, Math.ceil(this.from_us / step));
    const count = Math.max(0, Math.floor(this.to_us / step) - first + 1);
    return Array.from({ length: count }, (_, i) => (first + i) * step);
  }
}
