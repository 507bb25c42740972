// What became of a message that is no longer in flight, as far as the playhead knows: it may have been delivered, delayed or dropped by hand.
import { positionAt } from "./events.js";

/** The message as it was last told up to this moment, `dropped` where it was taken out of flight. `message`: its event, or null. */
export function lastTold(store, message, t_us) {
  let told = message;
  for (let chunk = message && store.at(message.t_us); chunk && chunk.from_us <= t_us; chunk = store.byIndex(chunk.index + 1)) {
    const end = positionAt(chunk.events, t_us);
    for (let i = 0; i < end; i++) told = after(told, chunk.events[i]);
    if (told.dropped || told.arrives_us < chunk.to_us) break;
  }
  return told;
}

function after(message, event) {
  if (event.message !== message.seq) return message;
  if (event.kind === "message_dropped") return { ...message, dropped: true };
  return event.kind === "message_moved" ? { ...message, arrives_us: event.arrives_us, moved_us: event.t_us, way_ppm: event.way_ppm } : message;
}
