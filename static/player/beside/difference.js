// What differs: how the runs part, then what is not the same at the playhead, forward and back.
import { el, setText, setTone } from "../dom.js";
import { condition } from "../inspector.js";
import { look } from "../roles.js";
import { deedLabel, seconds, sentence } from "../words.js";
import { checksApart, firstEventApart, linksApart, nodesApart } from "./compare.js";
import { differing } from "./values.js";

const DRAW_MS_MIN = 120; // at 20x everything changes each frame; nobody reads that fast

export class Difference {
  /** `jump(t_us)` moves the playhead; `say(text)` is for ears. */
  constructor(lab, jump, say) {
    Object.assign(this, { lab, jump, say });
    this.entries = new Set(lab.panels.filter((panel) => panel.panel === "log").map((panel) => panel.entries));
    this.story = el("p", { class: "story" });
    this.summary = el("p", { class: "summary" });
    this.cards = el("div", { class: "cards" });
    this.element = el("section", { class: "differs", "aria-labelledby": "beside-differs" }, el("h2", { id: "beside-differs" }, "What differs"), this.story, this.summary, this.cards);
    this.drawn_ms = 0;
    this.shown = new Map(); // card's id -> {key, element}
  }

  /** view: {parting, players: [a, b], t_us, now_ms, playing, jumped}; draws only what changed. Returns true where it has to be asked again. */
  update(view) {
    const [a, b] = view.players;
    this.updateStory(view.parting, a.session.store, b.session.store);
    const states = [a, b].map((player) => player.playback.state);
    const here = a.playback.here && b.playback.here && states.every(Boolean);
    this.element.classList.toggle("waiting", !here);
    if (!here) return setText(this.summary, `${seconds(view.t_us)}: one of the two is not here yet.`);
    if (view.playing && view.now_ms - this.drawn_ms < DRAW_MS_MIN) return undefined;
    this.drawn_ms = view.now_ms;
    return this.updateMoment(states, view);
  }

  // How they part

  updateStory(parting, a, b) {
    const key = `${JSON.stringify(parting)} ${a.version} ${b.version}`;
    if (key === this.storyKey || (this.storyFor === parting && this.first)) return;
    Object.assign(this, { storyKey: key, storyFor: parting });
    this.first = parting.t_us === null ? null : firstEventApart(a, b, parting.t_us);
    this.story.replaceChildren(...this.storyOf(parting));
  }

  storyOf(parting) {
    if (parting.t_us === null) return ["The same was done in both: they are the same run, and always will be until one acts in one of them."];
    const why = { seed: "Other seeds: they part at the start.", parameters: "Other parameters: they part at the start." }[parting.why] ?? this.deedsOf(parting);
    return [el("span", {}, this.moment(parting.t_us), " ", why), ...this.firstOf(parting)];
  }

  deedsOf({ a, b }) {
    const did = (letter, command) => `in ${letter} ${deedLabel(this.lab, command.action, command.args)}`;
    if (a && b) return `They part here: ${did("A", a)}, ${did("B", b)}.`;
    return a ? `They part here: ${did("A", a)}; B goes on without it.` : `They part here: ${did("B", b)}; A goes on without it.`;
  }

  /** The first event that differs, unless it is that deed itself. */
  firstOf(parting) {
    if (!this.first) return [];
    const { t_us, a, b } = this.first;
    const told = [["A", a], ["B", b]].filter(([, event]) => event && !(event.kind === "fault" && t_us === parting.t_us)).map(([letter, event]) => `in ${letter}: ${this.wordsOf(event)}`);
    return told.length ? [el("span", {}, this.moment(t_us, 3), ` The first event that differs, ${told.join(" ")}`)] : [];
  }

  wordsOf(event) {
    if (event.kind === "state") return `${event.node} changes ${Object.keys(event.changed).map((name) => this.label(name)).join(", ")}.`;
    return sentence(event, this.lab) ?? `${event.kind.replaceAll("_", " ")}.`;
  }

  moment(t_us, digits = 2) {
    return el("button", { type: "button", class: "link", onclick: () => this.jump(t_us) }, el("time", {}, seconds(t_us, digits)));
  }

  // What is not the same now

  updateMoment([a, b], { t_us }) {
    const nodes = nodesApart(a, b);
    const cards = [...nodes.map((node) => this.nodeCard(node)), this.linksCard(linksApart(a, b)), this.checksCard(checksApart(a, b))].filter(Boolean);
    const rows = cards.reduce((sum, card) => sum + card.rows.length, 0);
    this.show(cards);
    const words = rows ? `${count(rows, "value")} differ${rows === 1 ? "s" : ""} ${nodes.length ? `on ${count(nodes.length, "node")}` : ""}`.trim() : "nothing differs";
    setText(this.summary, `${seconds(t_us)}: ${words}.`);
    this.tell(rows > 0, `At ${seconds(t_us)} ${words}.`);
  }

  /** Ears are told when the two become different, and when they are the same again: not each value while it plays. */
  tell(differ, words) {
    if (this.differ !== undefined && this.differ !== differ) this.say(words);
    this.differ = differ;
  }

  show(cards) {
    const kept = new Map();
    for (const card of cards) {
      const before = this.shown.get(card.id);
      const key = JSON.stringify([card.title, card.heads, card.rows]);
      kept.set(card.id, before?.key === key ? before : { key, element: this.draw(card) });
    }
    const elements = [...kept.values()].map((one) => one.element);
    const same = elements.length === this.cards.childElementCount && elements.every((element, i) => this.cards.children[i] === element);
    if (!same) this.cards.replaceChildren(...elements);
    this.shown = kept;
  }

  nodeCard({ id, a, b, fields }) {
    const rows = a && b ? fields.map(([name, one, other]) => [this.label(name), ...differing(one, other, this.entries.has(name) ? entry : undefined)]) : [["exists", a ? "yes" : "no", b ? "yes" : "no"]];
    const heads = [a, b].map((node) => node && look(node, this.lab.topology));
    if (a && b && a.status !== b.status) rows.unshift(["status", a.status, b.status]);
    return { id, title: id, heads, rows };
  }

  linksCard(links) {
    const rows = links.map(([src, dst, one, other]) => [`${src} to ${dst}`, condition(one), condition(other)]);
    return rows.length ? { id: "links of the network", title: "Links", heads: [null, null], rows } : null;
  }

  checksCard(checks) {
    const rows = checks.map(([name, one, other]) => [this.lab.checkers.find((checker) => checker.name === name)?.title ?? name, promise(one), promise(other)]);
    return rows.length ? { id: "promises of the lab", title: "Promises", heads: [null, null], rows } : null;
  }

  /** One table for each thing: a row for each value that differs, a column for each run. */
  draw({ title, heads, rows }) {
    const head = (letter, role) => {
      const word = role?.word ? el("span", { class: "role" }, role.word) : null;
      if (word) setTone(word, role.family, role.tone);
      return el("th", { scope: "col" }, letter, word);
    };
    const body = rows.map(([name, one, other]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { "data-run": "A" }, one), el("td", { "data-run": "B" }, other)));
    return el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "what" }, title), head("A", heads[0]), head("B", heads[1]))), el("tbody", {}, ...body));
  }

  label(name) {
    const fields = this.lab.panels.find((panel) => panel.panel === "table")?.fields ?? [];
    return fields.find((field) => field.name === name)?.label ?? name.replaceAll("_", " ");
  }
}

/** An entry of a log as the log panel shows it. */
function entry([term, value]) {
  return `${value || "·"} t${term}`;
}

function promise(check) {
  return check?.holds ?? true ? "holds" : "broken";
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
