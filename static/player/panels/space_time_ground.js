// What messages and marks are drawn on: the axis, a line for each node with its life on it, the playhead.
import { Brush } from "../brush.js";

export const TOP_PX = 22; // the flags of faults and violations
export const AXIS_PX = 20;
const TICK_PX_MIN = 74;
const STATUS_PX = 14;

/** Where each node's line runs: id -> y, top to bottom. */
export function rowsOf(ids, height) {
  const step = (height - TOP_PX - AXIS_PX) / Math.max(ids.length, 1);
  return new Map(ids.map((id, i) => [id, TOP_PX + step * (i + 0.5)]));
}

export class SpaceTimeGround extends Brush {
  constructor(canvas, lab) {
    super(canvas);
    this.lab = lab;
  }

  x(t_us) {
    return this.scene.window.x(t_us, this.width);
  }

  /** Nothing is drawn beyond this: the future is not told. */
  get known_us() {
    return Math.max(this.scene.seen_us, this.scene.t_us);
  }

  axis() {
    const { context, width, height } = this;
    const ticks = this.scene.window.ticks(width, TICK_PX_MIN);
    const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10((ticks[1] - ticks[0]) / 1e6 || 1))));
    context.lineWidth = 1;
    context.strokeStyle = this.colour("--line");
    context.fillStyle = this.colour("--ink-faint");
    context.font = this.font;
    context.textAlign = "center";
    context.beginPath();
    for (const t_us of ticks) {
      const x = Math.round(this.x(t_us)) + 0.5;
      context.moveTo(x, TOP_PX);
      context.lineTo(x, height - AXIS_PX + 3);
      if (x > 14 && x < width - 14) context.fillText(`${(t_us / 1e6).toFixed(digits)} s`, x, height - 5);
    }
    context.stroke();
  }

  /** Each node's line: in its role's tone, broken where it is stopped, hollow where it is paused. */
  lives() {
    const { rows, traces } = this.scene;
    for (const trace of traces) {
      for (const [id, y] of rows) for (const life of trace.lives.get(id) ?? []) this.life(life, y);
    }
  }

  life({ from_us, to_us, status, role }, y) {
    const x1 = Math.max(this.x(from_us), -4);
    const x2 = Math.min(this.x(Math.min(to_us, this.known_us)), this.width + 4);
    if (x2 <= x1) return;
    if (status !== "up") return this.outage(status, x1, x2, y);
    const look = this.lab.topology.roles?.[role];
    const special = look && look.shape !== "circle";
    return this.line(x1, y, x2, y, this.colour(`--role-${look?.tone ?? "client"}`), special ? 4 : 1.75);
  }

  outage(status, x1, x2, y) {
    const { context } = this;
    const tone = status === "paused" ? "paused" : "down";
    context.fillStyle = this.colour(`--state-${tone}-fill`);
    context.fillRect(x1, y - STATUS_PX / 2, x2 - x1, STATUS_PX);
    context.setLineDash(status === "paused" ? [10, 3] : [2, 5]);
    this.line(x1, y, x2, y, this.colour(`--state-${tone}`), 1.5);
    context.setLineDash([]);
    this.cap(x1, y, tone);
  }

  /** A bar where an outage begins or was already under way at the window's edge. */
  cap(x, y, tone) {
    if (x > 0) this.line(x, y - STATUS_PX / 2, x, y + STATUS_PX / 2, this.colour(`--state-${tone}`), 2);
  }

  /** What was already seen after the playhead stays, pale. */
  later() {
    const from = Math.max(this.x(this.scene.t_us), 0);
    if (from >= this.width || this.known_us <= this.scene.t_us) return;
    this.context.globalAlpha = 0.62;
    this.context.fillStyle = this.colour("--surface");
    this.context.fillRect(from, 0, this.width - from, this.height - AXIS_PX + 3);
    this.context.globalAlpha = 1;
  }

  playhead() {
    const x = this.x(this.scene.t_us);
    if (x < -4 || x > this.width + 4) return;
    const colour = this.colour("--accent");
    this.line(x, 4, x, this.height - AXIS_PX + 3, colour, 1.75);
    this.context.fillStyle = colour;
    this.context.save();
    this.context.translate(x, 0);
    this.context.fill(this.path("M-5 0H5V4L0 9-5 4z"));
    this.context.restore();
  }
}
