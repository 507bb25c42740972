// <lab-run>: one lab, live. It wires session (the run), clock (the playhead), playback (the state) and view (the page); see docs/player.md.
import { Clock } from "./clock.js";
import { Deeds } from "./deeds.js";
import { Dialogs } from "./dialogs.js";
import { parseMoment, parseParameters } from "./drive.js";
import { Family } from "./family.js";
import { inspect } from "./inspector.js";
import { handleKey } from "./keys.js";
import { Playback } from "./playback.js";
import { Runs } from "./runs.js";
import { Seeds } from "./seeds.js";
import { Selection } from "./selection.js";
import { Session } from "./session.js";
import { Sharing } from "./sharing.js";
import { sender } from "./site.js";
import { stateOf } from "./states.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";
import { markOf } from "./words.js";

const BEAT_MS = 1000; // how often a player without frames looks whether it needs anything

export class LabRun extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    this.read();
    this.transport = new Transport(this);
    this.selection = new Selection(this);
    this.deeds = new Deeds(this);
    this.dialogs = new Dialogs(this);
    this.runs = new Runs(this);
    this.sharing = new Sharing(this);
    this.seeds = new Seeds(this);
    this.view = new View(this, this);
    this.family = new Family(this);
    this.listen();
    if (!this.dataset.led) this.seeds.resume();
    if (!this.dataset.led) this.runs.begin();
    this.showHead();
    this.invalidate();
  }

  disconnectedCallback() {
    this.stopListening.abort();
    this.sight.disconnect();
    this.session.close();
    this.view.close();
    cancelAnimationFrame(this.raf);
    clearInterval(this.pulse);
    this.view = null;
  }

  /** What the page says. */
  read() {
    const data = this.dataset;
    const part = (name) => JSON.parse(this.querySelector(`script[data-part="${name}"]`)?.textContent.trim() || "null");
    // Read once: the player takes the place of what it was read from, and an element may be moved on its page.
    this.lab ??= part("lab");
    this.poster ??= part("poster");
    const scenario = this.lab.scenarios.find((one) => one.name === data.scenario) ?? this.lab.scenarios[0];
    const request = { scenario: scenario.name, parameters: JSON.parse(data.parameters || "{}"), seed: Number(data.seed || scenario.seed), place: data.place ?? "" };
    const send = sender(data.csrf);
    const place = {
      request,
      send,
      sharedRun: data.shareKey ? data.run : null, // seen by a link: its key goes with whatever is asked about it
      create: (body) => send(data.createUrl, body),
      copy: (run, body) => send(`${data.runUrl}${run}/copy/`, { ...body, key: data.shareKey }),
      address: (run) => `${data.wsPath}${run}/${run === place.sharedRun ? `?key=${encodeURIComponent(data.shareKey)}` : ""}`,
    };
    this.session = new Session(place, (event) => markOf(event, this.lab));
    this.playback = new Playback(this.session.store, (...passed) => this.passed(...passed), (...landed) => this.tellOf(...landed));
    this.clock = new Clock();
    this.clock.speed = scenario.speed ?? 1;
    this.seen_us = 0; // the farthest moment watched: acting before it makes a branch
    this.engaged = false; // whether the student has taken part: until then no run is made
  }

  /** Led: several players on one clock, with one transport, one frame and one voice (see beside.js). Begins at the leader's moment. */
  follow(leader, at_us) {
    this.leader = leader;
    this.clock = leader.clock;
    this.transport = leader.transport;
    this.view.narrator.speakThrough((sentences) => leader.speak(this, sentences));
    this.runs.begin(at_us);
  }

  get scenario() {
    return this.lab.scenarios.find((one) => one.name === this.session.place.request.scenario);
  }

  showHead() {
    this.view.updateHead({ scenario: this.scenario.title, seed: this.session.seed ?? this.session.place.request.seed });
  }

  engage() {
    this.engaged = true;
  }

  // Listening

  listen() {
    this.stopListening = new AbortController();
    const { signal } = this.stopListening;
    this.addEventListener("pointerdown", () => this.engage(), { signal });
    document.addEventListener("keydown", (event) => this.isListening(event) && (this.engage(), handleKey(event, this)), { signal });
    document.addEventListener("visibilitychange", () => this.looked(), { signal });
    addEventListener("pagehide", () => this.runs.remember(), { signal });
    addEventListener("popstate", () => this.runs.walked(), { signal });
    this.listenToSession(signal);
    this.listenToTheme(signal);
    this.sight = new IntersectionObserver((entries) => ((this.inSight = entries.at(-1).isIntersecting), this.looked()));
    this.sight.observe(this);
  }

  listenToSession(signal) {
    const on = (type, listener) => this.session.addEventListener(type, ({ detail }) => listener(detail), { signal });
    for (const type of ["chunks", "status", "busy"]) on(type, () => this.invalidate());
    on("status", () => this.session.status === "gone" && this.runs.gone());
    on("welcome", () => this.runs.welcomed());
    on("rewound", () => ((this.jumped = true), this.invalidate()));
    on("switched", () => (this.selection.prove(null), this.runs.switched()));
    on("copied", () => ((this.runs.parent = null), this.family.show(), this.tell("This happens in a copy of your own; the shared run stays as it is.")));
    on("notice", ({ text }) => this.tell(text, "refused"));
    on("late", (answer) => this.deeds.done(answer));
  }

  listenToTheme(signal) {
    const themed = () => (this.view.recolour(), this.invalidate());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themed, { signal });
    const motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.reduced = motion.matches;
    motion.addEventListener("change", () => ((this.reduced = motion.matches), this.invalidate()), { signal });
    const observer = new MutationObserver(themed);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Keys go to the lab that has the focus; on a lab's own page to the page as well. */
  isListening({ target }) {
    return this.contains(target) || (this.dataset.own === "true" && target === document.body);
  }

  // Frames

  get visible() {
    return this.inSight === true && document.visibilityState === "visible";
  }

  /** Out of sight only the first picture is drawn, so that whoever scrolls, prints or reads ahead finds the cluster there. */
  get mayDraw() {
    return this.visible || !this.view.cluster.plan;
  }

  /** Came into sight or went out of it: out of sight nothing runs and nothing is asked for. */
  looked() {
    clearInterval(this.pulse);
    if (this.visible) this.pulse = setInterval(() => this.beat(), BEAT_MS);
    else this.runs.remember();
    this.clock.rest();
    this.invalidate();
  }

  /** Without frames (paused) what the playhead stands on may still be missing, and a notice may have had its time. */
  beat() {
    this.invalidate();
    if (this.clock.playing) this.runs.remember();
  }

  /** Asks for one frame; any number of calls make one. */
  invalidate() {
    if (this.leader) return void this.leader.invalidate();
    if (this.raf || !this.view || !this.mayDraw) return;
    this.raf = requestAnimationFrame((now_ms) => this.frame(now_ms));
  }

  frame(now_ms) {
    this.raf = 0;
    if (!this.mayDraw) return;
    if (this.visible) this.clock.tick(now_ms, this.ready_us ?? this.clock.t_us);
    if (this.show(now_ms) || this.clock.playing) this.invalidate();
  }

  /** Up to where one can play on from here; null where this moment is not here. */
  get ready_us() {
    return this.session.store.readyUntil(this.clock.t_us);
  }

  /** The clock's moment: shown, and what it will need asked for. Returns true while something still moves by itself. */
  show(now_ms) {
    const { clock, session, ready_us } = this;
    const moves = this.draw(now_ms, ready_us);
    session.ask(clock.t_us, clock.speed);
    session.letGo(clock.t_us, clock.speed);
    this.deeds.look();
    this.runs.atTheEnd(now_ms, ready_us);
    return moves;
  }

  /** Draws the playhead's moment; returns true while something still moves by itself. */
  draw(now_ms, ready_us) {
    const { clock, session, playback } = this;
    const jumped = this.jumped || clock.t_us < playback.t_us;
    const state = playback.moveTo(clock.t_us);
    this.jumped = !this.mayDraw; // what was not seen moving is not shown moving later
    if (playback.here) this.seen_us = Math.max(this.seen_us, clock.t_us);
    this.now = { state, t_us: clock.t_us, now_ms, jumped, seen_us: this.seen_us, reduced: this.reduced };
    if (!this.mayDraw) return false; // led, and out of sight: the moment is known, not drawn
    const problem = stateOf(this);
    const ends = { ready_us, until_us: session.store.until_us, until_us_max: session.limits.until_us_max, ended: session.finished(clock.t_us) };
    const moves = this.view.draw({
      ...this.now,
      ...ends,
      store: session.store,
      marks: () => session.marks(),
      marks_us: session.store.marked_us,
      marksKey: `${session.run} ${session.store.version} ${session.revision}`,
      selected: this.selection.seq,
      pointed: this.selection.pointed,
      thing: this.selection.thing,
      proof: this.selection.proof,
      waiting: problem?.line ?? "",
      playing: clock.playing,
      speed: clock.speed,
    });
    this.view.showBanner(problem?.banner ?? null);
    if (state) this.selection.refresh();
    return moves;
  }

  /** Playback went past these events. */
  passed(...events) {
    this.view.cluster.flight.passed(...events);
    this.tellOf(...events);
  }

  /** These events are part of the story now: for ears, and for what stands beside the lab on its page. */
  tellOf(events, start, end) {
    if (this.engaged) this.view.narrator.passed(events, start, end);
    const deed = events.slice(start, end).find((event) => this.deeds.isNew(event));
    if (deed) this.dispatchEvent(new CustomEvent("acted", { detail: deed }));
    this.dispatchEvent(new CustomEvent("passed", { detail: [events, start, end] }));
  }

  // What the parts ask of the whole

  canAct() {
    return this.whyNot() === "";
  }

  whyNot() {
    if (this.session.status === "gone") return "This run is over; start a new one to act.";
    return "";
  }

  /** What the history checkers say up to this moment: {verdicts, until_us}, or {text} where they could not be asked. */
  judge() {
    return this.session.judge(Math.floor(this.clock.t_us) + 1);
  }

  choose(action, args) {
    return this.deeds.choose(action, args);
  }

  inspect(thing) {
    return inspect(thing, this.now, this);
  }

  eventOf(seq) {
    return this.session.store.bySeq(seq);
  }

  orderOf(id) {
    return this.view.cluster.plan.servers.indexOf(id);
  }

  tell(text, kind = "") {
    this.view.narrator.tell(text, kind);
    this.invalidate();
  }

  /** On a phone the player is taller than the screen: what one wants to see is the cluster. */
  comeIntoSight() {
    const seen = this.offsetHeight > innerHeight ? this.view.cluster.element : this;
    seen.scrollIntoView({ block: "nearest", behavior: this.reduced ? "auto" : "smooth" });
  }

  /** A link in the lesson's text: {step, moment, parameters}, one of them given. */
  drive({ step, moment, parameters, link }) {
    this.engage();
    this.comeIntoSight();
    this.view.wayBack.from(link);
    const declared = this.lab.steps?.find((one) => one.name === step);
    if (declared) this.deeds.step(declared);
    if (moment) this.transport.jump(parseMoment(moment) ?? 0);
    if (parameters) this.runs.startAgain({ parameters: { ...this.session.place.request.parameters, ...parseParameters(parameters, this.lab.parameters) } });
  }

  /** The tray, with the keyboard in it; the run stands still, so that one can choose. */
  showPending() {
    this.view.popover.close();
    if (this.clock.playing) this.transport.pause();
    this.view.tabs.showNamed("pending", { focus: true });
  }

  escape() {
    if (this.view.popover.isOpen) this.view.popover.close();
    else if (this.classList.contains("whole")) this.leaveWhole();
    else this.selection.clear();
  }

  leaveWhole() {
    if (this.classList.contains("whole")) this.toggleWhole();
  }

  /** Fills the window, and back. */
  toggleWhole() {
    const whole = this.classList.toggle("whole");
    document.documentElement.classList.toggle("lab-whole", whole);
    this.view.whole.setAttribute("aria-pressed", String(whole));
    this.invalidate();
  }
}

customElements.define("lab-run", LabRun);
