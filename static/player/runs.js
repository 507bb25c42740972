// Which run is shown: the poster in the page, a run that was left here, a new one, a branch and its way back. And where one was, after a reload.
import { SPEEDS } from "./clock.js";
import { Memory, momentOf } from "./memory.js";
import { seconds } from "./words.js";

const POSTER_REST_MS = 1500; // the poster rests at its end before it starts over
const AHEAD_MS = 1500; // a run is made this long before the poster ends under a student who watches on
const HOLD_MS_MAX = 5000;

export class Runs {
  constructor(player) {
    this.player = player;
    this.memory = new Memory(player.dataset.led ? `beside ${player.dataset.led}` : player.dataset.place || player.dataset.name);
    this.parent = null; // {run, at_us} of a branch
    this.branching = false; // the run that comes next is a place of its own in the browser's history
    this.problem = ""; // why no run could be made
    this.rested_ms = null;
  }

  get session() {
    return this.player.session;
  }

  get clock() {
    return this.player.clock;
  }

  /** Where the first look at the scenario begins. A poster is one chunk: what opens after its end opens at its start, or there would be nothing to see. */
  get opensAt() {
    const opens_us = this.player.scenario.opens_at_us ?? 0;
    const { poster } = this.player;
    return poster && !this.session.run && opens_us >= poster.to_us ? 0 : opens_us;
  }

  /** `at_us`: where a leader begins. */
  begin(at_us = null) {
    const { dataset } = this.player;
    const left = this.asked() ? {} : this.memory.read();
    const named = dataset.led || location.pathname.startsWith(dataset.runUrl); // the address says which run
    const run = named ? dataset.run : left.run ?? dataset.run;
    const mine = run === left.run ? left : {};
    const linked_us = dataset.own === "true" ? momentOf(location.hash) : null;
    if (SPEEDS.includes(mine.speed)) this.clock.speed = mine.speed;
    if (run) this.resume(run, linked_us ?? at_us ?? mine.t_us ?? 0, mine);
    else this.showPoster();
  }

  /** Whether the address asks for a way to start: then what was left here is not what one came for. */
  asked() {
    return this.player.dataset.own === "true" && new URLSearchParams(location.search).has("scenario");
  }

  resume(run, t_us, { seen_us = 0, parent = null, playing = true, scenario = null }) {
    const { player } = this;
    player.engage();
    if (player.lab.scenarios.some((one) => one.name === scenario)) this.session.place.request.scenario = scenario;
    player.seen_us = Math.max(seen_us, t_us);
    this.parent = parent && { ...parent, made: false };
    this.clock.seek(t_us);
    if (playing && !player.reduced) this.clock.play();
    this.showBranch();
    this.session.open(run, { at_us: t_us });
  }

  showPoster() {
    const { poster, reduced } = this.player;
    if (!poster) return;
    this.session.store.add(poster);
    this.session.revision = poster.revision;
    this.clock.seek(this.opensAt);
    if (!reduced) this.clock.play();
  }

  /** Each frame. At the end of what is here the poster starts over, until somebody takes part; then a run is made; a run that is over stops. */
  atTheEnd(now_ms, ready_us) {
    const { clock, session, player } = this;
    if (session.run) {
      if (clock.playing && session.finished(clock.t_us)) player.transport.pause();
      return;
    }
    if (session.creating || this.problem || !clock.playing) return;
    if (!player.engaged) this.restPoster(now_ms);
    else if ((ready_us ?? clock.t_us) - clock.t_us < AHEAD_MS * 1000 * clock.speed) this.make();
  }

  restPoster(now_ms) {
    if (!this.clock.waiting) return;
    this.rested_ms ??= now_ms;
    if (now_ms - this.rested_ms < POSTER_REST_MS) return;
    this.rested_ms = null;
    this.player.seen_us = 0;
    this.clock.seek(this.opensAt);
    this.player.jumped = true;
  }

  /** The server told about the run. A branch that this tab did not make is told too. */
  welcomed() {
    this.player.family.look();
    this.parent ??= this.session.parent ? { run: this.session.parent } : null;
    this.showBranch();
    this.player.showHead();
  }

