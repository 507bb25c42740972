// The events that prove something, oldest first: each leads to its moment and is selected there.
import { el } from "../dom.js";
import { causesOf } from "../traces.js";
import { say, seconds, sentence } from "../words.js";

const SHOWN_MAX = 8;

/** A list; null where there is no evidence. Events that are not here now are counted. */
export function evidenceOf(seqs, player) {
  if (!seqs?.length) return null;
  const events = seqs.map((seq) => player.store().bySeq(seq)).filter(Boolean);
  const missing = seqs.length - Math.min(events.length, SHOWN_MAX);
  const more = missing ? el("li", { class: "hint" }, `${missing} more ${events.length ? "" : "events, "}not shown here`) : null;
  return el("ol", { class: "evidence", "aria-label": "Evidence" }, ...events.slice(-SHOWN_MAX).map((event) => item(event, player)), more);
}

function item(event, player) {
  const go = () => (player.jump(event.t_us), player.select(event));
  return el("li", {}, el("button", { type: "button", class: "link", onclick: go }, seconds(event.t_us, 3)), ` ${brief(event, player.lab)}`);
}

/** A change of state has no sentence of its own: what changed is named. */
export function brief(event, lab) {
  if (event.kind !== "state") return sentence(event, lab) ?? event.kind;
  const plain = Object.entries(event.changed).map(([name, value]) => [name.replaceAll("_", " "), value]);
  return `${event.node}: ${plain.map(([name, value]) => (value !== null && typeof value === "object" ? `${name} changed` : `${name} ${say(value)}`)).join(", ")}.`;
}

/** The moment that proves it: of the last event that is here, else of the mark that `isIt`; null where neither is known. */
export function momentOf(seqs, player, isIt) {
  const event = seqs.map((seq) => player.store().bySeq(seq)).filter(Boolean).at(-1);
  return event?.t_us ?? player.marks().find(isIt)?.t_us ?? null;
}

/** What is lit as a proof: the evidence, the messages that brought it about, and the nodes it names. */
export function proofOf(title, seqs, nodes, player) {
  const events = seqs.map((seq) => player.store().bySeq(seq)).filter(Boolean);
  return { title, seqs: new Set([...seqs, ...causesOf(events, player.store())]), nodes: new Set(nodes) };
}
