// The events of the kinds, node and words that are asked for, around a moment. Works chunk by chunk and remembers: a frame looks at what is new.
import { nodesOf } from "../details.js";
import { positionAt } from "../events.js";
import { sentence } from "../words.js";

const FRAME_MS_MAX = 4; // a search over minutes of a busy run is spread over frames

export class EventSearch {
  constructor(lab) {
    this.lab = lab;
    this.choose({ kinds: new Set(), node: "", text: "" });
  }

  /** choice: {kinds: Set, node: id or "", text} */
  choose(choice) {
    this.choice = choice;
    this.words = choice.text.trim().toLowerCase();
    this.found = new WeakMap(); // chunk -> its events that fit
    this.version = (this.version ?? 0) + 1;
  }

  /** {events, now, unfinished}: up to `before` events that are past at `t_us`, then up to `after` that were seen; `now` of them are past. */
  around(store, t_us, seen_us, before, after) {
    this.until_ms = performance.now() + FRAME_MS_MAX;
    this.unfinished = false;
    const chunks = store.order.map((index) => store.byIndex(index));
    const past = this.backwards(chunks, t_us, before);
    const later = this.forwards(chunks, t_us, seen_us, after);
    return { events: [...past, ...later], now: past.length, unfinished: this.unfinished };
  }

  backwards(chunks, t_us, most) {
    const parts = [];
    let count = 0;
    for (let i = chunks.length - 1; i >= 0 && count < most; i--) {
      if (chunks[i].from_us > t_us) continue;
      const fitting = this.fitting(chunks[i]);
      if (!fitting) break;
      const end = positionAt(fitting, t_us);
      parts.unshift(fitting.slice(Math.max(0, end - (most - count)), end));
      count += parts[0].length;
    }
    return parts.flat();
  }

  forwards(chunks, t_us, until_us, most) {
    const later = [];
    for (const chunk of chunks) {
      if (chunk.to_us <= t_us || later.length >= most) continue;
      if (chunk.from_us > until_us) break;
      const fitting = this.fitting(chunk);
      if (!fitting) break;
      later.push(...fitting.slice(positionAt(fitting, t_us), Math.min(positionAt(fitting, until_us), positionAt(fitting, t_us) + most - later.length)));
    }
    return later;
  }

  /** A chunk's events that fit; null where this frame has no time left to look at a new one. */
  fitting(chunk) {
    const known = this.found.get(chunk);
    if (known) return known;
    if (performance.now() > this.until_ms) {
      this.unfinished = true;
      return null;
    }
    const { kinds } = this.choice;
    const fitting = (kinds.has("message") ? chunk.events : chunk.history).filter((event) => kinds.has(event.kind) && this.fits(event));
    this.found.set(chunk, fitting);
    return fitting;
  }

  fits(event) {
    if (this.choice.node && !nodesOf(event).includes(this.choice.node)) return false;
    return !this.words || (sentence(event, this.lab, event.t_us) ?? "").toLowerCase().includes(this.words);
  }
}
