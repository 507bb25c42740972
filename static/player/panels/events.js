// What happened, as a list that follows the playhead: later moments that were already seen stay, dimmed, so that one can go back to them.
import { el } from "../dom.js";
import { positionAt } from "../events.js";
import { seconds, sentence } from "../words.js";

const BEFORE = 150;
const AFTER = 60;

const FILTERS = [
  { name: "story", title: "Story", kinds: ["note", "check", "limit"], on: true },
  { name: "faults", title: "Faults", kinds: ["fault"], on: true },
  { name: "clients", title: "Clients", kinds: ["operation"], on: true },
  { name: "challenges", title: "Challenges", kinds: ["goal"], on: false },
  { name: "messages", title: "Messages", kinds: ["message"], on: false },
];

export function eventsPanel(spec, { lab, store, jump }) {
  const chosen = new Set(FILTERS.filter((filter) => filter.on).map((filter) => filter.name));
  const list = el("ol", { class: "event-list", tabindex: 0, "aria-label": spec.title });
  const empty = el("p", { class: "empty" }, "Nothing of these kinds yet.");
  const filters = FILTERS.filter((filter) => filter.name !== "challenges" || lab.challenges?.length);
  const element = el("div", { class: "events" }, el("div", { class: "filters", role: "group", "aria-label": "Kinds shown" }, ...filters.map(chip)), empty, list);
  let items = [];
  let itemsKey = "";
  let drawnKey = "";
  let rows = new Map(); // seq -> element

  function chip(filter) {
    const button = el("button", { type: "button", class: "chip", "aria-pressed": String(filter.on) }, filter.title);
    button.addEventListener("click", () => {
      if (!chosen.delete(filter.name)) chosen.add(filter.name);
      button.setAttribute("aria-pressed", String(chosen.has(filter.name)));
      itemsKey = "";
      if (last) update(last);
    });
    return button;
  }

  let last = null;
  function update(view) {
    last = view;
    collect();
    const now = positionAt(items, view.t_us);
    const seen = positionAt(items, Math.max(view.seen_us, view.t_us));
    const [from, to] = [Math.max(0, now - BEFORE), Math.min(seen, now + AFTER)];
    const key = `${itemsKey} ${from} ${to} ${now}`;
    if (key === drawnKey) return;
    drawnKey = key;
    show(items.slice(from, to), now - from);
  }

  /** The chosen kinds of all chunks held; again only when chunks or choice changed. */
  function collect() {
    const key = `${store().version} ${[...chosen].join()}`;
    if (key === itemsKey) return;
    itemsKey = key;
    const kinds = new Set(FILTERS.filter((filter) => chosen.has(filter.name)).flatMap((filter) => filter.kinds));
    const source = kinds.has("message") ? store().events() : store().history();
    items = source.filter((event) => kinds.has(event.kind));
  }

  function show(events, now) {
    const before = rows;
    rows = new Map(events.map((event) => [event.seq, before.get(event.seq) ?? row(event)]));
    const wanted = [...rows.values()];
    for (const [seq, old] of before) if (rows.get(seq) !== old) old.remove();
    wanted.forEach((one, i) => {
      if (list.children[i] !== one) list.insertBefore(one, list.children[i] ?? null);
      one.classList.toggle("later", i >= now);
    });
    empty.hidden = wanted.length > 0;
    keepInView(wanted[now - 1]);
  }

  function row(event) {
    const made = el("li", { "data-kind": event.kind }, el("button", { type: "button", tabindex: -1 }, el("time", {}, seconds(event.t_us)), el("span", {}, sentence(event, lab))));
    made.firstChild.addEventListener("click", () => jump(event.t_us));
    return made;
  }

  /** Scrolls the list alone (never the page), and not under a reader's pointer. */
  function keepInView(current) {
    for (const old of list.querySelectorAll(".now")) old.classList.remove("now");
    if (!current) return;
    current.classList.add("now");
    if (list.matches(":hover")) return;
    const bottom = current.offsetTop + current.offsetHeight;
    if (bottom > list.scrollTop + list.clientHeight || current.offsetTop < list.scrollTop) list.scrollTop = bottom - list.clientHeight * 0.8;
  }

  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const from = at >= 0 ? at : buttons.findIndex((button) => button.parentElement.classList.contains("now"));
    buttons[from + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  });

  return { element, update };
}
