// The content of places of limited room: a tile for each slot, in the order in which they will go. How often is a number and a bar, how long ago a
// shade, what just came or was used a mark; what left stands behind. Tiles are kept by label, so that a frame touches what changed.
import { el, setAttribute, setText, setTone } from "../dom.js";
import { milliseconds, seconds } from "../words.js";
import { look } from "../roles.js";
import { AGE_WORDS, ageStep, contentOf, fillOf } from "./slots_model.js";

const BIG_MAX = 48; // with more slots to a place the tiles are small, and the one looked at is told below
const LEFT_MAX = 8;
const NEWS = { came: "came in", used: "used" };

export function slotsPanel(spec, { lab, store, ask }) {
  const places = el("div", { class: "slots-places" });
  const said = el("p", { class: "slots-said" }, hint(spec));
  const key = el("p", { class: "slots-key", "aria-hidden": "true" }, ...legend());
  const element = el("div", { class: "slots" }, el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": spec.title }, places, key), said);
  let boxes = new Map(); // node id -> box
  let names = "";
  let looked = null; // {node, label}

  element.addEventListener("pointerover", (event) => lookAt(event.target));
  element.addEventListener("pointerleave", () => lookAt(null));
  element.addEventListener("focusin", (event) => lookAt(event.target));
  element.addEventListener("keydown", (event) => walk(event));

  function lookAt(target) {
    const tile = target?.closest?.("[data-slot]");
    if (target && !tile) return;
    looked = tile ? { node: tile.closest("[data-place]").dataset.place, label: tile.dataset.slot } : null;
    ask();
  }

  function walk(event) {
    const tile = event.target.closest("[data-slot]");
    const next = tile && { ArrowRight: tile.nextElementSibling, ArrowLeft: tile.previousElementSibling, Home: tile.parentNode.firstElementChild, End: tile.parentNode.lastElementChild }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    const to = next.matches("[data-slot]") ? next : event.key === "ArrowLeft" ? next.previousElementSibling : next.nextElementSibling;
    if (!to) return;
    for (const one of tile.parentNode.querySelectorAll("[data-slot]")) one.tabIndex = one === to ? 0 : -1;
    to.focus();
  }

  function update({ state, t_us, store: chunks }) {
    const nodes = Object.values(state.nodes).filter((node) => node.kind !== "client" && spec.slots in node.state);
    rebuildFor(nodes);
    for (const node of nodes) drawPlace(boxes.get(node.id), node, t_us, chunks);
    tell(t_us);
  }

  function rebuildFor(nodes) {
    const now = nodes.map((node) => node.id).join(" ");
    if (now === names) return;
    names = now;
    boxes = new Map(nodes.map(({ id }) => [id, makeBox(id)]));
    places.replaceChildren(...[...boxes.values()].map((box) => box.element));
  }

  function makeBox(id) {
    const parts = {
      word: el("small", {}),
      fill: el("i", {}),
      full: el("span", { class: "slots-full" }),
      tiles: el("ol", { class: "slots-tiles", "aria-label": `${spec.title} of ${id}, ${spec.order ?? "in order"}` }),
      left: el("p", { class: "slots-left" }),
    };
    const head = el("h3", {}, el("b", {}, id), parts.word);
    const bar = el("div", { class: "slots-bar", "aria-hidden": "true" }, parts.fill);
    const box = el("section", { "data-place": id, "aria-label": id }, el("header", {}, head, bar, parts.full), parts.tiles, parts.left);
    return { ...parts, element: box, tileOf: new Map(), gap: el("li", { class: "slots-gap" }) };
  }

  function drawPlace(box, node, t_us, chunks) {
    const second = Math.floor(t_us / 100_000);
    if (box.node === node && box.second === second && box.version === chunks.version) return;
    const { family, tone, word } = look(node, lab.topology);
    setTone(box.element, family, tone);
    setText(box.word, word);
    const slots = node.state[spec.slots];
    const known = box.content && box.slots === slots && box.version === chunks.version;
    const content = known ? { ...box.content, ...fillOf(spec, node, box.content.rows) } : contentOf(spec, node, chunks, t_us);
    Object.assign(box, { node, slots, second, version: chunks.version, content });
    drawFill(box, content);
    drawTiles(box, content, t_us);
    drawLeft(box, content);
  }

  function drawFill(box, { used, capacity, count }) {
    const part = capacity ? Math.min(1, used / capacity) : 0;
    box.fill.style.transform = `scaleX(${part.toFixed(3)})`;
    const room = capacity ? `, ${whole(used)} of ${whole(capacity)} ${spec.unit ?? ""} (${Math.round(part * 100)} %)` : "";
    setText(box.full, `${whole(count)} ${count === 1 ? "slot" : "slots"}${room}`);
  }

  function drawTiles(box, { rows, hidden, compared }, t_us) {
    box.tiles.classList.toggle("small", rows.length > BIG_MAX);
    const most = Math.max(1, ...rows.map((row) => row.uses ?? 0));
    const order = rows.map((row) => drawTile(box, row, most, t_us, compared));
    if (hidden) {
      setText(box.gap, `${whole(hidden)} more`);
      order.splice(Math.ceil(rows.length / 2), 0, box.gap);
    }
    for (const [label, tile] of box.tileOf) if (!order.includes(tile)) box.tileOf.delete(label);
    arrange(box.tiles, order);
    if (!box.tiles.querySelector('[tabindex="0"]')) order.find((one) => one !== box.gap)?.setAttribute("tabindex", 0);
  }

  function drawTile(box, row, most, t_us, compared) {
    if (!box.tileOf.has(row.label)) box.tileOf.set(row.label, el("li", { "data-slot": row.label, tabindex: -1 }, el("b", {}, row.label), el("span", {}), el("i", {})));
    const tile = box.tileOf.get(row.label);
    const age = row.used_us === null ? 2 : ageStep(row.used_us, t_us);
    const news = compared ? row.news : "";
    const drawn = `${row.uses} ${most} ${age} ${news} ${row.mark}`;
    if (tile.drawn === drawn) return tile;
    tile.drawn = drawn;
    setAttribute(tile, "data-age", age);
    setAttribute(tile, "data-news", news || null);
    setAttribute(tile, "data-mark", row.mark || null);
    setText(tile.children[1], row.uses === null ? "" : `×${row.uses}`);
    tile.children[2].style.transform = `scaleX(${((row.uses ?? 0) / most).toFixed(3)})`;
    setAttribute(tile, "aria-label", [row.label, row.uses === null ? "" : `${row.uses} uses`, row.used_us === null ? "" : AGE_WORDS[age], NEWS[news] ?? "", row.mark].filter(Boolean).join(", "));
    return tile;
  }

  /** Where something is hidden, what is no longer in sight may have been used and moved on: only a whole picture proves an eviction. */
  function drawLeft(box, { left, hidden, compared, count }) {
    const names = left.slice(0, LEFT_MAX).join(", ") + (left.length > LEFT_MAX ? ` and ${left.length - LEFT_MAX} more` : "");
    const words = !compared || !left.length ? "" : hidden || !count ? `No longer at either end: ${names}` : `Evicted or removed: ${names}`;
    setText(box.left, words);
  }

  function tell(t_us) {
    const row = looked && boxes.get(looked.node)?.content?.rows.find((one) => one.label === looked.label);
    setText(said, row ? sayRow(row, t_us) : hint(spec));
    said.classList.toggle("empty-words", !row);
  }

  function sayRow(row, t_us) {
    const age_us = row.used_us === null ? null : Math.max(0, t_us - row.used_us);
    const unit = spec.unit ? ` ${spec.unit}` : "";
    return [`${looked.node}, ${row.label}`, row.size === null ? "" : `${whole(row.size)}${unit}`, row.uses === null ? "" : `used ${row.uses} ${row.uses === 1 ? "time" : "times"}`, age_us === null ? "" : `last ${age_us < 1e6 ? milliseconds(age_us) : seconds(age_us, 1)} ago`, row.mark].filter(Boolean).join("; ");
  }

  return { element, update };
}

/** Puts children into an order, moving as few as can be: a tile that keeps its place keeps its focus. */
function arrange(list, order) {
  const wanted = new Set(order);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  for (const [i, child] of order.entries()) if (list.children[i] !== child) list.insertBefore(child, list.children[i] ?? null);
}

function hint(spec) {
  return `Order: ${spec.order ?? "as told"}. Point at a slot, or go along with the arrow keys.`;
}

function legend() {
  const sample = (attributes, words) => el("span", {}, el("i", { class: "slots-sample", ...attributes }), words);
  return [sample({ "data-age": 0 }, "just used"), sample({ "data-age": 4 }, "long ago"), sample({ "data-news": "came" }, "came in"), sample({ "data-news": "used" }, "used"), el("span", {}, "×n uses")];
}

function whole(value) {
  return Math.round(value ?? 0).toLocaleString("en");
}
