// <lab-beside>: two players of two runs of one lab, under one clock. It leads: one frame moves the clock and shows both; see docs/player.md.
import { partingOf, parametersApart, commandsApart } from "./beside/compare.js";
import { Difference } from "./beside/difference.js";
import { SharedClock, SharedTransport } from "./beside/lead.js";
import { Side, relationOf } from "./beside/side.js";
import { SharedTimeline } from "./beside/timeline.js";
import { Voice } from "./beside/voice.js";
import { el } from "./dom.js";
import { handleKey } from "./keys.js";
import { momentOf } from "./memory.js";
import { seconds } from "./words.js";
import "./player.js";

const BEAT_MS = 1000;
const KEYS = { o: (beside) => beside.other(), d: (beside) => beside.toParting() };

export class LabBeside extends HTMLElement {
  connectedCallback() {
    if (this.players) return;
    this.players = [...this.querySelectorAll("lab-run")];
    const abouts = JSON.parse(this.querySelector('script[type="application/json"]:not([data-part])').textContent);
    this.sides = this.players.map((player, i) => new Side(player.dataset.led, player, abouts[i], player.parentElement.querySelector(".about")));
    this.clock = new SharedClock();
    this.clock.speed = this.players[0].clock.speed;
    this.transport = new SharedTransport(this.players);
    this.voice = new Voice();
    this.timeline = new SharedTimeline(this.transport);
    this.difference = new Difference(this.lab, (t_us) => this.transport.jump(t_us), (text) => this.voice.say("", [text]));
    this.append(this.difference.element, this.makeBar(), this.voice.element);
    this.begin();
    this.listen();
    this.activate(this.players[0]);
    this.told();
  }

  disconnectedCallback() {
    this.stopListening.abort();
    this.sight.disconnect();
    this.size.disconnect();
    this.voice.close();
    cancelAnimationFrame(this.raf);
    clearInterval(this.pulse);
  }

  get lab() {
    return this.players[0].lab;
  }

  makeBar() {
    const keys = el("p", { class: "keys" }, el("kbd", {}, "o"), " the other run ", el("kbd", {}, "d"), " where they part ", el("kbd", {}, "?"), " all keys");
    const panels = el("button", { type: "button", class: "panels", "aria-pressed": "false", onclick: () => panels.setAttribute("aria-pressed", String(this.classList.toggle("with-panels"))) }, "Panels");
    this.timeline.upper.time.before(panels);
    return el("div", { class: "both", role: "group", "aria-label": "Both runs" }, this.timeline.element, keys);
  }

  /** At the moment the address names, else where this tab was, else just before they part. */
  begin() {
    const left = this.players.map((player) => player.runs.memory.read()).find((memory, i) => memory.run === this.players[i].dataset.run);
    const at_us = momentOf(location.hash) ?? left?.t_us ?? Number(this.dataset.opensAtUs);
    for (const player of this.players) player.follow(this, at_us);
    if (left?.playing === false) this.clock.pause();
  }

  listen() {
    this.stopListening = new AbortController();
    const { signal } = this.stopListening;
    for (const player of this.players) {
      const chosen = () => this.activate(player);
      player.parentElement.addEventListener("focusin", chosen, { signal });
      player.parentElement.addEventListener("pointerdown", chosen, { signal });
      player.session.addEventListener("switched", () => this.switched(), { signal });
      this.keepInSight(player, signal);
    }
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    document.addEventListener("visibilitychange", () => this.looked(), { signal });
    this.size = new ResizeObserver(() => (this.timeline.measure(), this.invalidate()));
    this.size.observe(this.timeline.element);
    this.sight = new IntersectionObserver((entries) => ((this.inSight = entries.at(-1).isIntersecting), this.looked()));
    this.sight.observe(this);
  }

  /** What is told of a thing stands below its cluster, where the bar may cover it: it is moved into sight. */
  keepInSight(player, signal) {
    const { element } = player.view.popover;
    const seen = new MutationObserver(() => element.hidden || element.scrollIntoView({ block: "nearest", behavior: player.reduced ? "auto" : "smooth" }));
    seen.observe(element, { attributes: true, attributeFilter: ["hidden"] });
    signal.addEventListener("abort", () => seen.disconnect());
  }

  // Frames: one for both. What is shown of a player, and what it asks for, is its own business

  get visible() {
    return this.inSight === true && document.visibilityState === "visible";
  }

  looked() {
    clearInterval(this.pulse);
    if (this.visible) this.pulse = setInterval(() => this.invalidate(), BEAT_MS);
    this.clock.rest();
    this.invalidate();
  }

