// Where the states and arrows of a state machine are, in CSS pixels. Pure: the same declaration and size give the same places.
import { clamp } from "../geometry.js";

const GAP_PX = 5; // between a shape and an arrow's end
const TOKENS_PER_ROW = 2;
export const TOKEN = { w: 25, h: 18, gap: 3 };

/** {places: Map(name -> {x, y, r}), arrows: [{d, label: {x, y}, head}]} in the order of the transitions; `air` is left above for what stands over a state. A state's `at` is [across, down], each 0..1. */
export function layoutStates({ states, transitions }, width, height, air) {
  const r = clamp(Math.min(width, height) * 0.085, 21, 33);
  const [left, top] = [r + 20, r + air];
  const [across, down] = [width - 2 * left, height - top - r - 46];
  const round = (i) => [0.5 - 0.5 * Math.cos((2 * Math.PI * i) / states.length), 0.5 - 0.5 * Math.sin((2 * Math.PI * i) / states.length)];
  const places = new Map(states.map(({ name, at }, i) => [name, place(at ?? round(i))]));
  function place([x, y]) {
    return { x: left + across * x, y: top + down * y, r };
  }
  const both = (a, b) => transitions.some((one) => one.from === b && one.to === a);
  const arrows = transitions.map((one) => {
    if (one.from === null || one.from === undefined) return entry(places.get(one.to));
    if (one.from === one.to) return loop(places.get(one.to), one.side ?? -90);
    return curve(places.get(one.from), places.get(one.to), one.bend ?? (both(one.from, one.to) ? 0.2 : 0));
  });
  return { places, arrows, r };
}

/** From one state to another; `bend` is how far the middle stands out to the left of the way, in parts of its length. */
function curve(a, b, bend) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const control = { x: (a.x + b.x) / 2 + dy * bend, y: (a.y + b.y) / 2 - dx * bend };
  const from = towards(a, control, a.r + GAP_PX);
  const to = towards(b, control, b.r + GAP_PX + 3);
  const middle = { x: (from.x + 2 * control.x + to.x) / 4, y: (from.y + 2 * control.y + to.y) / 4 };
  return { d: `M${at(from)}Q${at(control)} ${at(to)}`, label: { ...middle, anchor: "middle" }, head: head(to, Math.atan2(to.y - control.y, to.x - control.x)) };
}

/** Back to where it came from, on the side that is so many degrees from the right, clockwise. */
function loop({ x, y, r }, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const out = (turn, px) => ({ x: x + px * Math.cos(angle + turn), y: y + px * Math.sin(angle + turn) });
  const [from, to] = [out(-0.5, r + GAP_PX), out(0.5, r + GAP_PX + 2)];
  const [c1, c2] = [out(-0.62, r * 2.1), out(0.62, r * 2.1)];
  return { d: `M${at(from)}C${at(c1)} ${at(c2)} ${at(to)}`, label: { ...out(0, r * 2.05), anchor: Math.cos(angle) > 0.3 ? "start" : "middle" }, head: head(to, Math.atan2(to.y - c2.y, to.x - c2.x)) };
}

/** Where a node starts. */
function entry({ x, y, r }) {
  const [from, to] = [{ x: x - r * 0.75, y: y - r * 2 }, { x: x - r * 0.42, y: y - r - GAP_PX - 1 }];
  return { d: `M${at(from)}L${at(to)}`, label: { x: from.x, y: from.y - 9, anchor: "middle" }, head: head(to, Math.atan2(to.y - from.y, to.x - from.x)) };
}

function head({ x, y }, angle) {
  return `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${((angle * 180) / Math.PI).toFixed(1)})`;
}

function towards(from, to, px) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * px, y: from.y + ((to.y - from.y) / length) * px };
}

function at({ x, y }) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** Where the i-th of `count` tokens stands under its state. */
export function tokenPlace({ x, y, r }, i, count) {
  const row = Math.floor(i / TOKENS_PER_ROW);
  const inRow = Math.min(TOKENS_PER_ROW, count - row * TOKENS_PER_ROW);
  const shift = (i % TOKENS_PER_ROW) - (inRow - 1) / 2;
  return { x: x + shift * (TOKEN.w + TOKEN.gap), y: y + r + 13 + row * (TOKEN.h + TOKEN.gap) };
}

/** A label in lines of about `letters` letters. */
export function wrap(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= letters) lines.push(word);
    else lines[lines.length - 1] += lines.at(-1) ? ` ${word}` : word;
  }
  return lines;
}
