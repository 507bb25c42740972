// Moving the playhead: play, pause, step, jump, scrub, speed.
import { isOfKind, kindsOf } from "./jumps.js";
import { seconds } from "./words.js";

export class Transport {
  constructor(player) {
    this.player = player;
    this.wasPlaying = null; // before a scrub began
    this.kind = "any"; // of the marks one jumps to
  }

  get clock() {
    return this.player.clock;
  }

  get store() {
    return this.player.session.store;
  }

  play() {
    if (this.player.session.finished(this.clock.t_us)) this.jump(0);
    this.player.engage();
    this.player.view.narrator.hush();
    this.clock.play();
    this.player.invalidate();
  }

  pause() {
    this.clock.pause();
    this.player.runs.remember();
    this.player.invalidate();
  }

  toggle() {
    if (this.clock.playing) this.pause();
    else this.play();
  }

  /** To a moment, wherever it is: what is not here is asked for, and a run is made where there is none. */
  jump(t_us) {
    const { player } = this;
    player.engage();
    player.deeds.waiting = null;
    this.clock.seek(Math.min(t_us, player.session.limits.until_us_max - 1));
    player.jumped = true;
    player.view.narrator.hush();
    if (!player.session.run && this.store.at(t_us) === null) player.runs.make();
    player.runs.remember();
    player.invalidate();
  }

  jumpToSeen() {
    this.jump(this.player.seen_us);
  }

  scrub(t_us) {
    this.wasPlaying ??= this.clock.playing;
    this.clock.pause();
    this.jump(t_us);
  }

  scrubbed() {
    if (this.wasPlaying) this.clock.play();
    this.wasPlaying = null;
    this.player.invalidate();
  }

  step(direction) {
    this.clock.pause();
    const next_us = this.store.neighbour(this.clock.t_us, direction);
    if (next_us === null) return this.player.tell(direction > 0 ? "No later event is known yet; play on." : "This is the first event.");
    this.jump(next_us);
    return this.player.view.narrator.tellStep(this.store.eventsAt(next_us));
  }

  nudge(direction) {
    this.jump(Math.max(0, this.clock.t_us + direction * (this.clock.speed < 1 ? 100_000 : 1_000_000)));
  }

  wants(mark) {
    return isOfKind(mark, this.kind);
  }

  get kindTitle() {
    const { title } = kindsOf(this.player.lab).find((one) => one.name === this.kind);
    return this.kind === "any" ? "mark" : title;
  }

  /** To the next or previous mark of the chosen kind, also where its chunk is not here. */
  jumpMark(direction) {
    const here_us = Math.floor(this.clock.t_us);
    const marks = this.player.session.marks().filter((mark) => this.wants(mark) && (direction > 0 ? mark.t_us > here_us : mark.t_us < here_us));
    const mark = direction > 0 ? marks[0] : marks.at(-1);
    if (!mark) return this.player.tell(direction > 0 ? `No later ${this.kindTitle} is known yet; play on.` : `No ${this.kindTitle} before this moment.`);
    this.jump(mark.t_us);
    return this.player.tell(`${seconds(mark.t_us)}: ${mark.text ?? mark.label}`);
  }

  setKind(kind) {
    this.kind = kind;
    this.player.invalidate();
  }

  nextKind() {
    const kinds = kindsOf(this.player.lab);
    const at = kinds.findIndex((one) => one.name === this.kind);
    this.setKind(kinds[(at + 1) % kinds.length].name);
    this.player.tell(`The keys [ and ] now go to each ${this.kindTitle}.`);
  }

  setSpeed(speed) {
    this.clock.speed = speed;
    this.player.invalidate();
  }

  faster() {
    this.clock.faster();
    this.player.tell(`Speed ${this.clock.speed}x.`);
  }

  slower() {
    this.clock.slower();
    this.player.tell(`Speed ${this.clock.speed}x.`);
  }
}