  invalidate() {
    if (this.raf || !this.isConnected || !(this.visible || !this.seen)) return;
    this.raf = requestAnimationFrame((now_ms) => this.frame(now_ms));
  }

  /** Where one of the two is not known farther, both wait. */
  frame(now_ms) {
    this.raf = 0;
    this.seen = true;
    const { clock, players } = this;
    const ready_us = Math.min(...players.map((player) => player.ready_us ?? clock.t_us));
    if (this.visible) clock.tick(now_ms, ready_us);
    const moving = players.map((player) => player.show(now_ms));
    for (const side of this.sides) side.look(() => this.told());
    this.draw(now_ms, ready_us);
    if (moving.includes(true) || clock.playing) this.invalidate();
  }

  draw(now_ms, ready_us) {
    const { clock, players, parting } = this;
    const { t_us, playing, speed } = clock;
    const sessions = players.map((player) => player.session);
    const until_us = Math.max(...sessions.map((session) => session.store.until_us));
    const until_us_max = Math.min(...sessions.map((session) => session.limits.until_us_max));
    const ended = sessions.every((session) => session.finished(t_us));
    const marks_us = Math.max(...sessions.map((session) => session.store.marked_us));
    const marks = sessions.map((session) => ({ marks: () => session.marks(), marksKey: `${session.run} ${session.store.version} ${session.revision}` }));
    this.timeline.update({ now_ms, t_us, playing, speed, ended, ready_us, until_us, until_us_max, marks_us }, marks, parting.t_us);
    this.difference.update({ parting, players, t_us, now_ms, playing });
  }

  // What the players ask of who leads them

  speak(player, sentences) {
    this.voice.say(player.dataset.led, sentences);
  }

  /** Words for a player that could go on, but waits for the other; nothing where it waits for its own. */
  waitsFor(player) {
    const mine_us = player.ready_us;
    if (mine_us === null || mine_us <= this.clock.t_us + 1) return undefined;
    return `Waiting for run ${this.otherThan(player).dataset.led}, which is still being computed up to here…`;
  }

  // The runs

  /** What is known of the runs is written above them; again after each act, and when one of them is another. */
  told() {
    const [a, b] = this.sides.map((side) => side.about);
    this.parting = partingOf(a, b);
    const deeds = commandsApart(a, b);
    const apart = parametersApart(this.lab, a.parameters, b.parameters);
    for (const [i, side] of this.sides.entries()) {
      const other = this.sides[1 - i];
      const parameters = apart.map((one) => [one.label, i === 0 ? one.a : one.b]);
      side.write({ relation: relationOf(side.about, other.about, other.letter), parameters, seedDiffers: a.seed !== b.seed, deeds: deeds[i] });
    }
    this.invalidate();
  }

  /** A player shows another run (a branch, the way back, a new one): the address follows, so that a reload and a link find the same two. */
  switched() {
    const [a, b] = this.sides.map((side) => side.run);
    if (a && b) history.replaceState(history.state, "", `${this.dataset.runUrl}${a}/beside/${b}/`);
    this.invalidate();
  }

  // The one that has the keys

  otherThan(player) {
    return this.players.find((one) => one !== player);
  }

  activate(player) {
    this.active = this.transport.player = player;
    for (const one of this.players) one.parentElement.classList.toggle("active", one === player);
  }

  other() {
    const player = this.otherThan(this.active);
    this.activate(player);
    player.view.element.focus({ preventScroll: true });
    player.parentElement.scrollIntoView({ block: "nearest", behavior: player.reduced ? "auto" : "smooth" });
    this.voice.say("", [`Run ${player.dataset.led} has the keys.`]);
  }

  toParting() {
    const { t_us } = this.parting;
    if (t_us === null) return this.voice.say("", ["They do not part."]);
    this.transport.jump(t_us);
    return this.voice.say("", [`${seconds(t_us)}: they part.`]);
  }

  /** Keys pressed in a player are that player's; anywhere else on the page they are those of the one used last. */
  key(event) {
    const { target } = event;
    if (event.defaultPrevented || !(this.contains(target) || target === document.body)) return;
    const own = KEYS[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !target.closest?.("input:not([type=range]), select, textarea");
    if (own && plain) {
      event.preventDefault();
      own(this);
    } else if (!this.players.some((player) => player.contains(target))) handleKey(event, this.active);
  }
}

customElements.define("lab-beside", LabBeside);
