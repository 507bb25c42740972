// One run as the player knows it: made at the first need, filled by the stream, changed by commands. No DOM.
//
// Events: "chunks" (something new to show), "status" (connection), "switched" (another run), "notice" (words for the student).
import { Link } from "./link.js";
import { Store } from "./store.js";

const LOW_US = 4_000_000; // ask for more when less than this is ahead, times speed
const HIGH_US = 10_000_000;
const LOW_US_MAX = 60_000_000; // but never hold more ahead than the store keeps
const HIGH_US_MAX = 120_000_000;
const PAST_US = 8_000_000;
const HELD_MORE = 70; // chunks, at full pace and above
const ASK_AGAIN_MS = 1000; // a lost task is covered by asking again
const ASK_MS_MIN = 100;
const ANSWER_MS_MAX = 6000;
const JUDGE_MS_MAX = 30_000;

export class Session extends EventTarget {
  /** `place`: {create(request), copy(run, body), address(run), request}: what the site does for this player; `markOf`: event -> mark or null. */
  constructor(place, markOf) {
    super();
    this.place = place;
    this.markOf = markOf;
    this.run = null;
    this.link = null;
    this.creating = null;
    this.answers = new Map(); // command id -> resolve
    this.reset();
  }

  reset() {
    this.store = new Store({ markOf: this.markOf });
    this.revision = 0;
    this.commands = [];
    this.limits = { until_us_max: Infinity, ahead_us_max: Infinity };
    this.rights = { act: true };
    this.parameters = null;
    this.seed = null;
    this.busy = false;
    this.asked = null;
    this.parent = null;
    this.greeted = false; // this run's server has answered once
    this.welcomed = deferred();
  }

  /** "poster", "creating", "connecting", "live", "offline", "gone" */
  get status() {
    if (this.creating) return "creating";
    if (!this.link) return "poster";
    return this.link.status === "connecting" && this.link.failures > 0 ? "offline" : this.link.status;
  }

  // The run

  /** Makes the run if there is none, on the server, from what the page declares. Rejects with words. */
  ensureRun() {
    if (this.run) return Promise.resolve(this.run);
    this.creating ??= this.create().finally(() => {
      this.creating = null;
      this.emit("status");
    });
    this.emit("status");
    return this.creating;
  }

  async create() {
    const made = await this.place.create(this.place.request);
    this.open(made.run, { url: made.ws });
    return made.run;
  }

  /** Connects to a run. What the store holds (a poster, the shared part of a branch) is kept; `at_us` asks for one moment first. */
  open(run, { url = this.place.address(run), at_us = null } = {}) {
    this.link?.close();
    this.run = run;
    this.welcomed = deferred();
    this.greeted = false;
    this.asked = null;
    const absolute = new URL(url, location.href);
    absolute.protocol = absolute.protocol.replace("http", "ws");
    this.link = new Link(absolute.href, () => this.greeting(at_us));
    this.link.addEventListener("frame", (event) => this.receive(event.detail));
    this.link.addEventListener("status", ({ detail }) => {
      this.goneText = detail.text;
      this.emit("status");
    });
    this.emit("switched");
  }

  greeting(at_us) {
    const have = this.store.cursor();
    if (have) return { kind: "hello", have };
    return at_us ? { kind: "hello", at_us: Math.floor(at_us) } : { kind: "hello" };
  }

  receive(frame) {
    HANDLERS[frame.kind]?.(this, frame);
  }

  // What the playhead needs

  /** Called often; sends little. Asks for what the playhead at this moment and speed will need and is not here. */
  ask(t_us, speed) {
    const want = this.wanted(t_us, Math.max(speed, 1));
    if (want && this.link?.status === "asleep") this.link.connect();
    if (!want || this.link?.status !== "live") return;
    const now_ms = performance.now();
    if (this.wasAsked(want, now_ms)) return;
    this.asked = { want, at_ms: now_ms };
    if (want.kind === "seek") this.store.sought.push(want.at_us);
    this.link.send(want);
  }

  /** Not the same again before a worker had time, and never many at once: a scrub passes over a hundred moments. */
  wasAsked(want, now_ms) {
    if (!this.asked) return false;
    const passed_ms = now_ms - this.asked.at_ms;
    if (passed_ms < ASK_MS_MIN) return true;
    const before = this.asked.want;
    const near = want.kind === "need" ? want.until_us - before.until_us < LOW_US : want.at_us === before.at_us;
    return before.kind === want.kind && near && passed_ms < ASK_AGAIN_MS;
  }

  /** Lets go of what is far from the playhead. What is held is a few minutes of watching at any pace, so that a page held open does not grow. */
  letGo(t_us, speed) {
    this.store.evict(t_us, Math.round(HELD_MORE * Math.min(speed, 1)));
  }

  wanted(t_us, speed) {
    const ready_us = this.store.readyUntil(t_us);
    if (ready_us !== null && ready_us - t_us > Math.min(LOW_US * speed, LOW_US_MAX)) return this.past(t_us);
    const missing_us = ready_us ?? t_us;
    if (missing_us < this.store.until_us) return { kind: "seek", at_us: Math.floor(missing_us) };
    if (missing_us >= this.limits.until_us_max) return this.past(t_us);
    return { kind: "need", until_us: Math.floor(Math.min(t_us + Math.min(HIGH_US * speed, HIGH_US_MAX), this.limits.until_us_max)) };
  }

  /** After a reload or a long jump: the time just before, for going back and for the marks. Asked for when nothing else is wanted. */
  past(t_us) {
    const before_us = this.store.before(t_us, PAST_US);
    return before_us === null ? null : { kind: "seek", at_us: before_us };
  }

