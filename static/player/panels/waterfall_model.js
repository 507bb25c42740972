// One operation put together from rows that are there: its messages, and the work at the nodes between them. Pure.
import { decode } from "../events.js";

const BACK_CHUNKS = 3; // operations that began longer ago are not offered
const RECENT = 12;
const ENDS = new Set(["ok", "fail", "info"]);
const VANISHES = new Set(["lost", "cut"]);

const known = new WeakMap(); // chunk -> {operations, messages, drops}

function found(chunk, lab, field) {
  if (!known.has(chunk)) known.set(chunk, walk(chunk, lab, field));
  return known.get(chunk);
}

function walk(chunk, lab, field) {
  const operations = new Map(); // id -> [events]
  const messages = new Map(); // id -> [events]
  const drops = new Map(); // message -> {t_us, reason}
  const moves = new Map(); // message -> the last event that moved it
  const places = new Map(Object.entries(lab.messages).map(([name, { fields }]) => [name, fields.indexOf(field) + 1]));
  for (const event of chunk.events) {
    if (event.kind === "operation") push(operations, event.operation, event);
    else if (event.kind === "message_dropped") drops.set(event.message, event);
    else if (event.kind === "message_moved") moves.set(event.message, event);
    else if (event.kind === "message") {
      const place = places.get(event.body[0]);
      if (place && event.body[place] > 0) push(messages, event.body[place], event);
    }
  }
  return { operations, messages, drops, moves };
}

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

function chunksBefore(store, t_us, count) {
  const chunks = [];
  for (let chunk = store.at(t_us); chunk && chunks.length < count; chunk = store.byIndex(chunk.index - 1)) chunks.unshift(chunk);
  return chunks;
}

/** The newest operations that are seen at a moment: [{id, invoke, end}], the newest last; `end` null while it waits. */
export function recentOperations(spec, lab, store, t_us) {
  const all = new Map();
  for (const chunk of chunksBefore(store, t_us, BACK_CHUNKS)) {
    for (const row of all.size ? [] : (chunk.keyframe.operations ?? []).map(decode)) all.set(row.operation, { id: row.operation, invoke: row, end: null });
    for (const events of found(chunk, lab, spec.trace).operations.values()) {
      for (const event of events) {
        if (event.t_us > t_us) break;
        if (event.type === "invoke") all.set(event.operation, { id: event.operation, invoke: event, end: null });
        else if (ENDS.has(event.type) && all.has(event.operation)) all.get(event.operation).end = event;
      }
    }
  }
  const sorted = [...all.values()].sort((a, b) => a.invoke.t_us - b.invoke.t_us);
  return { recent: sorted.slice(-RECENT), all };
}

/** The bars of an operation as far as a moment knows: [{kind: "whole" | "way" | "wait" | "work", from_us, to_us, node | src, dst, name, open, gone, late}]. */
export function barsOf(operation, spec, lab, store, t_us) {
  const { id, invoke, end } = operation;
  const messages = messagesOf(id, spec, lab, store, invoke.t_us, t_us);
  const bars = [{ kind: "whole", from_us: invoke.t_us, to_us: end?.t_us ?? t_us, node: invoke.process, name: `${invoke.f} ${invoke.key}`, seq: id, open: !end }];
  for (const message of messages) {
    const before = messages.findLast((one) => one.dst === message.src && !one.gone && one.to_us <= message.from_us);
    if (before && message.from_us > before.to_us) bars.push(...workBars(before.to_us, message, spec, lab));
    bars.push({ ...message, late: Boolean(end) && message.from_us > end.t_us });
  }
  return bars;
}

/** Time at a node between what came and what left: first in a queue, where the message says how long, then at work. */
function workBars(from_us, message, spec, lab) {
  const place = lab.messages[message.name]?.fields.indexOf(spec.waited) ?? -1;
  const waited_us = place >= 0 ? Math.min(message.body[place + 1] ?? 0, message.from_us - from_us) : 0;
  const bar = (kind, a, b) => ({ kind, from_us: a, to_us: b, node: message.src, name: message.name, seq: message.seq });
  return [waited_us > 0 ? bar("wait", from_us, from_us + waited_us) : null, from_us + waited_us < message.from_us ? bar("work", from_us + waited_us, message.from_us) : null].filter(Boolean);
}

/** Its messages up to a moment, in order. What will not arrive looks like any other until it vanishes, halfway. */
function messagesOf(id, spec, lab, store, from_us, t_us) {
  const messages = [];
  for (let chunk = store.at(from_us); chunk && chunk.from_us <= t_us; chunk = store.byIndex(chunk.index + 1)) {
    for (const event of found(chunk, lab, spec.trace).messages.get(id) ?? []) if (event.t_us <= t_us) messages.push(courseTo(event, store, lab, spec, t_us));
    if (chunk.from_us - from_us > 30e6) break;
  }
  return messages;
}

function courseTo(event, store, lab, spec, t_us) {
  const { drop, move } = fateOf(event, store, lab, spec, t_us);
  const arrives_us = move?.arrives_us ?? event.arrives_us;
  const vanishes_us = VANISHES.has(event.fate) ? (event.t_us + event.arrives_us) / 2 : drop?.t_us ?? Infinity;
  const end_us = Math.min(arrives_us, vanishes_us);
  return { kind: "way", from_us: event.t_us, to_us: Math.min(end_us, t_us), src: event.src, dst: event.dst, name: event.body[0], body: event.body, seq: event.seq, open: end_us > t_us, gone: end_us <= t_us && vanishes_us <= arrives_us };
}

function fateOf(event, store, lab, spec, t_us) {
  let [drop, move] = [null, null];
  for (let chunk = store.at(event.t_us); chunk && chunk.from_us <= Math.min(t_us, event.arrives_us + 10e6); chunk = store.byIndex(chunk.index + 1)) {
    const { drops, moves } = found(chunk, lab, spec.trace);
    if (drops.get(event.seq)?.t_us <= t_us) drop = drops.get(event.seq);
    if (moves.get(event.seq)?.t_us <= t_us) move = moves.get(event.seq);
    if (chunk.to_us > (move?.arrives_us ?? event.arrives_us)) break;
  }
  return { drop, move };
}
