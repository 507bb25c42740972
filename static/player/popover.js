// One popover for the whole player: what a thing is, what can be done to it, the menu of faults, the help. Only one is open at a time.
// It stands over the panels (on a phone: at the foot of the screen), so that the cluster stays in sight while one acts.
import { el, icon } from "./dom.js";

export class Popover {
  /** `host`: the box it stands in. `onClose()` is told. */
  constructor(host, onClose) {
    this.host = host;
    this.onClose = onClose;
    this.title = el("h3", {});
    this.body = el("div", { class: "popover-body" });
    this.answer = el("p", { class: "answer", role: "alert", hidden: true });
    const close = el("button", { type: "button", class: "icon bare", "aria-label": "Close", onclick: () => this.close() }, icon("close"));
    this.element = el("div", { class: "popover", role: "dialog", tabindex: -1, hidden: true }, el("header", {}, this.title, close), this.body, this.answer);
    host.append(this.element);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Shows content (a node or several). With `focus` the keyboard goes into it, and back to where it was when it closes. */
  open(title, content, { focus = false, kind = "" } = {}) {
    if (!this.element.contains(document.activeElement)) this.opener = document.activeElement;
    this.element.dataset.kind = kind;
    this.element.setAttribute("aria-label", title);
    this.title.textContent = title;
    this.fill(content);
    this.say("");
    this.element.hidden = false;
    this.element.scrollTop = 0;
    if (focus) (this.body.querySelector("button, input, select") ?? this.element).focus({ preventScroll: true });
  }

  fill(content) {
    this.body.replaceChildren(...[content].flat().filter(Boolean));
  }

  /** Words about what was just tried, shown where it was tried. */
  say(text, kind = "refused") {
    this.answer.textContent = text;
    this.answer.className = `answer ${kind}`;
    this.answer.hidden = !text;
    if (text) this.answer.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.onClose();
    if (hadFocus) this.giveBack();
  }

  giveBack() {
    const { opener, host } = this;
    const target = opener?.isConnected && opener !== document.body ? opener : host.closest("[tabindex]");
    this.givingBack = true; // a node that gets the focus back is not asked for again
    target?.focus({ preventScroll: true });
    this.givingBack = false;
  }
}
