// Two values that differ, each in a few words: of long lists and tables only what is not the same.
import { say } from "../words.js";
import { same, sharedLength } from "./compare.js";

const ITEMS_MAX = 3;

/** [a's words, b's words]; `word` says one item of a list. */
export function differing(a, b, word = plain) {
  if (Array.isArray(a) && Array.isArray(b)) return lists(a, b, word);
  if (isTable(a) && isTable(b)) return tables(a, b);
  return [plain(a), plain(b)];
}

/** Logs and other lists agree at their beginning: told is how far, and what comes then. */
function lists(a, b, word) {
  const shared = sharedLength(a, b);
  const from = (list) => {
    const rest = list.slice(shared);
    if (!rest.length) return shared ? `ends after ${shared}` : "empty";
    const shown = rest.slice(0, ITEMS_MAX).map(word).join(", ");
    const more = rest.length > ITEMS_MAX ? `, and ${rest.length - ITEMS_MAX} more` : "";
    return `${shared ? `${shared} the same, then ` : ""}${shown}${more}`;
  };
  return [from(a), from(b)];
}

function tables(a, b) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !same(a[name], b[name]));
  const of = (table) => names.map((name) => `${name} ${name in table ? plain(table[name]) : "–"}`).join(", ");
  return [of(a), of(b)];
}

function plain(value) {
  if (value === null || value === undefined || value === "") return "–";
  return Array.isArray(value) ? `(${value.map(plain).join(" ")})` : say(value);
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
