// Space-time: a line for each node, time to the right, messages as slanted arrows. One canvas draws; words and focus are the page's.
import { el, setAttribute, setText } from "../dom.js";
import { courseOf, tracesIn } from "../traces.js";
import { milliseconds, seconds, sentence } from "../words.js";
import { brief } from "./evidence.js";
import { nearest, neighbour } from "./space_time_pick.js";
import { SpaceTimePicture } from "./space_time_draw.js";
import { Names } from "./space_time_names.js";
import { TimeWindow } from "./time_window.js";

const SPAN_WALL_US = 5_000_000; // at first the window holds five seconds of watching
const NOTHING = new Set();
const DRAG_PX = 4; // less than this is a click

const KEYS_HELP = "Arrow keys go from arrow to mark and from line to line, Enter selects, plus and minus scale, Page Up and Page Down move, Home follows the playhead.";

export function spaceTimePanel(spec, player) {
  return new SpaceTime(spec, player);
}

class SpaceTime {
  constructor(spec, player) {
    Object.assign(this, { spec, player, lab: player.lab });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.names = new Names(this.lab);
    this.words = el("p", { class: "st-words", role: "status" });
    this.field = el("div", { class: "st-field", tabindex: 0, role: "application", "aria-roledescription": "space-time diagram", "aria-label": `${spec.title}. ${KEYS_HELP}` }, this.canvas);
    this.picture = new SpaceTimePicture(this.canvas, this.lab);
    this.element = el("div", { class: "space-time" }, this.bar(), el("div", { class: "st-body" }, this.names.element, this.field), this.words);
    this.clients = true;
    this.chosen = { selected: null, pointed: null, focused: null };
    this.listen();
  }

  bar() {
    this.span = el("output", { class: "st-span", "aria-label": "Shown" });
    const button = (words, label, onclick) => el("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick }, words);
    this.followButton = el("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => this.follow() }, "Follow");
    this.clientsButton = el("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => this.toggleClients() }, "Clients");
    const scale = el("div", { class: "st-scale", role: "group", "aria-label": "Scale" }, button("−", "Show more time", () => this.zoom(-1)), this.span, button("+", "Show less time", () => this.zoom(1)));
    return el("div", { class: "st-bar" }, scale, this.followButton, this.clientsButton);
  }

  listen() {
    const { field } = this;
    field.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    field.addEventListener("pointerdown", (event) => this.press(event));
    field.addEventListener("pointermove", (event) => this.move(event));
    field.addEventListener("pointerup", (event) => this.release(event));
    field.addEventListener("pointercancel", () => (this.drag = null));
    field.addEventListener("pointerleave", () => this.leave());
    field.addEventListener("dblclick", (event) => this.goTo(this.under(event)?.event));
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.focusOn(null));
  }

  // Size and frames

  measure() {
    const { clientWidth: width, clientHeight: height } = this.field;
    if (!width || !height || (width === this.width && height === this.height)) return;
    Object.assign(this, { width, height, drawnKey: "" });
    this.picture.resize(width, height);
  }

  recolour() {
    this.picture.recolour();
    this.drawnKey = "";
  }

  update(view) {
    if (!this.width) this.measure();
    if (!this.width) return;
    this.view = view;
    this.window ??= new TimeWindow(SPAN_WALL_US * view.speed);
    this.lookAt(view);
    this.window.follow(view.t_us, view.reduced);
    const ids = Object.values(view.state.nodes).filter((node) => this.clients || node.kind !== "client").map((node) => node.id);
    this.rows = this.names.arrange(ids, view.state, this.height);
    const { from_us, span_us, following } = this.window;
    const key = [view.t_us, view.seen_us, from_us, span_us, view.store.version, ids.length, ...Object.values(this.chosen), this.proof?.title].join(" ");
    if (key === this.drawnKey && view.store === this.drawnStore) return;
    Object.assign(this, { drawnKey: key, drawnStore: view.store });
    const found = tracesIn(view.store, this.lab.topology, from_us, this.window.to_us);
    this.picture.draw({ window: this.window, rows: this.rows, ...found, t_us: view.t_us, seen_us: view.seen_us, chosen: this.chosen, proof: this.proof?.seqs ?? NOTHING, evidence: this.evidence ?? [] });
    setText(this.span, span_us < 1e6 ? milliseconds(span_us) : seconds(span_us));
    setAttribute(this.followButton, "aria-pressed", String(following));
    if (this.hover && !this.drag) this.point(this.under(this.hover)?.event.seq ?? null); // the picture moved under a pointer that stands still
    this.say();
  }

  /** What is selected elsewhere, and what proves something, comes into the window. */
  lookAt({ selected, proof, store }) {
    if (proof !== this.proof) {
      this.proof = proof;
      const moments = [...(proof?.seqs ?? [])].map((seq) => store.bySeq(seq)?.t_us).filter((t_us) => t_us !== undefined);
      if (moments.length) this.window.fit(Math.min(...moments), Math.max(...moments));
      this.evidence = [...(proof?.seqs ?? [])].map((seq) => store.bySeq(seq)).filter((event) => event?.kind === "state");
    }
    if (selected === this.chosen.selected) return;
    this.chosen.selected = selected;
    const event = selected === null ? null : store.bySeq(selected);
    if (event) this.window.reveal(event.t_us);
  }

  // Words

  /** What the pointer, the focus or the selection is on; else how to use this. */
  say() {
    const { pointed, focused, selected } = this.chosen;
    const event = [pointed, focused, selected].map((seq) => (seq === null ? null : this.view.store.bySeq(seq))).find(Boolean);
    setText(this.words, event ? this.tell(event) : "An arrow is a message, a cross one that never arrived. Drag to move, + and − to scale.");
    this.words.classList.toggle("empty-words", !event);
  }

  tell(event) {
    const known_us = Math.max(this.view.seen_us, this.view.t_us);
    if (event.kind !== "message") return `${seconds(event.t_us, 3)}: ${brief(event, this.lab)}`;
    const { drops, moves } = tracesIn(this.view.store, this.lab.topology, event.t_us, known_us);
    const { arrived, vanished, end_us } = courseOf(event, moves.get(event.seq), drops.get(event.seq), known_us);
    const end = arrived ? `, arrived ${seconds(end_us, 3)}` : vanished ? `, never arrived` : ", on its way";
    return `${seconds(event.t_us, 3)}: ${sentence(event, this.lab, known_us).replace(/[.]$/, "")}${end}.`;
  }

  // Pointer

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    return nearest(this.picture.drawn, event.clientX - box.left, event.clientY - box.top, event.pointerType === "touch");
  }

  press(event) {
    if (event.button !== 0) return;
    this.drag = { x: event.clientX, moved: false };
    this.field.setPointerCapture(event.pointerId);
  }

  move(event) {
    this.hover = event;
    if (!this.drag) return this.point(this.under(event)?.event.seq ?? null);
    const shift = event.clientX - this.drag.x;
    if (!this.drag.moved && Math.abs(shift) < DRAG_PX) return undefined;
    Object.assign(this.drag, { x: event.clientX, moved: true });
    return this.pan((-shift / this.width) * this.window.span_us);
  }

  release(event) {
    const clicked = this.drag && !this.drag.moved;
    this.drag = null;
    if (clicked) this.select(this.under(event)?.event ?? null);
  }

  leave() {
    this.hover = null;
    this.point(null);
  }

  point(seq) {
    if (this.chosen.pointed === seq) return;
    this.chosen.pointed = seq;
    this.field.classList.toggle("over", seq !== null);
    this.player.ask();
  }

  /** The wheel belongs to the page until the diagram has the focus; with Ctrl, and by pinching, it always scales. Sideways it moves. */
  wheel(event) {
    const scales = event.ctrlKey || (document.activeElement === this.field && Math.abs(event.deltaY) > Math.abs(event.deltaX));
    const moves = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!scales && !moves) return;
    event.preventDefault();
    if (scales) this.zoom(-Math.sign(event.deltaY), this.window.at(event.clientX - this.canvas.getBoundingClientRect().left, this.width));
    else this.pan((event.deltaX / this.width) * this.window.span_us);
  }

