// What two runs have in common and where they differ, as pure functions of what is known of them.
//
// A run is a function of parameters, seed and command log. So two runs are the same up to the first of these that differs, and
// nothing before that moment needs to be looked at.
import { positionAt } from "../events.js";

const EVENTS_MAX = 4000; // looked at in search of the first event that differs

/** Deep equality of plain values, whatever the order of their keys. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const names = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length) return false;
  return names.every((name) => name in b && same(a[name], b[name]));
}

/** How many items two lists begin with in common. */
export function sharedLength(a, b, equal = same) {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (!equal(a[i], b[i])) return i;
  return end;
}

/** Where two runs part by what they are functions of: {t_us, why, a, b}, a and b the first commands that differ; t_us null where they never do. */
export function partingOf(a, b) {
  if (a.seed !== b.seed) return { t_us: 0, why: "seed", a: null, b: null };
  if (!same(a.parameters, b.parameters)) return { t_us: 0, why: "parameters", a: null, b: null };
  const [first, second] = commandsApart(a, b).map((log) => log[0] ?? null);
  const moments = [first, second].filter(Boolean).map((command) => command.at_us);
  if (!moments.length) return { t_us: null, why: null, a: null, b: null };
  const t_us = Math.min(...moments);
  const then = (command) => (command?.at_us === t_us ? command : null);
  return { t_us, why: "commands", a: then(first), b: then(second) };
}

/** The commands of each that the other does not share: [a's, b's]. */
export function commandsApart(a, b) {
  const done = ({ at_us, action, args }) => ({ at_us, action, args });
  const shared = sharedLength(a.commands, b.commands, (one, other) => same(done(one), done(other)));
  return [a.commands.slice(shared), b.commands.slice(shared)];
}

/** Parameters of two runs that differ: [{name, label, a, b}], in the lab's order. */
export function parametersApart(lab, a, b) {
  const named = lab.parameters.filter(({ name }) => !same(a[name], b[name]));
  return named.map(({ name, label, unit }) => ({ name, label: unit ? `${label}, ${unit}` : label, a: a[name], b: b[name] }));
}

/** The first event that is not the same in both, from this moment on: {t_us, a, b}, each the event or null; null where it is not known (yet). */
export function firstEventApart(a, b, from_us) {
  const [first, second] = [eventsFrom(a, from_us), eventsFrom(b, from_us)];
  const at = sharedLength(first, second, sameEvent);
  const [one, other] = [first[at] ?? null, second[at] ?? null];
  // A list that ran out says nothing: its next chunk may not be here.
  if (!one || !other) return null;
  const t_us = Math.min(one.t_us, other.t_us);
  return { t_us, a: one.t_us === t_us ? one : null, b: other.t_us === t_us ? other : null };
}

function eventsFrom(store, from_us) {
  const events = [];
  for (let chunk = store.at(from_us); chunk && events.length < EVENTS_MAX; chunk = store.byIndex(chunk.index + 1)) {
    events.push(...chunk.events.slice(events.length ? 0 : positionAt(chunk.events, from_us - 1)));
  }
  return events;
}

function sameEvent(a, b) {
  return a.t_us === b.t_us && a.kind === b.kind && same(a, b);
}

/** Nodes of two states that differ: [{id, a, b, fields: [[name, a's value, b's value]]}]; a or b is null where only the other has the node. */
export function nodesApart(a, b) {
  const ids = [...new Set([...Object.keys(a.nodes), ...Object.keys(b.nodes)])];
  return ids.map((id) => nodeApart(id, a.nodes[id] ?? null, b.nodes[id] ?? null)).filter(Boolean);
}

function nodeApart(id, a, b) {
  if (a === b) return null;
  if (!a || !b) return { id, a, b, fields: [] };
  const names = [...new Set([...Object.keys(a.state), ...Object.keys(b.state)])].filter((name) => !same(a.state[name], b.state[name]));
  const fields = names.map((name) => [name, a.state[name], b.state[name]]);
  return fields.length || a.status !== b.status ? { id, a, b, fields } : null;
}

/** Directed links in another condition: [[src, dst, a's, b's]], a condition null where the link is as configured. */
export function linksApart(a, b) {
  if (a.links === b.links) return [];
  const [first, second] = [a, b].map(({ links }) => new Map(links.map(([src, dst, how]) => [`${src} ${dst}`, how])));
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  return names.map((name) => [...name.split(" "), first.get(name) ?? null, second.get(name) ?? null]).filter(([, , one, other]) => !same(one, other));
}

/** Promises that hold in one and not in the other: [[name, a's check, b's check]]. */
export function checksApart(a, b) {
  const names = [...new Set([...Object.keys(a.checks), ...Object.keys(b.checks)])];
  return names.map((name) => [name, a.checks[name] ?? null, b.checks[name] ?? null]).filter(([, one, other]) => (one?.holds ?? true) !== (other?.holds ?? true));
}
