// All that an event says, as facts: in the popover and in the list of events.
import { el } from "./dom.js";
import { messageFields, milliseconds, say, seconds } from "./words.js";

/** A list of names and values; null where the event's sentence says it all. */
export function details(event, lab) {
  const facts = (FACTS[event.kind] ?? (() => []))(event, lab).filter(([, value]) => value !== undefined);
  return facts.length ? el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])) : null;
}

const FACTS = {
  message: (event, lab) => [
    ...named(Object.fromEntries(messageFields(lab, event.body).map(([name, value]) => [name, counted(value)]))),
    ["sent", seconds(event.t_us, 3)],
    ["on the way", milliseconds(event.arrives_us - event.t_us)],
  ],
  note: (event) => [["node", event.node], ...named(event.fields)],
  fault: (event) => named(event.args),
  operation: (event) => [["client", event.process], ["operation", event.f], ["key", event.key], ["value", say(event.value)], ["outcome", event.type]],
  check: (event) => [["nodes", say(event.nodes)], ["proved by", `${event.evidence.length} ${event.evidence.length === 1 ? "event" : "events"}`]],
  goal: (event) => [["progress", `${Math.round(event.progress * 100)} %`]],
};

/** A list of rows would be read as a jumble: how many they are is told. */
function counted(value) {
  return Array.isArray(value) && value.some((one) => typeof one === "object") ? value.length : value;
}

function named(values) {
  return Object.entries(values).map(([name, value]) => [name.replaceAll("_", " "), say(value) || "none"]);
}

/** The ids of the nodes an event is about, for choosing by node. */
export function nodesOf(event) {
  const named = [event.node, event.src, event.dst, event.process, event.nodes, Object.values(event.args ?? {})];
  return named.flat(2).filter((one) => typeof one === "string");
}
