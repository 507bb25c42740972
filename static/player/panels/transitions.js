// When a field of the nodes' snapshots changed its value: worked out once for a chunk.
import { positionAt } from "../events.js";

const known = new WeakMap(); // chunk -> Map(field -> changes)

/** The changes of the newest moment not after `t_us`: [{t_us, node, from, to}], `from` null where a node started. Empty where none is here. */
export function lastChanges(store, field, t_us) {
  for (let i = store.order.length - 1; i >= 0; i--) {
    const chunk = store.byIndex(store.order[i]);
    if (chunk.from_us > t_us) continue;
    const changes = changesOf(chunk, field);
    const end = positionAt(changes, t_us);
    if (end) return changes.slice(0, end).filter((one) => one.t_us === changes[end - 1].t_us);
  }
  return [];
}

function changesOf(chunk, field) {
  const fields = known.get(chunk) ?? known.set(chunk, new Map()).get(chunk);
  if (!fields.has(field)) fields.set(field, find(chunk, field));
  return fields.get(field);
}

function find(chunk, field) {
  const now = new Map(Object.entries(chunk.keyframe.nodes ?? {}).map(([id, node]) => [id, { value: node.state?.[field], status: node.status }]));
  let changes = [];
  for (const event of chunk.events) {
    if (event.kind !== "node" && event.kind !== "state") continue;
    const node = now.get(event.node) ?? now.set(event.node, { value: undefined, status: "up" }).get(event.node);
    if (event.kind === "node") {
      // A process that starts comes from nowhere: its state before it stopped is not where it comes from.
      if (event.status === "up" && node.status === "down") changes.push({ t_us: event.t_us, node: event.node, from: null, to: node.value });
      // What a stop takes from the memory is no step of the algorithm's.
      if (event.status === "down") changes = changes.filter((one) => one.node !== event.node || one.t_us !== event.t_us);
      node.status = event.status;
    } else if (field in event.changed && node.status === "down") node.value = event.changed[field];
    else if (field in event.changed) {
      const started = changes.findLast((one) => one.node === event.node && one.t_us === event.t_us && one.from === null);
      if (started) started.to = event.changed[field];
      else if (node.value !== event.changed[field]) changes.push({ t_us: event.t_us, node: event.node, from: node.value ?? null, to: event.changed[field] });
      node.value = event.changed[field];
    }
  }
  return changes;
}
