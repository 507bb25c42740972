// The log strip: one row for each server, entries in columns by index. Solid is committed, dashed is not (yet).
import { el, setText, setTone } from "../dom.js";
import { look } from "../roles.js";

const CELL_PX = 43;
const NAME_PX = 74;

/** spec: {entries, first, commit, applied}: names of the fields in a node's snapshot. */
export function logPanel(spec, { lab }) {
  const rows = el("div", { class: "log-rows" });
  const empty = el("p", { class: "empty" }, "Nothing in any log yet.");
  const key = el("p", { class: "key" }, el("span", { class: "e c" }, "x=1"), "committed", el("span", { class: "e p" }, "x=1"), "not committed");
  const element = el("div", { class: "log" }, empty, rows, key);
  const shown = new Map(); // node id -> {node, from, columns}
  const lines = new Map(); // node id -> {row, cells}
  let names = "";
  let width = 0;

  function measure() {
    width = element.clientWidth;
  }

  function update({ state }) {
    if (!width) measure();
    const servers = Object.values(state.nodes).filter((node) => node.kind !== "client");
    rebuildFor(servers);
    const last = Math.max(0, ...servers.map((node) => firstOf(node) + entriesOf(node).length - 1));
    const columns = Math.max(3, Math.floor((width - NAME_PX - 32) / CELL_PX));
    const from = Math.max(1, last - columns + 1);
    empty.hidden = last > 0;
    key.hidden = last === 0;
    for (const node of servers) drawRow(node, from, Math.min(columns, last));
  }

  function rebuildFor(servers) {
    const now = servers.map((node) => node.id).join(" ");
    if (now === names) return;
    names = now;
    lines.clear();
    shown.clear();
    for (const { id } of servers) lines.set(id, makeRow(id));
    rows.replaceChildren(...[...lines.values()].map((line) => line.row));
  }

  function makeRow(id) {
    const mark = el("span", { class: "role-mark" });
    const cells = el("div", { class: "entries" });
    return { row: el("div", { class: "row" }, el("span", { class: "name" }, id, mark), cells), cells, mark };
  }

  function drawRow(node, from, columns) {
    const before = shown.get(node.id);
    if (before && before.node === node && before.from === from && before.columns === columns) return;
    shown.set(node.id, { node, from, columns });
    const line = lines.get(node.id);
    const { word, tone, family } = look(node, lab.topology);
    setTone(line.row, family, tone);
    setText(line.mark, word);
    line.cells.replaceChildren(...cellsOf(node, from, columns));
  }

  function cellsOf(node, from, columns) {
    const entries = entriesOf(node);
    const last = firstOf(node) + entries.length - 1;
    if (last > 0 && last < from) return [el("span", { class: "behind" }, `ends at index ${last}`)];
    const cells = [];
    for (let index = from; index < from + columns; index++) {
      const entry = entries[index - firstOf(node)];
      cells.push(entry ? cell(entry, index, node) : el("span", { class: "e none" }));
    }
    return cells;
  }

  function cell([term, value], index, node) {
    const committed = index <= (node.state[spec.commit] ?? 0);
    const applied = index <= (node.state[spec.applied] ?? 0);
    const title = `entry ${index}, term ${term}${committed ? ", committed" : ", not committed"}${applied ? ", applied" : ""}`;
    return el("span", { class: `e ${committed ? "c" : "p"}${applied ? " a" : ""}`, title }, String(value || "·"), el("small", {}, `t${term}`));
  }

  const entriesOf = (node) => node.state[spec.entries] ?? [];
  const firstOf = (node) => node.state[spec.first] ?? 1;
  return { element, update, measure };
}
