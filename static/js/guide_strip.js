// The step that is next, on the lab itself: whoever acts there need not keep the guide's text in sight. It stays at the top of the screen while the lab is seen.
import { el } from "../player/dom.js";
import { goTo } from "../player/way_back.js";

export class GuideStrip {
  /** Of one `<lab-run>`, which is in the page and ready. */
  constructor(lab) {
    this.lab = lab;
    this.title = el("button", { type: "button", class: "link strip-title", onclick: () => this.toText() });
    this.dots = el("span", { class: "strip-dots", "aria-hidden": "true" });
    this.count = el("b", { class: "strip-count" });
    this.words = el("div", { class: "strip-words" });
    this.element = el("section", { class: "guide-strip", "aria-label": "Guide, the step that is next", tabindex: -1, hidden: true }, this.title, this.dots, this.count, this.words);
    lab.view.hang(this.element);
  }

  /** `guide`: whose step is shown, or null where there is nothing left to guide. */
  show(guide) {
    this.guide = guide;
    this.element.hidden = !guide;
    if (!guide) return;
    const { steps, done, finished, title } = guide;
    this.title.textContent = title;
    this.title.setAttribute("aria-label", `${title}: to the guide in the text`);
    this.dots.replaceChildren(...steps.map((_, at) => el("i", { class: at < done ? "done" : at === done ? "next" : null })));
    this.count.textContent = finished ? "" : `Step ${done + 1} of ${steps.length}`;
    const hadFocus = this.words.contains(document.activeElement);
    this.words.replaceChildren(...(finished ? [`All ${steps.length} steps done.`] : wordsOf(steps[done])));
    this.element.classList.toggle("finished", finished);
    if (hadFocus) this.element.focus({ preventScroll: true }); // the link that was pressed is gone
  }

  /** From the guide to the lab: the keyboard stands on the step there. */
  come() {
    this.lab.comeIntoSight();
    this.element.focus({ preventScroll: true });
  }

  toText() {
    this.lab.leaveWhole();
    goTo(this.guide.handle, this.lab.reduced);
  }
}

/** The step's words once more, their links at work; without what is said to ears of its being done, and without names, which a page has once. */
function wordsOf(step) {
  const copy = step.querySelector(".guide-words").cloneNode(true);
  copy.querySelector(".guide-told")?.remove();
  for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
  return [...copy.childNodes];
}
