// What a chart shows at a moment: its stretch of time, its axis, its series' points. Pure.
import { fieldAt, fieldPoints, lastWindow, metricPoints, nodeOf } from "../series.js";
import { sentence } from "../words.js";

const PAGE = 5_000_000; // the view of the whole run grows by so much
const PARTS = 20; // the window moves on by such a part of itself: redrawing costs more than everything else in a frame
const LEAD = 0.06; // of the window, free to the right of the playhead
const WALL_S = 0.7; // and at high speed what the playhead covers until the next drawing, with some to spare
const MARKS_MAX = 40;

/** The stretch shown, for a window of `span_us` or, with null, the whole run. It follows from the moment alone, not from how one came there. */
export function stretchOf({ t_us, seen_us, speed, reduced }, span_us) {
  if (span_us === null) return { from_us: 0, to_us: Math.max(PAGE, Math.ceil((Math.max(t_us, seen_us) + 1) / PAGE) * PAGE) };
  const step_us = reduced ? span_us / 2 : span_us / PARTS;
  const lead_us = Math.min(Math.max(LEAD * span_us, speed * WALL_S * 1e6), span_us / 2);
  const to_us = Math.max(span_us, Math.ceil((t_us + lead_us) / step_us) * step_us);
  return { from_us: to_us - span_us, to_us };
}

/** The points of every series, up to what is known, in the unit of the axis: [{x: [seconds], y: [number or null]}]. */
export function pointsOf(spec, view, { from_us, to_us }) {
  const end_us = Math.min(to_us, Math.max(view.t_us, view.seen_us));
  return spec.series.map((series) => {
    const { t, v } = raw(series, view, from_us, end_us);
    const per = spec.per ?? 1;
    return { x: t.map((t_us) => t_us / 1e6), y: v.map((value) => (Number.isFinite(value) ? value / per : null)) };
  });
}

function raw(series, { store, state }, from_us, end_us) {
  if (series.metric) return metricPoints(store, series.metric, from_us, end_us);
  const node = nodeOf(state, series.of);
  return node ? fieldPoints(store, node.id, series.field, from_us, end_us) : { t: [], v: [] };
}

/** The value of each series at a moment: of the window that ended there last, or of the field as it then was; null where there is none. */
export function valuesAt(spec, view, t_us) {
  const window_us = lastWindow(view.store, t_us);
  return spec.series.map((series) => {
    const value = series.metric ? (window_us === null ? null : metricPoints(view.store, series.metric, window_us, window_us).v.at(-1)) : fieldValue(series, view, t_us);
    return Number.isFinite(value) ? value / (spec.per ?? 1) : null;
  });
}

function fieldValue(series, { store, state }, t_us) {
  const node = nodeOf(state, series.of);
  return node ? fieldAt(store, node.id, series.field, t_us) : null;
}

/** The ends of the axis: as declared, else a round number that holds all that is shown. */
export function axisOf(spec, points) {
  const all = points.flatMap(({ y }) => y).filter((value) => value !== null);
  const least = all.length ? Math.min(...all) : 0;
  const min = spec.min ?? (least < 0 ? -roundUp(-least) : 0);
  return [min, spec.max ?? Math.max(min + 1, roundUp(all.length ? Math.max(...all) : 1))];
}

export function roundUp(value) {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12].find((times) => times * power >= value * 1.04);
}

/** The notes that are marked, up to what is known: [{t_us, text}]. */
export function marksOf(spec, view, lab, { from_us, to_us }) {
  const wanted = new Set(spec.marks ?? []);
  if (!wanted.size) return [];
  const end_us = Math.min(to_us, Math.max(view.t_us, view.seen_us));
  const notes = view.store.history().filter((event) => event.kind === "note" && wanted.has(event.name) && event.t_us >= from_us && event.t_us <= end_us);
  return notes.slice(-MARKS_MAX).map((event) => ({ t_us: event.t_us, text: sentence(event, lab) }));
}

/** A number as it is read: three digits that count. */
export function shown(value) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}
