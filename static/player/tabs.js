// Panels as tabs, by the usual pattern: one tab stop, arrows move along, the shown panel alone is drawn.
import { el } from "./dom.js";
import { TabMenu } from "./tab_menu.js";

const WIDE_PX = 480;
const ROWS_MAX = { wide: 3, narrow: 2 }; // more would take the panel's room

let made = 0;

export class Tabs {
  /** `panels`: [{name, title, element, update}]; `onShow()` asks for a frame. */
  constructor(panels, onShow) {
    this.panels = panels;
    this.onShow = onShow;
    const id = `lab-tab-${(made += 1)}`;
    this.tabs = panels.map((panel, i) => el("button", { type: "button", role: "tab", id: `${id}-${i}`, "aria-controls": `${id}-${i}-panel`, onclick: () => this.show(i) }, panel.title));
    this.boxes = panels.map((panel, i) => el("div", { class: "tab-panel", "data-panel": panel.name, role: "tabpanel", id: `${id}-${i}-panel`, "aria-labelledby": `${id}-${i}` }, panel.element));
    this.list = el("div", { class: "tabs", role: "tablist", "aria-label": "Panels" }, ...this.tabs);
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.all = new TabMenu(panels.map(({ title }) => title), `${id}-all`, (index) => this.go(index));
    this.bar = el("div", { class: "tab-bar one-row" }, this.list, this.all.element);
    this.elements = [this.bar, ...this.boxes];
    this.show(0);
  }

  show(index) {
    this.shown = index;
    for (const [i, tab] of this.tabs.entries()) {
      tab.setAttribute("aria-selected", String(i === index));
      tab.tabIndex = i === index ? 0 : -1;
      this.boxes[i].hidden = i !== index;
    }
    this.all.mark(index);
    this.reveal(this.tabs[index]);
    this.panels[index]?.measure?.();
    this.onShow();
  }

  /** Shows it with the keyboard on its tab. */
  go(index) {
    this.show(index);
    this.tabs[index].focus();
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.go((this.shown + step + this.tabs.length) % this.tabs.length);
  }

  /** Tabs stand in the few rows they need; where that were too many, in one that scrolls, and a menu names all. */
  fit() {
    const { bar, tabs } = this;
    if (bar.clientWidth === this.width) return;
    this.width = bar.clientWidth;
    bar.classList.remove("one-row");
    const rows = new Set(tabs.map((tab) => tab.offsetTop)).size;
    bar.classList.toggle("one-row", rows > (this.width < WIDE_PX ? ROWS_MAX.narrow : ROWS_MAX.wide));
    this.reveal(tabs[this.shown]);
  }

  /** Scrolls the list alone: scrollIntoView would move the page too. */
  reveal(tab) {
    const { list } = this;
    if (!tab?.isConnected) return;
    const fade_px = list.clientWidth / 8; // what stands at the edge is pale
    if (tab.offsetLeft < list.scrollLeft + fade_px) list.scrollLeft = tab.offsetLeft - fade_px;
    else list.scrollLeft = Math.max(list.scrollLeft, tab.offsetLeft + tab.offsetWidth + fade_px - list.clientWidth);
  }

  /** With `focus` the keyboard goes into it, once it is drawn. */
  showNamed(name, { focus = false } = {}) {
    const index = this.panels.findIndex((panel) => panel.name === name);
    if (index < 0) return;
    this.show(index);
    if (!focus) return;
    this.tabs[index].focus();
    requestAnimationFrame(() => requestAnimationFrame(() => document.activeElement === this.tabs[index] && this.panels[index].focus?.()));
  }

  /** The theme changed: what is drawn on a canvas has its colours to look up again. */
  recolour() {
    for (const panel of this.panels) panel.recolour?.();
  }

  update(view) {
    this.panels[this.shown]?.update(view);
  }

  measure() {
    this.fit();
    this.panels[this.shown]?.measure?.();
  }
}
