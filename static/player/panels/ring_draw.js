// The ring on its canvas. It is drawn when something of it changed, not every frame; arcs of one look are one path.
import { Brush } from "../brush.js";
import { lookAt } from "../hues.js";

const BAND = 0.17; // of the radius
const GAP = 0.055; // between what was and what is; what moves is marked in it
const INNER = 0.1;
const PALE = 0.22; // what stays, while something moves; what is not pointed at, while something is
const LABEL_PX_MIN = 30;
const LINE_PX_MIN = 5; // narrower, borders and hatching would be all there is
const TOP = -Math.PI / 2;

export class RingPicture extends Brush {
  /** scene: {model, places, chosen: owner or null, cell: number or null} */
  draw(scene) {
    this.scene = scene;
    this.clear();
    const { model } = scene;
    if (!model.size) return;
    const r = Math.min(this.width, this.height) / 2 - 6;
    Object.assign(this, { x: this.width / 2, y: this.height / 2, r });
    const outer = [r * (1 - BAND), r];
    const inner = [r * (1 - BAND - GAP - INNER), r * (1 - BAND - GAP)];
    this.band(model.arcs, model.owners, outer);
    if (model.before) {
      this.band(model.oldArcs, model.before, inner);
      this.movers(inner[1], outer[0]);
    }
    this.labels(outer);
    if (scene.cell !== null) this.pointer(scene.cell, model.before ? inner[0] : outer[0], r);
  }

  get innermost() {
    return this.r * (1 - BAND - (this.scene?.model.before ? GAP + INNER : 0));
  }

  angle(cell) {
    return TOP + (2 * Math.PI * cell) / this.scene.model.size;
  }

  /** Cells of one owner and one strength are one path: 720 cells are drawn as two dozen. */
  band(arcs, owners, [r1, r2]) {
    const { model, places, chosen } = this.scene;
    const groups = new Map();
    for (const { from, to, owner } of arcs) {
      for (let start = from; start < to; ) {
        const moves = model.moves[start % model.size];
        let end = start + 1;
        while (end < to && model.moves[end % model.size] === moves) end += 1;
        const strong = chosen === null ? !model.before || moves : owner === chosen;
        const wide = this.length(start, end) >= LINE_PX_MIN;
        const key = `${owner} ${strong} ${wide}`;
        if (!groups.has(key)) groups.set(key, { owner, strong, wide, path: new Path2D() });
        this.sector(groups.get(key).path, start, end, r1, r2);
        start = end;
      }
    }
    for (const { owner, strong, wide, path } of groups.values()) this.paint(path, places.get(owner) ?? 0, strong, wide);
    this.borders(arcs, r1, r2);
  }

  /** Along the outer edge, in pixels. */
  length(from, to) {
    return ((to - from) / this.scene.model.size) * 2 * Math.PI * this.r;
  }

  sector(path, from, to, r1, r2) {
    const [a, b] = [this.angle(from), this.angle(to)];
    path.moveTo(this.x + r1 * Math.cos(a), this.y + r1 * Math.sin(a));
    path.arc(this.x, this.y, r2, a, b);
    path.arc(this.x, this.y, r1, b, a, true);
    path.closePath();
  }

  paint(path, place, strong, wide) {
    const { context } = this;
    const { hue, hatched } = lookAt(place);
    context.globalAlpha = strong ? 1 : PALE;
    context.fillStyle = this.colour(`--series-${hue}`);
    context.fill(path);
    if (hatched && wide) {
      context.fillStyle = this.hatch();
      context.fill(path);
    }
    context.globalAlpha = 1;
  }

  /** Slanted lines in the ground's colour, over any tone. */
  hatch() {
    if (this.hatching?.colour !== this.colour("--surface")) {
      const tile = new OffscreenCanvas(5, 5);
      const context = tile.getContext("2d");
      context.strokeStyle = this.colour("--surface");
      context.lineWidth = 1.4;
      context.beginPath();
      for (const shift of [-5, 0, 5]) {
        context.moveTo(shift, 5);
        context.lineTo(shift + 5, 0);
      }
      context.stroke();
      this.hatching = { colour: this.colour("--surface"), pattern: this.context.createPattern(tile, "repeat") };
    }
    return this.hatching.pattern;
  }

  /** Hair lines between arcs wide enough to be seen apart. */
  borders(arcs, r1, r2) {
    const { context } = this;
    context.strokeStyle = this.colour("--surface");
    context.lineWidth = 1;
    context.beginPath();
    for (const arc of arcs.filter(({ from, to }) => this.length(from, to) > LINE_PX_MIN)) this.spoke(arc.from, r1, r2);
    context.stroke();
  }

  spoke(cell, r1, r2) {
    const angle = this.angle(cell);
    this.context.moveTo(this.x + r1 * Math.cos(angle), this.y + r1 * Math.sin(angle));
    this.context.lineTo(this.x + r2 * Math.cos(angle), this.y + r2 * Math.sin(angle));
  }

  /** What moves, from the band of its old owner out to that of its new one. */
  movers(r1, r2) {
    const { model } = this.scene;
    const path = new Path2D();
    for (let start = 0; start < model.size; start++) {
      if (!model.moves[start]) continue;
      let end = start + 1;
      while (end < model.size && model.moves[end]) end += 1;
      this.sector(path, start, end, r1 + 1, r2 - 1);
      start = end;
    }
    this.context.fillStyle = this.colour("--ink");
    this.context.fill(path);
  }

  labels([r1, r2]) {
    const { context, scene } = this;
    const middle = (r1 + r2) / 2;
    this.colour("--ink"); // the font comes with it
    context.font = `600 ${this.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { from, to, owner } of scene.model.arcs) {
      if (((to - from) / scene.model.size) * 2 * Math.PI * middle < LABEL_PX_MIN || (scene.chosen !== null && owner !== scene.chosen)) continue;
      const angle = this.angle((from + to) / 2);
      this.chip(owner, this.x + middle * Math.cos(angle), this.y + middle * Math.sin(angle));
    }
    context.textBaseline = "alphabetic";
  }

  chip(text, x, y) {
    const { context } = this;
    const width = context.measureText(text).width + 8;
    context.fillStyle = this.colour("--surface");
    context.beginPath();
    context.roundRect(x - width / 2, y - 8, width, 16, 4);
    context.fill();
    context.fillStyle = this.colour("--ink");
    context.fillText(text, x, y + 0.5);
  }

  pointer(cell, r1, r2) {
    const path = new Path2D();
    this.sector(path, cell, cell + 1, r1 - 4, r2 + 4);
    this.context.lineWidth = 2;
    this.context.strokeStyle = this.colour("--focus");
    this.context.stroke(path);
  }

  /** The cell under a point; null beside the ring. */
  cellAt(x, y) {
    const { model } = this.scene ?? {};
    const distance = Math.hypot(x - this.x, y - this.y);
    if (!model?.size || distance > this.r + 8 || distance < this.innermost - 14) return null;
    const turn = (Math.atan2(y - this.y, x - this.x) - TOP) / (2 * Math.PI);
    return Math.floor((turn - Math.floor(turn)) * model.size);
  }
}
