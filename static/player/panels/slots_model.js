// What a place of limited room holds, as data: rows by label, what came, was used and left since it was told before. Pure.
import { lastChange } from "../series.js";

const BACK_US = 4_000_000; // content told longer ago than this is not compared with
const AGES_US = [300_000, 1_000_000, 4_000_000, 15_000_000]; // steps of recency
export const AGE_WORDS = ["just used", "used within 1 s", "within 4 s", "within 15 s", "longer ago"];

/** Column meanings -> their place in a row: {label: 0, size: 1, ...}. */
export function meanings(spec) {
  return Object.fromEntries(spec.columns.map((column, i) => [column.is, i]));
}

/** How full a place is: of all that is told, this alone changes between two tellings of the content. */
export function fillOf(spec, node, rows) {
  const count = node.state[spec.count] ?? rows.length;
  return { count, hidden: Math.max(0, count - rows.length), used: node.state[spec.used] ?? null, capacity: node.state[spec.capacity] ?? null };
}

/** {rows, left, hidden, capacity, used, count, compared}; a row is {label, size, uses, used_us, mark, news: "came" | "used" | ""}. */
export function contentOf(spec, node, store, t_us) {
  const at = meanings(spec);
  const { value = [], before, before_us } = lastChange(store, node.id, spec.slots, t_us, BACK_US);
  const earlier = new Map((before ?? []).map((row) => [row[at.label], row]));
  const rows = (value ?? []).map((row) => rowOf(row, at, earlier.get(row[at.label]), before_us));
  const here = new Set(rows.map((row) => row.label));
  const left = [...earlier.keys()].filter((label) => !here.has(label));
  return { rows, left, compared: Boolean(before), ...fillOf(spec, node, rows) };
}

/** What was used since the last telling was used or came in; what else is new to the eye only moved into sight. */
function rowOf(row, at, earlier, before_us) {
  const one = { label: String(row[at.label]), size: row[at.size] ?? null, uses: row[at.frequency] ?? null, used_us: at.recency === undefined ? null : row[at.recency] * 1000, mark: row[at.mark] ?? "" };
  if (before_us === null) return { ...one, news: "" };
  if (!earlier) return { ...one, news: one.used_us !== null && one.used_us < before_us ? "" : one.uses ? "used" : "came" };
  const used = (at.frequency !== undefined && row[at.frequency] > earlier[at.frequency]) || (at.recency !== undefined && row[at.recency] > earlier[at.recency]);
  return { ...one, news: used ? "used" : "" };
}

/** 0 (just now) to 4 (long ago). */
export function ageStep(used_us, t_us) {
  const step = AGES_US.findIndex((age_us) => t_us - used_us <= age_us);
  return step < 0 ? AGES_US.length : step;
}
