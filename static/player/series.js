// Numbers over time, from the chunks that are held: what was measured (metric rows), what fields of nodes were (state rows), what flowed (flow rows).
//
// Each chunk is walked once, the first time one of its numbers is asked for; after that a question costs the points of its answer. Everything
// here is a function of the chunks and a moment, so that playing, going back and jumping there show the same.
import { positionAt } from "./events.js";

const COUNT = ".count"; // a name that ends so has the value 0 where nothing was counted

const known = new WeakMap(); // chunk -> what was found in it

function found(chunk) {
  if (!known.has(chunk)) known.set(chunk, walk(chunk));
  return known.get(chunk);
}

function walk(chunk) {
  const metrics = new Map(); // name -> Map(t_us -> value)
  const windows = []; // moments at which a window of measuring ended
  const states = new Map(); // node -> its state events
  const statuses = new Map(); // node -> its node events
  const flows = [];
  for (const event of chunk.events) {
    if (event.kind === "metric") {
      listOf(metrics, event.name, () => new Map()).set(event.t_us, event.value);
      if (windows.at(-1) !== event.t_us) windows.push(event.t_us);
    } else if (event.kind === "state") listOf(states, event.node).push(event);
    else if (event.kind === "node") listOf(statuses, event.node).push(event);
    else if (event.kind === "flow") flows.push(event);
  }
  return { metrics, windows, states, statuses, flows, tracks: new Map() };
}

function listOf(map, key, make = () => []) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

/** The chunks held that reach into a stretch of time, in order. */
export function chunksIn(store, from_us, to_us) {
  return store.order.map((index) => store.byIndex(index)).filter((chunk) => chunk.to_us > from_us && chunk.from_us <= to_us);
}

/** The node a panel reads: the first whose snapshot has these values. */
export function nodeOf(state, of) {
  const wanted = Object.entries(of ?? {});
  return Object.values(state.nodes).find((node) => wanted.every(([name, value]) => node.state[name] === value)) ?? null;
}

/** A metric's points in `[from_us, to_us]`: {t: [us], v: [number or null]}. Null parts the line: a window that told nothing, a chunk that is not held. */
export function metricPoints(store, name, from_us, to_us) {
  const nothing = name.endsWith(COUNT) ? 0 : null;
  const points = { t: [], v: [] };
  const add = (t_us, value) => (points.t.push(t_us), points.v.push(value));
  const step = windowLength(store);
  let before = null;
  let last_us = Infinity;
  for (const chunk of chunksIn(store, from_us - step, to_us)) {
    const { metrics, windows } = found(chunk);
    const values = metrics.get(name);
    if (before && chunk.index !== before.index + 1) {
      add(chunk.from_us, null);
      last_us = Infinity;
    }
    for (const t_us of windows) {
      for (last_us += step; last_us < t_us - step / 2; last_us += step) if (last_us >= from_us && last_us <= to_us) add(last_us, nothing);
      if (t_us >= from_us && t_us <= to_us) add(t_us, values?.get(t_us) ?? nothing);
      last_us = t_us;
    }
    before = chunk;
  }
  return points;
}

/** The length of a window of measuring: the shortest time between two that are held. */
export function windowLength(store) {
  let shortest = Infinity;
  for (const index of store.order) {
    const { windows } = found(store.byIndex(index));
    for (let i = 1; i < windows.length; i++) shortest = Math.min(shortest, windows[i] - windows[i - 1]);
    if (shortest < Infinity) return shortest;
  }
  return 500_000;
}

/** The last moment up to this one at which something was measured; null where that is not held. */
export function lastWindow(store, t_us) {
  for (let chunk = store.at(t_us); chunk; chunk = store.byIndex(chunk.index - 1)) {
    const last = found(chunk).windows.findLast((one) => one <= t_us);
    if (last !== undefined) return last;
  }
  return null;
}

