// A space of keys as a ring: who owns which part of it, what moves from whom to whom. A canvas draws it; the legend and all words are the page's.
//
// Twelve owners with 128 points each leave arcs of a pixel or two: the lens below shows some cells around the one that is looked at, wide enough
// to read, and choosing an owner leaves its arcs alone in colour.
import { el, setAttribute, setText } from "../dom.js";
import { placesOf, setLook } from "../hues.js";
import { nodeOf } from "../series.js";
import { arcAt, degrees, modelOf } from "./ring_model.js";
import { RingPicture } from "./ring_draw.js";

const LENS_CELLS = 17; // odd: the one looked at stands in the middle
const HELP = "Arrow keys go from arc to arc, Page Up and Page Down to what moves next, Home to the top.";

export function ringPanel(spec, player) {
  return new Ring(spec, player);
}

class Ring {
  constructor(spec, player) {
    Object.assign(this, { spec, player, chosen: null, pointed: null, cell: 0, drawnKey: "" });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.picture = new RingPicture(this.canvas);
    this.rule = el("b", {});
    this.points = el("span", {});
    this.moved = el("span", { class: "ring-moves" });
    this.field = el("div", { class: "ring-field", tabindex: 0, role: "slider", "aria-label": `${spec.title}. ${HELP}`, "aria-valuemin": 0 }, this.canvas, el("p", { class: "ring-middle" }, this.rule, this.points, this.moved));
    this.words = el("p", { class: "ring-words" });
    this.lens = el("div", { class: "ring-lens", "aria-hidden": "true" }, ...Array.from({ length: LENS_CELLS }, () => el("span", {}, el("b", {}))));
    this.legend = el("ul", { class: "ring-legend", "aria-label": "Owners" });
    this.empty = el("p", { class: "empty" }, "Nobody has told yet who owns what.");
    this.body = el("div", { class: "ring-body" }, this.field, el("div", { class: "ring-beside" }, this.legend));
    this.element = el("div", { class: "ring scroll" }, this.empty, this.body, this.lens, this.words);
    this.listen();
  }

