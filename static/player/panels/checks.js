// What the lab promises, and whether it holds at the playhead; a broken promise leads to the moment that proves it.
import { el } from "../dom.js";

export function checksPanel(spec, { lab, store, jump }) {
  const element = el("ul", { class: "checks", "aria-label": spec.title });
  let shown = null;

  function update({ state }) {
    if (shown === state.checks) return;
    shown = state.checks;
    element.replaceChildren(...lab.checkers.map((checker) => line(checker, state.checks[checker.name])));
  }

  function line(checker, check) {
    if (!check) return el("li", {}, mark("w", "–"), el("span", {}, el("b", {}, checker.title), " has not been looked at yet"));
    const verdict = check.holds ? " holds" : " is violated";
    const words = el("span", { title: checker.text }, el("b", {}, checker.title), verdict, check.text ? `: ${check.text}` : "");
    const proof = check.holds ? null : proofOf(checker, check);
    return el("li", { "data-holds": String(check.holds) }, check.holds ? mark("ok", "✓") : mark("bad", "✕"), words, proof);
  }

  function proofOf(checker, check) {
    const event = check.evidence.map((seq) => store().bySeq(seq)).filter(Boolean).at(-1);
    if (!event) return null;
    return el("button", { type: "button", class: "link", onclick: () => jump(event.t_us) }, "See the moment");
  }

  return { element, update };
}

function mark(kind, text) {
  return el("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text);
}
