// The code that runs in the nodes. What handles the selected message, timer or note is marked and scrolled to.
import { el, setText } from "../dom.js";

const FAILED = "The code could not be fetched.";
const ABOVE_PX = 48; // lines before the marked ones that stay in sight

export function sourcePanel(spec, player) {
  return new Source(spec, player);
}

class Source {
  constructor(spec, player) {
    Object.assign(this, { spec, player, told: null, file: "", spot: null, thing: null });
    this.files = el("select", { "aria-label": "File", onchange: () => this.open(this.files.value, null) });
    this.handlers = el("select", { "aria-label": "Go to what handles", onchange: () => this.goTo() });
    this.words = el("p", { class: "source-words", role: "status" }, "Fetching the code…");
    this.retry = el("button", { type: "button", class: "link", hidden: true, onclick: () => this.fetch() }, "Try again");
    this.code = el("div", { class: "code", tabindex: 0, role: "region", "aria-label": spec.title });
    this.bar = el("div", { class: "source-bar", hidden: true }, this.files, this.handlers);
    this.element = el("div", { class: "source" }, this.bar, el("div", { class: "source-said" }, this.words, this.retry), this.code);
  }

  /** Only a shown panel is updated: the code is fetched when it is first looked at. */
  update(view) {
    this.view = view;
    if (!this.asked) this.fetch();
    if (!this.told || view.thing === this.thing) return;
    this.thing = view.thing;
    const found = this.thing && this.find(this.thing, view);
    if (found) this.open(found.spot.file, found);
    else if (this.thing) this.say("Nothing in the nodes' code handles this by name.");
  }

  async fetch() {
    this.asked = true;
    this.retry.hidden = true;
    this.say("Fetching the code…");
    const response = await fetch(this.player.sourceUrl, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = response?.ok ? await response.json().catch(() => null) : null;
    if (told) return this.take(told);
    this.retry.hidden = false;
    return this.say(response ? FAILED : `${FAILED} You seem to be offline.`);
  }

  take(told) {
    this.told = told;
    this.files.replaceChildren(...told.files.map(({ name }) => el("option", { value: name }, name)));
    this.handlers.replaceChildren(el("option", { value: "" }, "Go to…"), ...this.groups());
    this.bar.hidden = false;
    this.open(told.files[0].name, null);
    this.player.ask();
  }

  /** [what, kind of node, group, name] of everything that is handled, as options in groups. */
  groups() {
    const titles = { messages: "Messages", timers: "Timers", notes: "Notes" };
    return Object.entries(titles).map(([group, title]) => {
      const options = Object.entries(this.told.handlers).flatMap(([kind, told]) =>
        Object.keys(told[group]).filter(Boolean).map((name) => el("option", { value: [kind, group, name].join(" ") }, name.replaceAll("_", " "))));
      return el("optgroup", { label: title, hidden: options.length === 0 }, ...options);
    });
  }

  goTo() {
    const [kind, group, name] = this.handlers.value.split(" ");
    const spot = this.told.handlers[kind]?.[group]?.[name];
    this.handlers.value = "";
    if (spot) this.open(spot.file, { spot, words: `${WORDS[group](name)}: ${spot.name}.` });
  }

  /** {spot, words} of what handles a selected thing; null where nothing does. */
  find(thing, { store, state }) {
    const event = thing.seq === undefined ? thing : store.bySeq(thing.seq);
    const [id, group, name] = ASKED[event?.kind ?? thing.type]?.(event) ?? [];
    const spot = this.spotOf(state.nodes[id]?.kind, group, name);
    return spot ? { spot, words: `${WORDS[group](name)}, in ${id}: ${spot.name}.` } : null;
  }

  spotOf(kind, group, name) {
    const told = this.told.handlers[kind]?.[group];
    return told?.[name] ?? (group === "timers" ? told?.[""] : undefined);
  }

  open(name, found) {
    const file = this.told.files.find((one) => one.name === name);
    if (this.file !== name) {
      this.file = name;
      this.files.value = name;
      this.lines = file.lines.map(line);
      this.code.replaceChildren(el("ol", {}, ...this.lines));
      this.code.scrollTop = 0;
    }
    this.mark(found?.spot ?? null);
    const older = this.told.version === this.player.lab.version ? "" : " The run was computed by another version of this code.";
    this.say((found?.words ?? "Select a message, a note or a timer: what handles it is marked here.") + older);
  }

  mark(spot) {
    for (const one of this.code.querySelectorAll(".marked, .here")) one.classList.remove("marked", "here");
    if (!spot) return;
    for (const one of this.lines.slice(spot.from - 1, spot.to)) one.classList.add("marked");
    const here = this.lines[spot.line - 1];
    here.classList.add("here");
    const { offsetTop } = this.lines[spot.from - 1];
    const far = here.offsetTop - offsetTop > this.code.clientHeight - 2 * ABOVE_PX;
    this.code.scrollTop = (far ? here.offsetTop : offsetTop) - ABOVE_PX;
    this.code.scrollLeft = 0;
  }

  say(text) {
    setText(this.words, text);
  }
}

/** Thing -> [node that handles it, group, name]. */
const ASKED = {
  message: (event) => [event.dst, "messages", event.body[0]],
  note: (event) => [event.node, "notes", event.name],
  timer: ({ id, timer }) => [id, "timers", timer],
};

const WORDS = {
  messages: (name) => `What handles ${name}`,
  timers: (name) => `What handles the timer ${name}`,
  notes: (name) => `Where “${name.replaceAll("_", " ")}” is said`,
};

function line(runs) {
  return el("li", {}, ...runs.map(([letter, text]) => (letter ? el("span", { class: `c-${letter}` }, text) : text)));
}
