// Which arrow or mark is meant: by a pointer's place, or by going along the lines with the keyboard.

const REACH_PX = 8;
const TOUCH_PX = 18;
const MARK_BONUS_PX = 4; // a mark stands on its line: where both are near, the mark is meant

/** The thing nearest to a point, within reach; null where there is none. */
export function nearest(drawn, x, y, touch = false) {
  let best = null;
  let least = touch ? TOUCH_PX : REACH_PX;
  for (const one of drawn) {
    const px = one.x === undefined ? toLine(one, x, y) : Math.hypot(one.x - x, one.y - y) - MARK_BONUS_PX;
    if (px < least) [best, least] = [one, px];
  }
  return best;
}

function toLine({ x1, y1, x2, y2 }, x, y) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const part = Math.min(Math.max(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1), 0), 1);
  return Math.hypot(x1 + dx * part - x, y1 + dy * part - y);
}

/** What comes next along a line (dx) or nearest on the line above or below (dy), from the thing `seq` or, without one, from the playhead. */
export function neighbour(drawn, rows, seq, playhead_x, dx, dy) {
  const lines = [0, ...rows.values()].sort((a, b) => a - b); // 0: the flags above the lines
  const lineOf = (one) => lines.reduce((near, y) => (Math.abs(y - yOf(one)) < Math.abs(near - yOf(one)) ? y : near));
  const here = drawn.find((one) => one.event.seq === seq);
  const x = here ? xOf(here) : playhead_x;
  if (dx) {
    const others = drawn.filter((one) => !here || lineOf(one) === lineOf(here));
    const ahead = others.filter((one) => order(one, here, x) * dx > 0);
    return ahead.sort((a, b) => (xOf(a) - xOf(b) || a.event.seq - b.event.seq) * dx)[0] ?? null;
  }
  const from = here ? lines.indexOf(lineOf(here)) : -1;
  for (let line = from + dy; line >= 0 && line < lines.length; line += dy) {
    const there = drawn.filter((one) => lineOf(one) === lines[line]);
    if (there.length) return there.reduce((near, one) => (Math.abs(xOf(one) - x) < Math.abs(xOf(near) - x) ? one : near));
  }
  return null;
}

/** Before (negative) or after; of two at one moment the earlier event is before. */
function order(one, here, x) {
  return xOf(one) - x || (here ? one.event.seq - here.event.seq : 0);
}

function xOf(one) {
  return one.x ?? one.x1;
}

function yOf(one) {
  return one.y ?? one.y1;
}
