// What is selected, and the popover that tells about it.

function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

export class Selection {
  constructor(player) {
    this.player = player;
    this.thing = null;
    this.key = null;
    this.pointed = null; // what the pointer or the focus is on, in the cluster or in the tray: lit in both
    this.proof = null; // {title, seqs: Set, nodes: Set}: what proves a verdict, lit wherever it is shown
  }

  /** The seq of the selected message or event, for the ring around it. */
  get seq() {
    return this.thing?.seq ?? null;
  }

  /** Selects a thing and tells about it; null gives the selection up. By "keyboard" the keyboard goes into what is told; a "panel" tells by itself. */
  set(thing, by = "pointer") {
    const { view, clock } = this.player;
    if (!thing) return this.clear();
    if (by === "focus" && (view.popover.givingBack || (view.popover.isOpen && same(thing, this.thing)))) return undefined;
    // A message is gone in a blink; whoever asks about one wants to read.
    if (thing.seq !== undefined && clock.playing) this.player.transport.pause();
    this.leave();
    const told = this.player.now?.state ? this.player.inspect(thing) : null;
    if (!told) return undefined;
    this.thing = thing;
    this.key = told.key;
    this.quiet = by === "panel";
    view.cluster.select(thing);
    if (!this.quiet) view.popover.open(told.title, told.content(), { focus: by === "keyboard", kind: thing.type });
    return this.player.invalidate();
  }

  /** An event of the run, chosen in a panel. */
  setEvent(event) {
    if (!event) return this.clear();
    return this.set({ type: event.kind === "message" ? "message" : "event", seq: event.seq }, "panel");
  }

  /** The code that handles a thing, marked in its panel. */
  showCode(thing) {
    this.set(thing, "panel");
    this.player.view.tabs.showNamed("source");
  }

  /** Lights what proves a verdict, until the selection is given up; null puts it out. */
  prove(proof) {
    this.proof = proof;
    this.player.invalidate();
  }

  /** {type: "message", seq} or {type: "timer", id, timer}; null where it is on neither. */
  point(thing) {
    if (same(thing, this.pointed)) return;
    this.pointed = thing;
    this.player.invalidate();
  }

  clear() {
    this.leave();
    this.prove(null);
  }

  leave() {
    this.thing = null;
    this.player.view.cluster.select(null);
    this.player.view.popover.close();
  }

  /** Each frame: the popover follows the playhead, and closes when its thing is no more. */
  refresh() {
    if (!this.thing) return;
    const told = this.player.inspect(this.thing);
    if (!told) this.clear();
    else if (!this.quiet && told.key.some((part, i) => part !== this.key[i])) this.redraw(told);
  }

  redraw(told) {
    const { popover } = this.player.view;
    const focused = [...popover.body.querySelectorAll("button")].indexOf(document.activeElement);
    this.key = told.key;
    popover.fill(told.content());
    if (focused >= 0) (popover.body.querySelectorAll("button")[focused] ?? popover.element).focus({ preventScroll: true });
  }

  /** The popover was closed. */
  closed() {
    this.thing = null;
    this.player.view.cluster.select(null);
    this.player.invalidate();
  }

  number(number) {
    const id = this.player.view.cluster.plan?.servers[number - 1];
    if (!id) return;
    this.set({ type: "node", id });
    this.player.view.cluster.focus({ type: "node", id });
  }

  /** Goes round the links of the selected node, or of all; with step -1 the other way. */
  nextLink(step = 1) {
    const { links } = this.player.view.cluster;
    const hub = this.thing?.type === "node" ? this.thing.id : this.hub;
    const mine = links?.filter(({ a, b }) => !hub || a === hub || b === hub) ?? [];
    if (!mine.length) return;
    const at = mine.findIndex(({ a, b }) => this.thing?.type === "link" && a === this.thing.a && b === this.thing.b);
    const { a, b } = mine[(at < 0 && step < 0 ? mine.length - 1 : at + step + mine.length) % mine.length];
    this.hub = hub;
    this.set({ type: "link", a, b });
    this.player.view.cluster.focus({ type: "link", a, b });
  }

  nextMessage() {
    const flight = this.player.now?.state?.flight ?? [];
    if (!flight.length) {
      this.player.tell("No message is in flight at this moment.");
      return;
    }
    const at = flight.findIndex((message) => message.seq === this.seq);
    this.set({ type: "message", seq: flight[(at + 1) % flight.length].seq });
  }
}
