// What this browser holds of a run: chunks by index, each of the newest revision that is known.
//
// Rules: a chunk is taken once; one that a later command has overtaken is not taken at all; the cursor moves over the stream without holes.
// Chunks far from the playhead are let go (the server sends them again when asked); their marks on the timeline stay.
import { decode, decodeChunk, positionAt } from "./events.js";

const KEEP = 10; // chunks: what lies just around the playhead, besides what the pace asks for
const BEHIND = 3; // a chunk behind the playhead counts as this much farther than one ahead: what was asked for must not be let go again

export class Store {
  constructor({ keep = KEEP, markOf = () => null } = {}) {
    this.keep = keep;
    this.markOf = markOf;
    this.chunks = new Map();
    this.order = []; // indices held, ascending
    this.revision = 0;
    this.floors = []; // [{index, revision}]: from this index on, only this revision or a newer one
    this.streamed = null; // index of the last chunk that came in stream order
    this.until_us = 0; // where that chunk ends
    this.sought = []; // moments asked for, out of order
    this.marks = new Map(); // index -> marks of that chunk
    this.version = 0; // rises with every change
  }

  /** Takes a chunk frame. Says what became of it: "new", "duplicate", "stale" or "gap" (chunks before it are missing: say hello again). */
  add(frame) {
    if (frame.revision < this.floorOf(frame.index)) return "stale";
    const place = this.placeOf(frame);
    if (place === "gap") return "gap";
    if (place === "next") this.advance(frame);
    if (this.chunks.has(frame.index)) return "duplicate";
    const chunk = decodeChunk(frame);
    this.chunks.set(frame.index, chunk);
    this.order = [...this.order, frame.index].sort((a, b) => a - b);
    this.marks.set(frame.index, chunk.events.map(this.markOf).filter(Boolean));
    this.sought = this.sought.filter((t_us) => !holds(chunk, t_us));
    this.version += 1;
    return "new";
  }

  /** The next chunk of the stream. A newer revision than known replaces whatever is held from here on. */
  advance(frame) {
    if (frame.revision > this.revision) this.rewind(frame);
    this.reach(frame);
  }

  reach({ index, to_us }) {
    this.streamed = index;
    this.until_us = to_us;
  }

  placeOf(frame) {
    if (this.streamed === null || frame.index === this.streamed + 1) return "next";
    if (frame.index <= this.streamed) return "earlier";
    return this.sought.some((t_us) => holds(frame, t_us)) ? "sought" : "gap";
  }

  /** Everything from `index` on was computed before a command that changes it: let it go. */
  rewind({ revision, index, from_us }) {
    if (revision < this.revision || this.floorOf(index) >= revision) return;
    this.revision = revision;
    if (this.streamed !== null && index <= this.streamed) this.reach({ index: index - 1, to_us: from_us });
    this.floors = [...this.floors.filter((floor) => floor.index < index), { index, revision }];
    for (const held of this.order.filter((i) => i >= index)) this.chunks.delete(held);
    for (const marked of [...this.marks.keys()].filter((i) => i >= index)) this.marks.delete(marked);
    this.order = this.order.filter((i) => i < index);
    this.version += 1;
  }

  floorOf(index) {
    return this.floors.reduce((floor, f) => (f.index <= index ? Math.max(floor, f.revision) : floor), 0);
  }

  /** The cursor of a hello: the last chunk of the stream that came, as of the newest revision known. */
  cursor() {
    return this.streamed === null ? null : { revision: this.revision, index: this.streamed };
  }

  byIndex(index) {
    return this.chunks.get(index) ?? null;
  }

