// One live region for both players: each sentence with the run it is about, once where it is true of both.
import { el } from "../dom.js";

const ALOUD_MS_MIN = 1500;
const ALOUD_SENTENCES_MAX = 3;

export class Voice {
  constructor() {
    this.element = el("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.waiting = []; // [letter or "", sentence]
    this.spoken_ms = -ALOUD_MS_MIN;
  }

  /** `letter`: the run's; empty for what is said of the page. */
  say(letter, sentences) {
    for (const sentence of sentences) if (sentence) this.waiting.push([letter, sentence]);
    if (this.timer || !this.waiting.length) return;
    this.timer = setTimeout(() => this.speak(), Math.max(60, this.spoken_ms + ALOUD_MS_MIN - performance.now()));
  }

  speak() {
    this.timer = null;
    this.spoken_ms = performance.now();
    this.element.textContent = merged(this.waiting).slice(-ALOUD_SENTENCES_MAX).join(" ");
    this.waiting = [];
  }

  close() {
    clearTimeout(this.timer);
  }
}

/** Sentences in order, each with who said it. */
export function merged(said) {
  const speakers = new Map();
  for (const [letter, sentence] of said) speakers.set(sentence, (speakers.get(sentence) ?? new Set()).add(letter));
  return [...speakers].map(([sentence, letters]) => (letters.has("") ? sentence : `${letters.size > 1 ? "Both" : [...letters][0]}: ${sentence}`));
}
