// What flows over busy links: a line for each way, as thick as it carries much, with its number where there is room for it. Under the nodes.
//
// Drawn from the flow rows of the second before the playhead, so it is the same however one came there; it changes ten times a second of virtual time.
import { Brush } from "./brush.js";
import { lane } from "./geometry.js";
import { flowsAt, sampleEvery } from "./series.js";

const SPAN_US = 1_000_000;
const STEP_US = 100_000; // flow rows come so often
const WIDTH_PX = 9;
const LANE_PX = 7;
const HEAD_PX = 5;
const NUMBER_AT = 0.36; // of the way: in the middle the two directions' numbers would meet
const NUMBER_PX = 15;
const NUMBERS_MAX = 14;
const NUMBER_PART = 0.04; // of the greatest: less is told by thickness alone, until its node is chosen
const BELOW_PX = 32; // of a node, for its two lines of text

export class Flows extends Brush {
  constructor(canvas) {
    super(canvas);
    this.key = "";
    this.rates = []; // of the last drawing: [{src, dst, per_s, errors_per_s}], clients together as one
  }

  /** New size or places. */
  place(plan, width, height) {
    this.plan = plan;
    this.resize(width, height);
    this.lanes = new Map();
    this.key = "";
  }

  recolour() {
    super.recolour();
    this.key = "";
  }

  /** `only`: the node whose links alone have numbers. Returns how many operations one that is shown stands for. */
  draw({ store, t_us, thing }) {
    const every = sampleEvery(store, t_us);
    const only = thing?.type === "node" ? thing.id : "";
    const key = every > 1 ? `${Math.floor(t_us / STEP_US)} ${store.version} ${only}` : "none";
    if (key === this.key) return every;
    this.key = key;
    this.clear();
    this.rates = every > 1 ? this.ratesAt(store, t_us) : [];
    if (this.rates.length) this.paint(only);
    return every;
  }

  /** All clients stand at one place: what goes to and from them is one line. */
  ratesAt(store, t_us) {
    const clients = new Set(this.plan.clients);
    const rates = new Map();
    for (const { src, dst, per_s, errors_per_s } of flowsAt(store, Math.floor(t_us / STEP_US) * STEP_US, SPAN_US)) {
      const ends = [src, dst].map((id) => (clients.has(id) ? this.plan.clients[0] : id));
      const rate = rates.get(ends.join(" ")) ?? { src: ends[0], dst: ends[1], per_s: 0, errors_per_s: 0 };
      rates.set(ends.join(" "), { ...rate, per_s: rate.per_s + per_s, errors_per_s: rate.errors_per_s + errors_per_s });
    }
    return [...rates.values()].filter((rate) => rate.per_s > 0 && this.laneOf(rate)).sort((a, b) => b.per_s - a.per_s);
  }

  laneOf({ src, dst }) {
    const key = `${src} ${dst}`;
    if (!this.lanes.has(key)) {
      const [a, b] = [this.plan.places.get(src), this.plan.places.get(dst)];
      this.lanes.set(key, a && b && a !== b ? lane(a, b, LANE_PX) : null);
    }
    return this.lanes.get(key);
  }

  paint(only) {
    const { context, rates } = this;
    const most = rates[0].per_s;
    context.lineCap = "butt";
    for (const rate of rates.toReversed()) {
      const part = Math.sqrt(rate.per_s / most);
      context.globalAlpha = only && rate.src !== only && rate.dst !== only ? 0.12 : 0.2 + 0.3 * part;
      this.way(rate, 0.8 + (WIDTH_PX - 0.8) * part);
    }
    context.globalAlpha = 1;
    this.numbers(only ? rates.filter(({ src, dst }) => src === only || dst === only) : rates.filter(({ per_s, errors_per_s }) => errors_per_s || per_s >= NUMBER_PART * most).slice(0, NUMBERS_MAX));
  }

  way(rate, width) {
    const { context } = this;
    const { x1, y1, x2, y2, angle } = this.laneOf(rate);
    const head = HEAD_PX + width * 0.9;
    const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
    const colour = this.colour(rate.errors_per_s > 0 ? "--message-lost" : "--series-6");
    context.setLineDash(rate.errors_per_s > 0 ? [10, 4] : []);
    this.line(x1, y1, x2 - ux * head, y2 - uy * head, colour, width);
    context.setLineDash([]);
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x2, y2);
    context.lineTo(x2 - ux * head - uy * (width / 2 + 3.5), y2 - uy * head + ux * (width / 2 + 3.5));
    context.lineTo(x2 - ux * head + uy * (width / 2 + 3.5), y2 - uy * head - ux * (width / 2 + 3.5));
    context.fill();
  }

  /** The greatest first; one that would stand on another or on a node is left out: its thickness still tells. */
  numbers(rates) {
    const { context } = this;
    const taken = [...this.plan.places.values()].map(({ x, y, r, w }) => [x - (w ?? 2 * r) / 2 - 4, y - r - 4, x + (w ?? 2 * r) / 2 + 4, y + r + (w ? 4 : BELOW_PX)]);
    this.colour("--ink"); // the font comes with it
    context.font = `600 ${this.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const rate of rates) {
      const { x1, y1, x2, y2 } = this.laneOf(rate);
      const [x, y] = [x1 + (x2 - x1) * NUMBER_AT, y1 + (y2 - y1) * NUMBER_AT];
      const text = `${perSecond(rate.per_s)}/s${rate.errors_per_s ? `, ${perSecond(rate.errors_per_s)} lost` : ""}`;
      const half = context.measureText(text).width / 2 + 4;
      const box = [x - half, y - NUMBER_PX / 2, x + half, y + NUMBER_PX / 2];
      if (box[0] < 0 || box[2] > this.width || taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      taken.push(box);
      this.number(text, x, y, half, rate.errors_per_s > 0);
    }
    context.textBaseline = "alphabetic";
  }

  number(text, x, y, half, lossy) {
    const { context } = this;
    context.globalAlpha = 0.88;
    context.fillStyle = this.colour("--surface");
    context.beginPath();
    context.roundRect(x - half, y - NUMBER_PX / 2, 2 * half, NUMBER_PX, 4);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = this.colour(lossy ? "--violated" : "--ink-soft");
    context.fillText(text, x, y + 0.5);
  }
}

export function perSecond(rate) {
  if (rate >= 10_000) return `${Math.round(rate / 1000)}k`;
  return rate >= 10 || Number.isInteger(rate) ? String(Math.round(rate)) : rate.toFixed(1);
}
