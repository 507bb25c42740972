// Load over the last seconds: a row for each node, a column for each half second up to the playhead; the number stands in its colour.
import { el, setAttribute, setText, setTone } from "../dom.js";
import { look } from "../roles.js";
import { fieldAt } from "../series.js";

const STEP_US = 500_000;
const COLUMNS_MAX = 16;
const COLUMN_PX = 40;
const NAME_PX = 116; // the name and the newest value
const SHADES = 20; // so many steps of colour: a cell is touched only when its step changes

/** spec: {roles, fields: [{name, label, unit, min, max}], step_us} */
export function heatPanel(spec, { lab, store, ask }) {
  const step_us = spec.step_us ?? STEP_US;
  const choice = el("div", { class: "chips-bar", role: "group", "aria-label": "Shown" });
  const table = el("table", { class: "heat-table" });
  const said = el("p", { class: "heat-said" });
  const element = el("div", { class: "heat scroll", tabindex: 0, role: "region", "aria-label": spec.title }, choice, said, table);
  const chips = spec.fields.map((field) => el("button", { type: "button", class: "chip", onclick: () => choose(field) }, field.label));
  choice.append(...chips);
  let field = spec.fields[0];
  let columns = 8;
  let shape = "";
  let shownKey = "";
  let rows = new Map(); // node id -> {head, cells, now}
  let heads = [];

  function choose(one) {
    field = one;
    shownKey = "";
    ask();
  }

  function measure() {
    const width = element.clientWidth;
    if (!width) return;
    columns = Math.max(3, Math.min(COLUMNS_MAX, Math.floor((width - NAME_PX - 24) / COLUMN_PX)));
  }

  function update({ state, t_us, store: chunks }) {
    const nodes = Object.values(state.nodes).filter((node) => spec.roles.includes(node.state[lab.topology.role]));
    rebuildFor(nodes);
    const last_us = Math.floor(t_us / step_us) * step_us;
    const key = `${last_us} ${chunks.version} ${field.name} ${shape}`;
    const live = nodes.map((node) => (node.status === "down" ? undefined : node.state[field.name]));
    if (key !== shownKey) drawPast(nodes, last_us, chunks);
    if (key !== shownKey || live.some((value, i) => rows.get(nodes[i].id).value !== value)) drawNow(nodes, live);
    for (const node of nodes) name(node);
    shownKey = key;
  }

  function rebuildFor(nodes) {
    const now = `${columns} ${nodes.map((node) => node.id).join(" ")}`;
    if (now === shape) return;
    shape = now;
    heads = Array.from({ length: columns }, () => el("th", { scope: "col" }));
    rows = new Map(nodes.map(({ id }) => [id, { head: el("th", { scope: "row" }), cells: heads.map(() => el("td", {})), now: el("td", { class: "now" }) }]));
    const body = [...rows.values()].map((row) => el("tr", {}, row.head, ...row.cells, row.now));
    const caption = el("caption", { class: "visually-hidden" }, `${spec.title}: the value at the end of each half second, and at the playhead`);
    table.replaceChildren(caption, el("thead", {}, el("tr", {}, el("td", {}), ...heads, el("th", { scope: "col", class: "now" }, "now"))), el("tbody", {}, ...body));
  }

  function name(node) {
    const row = rows.get(node.id);
    if (row.node === node) return;
    row.node = node;
    const { family, tone, word } = look(node, lab.topology);
    if (row.word === `${word} ${tone}`) return;
    row.word = `${word} ${tone}`;
    setTone(row.head, family, tone);
    row.head.replaceChildren(el("b", {}, node.id), el("small", {}, word));
  }

  /** The columns change once in half a second of virtual time, whichever way the playhead came. */
  function drawPast(nodes, last_us, chunks) {
    for (const [i, chip] of chips.entries()) setAttribute(chip, "aria-pressed", String(spec.fields[i] === field));
    const ends = heads.map((_, i) => last_us - (columns - 1 - i) * step_us);
    for (const [i, end_us] of ends.entries()) setText(heads[i], end_us < 0 ? "" : `${(end_us / 1e6).toFixed(1)}${i === 0 ? " s" : ""}`);
    for (const { id } of nodes) rows.get(id).values = ends.map((end_us) => (end_us < 0 ? undefined : fieldAt(chunks, id, field.name, end_us)));
  }

  function drawNow(nodes, live) {
    const all = [...live, ...nodes.flatMap(({ id }) => rows.get(id).values)].filter(Number.isFinite);
    const [min, max] = [field.min ?? 0, field.max ?? Math.max(1, ...all)];
    for (const [i, { id }] of nodes.entries()) {
      const row = rows.get(id);
      row.value = live[i];
      for (const [k, value] of row.values.entries()) paint(row.cells[k], value, min, max);
      paint(row.now, live[i], min, max);
    }
    setText(said, sayOf(nodes, live));
  }

  function paint(cell, value, min, max) {
    const known = Number.isFinite(value);
    const shade = known ? Math.round(SHADES * Math.min(Math.max((value - min) / (max - min || 1), 0), 1)) : 0;
    setText(cell, known ? short(value) : "–");
    if (cell.shade === shade) return;
    cell.shade = shade;
    cell.style.setProperty("--part", `${(100 * shade) / SHADES}%`);
  }

  /** How unevenly it lies among those that carry anything: the greatest over the mean. Idle spares would make any load look skewed. */
  function sayOf(nodes, live) {
    const known = nodes.map((node, i) => [node.id, live[i]]).filter(([id, value]) => Number.isFinite(value) && [value, ...rows.get(id).values].some(Boolean));
    const mean = known.reduce((sum, [, value]) => sum + value, 0) / (known.length || 1);
    const [busiest, most] = known.reduce((best, one) => (one[1] > best[1] ? one : best), ["", -Infinity]);
    if (!known.length) return `${field.label}: none yet.`;
    const unit = field.unit ? ` ${field.unit}` : "";
    if (!mean) return `${field.label}: none.`;
    return `${field.label}: mean ${short(mean)}${unit} over ${known.length} nodes, most ${short(most)}${unit} at ${busiest}; skew ${(most / mean).toFixed(2)} (greatest over mean).`;
  }

  return { element, update, measure };
}

function short(value) {
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(0)}k`;
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
