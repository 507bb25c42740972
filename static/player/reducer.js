// The visible state of a run, as a pure function of a keyframe and the events after it.
//
// Rules: a state is never changed, only replaced; what an event does not touch keeps its identity, so whoever draws compares with `===`.
// A batch of events copies each touched part once, not once per event: at 20x a frame may hold hundreds of them.
import { decode } from "./events.js";
import { settleTimers, timersOf, without, withoutNode, withTimer } from "./timers.js";

/** state = reduce(state, event) */
export function reduce(state, event) {
  return reduceAll(state, [event], 0, 1);
}

/** The state after `events[start..end)`. */
export function reduceAll(state, events, start, end) {
  if (start >= end) return state;
  const draft = { ...state, owned: new Set() };
  for (let i = start; i < end; i++) {
    const apply = APPLY[events[i].kind];
    if (apply) apply(draft, events[i]);
  }
  draft.seq = events[end - 1].seq;
  delete draft.owned;
  return draft;
}

/** The state just before a chunk's first event. */
export function fromKeyframe(keyframe) {
  const moved = new Map((keyframe.moved ?? []).map(decode).map((event) => [event.message, event]));
  const messages = keyframe.messages.map(decode).sort((a, b) => a.seq - b.seq);
  const nodes = {};
  for (const [id, node] of Object.entries(keyframe.nodes)) nodes[id] = { id, ...node };
  return {
    seq: keyframe.seq,
    nodes,
    links: keyframe.links ?? [],
    flight: messages.map((message) => (moved.has(message.seq) ? move(message, moved.get(message.seq)) : message)),
    timers: timersOf(keyframe),
    operations: Object.fromEntries((keyframe.operations ?? []).map(decode).map((operation) => [operation.operation, operation])),
    checks: keyframe.checks ?? {},
    goals: keyframe.goals ?? {},
  };
}

/** Playing on from one chunk into the next: a check that holds is put in newer words at each keyframe, without an event. */
export function enter(state, keyframe) {
  return keyframe.checks ? { ...state, checks: keyframe.checks } : state;
}

/** The same state at a later moment: messages that have arrived by then are no longer in flight, timers that were due have run out. */
export function settle(state, t_us) {
  const timers = settleTimers(state.timers, t_us);
  const arrived = state.flight.some((message) => message.arrives_us <= t_us);
  if (!arrived && timers === state.timers) return state;
  return { ...state, timers, flight: arrived ? state.flight.filter((message) => message.arrives_us > t_us) : state.flight };
}

/** A message whose arrival was changed: from where it was then, it goes the rest of its way in the time that is left. */
function move(message, { t_us, arrives_us, way_ppm }) {
  return { ...message, arrives_us, moved_us: t_us, way_ppm };
}

const APPLY = {
  message(draft, event) {
    own(draft, "flight", (list) => list.slice()).push(event);
  },
  message_dropped(draft, event) {
    const flight = own(draft, "flight", (list) => list.slice());
    const at = flight.findIndex((message) => message.seq === event.message);
    if (at >= 0) flight.splice(at, 1);
  },
  message_moved(draft, event) {
    const flight = own(draft, "flight", (list) => list.slice());
    const at = flight.findIndex((message) => message.seq === event.message);
    if (at >= 0) flight[at] = move(flight[at], event);
  },
  timer(draft, { t_us, node, name, due_us }) {
    draft.timers = due_us === null ? without(draft.timers, node, name) : withTimer(draft.timers, node, name, { set_us: t_us, due_us });
  },
  state(draft, event) {
    const node = ownNode(draft, event.node);
    const state = { ...node.state };
    for (const [name, value] of Object.entries(event.changed)) state[name] = isSplice(value) ? splice(state[name], value) : value;
    node.state = state;
  },
  node(draft, event) {
    ownNode(draft, event.node).status = event.status;
    if (event.status === "down") draft.timers = withoutNode(draft.timers, event.node);
  },
  links(draft, event) {
    draft.links = event.links;
  },
  operation(draft, event) {
    const operations = own(draft, "operations", (all) => ({ ...all }));
    if (event.type === "invoke") operations[event.operation] = event;
    else delete operations[event.operation];
  },
  check(draft, event) {
    const { holds, text, nodes, evidence } = event;
    own(draft, "checks", (all) => ({ ...all }))[event.checker] = { holds, text, nodes, evidence };
  },
  goal(draft, event) {
    const { progress, text, evidence } = event;
    own(draft, "goals", (all) => ({ ...all }))[event.challenge] = { progress, text, evidence };
  },
};

/** The named part of the draft, copied on its first touch in this batch. */
function own(draft, name, copy) {
  if (!draft.owned.has(name)) {
    draft.owned.add(name);
    draft[name] = copy(draft[name]);
  }
  return draft[name];
}

function ownNode(draft, id) {
  const nodes = own(draft, "nodes", (all) => ({ ...all }));
  if (!draft.owned.has(`node ${id}`)) {
    draft.owned.add(`node ${id}`);
    nodes[id] = { id, kind: "server", status: "up", state: {}, ...nodes[id] };
  }
  return nodes[id];
}

function isSplice(value) {
  return value !== null && typeof value === "object" && "at" in value && "drop" in value && "items" in value;
}

function splice(list, { at, drop, items }) {
  const copy = (list ?? []).slice();
  copy.splice(at, drop, ...items);
  return copy;
}
