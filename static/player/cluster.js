// The cluster: nodes, links and labels in SVG (they can be focused and heard), messages on a canvas above.
// Drawing is a function of the state; a node is touched only when its object is another one.
import { el, setAttribute, setText, setTone, svg } from "./dom.js";
import { Flight } from "./flight.js";
import { Flows } from "./flows.js";
import { layout } from "./geometry.js";
import { legend, tellSample } from "./legend.js";
import { badge, describe, look } from "./roles.js";
import { nodePath } from "./shapes.js";

const MARGIN_PX = 10;
const WORD_ROOM = 2.9; // how many times its radius a node is as wide, in letters as high as 1: some 0.58 each
const BREATH_SPEED_MAX = 2; // faster, every node would breathe all the time

export class Cluster {
  /** `onSelect(thing, by)`: thing is {type: "node" | "link" | "clients" | "message", ...} or null; by is "pointer", "focus" or "keyboard". */
  constructor(lab, { onSelect, onPoint }) {
    this.lab = lab;
    this.onSelect = onSelect;
    this.onPoint = onPoint; // a message under the pointer, or null
    this.groundsLayer = svg("g", { class: "grounds" });
    this.linksLayer = svg("g", { class: "links" });
    this.nodesLayer = svg("g", { class: "nodes" });
    this.svg = svg("svg", { class: "scene", role: "group", "aria-label": `${lab.title}: the cluster` }, this.groundsLayer, this.linksLayer, this.nodesLayer);
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.legend = legend(lab);
    this.flowsCanvas = el("canvas", { "aria-hidden": "true" });
    this.element = el("div", { class: "cluster" }, this.flowsCanvas, this.svg, this.canvas, this.legend);
    this.flight = new Flight(this.canvas, lab);
    this.flows = new Flows(this.flowsCanvas);
    this.shown = { nodes: {}, links: null };
    this.listen();
  }