  listen() {
    const { field } = this;
    field.addEventListener("pointermove", (event) => this.point(this.under(event)));
    field.addEventListener("pointerleave", () => this.point(null));
    field.addEventListener("click", (event) => this.look(this.under(event) ?? this.cell));
    field.addEventListener("keydown", (event) => this.key(event));
    // The legend beside it takes its room once there is something to tell.
    new ResizeObserver(() => (this.measure(), this.player.ask())).observe(field);
  }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.picture.cellAt(event.clientX - box.left, event.clientY - box.top);
  }

  measure() {
    const side = Math.min(this.field.clientWidth, this.field.clientHeight);
    if (!side || side === this.side) return;
    this.side = side;
    this.picture.resize(side, side);
    this.drawnKey = "";
  }

  recolour() {
    this.picture.recolour();
    this.drawnKey = "";
    this.player.ask();
  }

  update({ state }) {
    if (!this.side) this.measure();
    const node = nodeOf(state, this.spec.of);
    this.empty.hidden = Boolean(node);
    this.body.hidden = this.lens.hidden = this.words.hidden = !node;
    if (!node) return;
    if (!this.side) this.measure();
    this.read(node, state);
    this.draw();
  }

  /** The strings change once a change of the layout: only then is anything worked out. */
  read(node, state) {
    const { spec } = this;
    const told = [spec.owners, spec.old_owners, spec.members, spec.old_members, spec.label, spec.points].map((name) => String(node.state[name] ?? "")).join(" ");
    if (told === this.told) return;
    this.told = told;
    this.drawnKey = "";
    this.model = modelOf(node.state, spec);
    this.places = placesOf(state);
    this.cell = Math.min(this.cell, Math.max(this.model.size - 1, 0));
    if (!this.model.parts.has(this.chosen)) this.chosen = null;
    setText(this.rule, String(node.state[spec.label] ?? ""));
    const points = node.state[spec.points];
    setText(this.points, points ? `${points} points each` : "");
    const { moving, size } = this.model;
    setText(this.moved, this.model.before ? `${percent(moving / size)} moves` : "nothing moves");
    this.element.classList.toggle("moving", Boolean(this.model.before));
    setAttribute(this.field, "aria-valuemax", Math.max(size - 1, 0));
    this.legend.replaceChildren(...[...this.model.parts].map(([id, part]) => this.entry(id, part)));
  }

  entry(id, { share, gains, loses, arcs }) {
    const swatch = el("i", { class: "swatch", "aria-hidden": "true" });
    setLook(swatch, this.places.get(id) ?? 0);
    const change = [gains ? `+${percent(gains)}` : "", loses ? `−${percent(loses)}` : ""].filter(Boolean).join(" ");
    const facts = [el("b", {}, id), el("span", { class: "share" }, percent(share)), el("small", {}, change || `${arcs} ${arcs === 1 ? "arc" : "arcs"}`)];
    const spoken = [`${id} owns ${percent(share)} in ${arcs} arcs`, gains && `gains ${percent(gains)}`, loses && `loses ${percent(loses)}`].filter(Boolean).join(", ");
    return el("li", {}, el("button", { type: "button", "aria-pressed": String(this.chosen === id), "aria-label": spoken, onclick: () => this.choose(id) }, swatch, ...facts));
  }

  choose(id) {
    this.chosen = this.chosen === id ? null : id;
    for (const button of this.legend.querySelectorAll("button")) setAttribute(button, "aria-pressed", String(button.querySelector("b").textContent === this.chosen));
    this.player.ask();
  }

  point(cell) {
    if (this.pointed === cell) return;
    this.pointed = cell;
    this.player.ask();
  }

  look(cell) {
    this.cell = cell;
    this.player.ask();
  }

  draw() {
    const cell = this.pointed ?? this.cell;
    const focused = this.pointed !== null || document.activeElement === this.field;
    const key = [this.chosen, cell, focused, this.side].join(" ");
    if (key === this.drawnKey || !this.side) return;
    this.drawnKey = key;
    this.picture.draw({ model: this.model, places: this.places, chosen: this.chosen, cell: focused ? cell : null });
    if (!this.model.size) return;
    this.magnify(cell);
    const words = this.tell(cell);
    setText(this.words, words);
    setAttribute(this.field, "aria-valuenow", cell);
    setAttribute(this.field, "aria-valuetext", words);
  }

  magnify(cell) {
    const { model, places } = this;
    for (const [i, span] of [...this.lens.children].entries()) {
      const here = (cell + i - (LENS_CELLS >> 1) + model.size) % model.size;
      const owner = model.owners[here];
      const first = i === 0 || model.owners[(here + model.size - 1) % model.size] !== owner;
      setLook(span, places.get(owner) ?? 0);
      span.classList.toggle("here", here === cell);
      span.classList.toggle("moves", model.moves[here]);
      span.classList.toggle("first", first);
      setText(span.firstChild, first || here === cell ? owner : "");
    }
  }

  tell(cell) {
    const { model } = this;
    const { from, to, owner } = arcAt(model, cell);
    const range = `${degrees(from, model.size)} to ${degrees(to, model.size)}`;
    const moves = model.moves[cell] ? `; this place moves from ${model.before[cell]} to ${owner}` : model.before ? "; this place stays" : "";
    return `${owner} owns ${range}, ${percent((to - from) / model.size)}${moves}.`;
  }

  key(event) {
    const { model } = this;
    if (!model?.size || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowRight: () => arcAt(model, this.cell).to, ArrowUp: () => arcAt(model, this.cell).to, ArrowLeft: () => this.arcBefore(), ArrowDown: () => this.arcBefore(), PageUp: () => this.moverFrom(1), PageDown: () => this.moverFrom(-1), Home: () => 0, End: () => model.size - 1 }[event.key];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    this.look(((to() % model.size) + model.size) % model.size);
  }

  arcBefore() {
    return arcAt(this.model, (arcAt(this.model, this.cell).from - 1 + this.model.size) % this.model.size).from;
  }

  moverFrom(step) {
    const { model, cell } = this;
    for (let i = 1; i <= model.size; i++) {
      const here = (cell + step * i + model.size * 2) % model.size;
      const before = (here - 1 + model.size) % model.size;
      if (model.moves[here] && (!model.moves[before] || model.owners[before] !== model.owners[here])) return here;
    }
    return cell;
  }
}

function percent(part) {
  return `${(part * 100).toFixed(part > 0 && part < 0.0995 ? 1 : 0)} %`;
}
