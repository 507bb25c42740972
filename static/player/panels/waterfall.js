// One request from its beginning to its end, as bars below each other. It follows the newest one that ended, until somebody chooses.
import { el, setAttribute, setText, setTone } from "../dom.js";
import { milliseconds, seconds } from "../words.js";
import { barsOf, recentOperations } from "./waterfall_model.js";

const OUTCOMES = { ok: "done", fail: "refused", info: "unanswered" };
const ROWS_MAX = 60;
const KINDS = { way: "on the way", wait: "in a queue", work: "at work" };

/** spec: {trace, waited}: fields of messages. */
export function waterfallPanel(spec, { lab, ask, select, store }) {
  const list = el("select", { "aria-label": "Request", onchange: () => choose(list.value) });
  const follow = el("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => choose("") }, "Newest");
  const total = el("b", { class: "fall-total" });
  const rows = el("ol", { class: "fall-rows" });
  const axis = el("div", { class: "fall-axis", "aria-hidden": "true" });
  const empty = el("p", { class: "empty" }, "No sampled request has been seen yet. One in many is followed with all its messages.");
  const key = el("p", { class: "fall-key", "aria-hidden": "true" }, ...Object.entries(KINDS).map(([kind, words]) => el("span", {}, el("i", { class: `piece ${kind}` }), words)));
  const element = el("div", { class: "waterfall" }, el("div", { class: "fall-bar" }, list, follow, total), empty, el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": spec.title }, axis, rows), key);
  let chosen = null; // id, or null while the newest is followed
  let drawnKey = "";
  let offered = "";

  function choose(id) {
    chosen = id ? Number(id) : null;
    drawnKey = "";
    ask();
  }

  function update({ t_us, store: chunks, seen_us }) {
    const { recent, all } = recentOperations(spec, lab, chunks, t_us);
    const shown = pick(recent, all, chunks, t_us);
    empty.hidden = Boolean(shown);
    setAttribute(follow, "aria-pressed", String(chosen === null));
    offer(recent, shown);
    if (!shown) return void clear();
    const pending = !shown.end || t_us - shown.end.t_us < 2_000_000;
    const key = `${shown.id} ${shown.end?.seq} ${pending ? Math.floor(t_us / 200) : ""} ${chunks.version}`;
    if (key === drawnKey) return;
    drawnKey = key;
    draw(shown, barsOf(shown, spec, lab, chunks, t_us).slice(0, ROWS_MAX));
  }

  /** The chosen one as it was then, or the newest that has ended; before any has, the newest that began. */
  function pick(recent, all, chunks, t_us) {
    if (chosen !== null) {
      const before = all.get(chosen);
      if (before) return before;
      const invoke = chunks.bySeq(chosen);
      if (invoke && invoke.t_us <= t_us) return { id: chosen, invoke, end: endOf(chosen, invoke, chunks, t_us) };
      chosen = null;
    }
    return recent.findLast((one) => one.end) ?? recent.at(-1) ?? null;
  }

  function endOf(id, invoke, chunks, t_us) {
    for (let chunk = chunks.at(invoke.t_us); chunk && chunk.from_us <= t_us; chunk = chunks.byIndex(chunk.index + 1)) {
      const end = chunk.history.find((event) => event.kind === "operation" && event.operation === id && event.type !== "invoke");
      if (end) return end.t_us <= t_us ? end : null;
    }
    return null;
  }

  function offer(recent, shown) {
    const offers = shown && !recent.some((one) => one.id === shown.id) ? [shown, ...recent] : recent;
    const now = offers.map((one) => `${one.id}${one.end?.type ?? ""}`).join(" ");
    if (now !== offered && document.activeElement !== list) {
      offered = now;
      list.replaceChildren(...offers.toReversed().map((one) => el("option", { value: one.id }, title(one))));
    }
    const value = shown ? String(shown.id) : "";
    if (list.value !== value) list.value = value;
  }

  function title({ invoke, end }) {
    const took = end ? `${OUTCOMES[end.type]} after ${milliseconds(end.t_us - invoke.t_us)}` : "under way";
    return `${seconds(invoke.t_us, 3)} ${invoke.process} ${invoke.f} ${invoke.key}: ${took}`;
  }

  function clear() {
    drawnKey = "";
    rows.replaceChildren();
    axis.replaceChildren();
    setText(total, "");
  }

  function draw({ invoke, end }, bars) {
    const from_us = invoke.t_us;
    const span_us = Math.max(1, ...bars.map((bar) => bar.to_us - from_us));
    const part = (t_us) => (t_us - from_us) / span_us;
    setText(total, `${end ? OUTCOMES[end.type] : "under way"}, ${milliseconds((end?.t_us ?? bars[0].to_us) - from_us)}`);
    axis.replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((at) => el("span", {}, milliseconds(at * span_us))));
    while (rows.children.length > bars.length) rows.lastChild.remove();
    for (const [i, bar] of bars.entries()) drawRow(rows.children[i] ?? rows.appendChild(makeRow()), bar, part);
  }

  function makeRow() {
    const parts = [el("span", { class: "fall-who" }), el("span", { class: "fall-track" }, el("i", { class: "piece" })), el("span", { class: "fall-took" })];
    const button = el("button", { type: "button", onclick: () => select(store().bySeq(button.bar.seq)) }, ...parts);
    return el("li", {}, button);
  }

  function drawRow(row, bar, part) {
    const button = row.firstChild;
    const [who, track, took] = button.children;
    button.bar = bar;
    const place = bar.kind === "way" ? `${bar.src} → ${bar.dst}` : bar.node;
    const what = bar.kind === "way" || bar.kind === "whole" ? bar.name : KINDS[bar.kind];
    const end = bar.gone ? ", never arrived" : bar.open ? ", under way" : "";
    who.replaceChildren(el("b", {}, place), ` ${what}`);
    const i = track.firstChild;
    i.className = `piece ${bar.kind}${bar.open ? " open" : ""}${bar.gone ? " gone" : ""}${bar.late ? " late" : ""}`;
    setTone(i, "message", lab.messages[bar.name]?.tone ?? "client");
    i.style.left = `${(100 * part(bar.from_us)).toFixed(2)}%`;
    i.style.width = `${Math.max(0.4, 100 * (part(bar.to_us) - part(bar.from_us))).toFixed(2)}%`;
    setText(took, milliseconds(bar.to_us - bar.from_us));
    setAttribute(button, "aria-label", `${place}, ${what}, ${milliseconds(bar.to_us - bar.from_us)}${end}${bar.late ? ", after the answer" : ""}`);
    setAttribute(row, "data-kind", bar.kind);
  }

  return { element, update };
}