/** What a field of a node's snapshot was over a chunk: [[t_us, value]], the first at the chunk's beginning. Spliced lists come whole. */
export function trackOf(chunk, node, field) {
  const { states, tracks } = found(chunk);
  return listOf(tracks, `${node} ${field}`, () => {
    let value = chunk.keyframe.nodes[node]?.state[field];
    const track = [[chunk.from_us, value]];
    for (const { t_us, changed } of states.get(node) ?? []) {
      if (!(field in changed)) continue;
      value = spliced(value, changed[field]);
      track.push([t_us, value]);
    }
    return track;
  });
}

function spliced(list, value) {
  if (value === null || typeof value !== "object" || !("drop" in value && "items" in value)) return value;
  const copy = (list ?? []).slice();
  copy.splice(value.at, value.drop, ...value.items);
  return copy;
}

function lastBefore(track, t_us) {
  return track.findLast(([from_us]) => from_us <= t_us)?.[1];
}

/** A field's points in `[from_us, to_us]`, for a line of steps that ends at `to_us`. */
export function fieldPoints(store, node, field, from_us, to_us) {
  const points = { t: [], v: [] };
  let before = null;
  for (const chunk of chunksIn(store, from_us, to_us)) {
    if (before && chunk.index !== before.index + 1) (points.t.push(before.to_us), points.v.push(null));
    const track = trackOf(chunk, node, field).filter(([t_us], i) => t_us <= to_us && (i > 0 || before?.index !== chunk.index - 1));
    for (const [t_us, value] of track) (points.t.push(Math.max(t_us, from_us)), points.v.push(value ?? null));
    before = chunk;
  }
  if (points.t.length && before.to_us >= to_us) (points.t.push(to_us), points.v.push(points.v.at(-1)));
  return points;
}

/** What a field was at a moment; undefined where that moment is not held or the node was down. */
export function fieldAt(store, node, field, t_us) {
  const chunk = store.at(t_us);
  if (!chunk || statusAt(chunk, node, t_us) === "down") return undefined;
  return lastBefore(trackOf(chunk, node, field), t_us);
}

function statusAt(chunk, node, t_us) {
  const changes = found(chunk).statuses.get(node) ?? [];
  return changes.findLast((event) => event.t_us <= t_us)?.status ?? chunk.keyframe.nodes[node]?.status;
}

/** The last two values of a field up to a moment: {value, before, before_us}; `before` undefined where there was no other within `back_us`. */
export function lastChange(store, node, field, t_us, back_us) {
  let value;
  let told = ""; // a keyframe tells again what was told before it
  for (let chunk = store.at(t_us); chunk && chunk.to_us > t_us - back_us; chunk = store.byIndex(chunk.index - 1)) {
    for (const [from_us, one] of trackOf(chunk, node, field).toReversed()) {
      if (from_us > t_us) continue;
      if (value === undefined) [value, told] = [one, JSON.stringify(one)];
      else if (one !== value && JSON.stringify(one) !== told) return { value, before: one, before_us: from_us };
    }
  }
  return { value, before: undefined, before_us: null };
}

/** What went over each link within the last `span_us`: [{src, dst, per_s, errors_per_s}], in the order of first mention. */
export function flowsAt(store, t_us, span_us) {
  const links = new Map();
  for (const chunk of chunksIn(store, t_us - span_us, t_us)) {
    const { flows } = found(chunk);
    for (let i = positionAt(flows, t_us - span_us); i < flows.length && flows[i].t_us <= t_us; i++) {
      const one = listOf(links, `${flows[i].src} ${flows[i].dst}`, () => ({ src: flows[i].src, dst: flows[i].dst, count: 0, errors: 0 }));
      one.count += flows[i].count;
      one.errors += flows[i].errors;
    }
  }
  const seconds = Math.min(span_us, Math.max(t_us, 1)) / 1e6;
  return [...links.values()].map(({ src, dst, count, errors }) => ({ src, dst, per_s: count / seconds, errors_per_s: errors / seconds }));
}

/** One operation in so many is shown with its messages. */
export function sampleEvery(store, t_us) {
  return store.at(t_us)?.keyframe.sample_every ?? 1;
}
