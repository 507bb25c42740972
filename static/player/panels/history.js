// What the history checkers say of all that clients asked and were told: on the workers, when somebody asks, up to the playhead.
import { el, setText } from "../dom.js";
import { evidenceOf, proofOf } from "./evidence.js";
import { seconds } from "../words.js";

/** What could not be decided is never said to hold. */
const OUTCOMES = {
  holds: { sign: ["ok", "✓"], holds: true, words: "holds" },
  violated: { sign: ["bad", "✕"], holds: false, words: "is violated" },
  unknown: { sign: ["w", "?"], holds: "unknown", words: "could not be decided" },
};

/** The part of the checks panel that asks for it; null for a lab without history checkers. */
export function historyPart(player) {
  const { lab } = player;
  if (!lab.histories?.length) return null;
  const names = lab.histories.map((one) => one.title).join(", ");
  const button = el("button", { type: "button", onclick: () => check() }, "Check the history so far");
  const answer = el("ul", { class: "checks history-verdicts", role: "status" });
  const words = el("p", { class: "hint" }, `${names}: looks at everything the clients asked and were told, from the beginning to this moment.`);
  const element = el("section", { class: "history", "aria-label": "History of the clients" }, words, button, answer);

  async function check() {
    button.disabled = true;
    setText(button, "Checking…");
    const said = await player.judge();
    button.disabled = false;
    setText(button, "Check the history so far");
    answer.replaceChildren(...(said.verdicts ? said.verdicts.map((verdict) => line(verdict, said.until_us)) : [el("li", {}, said.text)]));
  }

  function line({ checker, outcome, text, evidence }, until_us) {
    const title = lab.histories.find((one) => one.name === checker)?.title ?? checker;
    const { sign, holds, words: verdict } = OUTCOMES[outcome] ?? OUTCOMES.unknown;
    const [first, ...table] = text.split("\n\n");
    const prove = () => player.prove(proofOf(title, evidence, [], player));
    const links = evidence.length ? [evidenceOf(evidence, player), el("button", { type: "button", class: "link", onclick: prove }, "Light the proof")] : [];
    const more = table.length ? el("pre", { tabindex: 0 }, table.join("\n\n")) : null;
    const head = el("div", { class: "words" }, el("b", {}, title), ` ${verdict} up to ${seconds(until_us)}: ${first}.`, more, ...links);
    return el("li", { "data-holds": String(holds), class: "full" }, el("span", { class: `sign ${sign[0]}`, "aria-hidden": "true" }, sign[1]), head);
  }

  return element;
}
