// One clock and one transport for two players.
import { Clock } from "../clock.js";
import { Transport } from "../transport.js";
import { seconds } from "../words.js";

/** Each of the players holds the playhead while a command of its own is on its way: it goes on when none does. */
export class SharedClock extends Clock {
  get held() {
    return this.holds > 0;
  }

  set held(on) {
    this.holds = Math.max(0, (this.holds ?? 0) + (on ? 1 : -1));
  }
}

/** Moves both players, by the transport each of them has. `player`, the one that was used last, is who speaks. */
export class SharedTransport extends Transport {
  constructor(players) {
    super(players[0]);
    this.players = players;
    this.own = players.map((player) => player.transport);
  }

  play() {
    this.each((transport) => transport.play());
  }

  pause() {
    this.each((transport) => transport.pause());
  }

  jump(t_us) {
    this.each((transport) => transport.jump(t_us));
  }

  jumpToSeen() {
    this.jump(Math.max(...this.players.map((player) => player.seen_us)));
  }

  setSpeed(speed) {
    this.each((transport) => transport.setSpeed(speed));
  }

  /** To the nearest event of either run: what happens in one alone is what one is here to see. */
  step(direction) {
    this.clock.pause();
    const next_us = nearest(direction, this.own.map(({ store }) => store.neighbour(this.clock.t_us, direction)).filter((t_us) => t_us !== null));
    if (next_us === undefined) return this.player.tell(direction > 0 ? "No later event is known yet; play on." : "This is the first event.");
    this.jump(next_us);
    return this.players.forEach((player) => player.view.narrator.tellStep(player.session.store.eventsAt(next_us)));
  }

  jumpMark(direction) {
    const here_us = Math.floor(this.clock.t_us);
    const marks = this.players.flatMap((player) => player.session.marks()).filter((mark) => this.wants(mark) && (direction > 0 ? mark.t_us > here_us : mark.t_us < here_us));
    const t_us = nearest(direction, marks.map((mark) => mark.t_us));
    if (t_us === undefined) return this.player.tell(direction > 0 ? "No later mark is known yet." : "No mark before this moment.");
    this.jump(t_us);
    return this.players.forEach((player) => {
      const mark = player.session.marks().find((one) => one.t_us === t_us);
      if (mark) player.tell(`${seconds(t_us)}: ${mark.text ?? mark.label}`);
    });
  }

  each(move) {
    for (const transport of this.own) move(transport);
  }
}

function nearest(direction, moments) {
  return moments.length ? Math[direction > 0 ? "min" : "max"](...moments) : undefined;
}