  listen() {
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("pointermove", (event) => {
      const message = this.flight.at(...this.point(event))?.message;
      this.element.classList.toggle("over-message", Boolean(message));
      this.onPoint(message ? { type: "message", seq: message.seq } : null);
    });
    this.element.addEventListener("pointerleave", () => this.onPoint(null));
    // What the keyboard reaches is told at once; Enter goes into what is told.
    this.svg.addEventListener("focusin", (event) => {
      const thing = thingOf(event.target);
      if (thing && event.target.matches(":focus-visible")) this.onSelect(thing, "focus");
    });
    this.svg.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      const thing = thingOf(event.target);
      if (!thing) return;
      event.preventDefault();
      event.stopPropagation();
      this.onSelect(thing, "keyboard");
    });
  }

  clicked(event) {
    const onNode = event.target.closest("[data-node],[data-clients]");
    const message = onNode ? null : this.flight.at(...this.point(event));
    this.onSelect(message ? { type: "message", seq: message.message.seq } : thingOf(event.target), "pointer");
  }

  point(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  resize(width, height, legendGrew = false) {
    if (!width || !height || (!legendGrew && width === this.width && height === this.height)) return;
    Object.assign(this, { width, height, bottom: height - this.legend.offsetHeight - 2 * MARGIN_PX });
    setAttribute(this.legend, "tabindex", this.legend.scrollWidth > this.legend.clientWidth ? 0 : null); // a phone scrolls it, by key too
    this.names = null;
  }

  /** Lays out again when the size or the set of nodes is another. */
  prepare(state) {
    const names = Object.values(state.nodes).map(({ id, zone = "" }) => `${id} ${zone}`).join();
    if (names === this.names || !this.width) return;
    this.names = names;
    this.plan = layout(Object.values(state.nodes), this.width, this.bottom);
    setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${this.height}`);
    this.flight.place(this.plan, this.width, this.height);
    this.flows.place(this.plan, this.width, this.height);
    this.build(state);
  }

  build(state) {
    const focused = thingOf(document.activeElement);
    this.shown = { nodes: {}, links: null };
    this.nodes = new Map(this.plan.servers.map((id) => [id, this.makeNode(state.nodes[id])]));
    this.links = pairs(this.plan.servers).map(([a, b]) => this.makeLink(a, b));
    this.groundsLayer.replaceChildren(...this.plan.grounds.map(makeGround));
    this.linksLayer.replaceChildren(...this.links.map((link) => link.group));
    this.nodesLayer.replaceChildren(...[...this.nodes.values()].map((node) => node.group), ...this.makePill());
    setAttribute(this.linksLayer, "class", this.plan.servers.length > 12 ? "links dense" : "links");
    if (focused) this.focus(focused);
  }

  makeNode({ id }) {
    const { x, y, r } = this.plan.places.get(id);
    const above = y < this.bottom * 0.45;
    const part = {
      pulse: svg("circle", { class: "pulse", r: r + 4 }),
      shape: svg("path", { class: "shape" }),
      id: svg("text", { class: "id", y: r < 26 ? 5 : -1, "font-size": Math.max(11, r * 0.5) }, id),
      word: svg("text", { class: "word", y: r < 26 ? r + 13 : r * 0.45 }),
      badge: svg("text", { class: "badge", y: above ? -r - 12 : r + (r < 26 ? 26 : 21) }),
    };
    const hit = svg("circle", { class: "hit", r: Math.max(r, 22) });
    const group = svg("g", { class: "node", transform: `translate(${x} ${y})`, tabindex: 0, role: "button", "data-node": id }, hit, ...Object.values(part));
    return { group, r, ...part };
  }

  makeLink(a, b) {
    const [from, to] = [this.plan.places.get(a), this.plan.places.get(b)];
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const line = (p, q, name) => svg("line", { class: name, x1: p.x, y1: p.y, x2: q.x, y2: q.y });
    const degrees = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    const there = line(from, middle, "half");
    const back = line(middle, to, "half");
    const gap = svg("path", { class: "gap", d: "M-4-8V8M4-8V8", transform: `translate(${middle.x} ${middle.y}) rotate(${degrees})` });
    const group = svg("g", { class: "link", tabindex: -1, role: "button", "data-link": `${a} ${b}` }, line(from, to, "hit"), there, back, gap);
    return { a, b, group, there, back };
  }

  makePill() {
    const { pill, clients } = this.plan;
    if (!pill) return [];
    const words = clients.length === 1 ? "1 client" : `${clients.length} clients`;
    const attributes = { class: "pill", transform: `translate(${pill.x} ${pill.y})`, tabindex: 0, role: "button", "data-clients": true, "aria-label": words };
    const box = svg("rect", { x: -pill.w / 2, y: -pill.h / 2, width: pill.w, height: pill.h, rx: pill.h / 2 });
    return [svg("g", attributes, box, svg("text", { y: 5 }, words))];
  }

  /** Draws a moment. Returns true while something still moves by itself. */
  draw(view) {
    this.prepare(view.state);
    if (!this.plan) return false;
    for (const [id, parts] of this.nodes) this.drawNode(parts, view.state.nodes[id], view);
    this.drawLinks(view.state);
    this.drawProof(view.proof);
    this.drawPointed(view.pointed);
    this.drawFlows(view);
    return this.flight.draw(view);
  }

  drawNode(parts, node, { jumped, reduced, speed }) {
    const before = this.shown.nodes[node.id];
    if (before === node) return;
    this.shown.nodes[node.id] = node;
    const now = look(node, this.lab.topology);
    const text = badge(node, this.lab.topology);
    const label = describe(node, this.lab.topology);
    const changed = parts.group.getAttribute("aria-label") !== label;
    setTone(parts.group, now.family, now.tone);
    setAttribute(parts.group, "data-status", node.status);
    setAttribute(parts.group, "aria-label", label);
    setAttribute(parts.shape, "d", nodePath(now.shape, parts.r));
    setText(parts.word, now.word);
    setAttribute(parts.word, "font-size", wordSize(parts.r, now.word));
    setText(parts.badge, text);
    if (before && !jumped && !reduced && (changed || speed <= BREATH_SPEED_MAX)) pulse(parts, changed);
  }

  drawLinks(state) {
    const statuses = this.plan.servers.map((id) => state.nodes[id].status).join();
    if (this.shown.links === state.links && this.shown.statuses === statuses) return;
    Object.assign(this.shown, { links: state.links, statuses });
    const how = new Map(state.links.map(([src, dst, condition]) => [`${src} ${dst}`, condition.cut ? "cut" : "odd"]));
    for (const link of this.links) this.drawLink(link, state, how.get(`${link.a} ${link.b}`) ?? "open", how.get(`${link.b} ${link.a}`) ?? "open");
  }

  /** Each half of the line tells the way that begins at its end: open, cut, or odd (slow, lossy ...). */
  drawLink({ a, b, group, there, back }, state, wayThere, wayBack) {
    setAttribute(there, "class", `half ${wayThere}`);
    setAttribute(back, "class", `half ${wayBack}`);
    group.classList.toggle("cut", wayThere === "cut" || wayBack === "cut");
    group.classList.toggle("dead", [a, b].some((id) => state.nodes[id].status === "down"));
    setAttribute(group, "aria-label", `Link between ${a} and ${b}, ${wayWords(wayThere, wayBack)}`);
  }

  /** Rings the nodes that a broken promise names. */
  drawProof(proof) {
    if (this.shown.proof === proof) return;
    this.shown.proof = proof;
    for (const [id, { group }] of this.nodes) group.classList.toggle("proof", Boolean(proof?.nodes.has(id)));
  }

  /** In a busy lab what is drawn singly is a sample: the legend says of how many. */
  drawFlows(view) {
    const every = this.flows.draw(view);
    if (every === this.every) return;
    this.every = every;
    tellSample(this.legend, every);
    this.element.classList.toggle("busy", every > 1);
    this.resize(this.width, this.height, true);
  }

  /** A timer that is pointed at in the tray: its node is lit (its arc too, see arcs.js). */
  drawPointed(pointed) {
    if (this.shown.pointed === pointed) return;
    this.shown.pointed = pointed;
    for (const [id, { group }] of this.nodes) group.classList.toggle("pointed", pointed?.type === "timer" && pointed.id === id);
  }

  select(thing) {
    for (const chosen of this.svg.querySelectorAll(".selected")) chosen.classList.remove("selected");
    this.find(thing)?.classList.add("selected");
  }

  focus(thing) {
    this.find(thing)?.focus({ preventScroll: true });
  }

  find(thing) {
    if (thing?.type === "node") return this.nodes.get(thing.id)?.group;
    if (thing?.type === "clients") return this.svg.querySelector("[data-clients]");
    if (thing?.type === "link") return this.links.find((link) => link.a === thing.a && link.b === thing.b)?.group;
    return null;
  }
}

/** A ring that spreads when role, badge or status changed; a breath of the outline for any other change. */
function pulse({ pulse: ring, shape }, strong) {
  if (strong) ring.animate([{ opacity: 0.9, transform: "scale(1)" }, { opacity: 0, transform: "scale(1.45)" }], { duration: 600, easing: "ease-out" });
  else shape.animate([{ strokeWidth: "5px" }, { strokeWidth: "2.5px" }], { duration: 260, easing: "ease-out" });
}

function thingOf(target) {
  const node = target?.closest?.("[data-node]");
  if (node) return { type: "node", id: node.dataset.node };
  if (target?.closest?.("[data-clients]")) return { type: "clients" };
  const link = target?.closest?.("[data-link]");
  if (!link) return null;
  const [a, b] = link.dataset.link.split(" ");
  return { type: "link", a, b };
}

function wayWords(there, back) {
  const words = { cut: "cut", odd: "changed" };
  if (there === back) return words[there] ?? "open";
  return [there, back].filter((way) => words[way]).map((way) => `${words[way]} one way`).join(", ");
}

/** What a zone stands on. Painted as a wide line around its nodes, so that its corners are round; its border is a wider one below. */
function makeGround({ zone, path, wide, name }) {
  const line = (part, width) => svg("path", { class: part, d: path, "stroke-width": width });
  return svg("g", { class: "ground" }, line("border", wide + 2), line("inside", wide), svg("text", { x: name.x, y: name.y }, zone));
}

function pairs(ids) {
  return ids.flatMap((a, i) => ids.slice(i + 1).map((b) => [a, b]));
}

/** How large a word may be that stands in a node of radius r; below a small one it has room. */
function wordSize(r, word) {
  if (r < 26) return "10.5";
  return Math.min(Math.max(10.5, r * 0.33), (WORD_ROOM * r) / word.length).toFixed(2);
}