  // Deeds

  zoom(direction, around_us = this.window.following ? this.view.t_us : this.window.at(this.width / 2, this.width)) {
    this.window.zoom(direction, around_us);
    this.player.ask();
  }

  pan(shift_us) {
    this.window.pan(shift_us);
    this.player.ask();
  }

  follow() {
    this.window.following = true;
    this.player.ask();
  }

  toggleClients() {
    this.clients = !this.clients;
    setAttribute(this.clientsButton, "aria-pressed", String(this.clients));
    this.drawnKey = "";
    this.player.ask();
  }

  select(event) {
    this.player.select(event);
    this.chosen.selected = event?.seq ?? null;
    this.player.ask();
  }

  goTo(event) {
    if (event) this.player.jump(event.t_us);
  }

  focusOn(one) {
    this.chosen.focused = one?.event.seq ?? null;
    this.player.ask();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey && event.key.startsWith("Arrow")) return;
    const run = KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run(this);
  }

  /** To the next thing along a line (dx) or to the line above or below (dy). At the window's edge the window moves on. */
  walk(dx, dy) {
    const found = neighbour(this.picture.drawn, this.rows, this.chosen.focused ?? this.chosen.selected, this.window.x(this.view.t_us, this.width), dx, dy);
    if (found) this.focusOn(found);
    else if (dx) this.pan(dx * 0.5 * this.window.span_us);
  }

  enter() {
    const seq = this.chosen.focused ?? this.chosen.selected;
    const event = seq === null ? null : this.view.store.bySeq(seq);
    if (event) this.select(event);
  }
}

const KEYS = {
  ArrowLeft: (panel) => panel.walk(-1, 0),
  ArrowRight: (panel) => panel.walk(1, 0),
  ArrowUp: (panel) => panel.walk(0, -1),
  ArrowDown: (panel) => panel.walk(0, 1),
  Enter: (panel) => panel.enter(),
  "+": (panel) => panel.zoom(1),
  "=": (panel) => panel.zoom(1),
  "-": (panel) => panel.zoom(-1),
  PageUp: (panel) => panel.pan(-0.5 * panel.window.span_us),
  PageDown: (panel) => panel.pan(0.5 * panel.window.span_us),
  Home: (panel) => panel.follow(),
};
