// What the head's buttons open: the menu of faults and actions, the set-up of a new run, the keys.
import { el } from "./dom.js";
import { keyList } from "./keys.js";
import { setupForm } from "./setup.js";

export class Dialogs {
  constructor(player) {
    this.player = player;
  }

  open(title, content, kind) {
    this.player.selection.clear();
    this.player.view.popover.open(title, content, { focus: true, kind });
  }

  menu() {
    const { lab } = this.player;
    if (!this.player.canAct()) return this.player.tell(this.player.whyNot(), "refused");
    const groups = groupBy(lab.actions.filter((action) => !ALONE.has(action.target)), groupOf);
    const tray = lab.actions.some((action) => ALONE.has(action.target)) ? this.tray() : null;
    return this.open("What should happen", [...[...groups].map(([title, actions]) => this.list(title, actions)), tray], "menu");
  }

  list(title, actions) {
    return el("div", { class: "deed-list" }, el("h4", {}, title), ...actions.map((action) => this.item(action)));
  }

  item(action) {
    const key = action.key ? el("kbd", { "aria-hidden": "true" }, action.key) : null;
    const words = el("span", {}, el("b", {}, action.title), el("small", {}, action.help));
    return el("button", { type: "button", class: "menu-item", onclick: () => this.player.choose(action, {}) }, words, key);
  }

  /** Single messages and timers are chosen where they are seen. */
  tray() {
    const words = el("span", {}, el("b", {}, "Pending messages and timers"), el("small", {}, "Deliver, drop, copy or delay a single message; fire a timer."));
    const open = () => this.player.showPending();
    return el("div", { class: "deed-list" }, el("h4", {}, "One by one"), el("button", { type: "button", class: "menu-item", onclick: open }, words, el("kbd", { "aria-hidden": "true" }, "t")));
  }

  setup() {
    const { player } = this;
    const { request } = player.session.place;
    const parameters = { ...player.scenario.parameters, ...request.parameters, ...player.session.parameters };
    this.open("Set up a new run", setupForm(player.lab, { ...request, parameters }, (chosen) => player.runs.startAgain(chosen)), "form");
  }

  help() {
    const rows = keyList(this.player.lab).map(([keys, words]) => el("div", {}, el("dt", {}, ...keys.split(" ").map((key) => (key === "–" ? key : el("kbd", {}, key)))), el("dd", {}, words)));
    this.open("Keys", el("dl", { class: "keys", tabindex: 0 }, ...rows), "help");
  }
}

const ALONE = new Set(["message", "timer"]);
const GROUPS = { node: "Nodes", nodes: "Nodes", link: "Links", none: "Everything" };

function groupOf(action) {
  return action.fault ? GROUPS[action.target] : "Ask the cluster";
}

function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
