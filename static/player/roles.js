// How a node looks and is called at a moment: its status first (a stopped leader is stopped), then its role, by the lab's table.
import { fill } from "./words.js";

const STATUS = {
  down: { family: "state", tone: "down", shape: "circle", word: "stopped" },
  paused: { family: "state", tone: "paused", shape: "circle", word: "paused" },
};

/** {family, tone, shape, word}: a tone with its token family, a shape and a word, so that colour is never alone. */
export function look(node, topology) {
  const role = topology.roles?.[node.state[topology.role]];
  const own = { family: "role", tone: "follower", shape: "circle", word: "", ...role };
  return STATUS[node.status] ? { ...own, ...STATUS[node.status], shape: node.status === "paused" ? own.shape : "circle" } : own;
}

/** "term 4"; empty before the node has said anything. */
export function badge(node, topology) {
  const text = topology.badge ? fill(topology.badge, node.state) : "";
  return text.includes("{") ? "" : text;
}

/** The node's whole look in words, for those who hear it. */
export function describe(node, topology) {
  return [node.id, look(node, topology).word, badge(node, topology), node.zone && `in ${node.zone}`].filter(Boolean).join(", ");
}

/** The node that a selector of the lab's (`leader`: the name of a role) means at this moment, if any is up. */
export function nodeInRole(state, topology, role) {
  return Object.values(state.nodes).find((node) => node.status === "up" && node.state[topology.role] === role) ?? null;
}
