// Rows of a chunk become objects with named fields; nothing else in the player sees a row.
import { SCHEMA } from "./schema.js";

/** `[kind, seq, t_us, ...fields]` as an object. A kind this player does not know keeps its place in the order and changes nothing. */
export function decode(row) {
  const event = { kind: row[0], seq: row[1], t_us: row[2] };
  const names = SCHEMA[row[0]];
  if (names) for (let i = 2; i < names.length; i++) event[names[i]] = row[i + 1];
  return event;
}

/** Events that are worth a line of text. The rest (states, messages, metrics) are the traffic between them. */
const HISTORY = new Set(["note", "fault", "node", "operation", "check", "goal", "limit"]);

/** A chunk frame with its rows decoded, and the few events that are history kept apart so that lists need not walk them all. */
export function decodeChunk(frame) {
  const events = frame.events.map(decode);
  return {
    revision: frame.revision,
    index: frame.index,
    from_us: frame.from_us,
    to_us: frame.to_us,
    keyframe: frame.keyframe,
    events,
    history: events.filter((event) => HISTORY.has(event.kind)),
  };
}

/** The number of events (in time order) with `t_us <= t_us`: the position up to which a moment has applied them. */
export function positionAt(events, t_us) {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].t_us <= t_us) low = middle + 1;
    else high = middle;
  }
  return low;
}
