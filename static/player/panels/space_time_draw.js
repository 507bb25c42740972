// The space-time picture on one canvas. Lines of one look are one path: the cost of a frame hardly grows with the messages in it.
import { courseOf, firstFrom } from "../traces.js";
import { CROSS, messageMark, nodePath } from "../shapes.js";
import { AXIS_PX, SpaceTimeGround, TOP_PX } from "./space_time_ground.js";

const HEAD_PX = 7;
const MARK_PX = 5.5;

export class SpaceTimePicture extends SpaceTimeGround {
  constructor(canvas, lab) {
    super(canvas, lab);
    this.drawn = []; // what can be pointed at: {event, x, y} marks and {event, x1, y1, x2, y2} messages
  }

  /** scene: {window, rows, traces, drops, moves, t_us, seen_us, chosen: {selected, pointed, focused}, proof, evidence} */
  draw(scene) {
    this.clear();
    this.scene = scene;
    this.drawn = [];
    this.axis();
    this.lives();
    this.messages();
    this.marks();
    for (const event of scene.evidence) this.evidence(event);
    this.later();
    this.playhead();
  }

  messages() {
    const { traces, window } = this.scene;
    this.groups = new Map(); // how a line looks -> {lines, heads}
    this.crosses = new Path2D();
    this.outstanding = [];
    for (const [i, trace] of traces.entries()) {
      if (i === 0) for (const message of trace.carried) this.message(message);
      for (let at = firstFrom(trace.messages, window.from_us - trace.reach_us); at < trace.messages.length; at++) {
        if (trace.messages[at].t_us > this.known_us || trace.messages[at].t_us > window.to_us) break;
        this.message(trace.messages[at]);
      }
    }
    for (const one of this.outstanding) this.underline(one);
    for (const group of this.groups.values()) this.strokeGroup(group);
    for (const one of this.outstanding) this.line(one.x1, one.y1, one.x2, one.y2, this.haloColour(one.event.seq), 2);
    const { context } = this;
    context.lineWidth = 2.25;
    context.lineCap = "round";
    context.strokeStyle = this.colour("--message-lost");
    context.stroke(this.crosses);
  }

  message(message) {
    const { rows, drops, moves } = this.scene;
    const [y1, to] = [rows.get(message.src), rows.get(message.dst)];
    if (y1 === undefined || to === undefined) return;
    const { points, arrived, vanished } = courseOf(message, moves.get(message.seq), drops.get(message.seq), this.known_us);
    const path = points.map(([t_us, part]) => [this.x(t_us), y1 + (to - y1) * part]);
    const [[x1], [x2, y2]] = [path[0], path.at(-1)];
    if (x2 < 0 || x1 > this.width || path.length < 2) return;
    const { tone, shape } = this.lab.messages[message.body[0]] ?? {};
    const filled = messageMark(shape).filled;
    const group = this.group(tone, filled, message.fate === "duplicate");
    group.lines.moveTo(x1, y1);
    for (let i = 1; i < path.length; i++) group.lines.lineTo(...path[i]);
    if (arrived) this.head(group, filled, ...path.at(-2), x2, y2);
    if (vanished) this.crosses.addPath(this.path(CROSS), new DOMMatrix([0.7, 0, 0, 0.7, x2, y2]));
    const one = { event: message, x1, y1, x2, y2 };
    this.drawn.push(one);
    if (this.isOutstanding(message)) this.outstanding.push(one);
  }

  group(tone, filled, copy) {
    const key = `${tone} ${filled} ${copy}`;
    if (!this.groups.has(key)) this.groups.set(key, { tone, filled, copy, lines: new Path2D(), heads: new Path2D() });
    return this.groups.get(key);
  }

  /** An arrow's head: filled for what asks, open for what answers, as the marks in the cluster are. */
  head({ heads }, filled, x1, y1, x2, y2) {
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [ux, uy] = [((x2 - x1) / length) * HEAD_PX, ((y2 - y1) / length) * HEAD_PX];
    heads.moveTo(x2 - ux - uy * 0.5, y2 - uy + ux * 0.5);
    heads.lineTo(x2, y2);
    heads.lineTo(x2 - ux + uy * 0.5, y2 - uy - ux * 0.5);
    if (filled) heads.closePath();
  }

