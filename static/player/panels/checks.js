// What the lab promises, and whether it holds at the playhead; a broken promise leads to the moment that proves it.
import { el } from "../dom.js";

const LINES_MAX = 3; // with more promises the strip names those that hold and spells out only the broken ones

/** The whole list, each promise in a sentence. */
export function checksPanel(spec, player) {
  return listOf(player, "checks", spec.title, () => true);
}

/** The strip that is always in sight under the panels. */
export function checksStrip(spec, player) {
  const few = player.lab.checkers.length <= LINES_MAX;
  return listOf(player, few ? "checks strip" : "checks strip brief", spec.title, (check) => few || (check && !check.holds));
}

function listOf({ lab, store, jump }, kind, title, inFull) {
  const element = el("ul", { class: kind, "aria-label": title });
  let shown = null;

  function update({ state }) {
    if (shown === state.checks) return;
    shown = state.checks;
    element.replaceChildren(...lab.checkers.map((checker) => line(checker, state.checks[checker.name])));
  }

  function line(checker, check) {
    const full = inFull(check);
    if (!check) return el("li", {}, sign("w", "–"), words(checker, full ? " has not been looked at yet" : ""));
    const verdict = `${check.holds ? " holds" : " is violated"}${check.text ? `: ${check.text}` : ""}`;
    const attributes = { "data-holds": String(check.holds), class: full ? "full" : "" };
    return el("li", attributes, check.holds ? sign("ok", "✓") : sign("bad", "✕"), words(checker, full ? verdict : ""), check.holds ? null : proofOf(check));
  }

  function proofOf(check) {
    const event = check.evidence.map((seq) => store().bySeq(seq)).filter(Boolean).at(-1);
    return event ? el("button", { type: "button", class: "link", onclick: () => jump(event.t_us) }, "See the moment") : null;
  }

  return { element, update };
}

function words(checker, verdict) {
  return el("span", { title: checker.text }, el("b", {}, checker.title), verdict || el("span", { class: "visually-hidden" }, " holds"));
}

function sign(kind, text) {
  return el("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text);
}
