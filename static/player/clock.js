// The playhead: virtual time driven by the wall time of animation frames.
//
// `t_us` never passes `end_us` (what has been computed and received, exclusive): there it waits, and says so, and goes on by itself.

export const SPEEDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20];

// A frame that comes late (a busy page, a laptop that slept) moves the playhead by no more than this, or the student would miss what happened.
const FRAME_MS_MAX = 100;

export class Clock {
  constructor() {
    this.t_us = 0;
    this.speed = 1;
    this.playing = false;
    this.waiting = false; // at the end of what is known, though playing
    this.held = false; // a command is on its way: what comes after it is about to be replaced
    this.last_ms = null;
  }

  /** Moves to the time of an animation frame. Returns true when the playhead moved. */
  tick(now_ms, end_us) {
    const passed_ms = this.last_ms === null ? 0 : Math.min(Math.max(now_ms - this.last_ms, 0), FRAME_MS_MAX);
    this.last_ms = now_ms;
    this.waiting = this.playing && this.t_us >= end_us - 1;
    if (!this.playing || this.held || this.waiting) return false;
    const before_us = this.t_us;
    this.t_us = Math.min(this.t_us + passed_ms * 1000 * this.speed, end_us - 1);
    return this.t_us !== before_us;
  }

  play() {
    this.playing = true;
    this.last_ms = null;
  }

  pause() {
    this.playing = false;
    this.waiting = false;
  }

  /** Frames stopped coming (hidden tab, off-screen): the next one starts afresh. */
  rest() {
    this.last_ms = null;
  }

  seek(t_us) {
    this.t_us = Math.max(0, t_us);
    this.waiting = false;
  }

  faster() {
    this.speed = SPEEDS.find((speed) => speed > this.speed) ?? this.speed;
  }

  slower() {
    this.speed = SPEEDS.findLast((speed) => speed < this.speed) ?? this.speed;
  }
}
