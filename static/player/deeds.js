// Acting on the run: what is chosen in a popover, by key or by a link in the text becomes a command, and its answer comes back where it was asked for.
import { actionForm, argsFrom, complete, fits } from "./actions.js";
import { el } from "./dom.js";
import { look, nodeInRole } from "./roles.js";

const ROLE_WAIT_US = 30_000_000; // a step that needs a leader lets the run go on this long to find one

export class Deeds {
  constructor(player) {
    this.player = player;
    this.busy = false;
    this.waiting = null; // {step, role, until_us}
    this.unheard = null; // revision of the last command, until its fault was told
  }

  get state() {
    return this.player.playback.state;
  }

  /** From a button: acts at once when nothing more has to be asked. */
  choose(action, args) {
    if (complete(action, args)) return this.act(action, args, (text, kind) => this.player.view.popover.say(text, kind));
    return this.ask(action, args);
  }

  /** Shows the action's form in the popover. */
  ask(action, args) {
    const { popover } = this.player.view;
    const send = (filled) => this.act(action, filled, (text, kind) => popover.say(text, kind));
    this.player.selection.clear();
    const target = Object.values(args).flat().join(" – ");
    popover.open(target ? `${action.title}: ${target}` : action.title, [el("p", { class: "hint" }, action.help), actionForm(this.player.lab, this.state, action, args, send)], { focus: true, kind: "form" });
  }

  /** From a key: on what is selected; without a fitting selection it asks. */
  byKey(action, thing) {
    const { state, player } = this;
    if (!state) return undefined;
    if (!player.canAct()) return player.tell(player.whyNot(), "refused");
    if (thing?.type === "node" && (action.target === "node" || action.target === "nodes")) {
      if (!fits(action, state.nodes[thing.id])) return this.player.tell(`${action.title}: not while ${thing.id} is ${look(state.nodes[thing.id], player.lab.topology).word || "up"}.`, "refused");
    }
    return this.carryOut(action, (thing && argsFrom(action, state, thing)) ?? {});
  }

  carryOut(action, args) {
    return complete(action, args) ? this.act(action, args, this.aloud()) : this.ask(action, args);
  }

  /** A declared step. Where it needs a role that nobody has at this moment, the run plays on until somebody has. */
  step(step) {
    const action = this.player.lab.actions.find((one) => one.name === step.action);
    const roles = Object.keys(this.player.lab.topology.roles ?? {});
    const role = Object.values(step.args ?? {}).flat().find((value) => roles.includes(value));
    if (role && !(this.state && nodeInRole(this.state, this.player.lab.topology, role))) {
      this.waiting = { step, role, until_us: this.player.clock.t_us + ROLE_WAIT_US };
      this.player.transport.play();
      this.player.tell(`There is no ${role} at this moment. Playing on until there is one.`);
      return undefined;
    }
    this.waiting = null;
    return this.act(action, step.args ?? {}, this.aloud());
  }

  /** Each frame: a step that waited for a role finds it, or gives up. */
  look() {
    if (!this.waiting || !this.state) return;
    const { step, role, until_us } = this.waiting;
    if (nodeInRole(this.state, this.player.lab.topology, role)) this.step(step);
    else if (this.player.clock.t_us > until_us) {
      this.waiting = null;
      this.player.tell(`No ${role} was found, so nothing was done.`, "refused");
    }
  }

  aloud() {
    return (text, kind) => this.player.tell(text, kind);
  }

  /** Sends the command at the playhead. `answer(text, kind)` says what became of it where it was asked for. */
  async act(action, args, answer) {
    const { player } = this;
    if (this.busy) return answer("The last command is still on its way.", "pending");
    if (!this.state) return answer("The run is not here yet; wait a moment.", "pending");
    // What stands at the playhead's own moment has happened for the student, and a command comes before what happens at its moment.
    const at_us = Math.min(Math.floor(player.clock.t_us) + 1, player.session.limits.until_us_max - 1);
    const branch = player.session.run !== null && at_us <= Math.floor(player.seen_us);
    this.begin(answer);
    const result = await player.session.act({ action: action.name, args, at_us, branch });
    this.end();
    if (!result.ok) return answer(result.text, result.code === "unconfirmed" ? "pending" : "refused");
    player.view.popover.close();
    return this.done(result);
  }

  begin(answer) {
    this.busy = true;
    this.player.clock.held = true;
    this.slow = setTimeout(() => answer("Sending…", "pending"), 400);
  }

  end() {
    clearTimeout(this.slow);
    this.busy = false;
    this.player.runs.release();
  }

  /** The command stands in the log: what was watched ends here; a branch is followed. */
  done({ run, at_us, revision, branched }) {
    const { player } = this;
    player.seen_us = Math.min(player.seen_us, at_us);
    player.view.narrator.hush();
    if (branched) player.runs.follow(run, at_us, revision);
    if (player.clock.t_us >= at_us - 1 && player.clock.t_us < at_us) player.clock.seek(at_us);
    this.unheard = revision;
    player.playback.tellFrom(at_us, revision);
    player.runs.holdUntil(revision, at_us);
  }

  /** Of what the run shows: whether it is what the student did last. Said once. */
  isNew(event) {
    if (event.kind !== "fault" || event.command !== this.unheard) return false;
    this.unheard = null;
    return true;
  }
}
