// The tray: what is under way at the playhead, the next thing first, and what can be done to each of them alone.
//
// It follows a run that plays, but is made for one that stands: acting pauses. One tab stop; the arrows go from row to row and from button to button.
import { complete, offered } from "../actions.js";
import { el, setText } from "../dom.js";
import { hasVanished } from "../geometry.js";
import { allTimers } from "../timers.js";
import { arrange, messageRow, thingOf, timerRow } from "../tray_rows.js";

const ROWS_MAX = 40; // of each kind; more than one reads
const PLAYING_MS = 120; // while it plays the list is drawn again no more often

export function pendingPanel(spec, player) {
  const tray = new Tray(player);
  return { element: tray.element, update: (view) => tray.update(view), focus: () => tray.focus() };
}

class Tray {
  constructor(player) {
    this.player = player;
    this.lists = { message: group("Messages in flight", "No message is in flight at this moment."), timer: group("Timers", "No timer is set at this moment.") };
    this.rows = new Map(); // key -> {element, update, thing, item}
    this.hint = el("p", { class: "hint tray-hint" });
    this.element = el("div", { class: "pending scroll" }, this.hint, this.lists.message.element, this.lists.timer.element);
    this.drawn_ms = -Infinity;
    this.shown = {};
    this.listen();
  }

  listen() {
    const { element } = this;
    const point = (event) => this.point(event.target.closest(".pending-row"));
    for (const type of ["pointerover", "focusin"]) element.addEventListener(type, point);
    for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, () => this.point(null));
    element.addEventListener("focusin", (event) => this.stopAt(event.target));
    element.addEventListener("keydown", (event) => this.key(event));
  }

  update(view) {
    const { state, t_us, playing, now_ms, jumped, pointed } = view;
    this.showPointed(pointed);
    const same = this.shown.flight === state.flight && this.shown.timers === state.timers && this.shown.t_us === t_us && this.shown.playing === playing && this.shown.why === this.player.whyNot();
    if (same || (playing && !jumped && now_ms < this.drawn_ms + PLAYING_MS)) return;
    this.shown = { flight: state.flight, timers: state.timers, t_us, playing, why: this.player.whyNot() };
    this.drawn_ms = now_ms;
    this.state = state;
    setText(this.hint, this.shown.why || (playing ? "Doing something to one of these pauses the run." : ""));
    this.hint.hidden = !this.hint.textContent;
    const messages = state.flight.filter((message) => !hasVanished(message, t_us)).sort((a, b) => a.arrives_us - b.arrives_us || a.seq - b.seq);
    const before = this.rows;
    const held = this.place();
    this.rows = new Map();
    this.fill("message", messages, t_us, before);
    this.fill("timer", allTimers(state.timers), t_us, before);
    this.lists.timer.element.hidden = state.timers === null;
    this.showPointed(pointed, true);
    if (held && !held.button.isConnected) this.focusNear(held);
    if (!this.stop?.isConnected) this.stopAt(this.element.querySelector(".pending-row button"));
  }

  fill(kind, items, t_us, before) {
    const list = this.lists[kind];
    const shown = items.slice(0, ROWS_MAX);
    for (const item of shown) {
      const thing = thingOf[kind](item);
      const key = `${JSON.stringify(thing)}${this.shown.why ? " watched" : ""}`;
      const row = before.get(key) ?? { ...this.make(kind, item, thing), thing };
      row.update(item, t_us);
      this.rows.set(key, row);
    }
    arrange(list.rows, [...this.rows.values()].filter((row) => row.thing.type === kind).map((row) => row.element));
    setText(list.count, items.length ? String(items.length) : "");
    list.empty.hidden = items.length > 0;
    setText(list.more, items.length > ROWS_MAX ? `and ${items.length - ROWS_MAX} more, later` : "");
  }

  make(kind, item, thing) {
    const { lab } = this.player;
    const offers = this.shown.why ? [] : offered(lab, this.state, thing);
    const buttons = offers.map(({ action, args }) => ({ title: action.title, help: action.help, name: action.name, more: !complete(action, args), act: () => this.act(action, args) }));
    if (kind === "message") return messageRow(item, lab, buttons, () => this.player.open(thing));
    return timerRow(item, buttons, () => this.player.open({ type: "node", id: item.node }));
  }

  /** Acting stops the run first, so that what is acted on is what was seen. */
  act(action, args) {
    this.player.pause();
    this.player.act(action, args);
  }

  // Pointing: the row and its message in the cluster are lit together

  point(element) {
    const row = element && [...this.rows.values()].find((one) => one.element === element);
    this.player.point(row ? row.thing : null);
  }

  showPointed(pointed, again = false) {
    if (this.pointed === pointed && !again) return;
    this.pointed = pointed;
    const key = pointed ? JSON.stringify(pointed) : null;
    for (const row of this.rows.values()) row.element.classList.toggle("pointed", key !== null && JSON.stringify(row.thing) === key);
  }

  // Keyboard

  key(event) {
    const button = event.target.closest(".pending-row button");
    if (!button) return;
    const next = { ArrowDown: () => this.below(button, 1), ArrowUp: () => this.below(button, -1), ArrowRight: () => beside(button, 1), ArrowLeft: () => beside(button, -1), Home: () => this.buttonsOf(0)[0], End: () => this.buttonsOf(-1)[0] }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next()?.focus();
  }

  below(button, step) {
    const rows = this.elements();
    const row = button.closest(".pending-row");
    const buttons = [...(rows[rows.indexOf(row) + step]?.querySelectorAll("button") ?? [])];
    return buttons[Math.min([...row.querySelectorAll("button")].indexOf(button), buttons.length - 1)];
  }

  buttonsOf(at) {
    return [...(this.elements().at(at)?.querySelectorAll("button") ?? [])];
  }

  elements() {
    return [...this.element.querySelectorAll(".pending-row")];
  }

  /** The one button that Tab reaches. */
  stopAt(button) {
    if (!button?.closest?.(".pending-row")) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = button;
    button.tabIndex = 0;
  }

  /** Where the focus is in here, to find it again when its row is gone. */
  place() {
    const button = document.activeElement?.closest?.(".pending-row button");
    if (!button || !this.element.contains(button)) return null;
    const row = button.closest(".pending-row");
    return { button, row: this.elements().indexOf(row), at: [...row.querySelectorAll("button")].indexOf(button) };
  }

  focusNear({ row, at }) {
    const buttons = this.buttonsOf(Math.min(row, this.elements().length - 1));
    (buttons[Math.min(at, buttons.length - 1)] ?? this.element).focus({ preventScroll: true });
  }

  focus() {
    (this.stop?.isConnected ? this.stop : this.element.querySelector(".pending-row button"))?.focus({ preventScroll: true });
  }
}

function beside(button, step) {
  const buttons = [...button.closest(".pending-row").querySelectorAll("button")];
  return buttons[buttons.indexOf(button) + step];
}

function group(title, nothing) {
  const [count, empty, more, rows] = [el("span", { class: "count" }), el("p", { class: "hint" }, nothing), el("p", { class: "hint" }), el("ul", { "aria-label": title })];
  return { count, empty, more, rows, element: el("section", {}, el("h4", {}, title, " ", count), rows, empty, more) };
}
