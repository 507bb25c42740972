// What a chunk leaves on the nodes' lines: messages with their ends, marks, and spans of status and role. Pure; worked out once for a chunk.
import { decode, positionAt } from "./events.js";

const VANISHES = new Set(["lost", "cut"]);
const OVERALL = new Set(["fault", "check", "goal", "limit"]); // marks of the whole run, above the nodes' lines

const known = new WeakMap(); // chunk -> trace

export function traceOf(chunk, topology) {
  if (!known.has(chunk)) known.set(chunk, trace(chunk, topology));
  return known.get(chunk);
}

/** The traces of all chunks held that reach into a window, in order; when messages in them were dropped, and how they were moved. */
export function tracesIn(store, topology, from_us, to_us) {
  const traces = [];
  const drops = new Map(); // seq of a message -> t_us
  const moves = new Map(); // seq of a message -> [events]
  for (const index of store.order) {
    const chunk = store.byIndex(index);
    if (chunk.to_us <= from_us || chunk.from_us > to_us) continue;
    const one = traceOf(chunk, topology);
    traces.push(one);
    for (const event of one.drops) drops.set(event.message, event.t_us);
    for (const event of one.moves) moves.set(event.message, [...(moves.get(event.message) ?? []), event]);
  }
  return { traces, drops, moves };
}

/** A message's line as far as `known_us` tells: {points: [[t_us, part]], end_us, arrived, vanished}; `part` 1 is the receiver's line.
 * It bends where somebody moved the arrival while it was on its way (`moves`), and ends early where it vanished or was dropped. */
export function courseOf(message, moves, dropped_us, known_us) {
  const bends = (moves ?? []).filter((move) => move.t_us <= known_us);
  const points = [[message.t_us, 0], ...bends.map((move) => [move.t_us, move.way_ppm / 1e6])];
  points.push([bends.at(-1)?.arrives_us ?? message.arrives_us, 1]);
  const gone = VANISHES.has(message.fate) ? cutAt(points, momentAt(points, 0.5)) : points;
  const dropped = dropped_us === undefined ? gone : cutAt(gone, dropped_us);
  const [last_us, part] = dropped.at(-1);
  const ended = last_us <= known_us;
  const refused = dropped_us !== undefined && dropped_us <= last_us;
  return { points: cutAt(dropped, known_us), end_us: Math.min(last_us, known_us), arrived: ended && part === 1 && !refused, vanished: ended && (part < 1 || refused) };
}

/** The moment a course has come so far. */
function momentAt(points, part) {
  const i = points.findIndex((point) => point[1] >= part);
  if (i <= 0) return points[0][0];
  const [[t0, p0], [t1, p1]] = [points[i - 1], points[i]];
  return p1 === p0 ? t1 : t0 + ((part - p0) / (p1 - p0)) * (t1 - t0);
}

/** The part of a course up to a moment. */
function cutAt(points, t_us) {
  const whole = points.filter((point) => point[0] <= t_us);
  if (whole.length === points.length || !whole.length) return whole.length ? points : [points[0]];
  const [[t0, p0], [t1, p1]] = [whole.at(-1), points[whole.length]];
  return t_us > t0 ? [...whole, [t_us, p0 + ((t_us - t0) / (t1 - t0)) * (p1 - p0)]] : whole;
}

/** The moment a message's fate can be seen; before it, nobody is told. */
export function fateSeenAt(message) {
  return VANISHES.has(message.fate) ? (message.t_us + message.arrives_us) / 2 : message.t_us;
}

function trace(chunk, topology) {
  const messages = chunk.events.filter((event) => event.kind === "message");
  const carried = (chunk.keyframe.messages ?? []).map(decode);
  return {
    index: chunk.index,
    from_us: chunk.from_us,
    to_us: chunk.to_us,
    messages,
    carried,
    reach_us: messages.reduce((longest, one) => Math.max(longest, one.arrives_us - one.t_us), 0),
    drops: chunk.events.filter((event) => event.kind === "message_dropped"),
    moves: chunk.events.filter((event) => event.kind === "message_moved"),
    marks: chunk.events.filter((event) => event.kind === "note" || (OVERALL.has(event.kind) && worthAMark(event))),
    lives: livesOf(chunk, topology.role),
  };
}

function worthAMark(event) {
  return (event.kind !== "check" || !event.holds) && (event.kind !== "goal" || event.progress >= 1);
}

/** Node id -> [{from_us, to_us, status, role}], without a hole over the chunk. */
function livesOf(chunk, field) {
  const lives = new Map();
  const open = (id, t_us, status, role) => {
    const spans = lives.get(id) ?? lives.set(id, []).get(id);
    const last = spans.at(-1);
    if (last) last.to_us = t_us;
    spans.push({ from_us: t_us, to_us: chunk.to_us, status, role });
  };
  for (const [id, node] of Object.entries(chunk.keyframe.nodes ?? {})) open(id, chunk.from_us, node.status, node.state?.[field]);
  for (const event of chunk.events) {
    if (event.kind !== "node" && event.kind !== "state") continue;
    const now = lives.get(event.node)?.at(-1);
    if (event.kind === "node") open(event.node, event.t_us, event.status, now?.role);
    else if (field in event.changed && event.changed[field] !== now?.role) open(event.node, event.t_us, now?.status ?? "up", event.changed[field]);
  }
  return lives;
}

/** The first of these events that is not before a moment. */
export function firstFrom(events, t_us) {
  return positionAt(events, t_us - 1);
}

/** The messages whose arrival brought these events about: those that reached their node at their very moment. */
export function causesOf(events, store) {
  return events.filter((event) => event.kind === "state" || event.kind === "note").flatMap(({ node, t_us }) => {
    const chunk = store.at(t_us);
    const before = chunk && (store.byIndex(chunk.index - 1)?.events ?? []);
    const sent = chunk ? [...(chunk.keyframe.messages ?? []).map(decode), ...before, ...chunk.events] : [];
    return [...new Set(sent.filter((one) => one.kind === "message" && one.dst === node && one.arrives_us === t_us && !VANISHES.has(one.fate)).map((one) => one.seq))];
  });
}
