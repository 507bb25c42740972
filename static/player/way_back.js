// The way back to the text: a link there drove the lab, and where the lab is seen the text is not.
import { el } from "./dom.js";

export class WayBack {
  constructor(player) {
    this.player = player;
    this.element = el("button", { type: "button", class: "link way-back", hidden: true, onclick: () => this.go() }, "Back to the text");
    this.sight = new IntersectionObserver((entries) => (this.element.hidden = entries.at(-1).isIntersecting));
  }

  /** `link`: what drove the lab; from inside the lab it leads nowhere. */
  from(link) {
    if (!link || this.player.contains(link)) return;
    this.sight.disconnect();
    this.link = link;
    this.sight.observe(link);
  }

  go() {
    this.player.leaveWhole();
    goTo(this.link, this.player.reduced);
  }

  close() {
    this.sight.disconnect();
  }
}

/** The page shows it, and the keyboard goes on from it. */
export function goTo(element, still) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}