  /** The chunk that holds this moment, or null where it is not here. */
  at(t_us) {
    let low = 0;
    let high = this.order.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const chunk = this.chunks.get(this.order[middle]);
      if (t_us < chunk.from_us) high = middle - 1;
      else if (t_us >= chunk.to_us) low = middle + 1;
      else return chunk;
    }
    return null;
  }

  /** Up to where one can play on from this moment without a hole (exclusive); null where the moment itself is not here. */
  readyUntil(t_us) {
    let chunk = this.at(t_us);
    if (!chunk) return null;
    while (this.chunks.has(chunk.index + 1)) chunk = this.chunks.get(chunk.index + 1);
    return chunk.to_us;
  }

  /** A moment just before the oldest chunk without a hole before this one; null at the start of the run, or where that is `span_us` away. */
  before(t_us, span_us) {
    let chunk = this.at(t_us);
    while (chunk && this.chunks.has(chunk.index - 1)) chunk = this.chunks.get(chunk.index - 1);
    return chunk && chunk.index > 1 && t_us - chunk.from_us < span_us ? chunk.from_us - 1 : null;
  }

  /** Lets go of the chunks farthest from the one at the playhead. `more`: so many besides what is always kept. */
  evict(t_us, more = 0) {
    const here = this.at(t_us)?.index;
    if (here === undefined || this.order.length <= this.keep + more) return;
    const distance = (index) => (index >= here ? index - here : (here - index) * BEHIND);
    const near = [...this.order].sort((a, b) => distance(a) - distance(b)).slice(0, this.keep + more);
    const kept = new Set(near);
    for (const index of this.order) if (!kept.has(index)) this.chunks.delete(index);
    this.order = this.order.filter((index) => kept.has(index));
    this.version += 1;
  }

  /** A branch at this moment: chunks that end before it are the same in both runs, the others wait for the new run's. */
  branchAt(t_us, revision) {
    const chunk = this.at(t_us) ?? { index: 1, from_us: 0 };
    this.floors = [];
    this.revision = 0;
    this.sought = [];
    this.rewind({ revision, index: chunk.index, from_us: chunk.from_us });
  }

  /** The moment of the next (step 1) or previous (step -1) event; the edge of what is held where more lies beyond; null where nothing does. */
  neighbour(t_us, step) {
    let chunk = this.at(t_us);
    while (chunk) {
      const at = step > 0 ? positionAt(chunk.events, t_us) : positionAt(chunk.events, t_us - 1) - 1;
      const event = chunk.events[at];
      if (event && (step > 0 || event.t_us < t_us)) return event.t_us;
      const next = this.chunks.get(chunk.index + step);
      if (!next) return this.edge(chunk, step);
      chunk = next;
    }
    return null;
  }

  edge({ index, from_us, to_us }, step) {
    if (step > 0) return to_us < this.until_us ? to_us : null;
    return index > 1 ? from_us - 1 : null;
  }

  /** All events of exactly this moment. */
  eventsAt(t_us) {
    const events = this.at(t_us)?.events ?? [];
    return events.slice(positionAt(events, t_us - 1), positionAt(events, t_us));
  }

  /** The event with this seq, if its chunk is here. */
  bySeq(seq) {
    for (const index of this.order) {
      const { events } = this.chunks.get(index);
      if (events.length && events[0].seq <= seq && seq <= events.at(-1).seq) return events[seq - events[0].seq] ?? null;
    }
    return null;
  }

  /** History events (notes, faults, checks ...) of all chunks held, in order. */
  history() {
    return this.order.flatMap((index) => this.chunks.get(index).history);
  }

  /** All events of all chunks held, in order. */
  events() {
    return this.order.flatMap((index) => this.chunks.get(index).events);
  }

  /** Marks of chunks that are not here, as the server keeps them: [[index, revision, rows of events]]. A chunk that came tells its own. */
  learn(chunks) {
    for (const [index, revision, rows] of chunks) {
      if (this.marks.has(index) || revision < this.floorOf(index)) continue;
      this.marks.set(index, rows.map((row) => this.markOf(decode(row))).filter(Boolean));
    }
    this.version += 1;
  }

  /** How far the marks reach: the server may know of moments whose chunks never came here. */
  get marked_us() {
    if (this.markedVersion !== this.version) {
      this.markedVersion = this.version;
      this.lastMark_us = this.allMarks().at(-1)?.t_us ?? 0;
    }
    return this.lastMark_us;
  }

  allMarks() {
    return [...this.marks.keys()].sort((a, b) => a - b).flatMap((index) => this.marks.get(index));
  }
}

function holds(chunk, t_us) {
  return chunk.from_us <= t_us && t_us < chunk.to_us;
}
