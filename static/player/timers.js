// Timers of a moment. `state.timers` is {node: {name: {set_us, due_us}}}, or null for a lab too busy to tell them.

/** The timer of a node that is due next; undefined where none is set. */
export function soonest(timers) {
  let first;
  for (const name in timers) if (!first || timers[name].due_us < first.due_us) first = timers[name];
  return first;
}

/** All timers of a moment, the next one first: [{node, name, set_us, due_us}]. */
export function allTimers(timers) {
  return Object.entries(timers ?? {})
    .flatMap(([node, mine]) => Object.entries(mine).map(([name, timer]) => ({ node, name, ...timer })))
    .sort((a, b) => a.due_us - b.due_us || (a.node < b.node ? -1 : 1));
}

/** Timers of a keyframe, `{node: {name: [set_us, due_us]}}`, as the state has them. */
export function timersOf(keyframe) {
  if (!keyframe.timers) return null;
  const all = {};
  for (const [node, mine] of Object.entries(keyframe.timers)) {
    all[node] = Object.fromEntries(Object.entries(mine).map(([name, [set_us, due_us]]) => [name, { set_us, due_us }]));
  }
  return all;
}

/** The same timers at a later moment: one that was due by then is gone. */
export function settleTimers(timers, t_us) {
  let settled = timers;
  for (const node in timers) {
    for (const name in timers[node]) if (timers[node][name].due_us <= t_us) settled = without(settled, node, name);
  }
  return settled;
}

export function withTimer(timers, node, name, timer) {
  return { ...timers, [node]: { ...timers?.[node], [name]: timer } };
}

/** A node without timers has no entry. */
export function without(timers, node, name) {
  if (!timers?.[node] || !(name in timers[node])) return timers;
  const { [name]: _gone, ...rest } = timers[node];
  const { [node]: _all, ...others } = timers;
  return Object.keys(rest).length ? { ...others, [node]: rest } : others;
}

/** A node that stopped has none. */
export function withoutNode(timers, node) {
  if (!timers?.[node]) return timers;
  const { [node]: _gone, ...others } = timers;
  return others;
}
