// What the lab promises, and whether it holds at the playhead; a broken promise leads to the moment that proves it, and lights what proves it.
import { el } from "../dom.js";
import { historyPart } from "./history.js";
import { evidenceOf, momentOf, proofOf } from "./evidence.js";

const LINES_MAX = 3; // with more promises the strip names those that hold and spells out only the broken ones

/** The whole list, each promise in a sentence, each broken one with its evidence. */
export function checksPanel(spec, player) {
  const list = listOf(player, "checks", spec.title, () => true, (check) => evidenceOf(check.evidence, player));
  return { ...list, element: el("div", { class: "checks-panel" }, list.element, historyPart(player)) };
}

/** The strip that is always in sight under the panels. */
export function checksStrip(spec, player) {
  const few = player.lab.checkers.length <= LINES_MAX;
  return listOf(player, few ? "checks strip" : "checks strip brief", spec.title, (check) => few || (check && !check.holds), () => null);
}

function listOf(player, kind, title, inFull, more) {
  const { lab, store } = player;
  const element = el("ul", { class: kind, "aria-label": title });
  let shown = null;
  let version = -1;

  /** Again when a verdict changed; and where one is broken, when what proves it may have come. */
  function update({ state }) {
    const broken = Object.values(state.checks).some((check) => !check.holds);
    if (shown === state.checks && (!broken || version === store().version)) return;
    shown = state.checks;
    version = store().version;
    element.replaceChildren(...lab.checkers.map((checker) => line(checker, state.checks[checker.name])));
  }

  function line(checker, check) {
    const full = inFull(check);
    if (!check) return el("li", {}, sign("w", "–"), words(checker, full ? " has not been looked at yet" : ""));
    const verdict = `${check.holds ? " holds" : " is violated"}${check.text ? `: ${check.text}` : ""}`;
    const attributes = { "data-holds": String(check.holds), class: full ? "full" : "" };
    const proof = check.holds ? [] : linksOf(checker, check);
    return el("li", attributes, check.holds ? sign("ok", "✓") : sign("bad", "✕"), words(checker, full ? verdict : "", ...proof));
  }

  function linksOf(checker, check) {
    const t_us = momentOf(check.evidence, player, (mark) => mark.kind === "violated" && mark.label === checker.title);
    const see = () => {
      if (t_us !== null) player.jump(t_us);
      player.prove(proofOf(checker.title, check.evidence, check.nodes, player));
    };
    const button = (text, onclick) => el("button", { type: "button", class: "link", onclick }, text);
    const drawn = lab.panels.some((panel) => panel.panel === "space-time");
    const inSpaceTime = drawn ? button("Show the proof in space-time", () => (see(), player.show("space-time"))) : null;
    return [el("span", { class: "proof-links" }, t_us === null ? null : button("See the moment", see), inSpaceTime), more(check)];
  }

  return { element, update };
}

function words(checker, verdict, ...more) {
  return el("div", { class: "words", title: checker.text }, el("b", {}, checker.title), verdict || el("span", { class: "visually-hidden" }, " holds"), ...more);
}

function sign(kind, text) {
  return el("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text);
}