  strokeGroup({ tone, filled, copy, lines, heads }) {
    const { context } = this;
    const colour = this.colour(`--message-${tone}`);
    context.strokeStyle = colour;
    context.lineWidth = filled ? 1.5 : 1.1;
    context.setLineDash(copy ? [2, 3] : []);
    context.stroke(lines);
    context.setLineDash([]);
    context.lineWidth = 1.5;
    if (filled) {
      context.fillStyle = colour;
      context.fill(heads);
    } else context.stroke(heads);
  }

  isOutstanding({ seq }) {
    const { chosen, proof } = this.scene;
    return seq === chosen.selected || seq === chosen.pointed || seq === chosen.focused || proof.has(seq);
  }

  /** A band under a line or around a mark: selected, pointed at, or part of a proof. */
  underline({ event, x1, y1, x2, y2 }) {
    this.context.globalAlpha = 0.35;
    this.context.lineCap = "round";
    this.line(x1, y1, x2, y2, this.haloColour(event.seq), event.seq === this.scene.chosen.selected ? 13 : 9);
    this.context.globalAlpha = 1;
  }

  haloColour(seq) {
    const { chosen, proof } = this.scene;
    return this.colour(proof.has(seq) && seq !== chosen.selected ? "--violated" : "--focus");
  }

  marks() {
    const { traces, window } = this.scene;
    for (const trace of traces) {
      for (let at = firstFrom(trace.marks, window.from_us); at < trace.marks.length; at++) {
        if (trace.marks[at].t_us > this.known_us || trace.marks[at].t_us > window.to_us) break;
        if (trace.marks[at].kind === "note") this.note(trace.marks[at]);
        else this.flag(trace.marks[at]);
      }
    }
  }

  /** A note on its node's line, in the shape and tone the lab's data gives it. */
  note(event) {
    const y = this.scene.rows.get(event.node);
    if (y === undefined) return;
    const { shape, tone = "follower", mark } = this.lab.notes[event.name] ?? {};
    const d = nodePath(shape ?? (mark ? "diamond" : "circle"), shape || mark ? MARK_PX : 3.5);
    this.shape(event, d, this.x(event.t_us), y, this.colour(`--role-${tone}`));
  }

  /** A change of state that proves something has no mark of its own: it gets one here. */
  evidence(event) {
    const y = this.scene.rows.get(event.node);
    const x = this.x(event.t_us);
    if (y === undefined || event.t_us > this.known_us || x < -MARK_PX || x > this.width + MARK_PX) return;
    this.shape(event, nodePath("square", MARK_PX - 1), x, y, this.colour("--violated"));
  }

  /** What concerns the whole run: a flag above the lines and a thread down through them. */
  flag(event) {
    const x = this.x(event.t_us);
    const colour = this.colour(event.kind === "goal" ? "--ok" : "--violated");
    this.context.setLineDash([3, 4]);
    this.line(x, TOP_PX - 8, x, this.height - AXIS_PX, colour, 1);
    this.context.setLineDash([]);
    this.shape(event, FLAGS[event.kind] ?? FLAGS.fault, x, TOP_PX / 2, colour);
  }

  shape(event, d, x, y, colour) {
    const { context } = this;
    this.drawn.push({ event, x, y });
    context.save();
    context.translate(x, y);
    if (this.isOutstanding(event)) {
      context.beginPath();
      context.arc(0, 0, 11, 0, 2 * Math.PI);
      context.globalAlpha = 0.35;
      context.fillStyle = this.haloColour(event.seq);
      context.fill();
      context.globalAlpha = 1;
    }
    const path = this.path(d);
    context.lineWidth = 3;
    context.strokeStyle = this.colour("--surface");
    context.stroke(path);
    context.fillStyle = colour;
    context.fill(path);
    context.restore();
  }
}

const FLAGS = {
  fault: "M-6-5H6L0 6z",
  check: "M0-7A7 7 0 1 1 0 7 7 7 0 1 1 0-7z",
  goal: "M0-7 7 0 0 7-7 0z",
  limit: "M-5-5H5V5H-5z",
};
