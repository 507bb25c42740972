// The state at the playhead: forward one event at a time, anywhere else by keyframe and replay. Both give the same state (tested).
import { positionAt } from "./events.js";
import { enter, fromKeyframe, reduceAll, settle } from "./reducer.js";

export class Playback {
  /** `onForward(events, start, end)` is told what was played past, for effects and words. A jump tells nothing, but for what follows a
   * command: there the chunk is another one, the playhead lands in it, and `onLanded` is told what happened from the command on (`tellFrom`).
   */
  constructor(store, onForward = () => {}, onLanded = () => {}) {
    this.onForward = onForward;
    this.onLanded = onLanded;
    this.state = null;
    this.use(store);
  }

  /** Another run's chunks. The last picture stays until the new run has one, so that nothing flashes. */
  use(store) {
    this.store = store;
    this.here = false;
    this.chunk = null;
    this.position = 0;
    this.t_us = -1;
    this.untold = null; // {at_us, revision}
  }

  /** A command stands at this moment since this revision: what comes from there on has not been told, wherever the playhead lands in it. */
  tellFrom(at_us, revision) {
    this.untold = { at_us, revision };
  }

  /** The state at this moment, or the last one known (see `here`) where its chunk is not held. */
  moveTo(t_us) {
    const chunk = this.store.at(t_us);
    this.here = chunk !== null;
    if (!chunk) return this.state;
    if (this.canContinue(chunk, t_us)) this.forward(chunk, t_us);
    else this.jump(chunk, t_us);
    this.t_us = t_us;
    this.state = settle(this.state, t_us);
    return this.state;
  }

  canContinue(chunk, t_us) {
    if (this.chunk === null || t_us < this.t_us || this.store.byIndex(this.chunk.index) !== this.chunk) return false;
    return chunk === this.chunk || chunk.index === this.chunk.index + 1;
  }

  forward(chunk, t_us) {
    if (chunk !== this.chunk) {
      this.applyUpTo(this.chunk.events.length);
      this.chunk = chunk;
      this.position = 0;
      this.state = enter(this.state, chunk.keyframe);
    }
    this.applyUpTo(positionAt(chunk.events, t_us));
    if (this.untold && t_us >= this.untold.at_us && chunk.revision >= this.untold.revision) this.untold = null; // played past
  }

  applyUpTo(end) {
    if (end <= this.position) return;
    this.onForward(this.chunk.events, this.position, end);
    this.state = reduceAll(this.state, this.chunk.events, this.position, end);
    this.position = end;
  }

  jump(chunk, t_us) {
    this.chunk = chunk;
    this.position = positionAt(chunk.events, t_us);
    this.state = reduceAll(fromKeyframe(chunk.keyframe), chunk.events, 0, this.position);
    if (this.untold && t_us >= this.untold.at_us && chunk.revision >= this.untold.revision) this.land(chunk);
  }

  land(landed) {
    const { at_us } = this.untold;
    this.untold = null;
    for (let chunk = this.store.at(at_us); chunk && chunk.index <= landed.index; chunk = this.store.byIndex(chunk.index + 1)) {
      const start = positionAt(chunk.events, at_us - 1);
      const end = chunk === landed ? this.position : chunk.events.length;
      if (start < end) this.onLanded(chunk.events, start, end);
    }
  }
}
