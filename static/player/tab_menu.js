// All panels by name, where their tabs do not fit the row: a button at its end and a menu under it, by the usual pattern.
import { el, icon, setAttribute } from "./dom.js";

const MOVES = { ArrowDown: (at, count) => (at + 1) % count, ArrowUp: (at, count) => (at - 1 + count) % count, Home: () => 0, End: (_, count) => count - 1 };

export class TabMenu {
  /** `choose(index)` is told; `id` is free on the page. */
  constructor(titles, id, choose) {
    this.choose = choose;
    this.items = titles.map((title, i) => el("button", { type: "button", role: "menuitemradio", tabindex: -1, onclick: () => this.chosen(i) }, title));
    this.menu = el("div", { class: "tab-menu", role: "menu", id, "aria-label": "All panels", hidden: true }, ...this.items);
    this.button = el("button", { type: "button", class: "all-tabs", "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": id, "aria-label": `All ${titles.length} panels`, onclick: () => this.toggle() }, el("span", { "aria-hidden": "true" }, `All ${titles.length}`), icon("more"));
    this.element = el("div", { class: "tab-more" }, this.button, this.menu);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => this.element.contains(relatedTarget) || this.close());
    this.menu.addEventListener("pointerdown", (event) => event.preventDefault()); // a press must not take the focus out of the menu, which would close it
  }

  get isOpen() {
    return !this.menu.hidden;
  }

  /** The panel of this index is the one that is shown. */
  mark(index) {
    for (const [i, item] of this.items.entries()) setAttribute(item, "aria-checked", String(i === index));
    this.at = index;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open(this.at);
  }

  open(index) {
    this.menu.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.items[index].focus();
  }

  close() {
    this.menu.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  /** The keyboard is on the button again. */
  leave() {
    this.button.focus();
    this.close();
  }

  chosen(index) {
    this.choose(index);
    this.close();
  }

  key(event) {
    if (event.key === "Tab" && this.isOpen) return this.leave(); // and on from there, as the browser does
    if (event.key === "Escape" && this.isOpen) this.leave();
    else if (MOVES[event.key] && (this.isOpen || event.key.startsWith("Arrow"))) this.move(event.key);
    else return undefined;
    event.preventDefault();
    return event.stopPropagation();
  }

  move(key) {
    if (!this.isOpen) return this.open(this.at);
    const here = this.items.indexOf(document.activeElement);
    return this.items[MOVES[key](here, this.items.length)].focus();
  }
}