  /** The run is gone. One that was only remembered gives way to the poster: a student who logged out should see a living cluster. */
  gone() {
    const { player, session } = this;
    if (session.greeted || !player.poster) return;
    this.memory.forget();
    session.startAgain();
    player.playback.use(session.store);
    player.dataset.run = "";
    player.engaged = false;
    player.seen_us = 0;
    this.parent = null;
    this.showBranch();
    this.clock.seek(0);
    this.showPoster();
  }

  async make() {
    this.problem = "";
    await this.session.ensureRun().catch((error) => (this.problem = error.message));
    this.player.invalidate();
  }

  /** The session shows another run: the page, the address and the memory follow. */
  switched() {
    const { player, session } = this;
    const { dataset } = player;
    this.problem = "";
    dataset.run = session.run ?? "";
    player.playback.use(session.store);
    if (dataset.own === "true" && session.run) this.showAddress(`${dataset.runUrl}${session.run}/`);
    player.jumped = true;
    this.remember();
    player.invalidate();
  }

  showAddress(url) {
    if (this.branching) history.pushState(null, "", url);
    else history.replaceState(history.state, "", url);
  }

  /** The browser's Back and Forward, between a run and what branched from it. */
  walked() {
    const { dataset } = this.player;
    if (dataset.own !== "true" || !location.pathname.startsWith(dataset.runUrl)) return;
    const run = location.pathname.slice(dataset.runUrl.length).replace(/\/$/, "");
    if (!run || run.includes("/") || run === this.session.run) return;
    if (run === this.parent?.run) this.backTo(this.parent);
    else this.goTo({ run }, "This is the branch again.");
  }

  remember() {
    const { run } = this.session;
    if (!run) return;
    const { t_us, speed, playing } = this.clock;
    this.memory.write({ run, t_us: Math.floor(t_us), seen_us: Math.floor(this.player.seen_us), speed, playing, parent: this.parent, scenario: this.session.place.request.scenario });
  }

  /** A new run from time zero. `changes` of the request: scenario, parameters, seed. */
  startAgain(changes) {
    const { player, session, clock } = this;
    Object.assign(session.place.request, changes);
    session.startAgain();
    this.memory.forget();
    player.view.narrator.hush(); // what was said was said of the run before
    this.parent = null;
    player.seen_us = 0;
    clock.seek(0);
    clock.speed = player.scenario.speed ?? 1;
    clock.play();
    this.switched();
    this.showBranch();
    player.view.popover.close();
    player.showHead();
    this.make();
  }

  /** A run that begins as a challenge asks, with the seed of its scenario. */
  startChallenge({ scenario, parameters }) {
    const chosen = this.player.lab.scenarios.find((one) => one.name === scenario);
    this.startAgain({ scenario: chosen.name, seed: chosen.seed, parameters: parameters ?? {} });
  }

  /** A command made a branch: go there, with what both runs share. */
  follow(run, at_us, revision) {
    this.parent = { run: this.session.run, at_us, made: true };
    this.branching = true;
    this.session.follow(run, at_us, revision);
    this.branching = false;
    this.showBranch();
    this.player.tell(`You acted in the past, at ${seconds(at_us)}: this is a new branch. The earlier run is kept.`);
  }

  showBranch() {
    this.player.family.show();
  }

  backTo(parent) {
    this.goTo(parent, "This is the earlier run again.");
  }

  /** To another run of the same lab, in this player, at its moment where one is given. */
  goTo({ run, at_us = null }, words) {
    const { player, clock, session } = this;
    this.parent = null;
    session.reset();
    if (at_us !== null) clock.seek(at_us);
    player.seen_us = clock.t_us;
    session.open(run, { at_us: clock.t_us });
    this.showBranch();
    player.tell(words);
  }

  /** After a command the playhead waits until the chunk it stands on is the new one: what came after it was never to be. */
  holdUntil(revision, at_us) {
    const { session, clock } = this;
    clock.held = true;
    const release = () => {
      session.removeEventListener("chunks", look);
      clearTimeout(timer);
      this.release();
    };
    const look = () => session.store.revision >= revision && session.store.at(at_us) !== null && release();
    const timer = setTimeout(release, HOLD_MS_MAX);
    session.addEventListener("chunks", look);
    look();
  }

  release() {
    this.clock.held = false;
    this.clock.rest();
    this.player.jumped = true;
    this.remember();
    this.player.invalidate();
  }
}
