// Messages in flight, on one canvas above the cluster: a mark for each kind, a cross where one is lost; and the nodes' timers (arcs.js).
import { drawArcs } from "./arcs.js";
import { along, hasVanished, lane, progress } from "./geometry.js";
import { CROSS, messageMark } from "./shapes.js";

const FADE_MS = 700; // a cross stays this long in wall time, or it could not be seen at full speed
const TOUCH_PX = 16;

export class Flight {
  constructor(canvas, lab) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.lab = lab;
    this.paths = new Map();
    this.lanes = new Map();
    this.colours = new Map();
    this.drawn = new Map(); // seq -> {message, x, y} of the last frame
    this.crosses = []; // {x, y, until_ms}
    this.handed = new Set(); // seqs of messages delivered by hand since the last frame: they came early and are not lost
    this.t_us = 0;
  }

  /** New size or places: what was worked out for the old ones is dropped. */
  place(plan, width, height) {
    this.plan = plan;
    this.size = { width, height };
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.lanes.clear();
  }

  /** The theme changed. */
  recolour() {
    this.colours.clear();
  }

  /** Draws the messages of a moment; returns true while a cross still fades and wants another frame. */
  draw(view) {
    const { state, t_us, now_ms, jumped, reduced, selected, pointed, proof } = view;
    if (!this.plan) return false;
    const { context, ratio, size } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    if (jumped || t_us < this.t_us) this.crosses = [];
    else this.markLosses(state, t_us, now_ms);
    this.t_us = t_us;
    this.handed.clear();
    this.drawn.clear();
    drawArcs(context, this.plan, view, (token) => this.colour(token));
    const lit = pointed?.type === "message" ? pointed.seq : null;
    for (const message of state.flight) this.one(message, t_us, reduced, message.seq === selected || message.seq === lit ? "--focus" : proof?.seqs.has(message.seq) ? "--violated" : "");
    this.crosses = this.crosses.filter((cross) => cross.until_ms > now_ms);
    for (const cross of this.crosses) this.cross(cross, Math.min(1, (cross.until_ms - now_ms) / (FADE_MS * 0.6)));
    return this.crosses.length > 0;
  }

  /** What was here a frame ago and is not now: delivered, or lost and worth a cross. */
  markLosses(state, t_us, now_ms) {
    const here = new Set(state.flight.map((message) => message.seq));
    for (const [seq, { message, x, y }] of this.drawn) {
      if (here.has(seq) || this.handed.has(seq)) continue;
      const early = message.arrives_us > t_us;
      const vanished = message.fate === "lost" || message.fate === "cut";
      const refused = !early && state.nodes[message.dst]?.status === "down";
      if (early || vanished || refused) this.crosses.push({ ...this.endOf(message, early ? { x, y } : null, vanished), until_ms: now_ms + FADE_MS });
    }
  }

  /** Playback passed these events. */
  passed(events, start, end) {
    for (let i = start; i < end; i++) if (events[i].kind === "message_moved" && events[i].arrives_us <= events[i].t_us) this.handed.add(events[i].message);
  }

  /** Where a message ended: where it was, halfway, or at the door of a stopped node. */
  endOf(message, where, vanished) {
    return where ?? along(this.laneOf(message), vanished ? 0.5 : 1);
  }

  /** `ring`: the token of the ring around it, where it is selected or proves something. */
  one(message, t_us, reduced, ring) {
    const path = this.laneOf(message);
    if (!path) return;
    const vanishes = message.fate === "lost" || message.fate === "cut";
    const part = progress(message, t_us);
    const { x, y } = along(path, reduced ? 0.5 : vanishes ? Math.min(part, 0.5) : part);
    const colour = this.colour(`--message-${this.lab.messages[message.body[0]]?.tone}`);
    this.drawn.set(message.seq, { message, x, y });
    if (path.dotted || reduced) this.line(path, colour, reduced);
    if (hasVanished(message, t_us)) this.cross({ x, y }, 1);
    else this.mark(message, x, y, path.angle, colour);
    if (ring) this.halo(x, y, ring);
  }

  mark(message, x, y, angle, colour) {
    const { context } = this;
    const mark = messageMark(this.lab.messages[message.body[0]]?.shape);
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    const path = this.path(mark.d);
    context.lineWidth = mark.filled ? 2 : 5;
    context.strokeStyle = this.colour("--surface");
    context.stroke(path);
    context.fillStyle = mark.filled ? colour : this.colour("--surface");
    context.fill(path);
    if (!mark.filled) {
      context.lineWidth = 2.5;
      context.strokeStyle = colour;
      context.stroke(path);
    }
    context.restore();
  }

  cross({ x, y }, alpha) {
    const { context } = this;
    context.save();
    context.globalAlpha = alpha;
    context.translate(x, y);
    context.lineWidth = 3;
    context.lineCap = "round";
    context.strokeStyle = this.colour("--message-lost");
    context.stroke(this.path(CROSS));
    context.restore();
  }

  /** Dotted where no link is drawn (clients); a whole arrow where motion is not wanted. */
  line(path, colour, arrow) {
    const { context } = this;
    context.save();
    context.strokeStyle = arrow ? colour : this.colour("--line-strong");
    context.lineWidth = 1.5;
    context.setLineDash(path.dotted ? [2, 6] : []);
    context.beginPath();
    context.moveTo(path.x1, path.y1);
    context.lineTo(path.x2, path.y2);
    context.stroke();
    context.restore();
    if (arrow) this.arrowhead(path, colour);
  }

  arrowhead(path, colour) {
    const { context } = this;
    context.save();
    context.translate(path.x2, path.y2);
    context.rotate(path.angle);
    context.fillStyle = colour;
    context.fill(this.path("M0 0-9-5V5z"));
    context.restore();
  }

  halo(x, y, ring) {
    const { context } = this;
    context.strokeStyle = this.colour(ring);
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(x, y, 14, 0, 2 * Math.PI);
    context.stroke();
  }

  /** The message drawn nearest to a point, within a finger's reach. */
  at(x, y) {
    let best = null;
    let nearest = TOUCH_PX;
    for (const one of this.drawn.values()) {
      const distance = Math.hypot(one.x - x, one.y - y);
      if (distance < nearest) [best, nearest] = [one, distance];
    }
    return best;
  }

  laneOf({ src, dst }) {
    const key = `${src}>${dst}`;
    if (!this.lanes.has(key)) this.lanes.set(key, this.makeLane(src, dst));
    return this.lanes.get(key);
  }

  makeLane(src, dst) {
    const a = this.plan.places.get(src);
    const b = this.plan.places.get(dst);
    if (!a || !b) return null;
    return { ...lane(a, b), dotted: Boolean(a.w || b.w) };
  }

  path(d) {
    if (!this.paths.has(d)) this.paths.set(d, new Path2D(d));
    return this.paths.get(d);
  }

  colour(token) {
    if (!this.colours.has(token)) {
      const value = getComputedStyle(this.canvas).getPropertyValue(token).trim();
      this.colours.set(token, value || getComputedStyle(this.canvas).color);
    }
    return this.colours.get(token);
  }
}
