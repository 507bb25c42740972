// The states of the whole player that a student must know of: each says what happened and what can be done.

import { seconds } from "./words.js";

const SLOW_MS = 600; // a wait shorter than this is not worth words

/** {banner: {kind, text, button} or undefined, line: words for the status line} or null when all is well. */
export function stateOf(player) {
  const { session, runs, clock } = player;
  if (runs.problem) return { banner: { kind: "bad", text: runs.problem, button: ["Try again", () => runs.make()] } };
  if (session.status === "gone") return gone(player);
  if (session.status === "offline") return offline(player);
  if (session.finished(clock.t_us) && !clock.playing) return { line: "The run has reached its end. Go back to any moment, or start a new run." };
  return waiting(player);
}

function gone({ session, runs }) {
  const text = `${session.goneText || "This run is no longer here."} You can start a new one.`;
  return { banner: { kind: "bad", text, button: ["Start a new run", () => runs.startAgain({})] } };
}

function offline({ session, clock }) {
  const ready_us = session.store.readyUntil(clock.t_us);
  const have = ready_us === null ? "This moment had not arrived yet; what has arrived can still be replayed." : `What has arrived can still be played, up to ${seconds(ready_us)}.`;
  return { banner: { kind: "offline", text: `Offline. ${have} Reconnecting by itself.`, button: ["Connect now", () => session.link.retryNow()] } };
}

/** The playhead stands on, or has run into, what is not computed yet. */
function waiting(player) {
  const missing = !player.playback.here || player.clock.waiting;
  const poster = !player.session.run && !player.session.creating;
  if (!missing || poster) {
    player.missing_ms = null;
    return null;
  }
  const now_ms = performance.now();
  player.missing_ms ??= now_ms;
  if (now_ms - player.missing_ms < SLOW_MS) return null;
  const text = player.leader?.waitsFor(player) ?? (player.session.creating ? "Starting a run…" : player.session.busy ? "The workers are busy; this run is waiting its turn." : "Waiting for the worker to compute this moment…");
  return player.playback.state ? { line: text } : { banner: { kind: "busy", text }, line: text };
}