  /** The run has been computed to its very end and the playhead stands there. */
  finished(t_us) {
    return this.store.until_us >= this.limits.until_us_max && t_us >= this.store.until_us - 1;
  }

  // Commands

  /** Acts at a moment. Always resolves: {ok, code, text, run, at_us, branched}. A stale revision and a forgotten branch are mended once. */
  async act(command) {
    const failure = await this.connected();
    if (failure) return failure;
    if (!this.rights.act) return this.actInCopy(command);
    const first = await this.tryAct(command);
    if (first.code === "stale") return this.tryAct(command);
    if (first.code === "past" && !command.branch) return this.tryAct({ ...command, branch: true });
    return first;
  }

  /** In a run that one only watches: the deed happens in a copy of one's own, with what was done up to this moment. */
  async actInCopy(command) {
    try {
      const { run, revision } = await this.place.copy(this.run, { at_us: command.at_us });
      this.follow(run, command.at_us, revision);
    } catch (error) {
      return { ok: false, code: "failed", text: error.message };
    }
    this.emit("copied");
    return (await this.connected()) ?? this.tryAct({ ...command, branch: false });
  }

  async tryAct({ action, args, at_us, branch }) {
    const id = uuid();
    const answered = new Promise((resolve) => this.answers.set(id, resolve));
    this.link.command({ kind: "command", id, revision: this.revision, at_us, action, args, branch: Boolean(branch) });
    const timer = setTimeout(() => this.answer(id, UNCONFIRMED), ANSWER_MS_MAX);
    return answered.finally(() => clearTimeout(timer));
  }

  /** Waits for a run that listens; gives an answer only where there is none. */
  async connected() {
    try {
      await this.ensureRun();
    } catch (error) {
      return { ok: false, code: "failed", text: error.message };
    }
    if (this.status === "gone") return { ok: false, code: "gone", text: "This run is over; nothing was sent." };
    if (this.status === "offline") return OFFLINE;
    if (this.link?.status === "asleep") this.link.connect();
    return Promise.race([this.welcomed.promise.then(() => null), new Promise((resolve) => setTimeout(resolve, ANSWER_MS_MAX, OFFLINE))]);
  }

  /** Lets the workers look at the whole history up to a moment. One at a time: the answer names no question. */
  async judge(until_us) {
    const failure = await this.connected();
    if (failure) return failure;
    const judged = new Promise((resolve) => (this.judged = resolve));
    this.link.send({ kind: "judge", until_us });
    return Promise.race([judged, new Promise((resolve) => setTimeout(resolve, JUDGE_MS_MAX, NOT_JUDGED))]);
  }

  answer(id, answer) {
    const resolve = this.answers.get(id);
    this.answers.delete(id);
    if (resolve) resolve(answer);
    else if (answer.ok) this.emit("late", answer);
  }

  /** A command made a branch: go there, keeping what both runs share. */
  follow(run, at_us, revision) {
    this.store.branchAt(at_us, revision);
    this.revision = revision;
    this.open(run);
  }

  /** Forgets the run: the next need makes a new one. */
  startAgain() {
    this.close();
    this.run = null;
    this.reset();
  }

  /** Moments worth a mark: what the chunks told, and commands of chunks that never came here. */
  marks() {
    const known = this.store.allMarks();
    const told = new Set(known.filter((mark) => mark.command).map((mark) => mark.command));
    const rest = this.commands.filter((command) => !told.has(command.seq)).map((command) => this.markOf({ kind: "fault", t_us: command.at_us, name: command.action, args: command.args, command: command.seq }));
    return [...known, ...rest].sort((a, b) => a.t_us - b.t_us);
  }

  emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  close() {
    this.link?.close();
    this.link = null;
  }
}

const NOT_JUDGED = { text: "The workers had no time for it. Try again in a moment." };
const OFFLINE = { ok: false, code: "offline", text: "You are offline, so nothing was sent. Try again when the connection is back." };
const UNCONFIRMED = {
  ok: false,
  code: "unconfirmed",
  text: "The server has not confirmed this yet. It is sent again by itself when the connection is back.",
};

const HANDLERS = {
  welcome(session, frame) {
    Object.assign(session, { revision: frame.revision, commands: frame.commands, limits: frame.limits, rights: frame.rights });
    Object.assign(session, { parameters: frame.parameters, seed: frame.seed });
    session.parent = frame.parent ?? null;
    session.greeted = true;
    session.welcomed.resolve();
    session.emit("welcome");
  },
  chunk(session, frame) {
    session.busy = false;
    const taken = session.store.add(frame);
    if (taken === "gap") session.link.helloAgain();
    if (taken === "new") session.emit("chunks");
  },
  marks(session, frame) {
    session.store.learn(frame.chunks);
    session.emit("chunks");
  },
  rewound(session, frame) {
    session.revision = Math.max(session.revision, frame.revision);
    session.store.rewind(frame);
    session.emit("rewound");
  },
  accepted(session, frame) {
    const branched = frame.run !== session.run;
    if (!branched) session.revision = Math.max(session.revision, frame.revision);
    session.answer(frame.id, { ok: true, run: frame.run, at_us: frame.at_us, revision: frame.revision, branched });
  },
  verdict(session, frame) {
    session.judged?.(frame.verdicts ? frame : NOT_JUDGED);
  },
  refused(session, frame) {
    if (frame.code === "stale") session.revision = frame.revision;
    if (frame.id) session.answer(frame.id, { ok: false, code: frame.code, text: frame.text });
    else session.emit("notice", { text: frame.text });
  },
  behind(session) {
    session.link.helloAgain();
  },
  busy(session, frame) {
    session.busy = true;
    session.emit("busy", frame);
  },
};

/** A random (version 4) UUID; crypto.randomUUID is missing on plain http other than localhost. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}
