// The lab's challenges: what to bring about, how far it is, hints one after another, and a run to begin with.
import { el, setText } from "../dom.js";
import { seconds } from "../words.js";
import { evidenceOf, momentOf, proofOf } from "./evidence.js";

export function challengesPanel(spec, player) {
  const items = (player.lab.challenges ?? []).map((challenge) => new Item(challenge, player));
  const element = el("ol", { class: "challenges scroll", tabindex: 0, "aria-label": spec.title }, ...items.map((one) => one.element));
  let shown = null;
  let version = -1;

  function update({ state, store }) {
    if (shown === state.goals && version === store.version) return;
    shown = state.goals;
    version = store.version;
    for (const one of items) one.update(state.goals[one.challenge.name]);
  }

  return { element, update };
}

class Item {
  constructor(challenge, player) {
    Object.assign(this, { challenge, player, shownHints: 0 });
    this.bar = el("progress", { max: 1, value: 0, "aria-label": `Progress of ${challenge.title}` });
    this.percent = el("span", { class: "percent" }, "0 %");
    this.words = el("p", { class: "hint so-far" }, challenge.start ?? "");
    this.met = el("div", { class: "met", hidden: true });
    this.hints = el("ol", { class: "hints", role: "status" });
    this.hintButton = el("button", { type: "button", class: "link", onclick: () => this.hint() });
    const begin = el("button", { type: "button", class: "link", onclick: () => player.start(challenge) }, "Start a run for it");
    this.nameHints();
    const progress = el("div", { class: "progress" }, this.bar, this.percent);
    this.element = el("li", {}, el("b", {}, challenge.title), el("p", {}, challenge.brief), progress, this.words, this.met, this.hints, el("p", { class: "challenge-deeds" }, this.hintButton, begin));
  }

  /** The next hint, under those already given. */
  hint() {
    this.hints.append(el("li", {}, this.challenge.hints[this.shownHints]));
    this.shownHints += 1;
    this.nameHints();
  }

  nameHints() {
    const { length } = this.challenge.hints ?? [];
    const left = (length ?? 0) - this.shownHints;
    this.hintButton.hidden = left <= 0;
    setText(this.hintButton, this.shownHints ? `Next hint (${left} left)` : `Show a hint (of ${length})`);
  }

  update(goal) {
    if (!goal) return;
    const met = goal.progress >= 1;
    this.bar.value = goal.progress;
    setText(this.percent, `${Math.round(goal.progress * 100)} %`);
    this.element.classList.toggle("reached", met);
    this.words.hidden = met;
    setText(this.words, goal.text);
    this.met.hidden = !met;
    if (met) this.tell(goal);
  }

  /** The goal is met: what proves it, and the way there. */
  tell(goal) {
    const { player, challenge } = this;
    const t_us = momentOf(goal.evidence, player, (mark) => mark.kind === "goal" && mark.challenge === challenge.name);
    const see = () => {
      player.jump(t_us);
      player.prove(proofOf(challenge.title, goal.evidence, [], player));
    };
    const link = t_us === null ? null : el("button", { type: "button", class: "link", onclick: see }, `See the moment, ${seconds(t_us)}`);
    const said = el("p", {}, el("span", { class: "sign ok", "aria-hidden": "true" }, "✓"), el("b", {}, "Goal met. "), goal.text, " ", link);
    this.met.replaceChildren(said, evidenceOf(goal.evidence, player) ?? "");
  }
}
