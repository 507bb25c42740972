// From mark to mark of one kind: elections, commits, faults, violations. The kinds are the lab's: the marks its notes leave, and what every lab has.
import { el, icon, setAttribute } from "./dom.js";

/** [{name, title}], "any" first. */
export function kindsOf(lab) {
  const noted = Object.values(lab.notes).map((note) => note.mark).filter((mark) => mark && mark !== "fault");
  const kinds = [["any", "any mark"], ...[...new Set(noted)].map((mark) => [mark, mark]), ["fault", "fault"]];
  if (lab.checkers.length) kinds.push(["violated", "violation"]);
  if (lab.challenges?.length) kinds.push(["goal", "goal met"]);
  return kinds.map(([name, title]) => ({ name, title }));
}

/** Whether a mark is of a kind. What a note calls a fault is one. */
export function isOfKind(mark, kind) {
  return kind === "any" || (mark.kind === "note" ? mark.label : mark.kind) === kind;
}

/** The kind, and the way to the one before and the next. */
export class Jumps {
  constructor(transport) {
    this.transport = transport;
    this.kinds = kindsOf(transport.player.lab);
    this.select = el("select", { "aria-label": "Kind of moment to jump to", onchange: () => transport.setKind(this.select.value) }, ...this.kinds.map(({ name, title }) => el("option", { value: name }, title)));
    this.buttons = [-1, 1].map((direction) => el("button", { type: "button", class: "icon", onclick: () => transport.jumpMark(direction) }, icon(direction > 0 ? "next" : "previous")));
    this.element = el("div", { class: "jumps", role: "group", "aria-label": "Jump" }, this.buttons[0], this.select, this.buttons[1]);
    this.show("any");
  }

  update() {
    if (this.shown !== this.transport.kind) this.show(this.transport.kind);
  }

  show(kind) {
    this.shown = kind;
    this.select.value = kind;
    const { title } = this.kinds.find((one) => one.name === kind);
    for (const [i, words] of [`Previous ${title}`, `Next ${title}`].entries()) {
      setAttribute(this.buttons[i], "aria-label", words);
      setAttribute(this.buttons[i], "title", words);
    }
  }
}
