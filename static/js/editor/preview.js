// The preview beside the source. The first one is the form sent into the frame, as without scripts; later ones are fetched and put into it.
import { morph } from "./morph.js";

const PAUSE_MS = 500;

export class Preview {
  constructor(form, source) {
    this.form = form;
    this.source = source;
    this.frame = form.querySelector("iframe[name=preview]");
    this.button = form.querySelector("[data-preview]");
    this.state = form.querySelector(".academy-state");
    this.scrolled = 0;
    this.frame.addEventListener("load", () => this.loaded());
    source.onChange(() => this.soon());
    this.load();
  }

  /** The whole page anew. */
  load() {
    this.scrolled = this.main ? this.frame.contentWindow.scrollY : 0;
    this.source.sync();
    this.form.requestSubmit(this.button);
  }

  get main() {
    return this.frame.contentDocument?.querySelector("main");
  }

  loaded() {
    if (!this.main) return;
    this.frame.contentWindow.scrollTo(0, this.scrolled);
    this.frame.contentDocument.addEventListener("click", (event) => this.clicked(event));
    this.marks(this.main);
    this.state.textContent = "";
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.update(), PAUSE_MS);
  }

  async update() {
    this.asked?.abort();
    this.asked = new AbortController();
    const body = new FormData(this.form);
    body.set("source", this.source.value);
    try {
      const response = await fetch(this.form.dataset.previewUrl, { method: "POST", body, signal: this.asked.signal });
      if (!response.ok) throw new Error(WHY[response.status] ?? `the site answered ${response.status}`);
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("main");
      if (!fresh) throw new Error("you are logged out; log in in another tab and go on");
      if (!this.main) return this.load();
      this.marks(fresh);
      if (!morph(this.main, fresh)) this.load();
      this.state.textContent = "";
    } catch (error) {
      if (error.name !== "AbortError") this.state.textContent = `Not up to date: ${error.message}.`;
    }
    return undefined;
  }

  marks(main) {
    const found = [...main.querySelectorAll(".preview-findings [data-line]")];
    this.source.mark(found.map((link) => ({
      line: Number(link.dataset.line),
      text: link.closest("li").textContent,
      type: link.closest("details") ? "warning" : "error",
    })));
  }

  /** Links that lead away open beside the editor; a problem leads to its line. */
  clicked(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || link.dataset.lab) return;
    if (link.dataset.line) {
      event.preventDefault();
      this.source.goTo(Number(link.dataset.line));
    } else if (!link.getAttribute("href").startsWith("#")) {
      event.preventDefault();
      window.open(link.href, "_blank", "noopener");
    }
  }
}

const WHY = { 400: "the text is too long", 403: "you may no longer write here", 413: "the text is too long" };
