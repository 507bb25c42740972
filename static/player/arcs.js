// Timers on their nodes: for each server the timer that is due next, as a thin arc that drains clockwise to nothing.
//
// It is drawn on the messages' canvas, so it costs no layout. Faster than a glance can follow, it would only flicker: it is then left out,
// and where motion is not wanted it is shown only while the playhead stands.
import { soonest } from "./timers.js";

const SPEED_MAX = 0.5;
const GAP_PX = 9; // from the node's edge: outside the corners of every shape, inside the line of text
const TURN = 2 * Math.PI;
const TOP = -Math.PI / 2;

/** Whether arcs are drawn at this moment. */
export function arcsShown({ playing, speed, reduced }) {
  return !playing || (speed <= SPEED_MAX && !reduced);
}

/** `colour(token)`: its value. `pointed`: {id, timer} of a timer that is pointed at, drawn strong. */
export function drawArcs(context, plan, { state, t_us, playing, speed, reduced, pointed }, colour) {
  if (!state.timers || !arcsShown({ playing, speed, reduced })) return;
  context.save();
  context.lineCap = "butt";
  for (const id of plan.servers) {
    const { x, y, r } = plan.places.get(id);
    const strong = pointed?.type === "timer" && pointed.id === id;
    const timer = (strong && state.timers[id]?.[pointed.timer]) || soonest(state.timers[id]);
    if (timer) arc(context, x, y, r + GAP_PX, left(timer, t_us), strong, colour);
  }
  context.restore();
}

function arc(context, x, y, r, part, strong, colour) {
  context.lineWidth = strong ? 4 : 2;
  context.strokeStyle = colour(strong ? "--focus" : "--ink-faint");
  context.beginPath();
  context.arc(x, y, r, TOP + TURN * (1 - part), TOP + TURN);
  context.stroke();
}

function left({ set_us, due_us }, t_us) {
  return Math.min(Math.max((due_us - t_us) / (due_us - set_us), 0), 1);
}
