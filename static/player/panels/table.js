// Any fields of the nodes' snapshots: a row for each field, a column for each server.
import { el, setText, setTone } from "../dom.js";
import { look } from "../roles.js";
import { say } from "../words.js";

/** spec: {fields: [{name, label}]} */
export function tablePanel(spec, { lab }) {
  const table = el("table", { class: "fields" });
  const element = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": spec.title }, table);
  const shown = new Map(); // node id -> node
  const columns = new Map(); // node id -> {head, cells}
  let names = "";

  function update({ state, jumped }) {
    const servers = Object.values(state.nodes).filter((node) => node.kind !== "client");
    rebuildFor(servers);
    for (const node of servers) {
      if (shown.get(node.id) === node) continue;
      draw(node, jumped || !shown.has(node.id));
      shown.set(node.id, node);
    }
  }

  function rebuildFor(servers) {
    const now = servers.map((node) => node.id).join(" ");
    if (now === names) return;
    names = now;
    shown.clear();
    columns.clear();
    for (const { id } of servers) columns.set(id, { head: el("th", { scope: "col" }, id), cells: spec.fields.map(() => el("td")) });
    const all = [...columns.values()];
    const head = el("tr", {}, el("td"), ...all.map((column) => column.head));
    const body = spec.fields.map((field, i) => el("tr", {}, el("th", { scope: "row" }, field.label), ...all.map((column) => column.cells[i])));
    table.replaceChildren(el("thead", {}, head), el("tbody", {}, ...body));
  }

  function draw(node, quietly) {
    const { head, cells } = columns.get(node.id);
    const { family, tone } = look(node, lab.topology);
    setTone(head, family, tone);
    for (const [i, field] of spec.fields.entries()) {
      const text = cellText(node.state[field.name]);
      const changed = cells[i].textContent !== text;
      setText(cells[i], text);
      if (changed && !quietly) cells[i].animate([{ backgroundColor: "var(--accent-soft)" }, { backgroundColor: "transparent" }], 700);
    }
  }

  return { element, update };
}

function cellText(value) {
  return value === null || value === undefined || value === "" ? "–" : say(value);
}
