// What happened, as a list that follows the playhead: later moments that were already seen stay, dimmed, so that one can go back to them.
import { details } from "../details.js";
import { el, setText } from "../dom.js";
import { fateSeenAt } from "../traces.js";
import { seconds, sentence } from "../words.js";
import { EventSearch } from "./event_search.js";
import { evidenceOf } from "./evidence.js";

const BEFORE = 150;
const AFTER = 60;
const AIR_PX = 8;
const PLAYING_MS_MIN = 120; // while time runs the list is renewed this often: faster nobody reads

const FILTERS = [
  { name: "story", title: "Story", kinds: ["note", "check", "limit"], on: true },
  { name: "faults", title: "Faults", kinds: ["fault"], on: true },
  { name: "clients", title: "Clients", kinds: ["operation"], on: true },
  { name: "challenges", title: "Challenges", kinds: ["goal"], on: false },
  { name: "messages", title: "Messages", kinds: ["message"], on: false },
];

export function eventsPanel(spec, player) {
  const { lab, store, jump } = player;
  const chosen = new Set(FILTERS.filter((filter) => filter.on).map((filter) => filter.name));
  const list = el("ol", { class: "event-list", tabindex: 0, "aria-label": spec.title });
  const empty = el("p", { class: "empty", role: "status" });
  const filters = FILTERS.filter((filter) => filter.name !== "challenges" || lab.challenges?.length);
  const chips = el("div", { class: "filters", role: "group", "aria-label": "Kinds shown" }, ...filters.map(chip));
  const node = el("select", { "aria-label": "Node", onchange: choose }, el("option", { value: "" }, "all nodes"));
  const text = el("input", { type: "search", "aria-label": "Search the events", placeholder: "Search", autocomplete: "off", spellcheck: "false", oninput: choose });
  const element = el("div", { class: "events" }, chips, el("div", { class: "event-search" }, node, text), empty, list);
  const search = new EventSearch(lab);
  let rows = new Map(); // seq -> {event, element, told}
  let drawnKey = "";
  let drawn_ms = 0;
  let nodes = "";
  let open = null; // the row that shows its whole content
  let last = null;
  choose();

  function chip(filter) {
    const button = el("button", { type: "button", class: "chip", "aria-pressed": String(filter.on) }, filter.title);
    button.addEventListener("click", () => {
      if (!chosen.delete(filter.name)) chosen.add(filter.name);
      button.setAttribute("aria-pressed", String(chosen.has(filter.name)));
      choose();
    });
    return button;
  }

  function choose() {
    const kinds = new Set(FILTERS.filter((filter) => chosen.has(filter.name)).flatMap((filter) => filter.kinds));
    search.choose({ kinds, node: node.value, text: text.value });
    if (last) update(last);
  }

  function update(view) {
    if (last && view.playing && !view.jumped && view.selected === last.selected && view.now_ms < drawn_ms + PLAYING_MS_MIN) return;
    last = view;
    drawn_ms = view.now_ms;
    nameNodes(view.state);
    const seen_us = Math.max(view.seen_us, view.t_us);
    const { events, now, unfinished } = search.around(store(), view.t_us, seen_us, BEFORE, AFTER);
    if (unfinished) player.ask();
    empty.hidden = events.length > 0;
    setText(empty, unfinished ? "Searching…" : text.value || node.value ? "Nothing here fits this search." : "Nothing of these kinds yet.");
    const key = `${search.version} ${store().version} ${events[0]?.seq} ${events.length} ${now}`;
    if (key !== drawnKey) show(events, now, seen_us);
    drawnKey = key;
    unfold(view.selected);
  }

  function nameNodes(state) {
    const names = Object.keys(state.nodes).join(" ");
    if (names === nodes) return;
    nodes = names;
    const was = node.value;
    node.replaceChildren(node.firstChild, ...Object.keys(state.nodes).map((id) => el("option", { value: id, selected: id === was }, id)));
  }

  function show(events, now, seen_us) {
    const before = rows;
    rows = new Map(events.map((event) => [event.seq, before.get(event.seq)?.event === event ? before.get(event.seq) : row(event)]));
    const wanted = [...rows.values()];
    for (const [seq, old] of before) if (rows.get(seq) !== old) old.element.remove();
    for (const [i, one] of wanted.entries()) {
      if (list.children[i] !== one.element) list.insertBefore(one.element, list.children[i] ?? null);
      one.element.classList.toggle("later", i >= now);
      tellFate(one, seen_us);
    }
    keepInView(wanted[now - 1]?.element);
  }

  function row(event) {
    const words = el("span", {}, sentence(event, lab, event.t_us));
    const button = el("button", { type: "button", tabindex: -1, "aria-expanded": "false" }, el("time", {}, seconds(event.t_us)), words);
    const made = { event, button, words, told: event.kind !== "message", element: el("li", { "data-kind": event.kind }, button) };
    button.addEventListener("click", () => (open === made ? player.select(null) : (jump(event.t_us), player.select(event))));
    return made;
  }

  /** What became of a message is added once it was seen. */
  function tellFate(one, seen_us) {
    if (one.told || seen_us < fateSeenAt(one.event)) return;
    one.told = true;
    setText(one.words, sentence(one.event, lab, seen_us));
  }

  /** The selected event's row shows all it says. */
  function unfold(selected) {
    const wanted = rows.get(selected) ?? null;
    if (open === wanted) return;
    open?.more?.remove();
    open?.button.setAttribute("aria-expanded", "false");
    open = wanted;
    if (!open) return;
    open.button.setAttribute("aria-expanded", "true");
    open.more = el("div", { class: "event-more" }, details(open.event, lab), evidenceOf(open.event.evidence, player), codeOf(open.event));
    open.element.append(open.more);
    const bottom = open.element.offsetTop + open.element.offsetHeight + AIR_PX;
    if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = Math.min(open.element.offsetTop, bottom - list.clientHeight);
  }

  function codeOf(event) {
    const has = player.sourceUrl && (event.kind === "message" || event.kind === "note");
    return has ? el("button", { type: "button", class: "link", onclick: () => player.show("source") }, "See the code") : null;
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
    const buttons = [...rows.values()].map((one) => one.button);
    const at = buttons.indexOf(document.activeElement);
    const from = at >= 0 ? at : buttons.findIndex((button) => button.parentElement.classList.contains("now"));
    buttons[from + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  });

  return { element, update };
}
