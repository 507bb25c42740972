// What happens, told twice: one line under the cluster for eyes, a polite live region (throttled) for ears.
import { el, setText } from "./dom.js";
import { positionAt } from "./events.js";
import { isNews, seconds, sentence } from "./words.js";

const FIRST_US = 1_000_000; // later than this, a cluster of which there is no news has not "just" started
const ALOUD_MS_MIN = 1500;
const ALOUD_SENTENCES_MAX = 2;
const NOTICE_MS = 8000;

export class Narrator {
  constructor(lab) {
    this.lab = lab;
    this.line = el("span", { class: "line" });
    this.live = el("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.element = el("div", { class: "say" }, this.line, this.live);
    this.aloud = [];
    this.spoken_ms = 0;
    this.notice = null; // {text, kind, until_ms, t_us}
    this.news = { version: -1, events: [] };
  }

  /** Playback passed these events: the news among them will be heard. */
  passed(events, start, end) {
    for (let i = start; i < end; i++) {
      if (isNews(events[i])) this.aloud.push(sentence(events[i], this.lab));
      if (events[i].kind === "check" && !events[i].holds) this.hush(); // no word about the speed stands before a broken promise
    }
    this.speak();
  }

  /** Words for the student about what they did; shown for a while in place of the news, and heard. */
  tell(text, kind = "") {
    this.notice = { text, kind, until_ms: performance.now() + NOTICE_MS };
    this.aloud.push(text);
    this.speak();
  }

  hush() {
    this.notice = null;
  }

  /** Another speaks for this player: two live regions would talk into each other. */
  speakThrough(say) {
    this.say = say;
    this.live.remove();
  }

  speak() {
    if (this.say) return void this.say(this.aloud.splice(0));
    if (this.timer || !this.aloud.length) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.live.textContent = this.aloud.slice(-ALOUD_SENTENCES_MAX).join(" ");
      this.aloud = [];
      this.spoken_ms = performance.now();
    }, Math.max(60, this.spoken_ms + ALOUD_MS_MIN - performance.now()));
  }

  /** The line for a moment: a notice, else why the playhead waits, else the last news. */
  update({ t_us, store, now_ms, waiting }) {
    if (this.notice && now_ms > this.notice.until_ms) this.notice = null;
    const shown = this.notice ?? (waiting ? { text: waiting, kind: "waiting" } : this.lastNews(store, t_us));
    setText(this.line, shown.text);
    if (this.element.dataset.kind !== shown.kind) this.element.dataset.kind = shown.kind;
  }

  lastNews(store, t_us) {
    if (this.news.store !== store || this.news.version !== store.version) this.news = { store, version: store.version, events: store.history().filter(isNews) };
    const event = this.news.events[positionAt(this.news.events, t_us) - 1];
    if (!event) return { text: t_us < FIRST_US ? "The cluster has just started." : "Nothing of note of late.", kind: "" };
    return { text: `${seconds(event.t_us)}: ${sentence(event, this.lab)}`, kind: event.kind };
  }

  /** After a step: what happened at exactly this moment, messages too. */
  tellStep(events) {
    const telling = events.filter((event) => event.kind !== "state" && sentence(event, this.lab));
    const first = telling.find(isNews) ?? telling[0];
    if (!first) return this.hush();
    const more = telling.length > 1 ? ` And ${telling.length - 1} more at this moment.` : "";
    this.tell(`${seconds(first.t_us, 3)}: ${sentence(first, this.lab, first.t_us)}${more}`, "step");
  }

  close() {
    clearTimeout(this.timer);
  }
}
