// The column beside the lines: each node's name and what it is at the playhead.
import { el, setText, setTone } from "../dom.js";
import { look } from "../roles.js";
import { rowsOf } from "./space_time_ground.js";

const TWO_LINES_PX = 33; // a row lower than this has its name and its word side by side

export class Names {
  constructor(lab) {
    this.lab = lab;
    this.element = el("div", { class: "st-names", "aria-hidden": "true" });
    this.key = "";
  }

  /** Says where each node's line runs: id -> y. */
  arrange(ids, state, height) {
    const key = `${ids.join(" ")} ${height}`;
    if (key !== this.key) {
      this.key = key;
      this.rows = rowsOf(ids, height);
      this.labels = new Map(ids.map((id) => [id, this.label(id)]));
      this.element.classList.toggle("tight", height / ids.length < TWO_LINES_PX);
      this.element.replaceChildren(...[...this.labels.values()].map(({ element }) => element));
    }
    for (const [id, label] of this.labels) this.name(label, state.nodes[id]);
    return this.rows;
  }

  label(id) {
    const word = el("small", {});
    const element = el("span", {}, el("b", {}, id), word);
    element.style.top = `${this.rows.get(id)}px`;
    return { element, word, node: null };
  }

  name(label, node) {
    if (label.node === node) return;
    label.node = node;
    const { family, tone, word } = look(node, this.lab.topology);
    setTone(label.element, family, tone);
    setText(label.word, node.kind === "client" ? "" : word);
  }
}
