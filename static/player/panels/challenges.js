// The lab's challenges: what to bring about, how far it is, hints one by one, and a run to begin with.
import { el, setText } from "../dom.js";

export function challengesPanel(spec, { lab, start }) {
  const items = (lab.challenges ?? []).map((challenge) => item(challenge, start));
  const element = el("ol", { class: "challenges scroll", tabindex: 0, "aria-label": spec.title }, ...items.map((one) => one.element));
  let shown = null;

  function update({ state }) {
    if (shown === state.goals) return;
    shown = state.goals;
    for (const one of items) one.update(state.goals[one.name]);
  }

  return { element, update };
}

function item(challenge, start) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": `Progress of ${challenge.title}` });
  const words = el("p", { class: "hint" }, challenge.start ?? "");
  const begin = el("button", { type: "button", class: "link", onclick: () => start(challenge) }, "Start a run for it");
  const parts = [el("b", {}, challenge.title), el("p", {}, challenge.brief), bar, words, ...hints(challenge.hints ?? []), begin];
  const element = el("li", {}, ...parts);
  return { name: challenge.name, element, update: (goal) => show(goal, { bar, words, element }) };
}

function show(goal, { bar, words, element }) {
  if (!goal) return;
  bar.value = goal.progress;
  element.classList.toggle("reached", goal.progress >= 1);
  setText(words, goal.progress >= 1 ? `Reached: ${goal.text}` : goal.text);
}

function hints(texts) {
  return texts.map((text, i) => el("details", {}, el("summary", {}, texts.length > 1 ? `Hint ${i + 1}` : "Hint"), el("p", {}, text)));
}
