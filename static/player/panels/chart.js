// Lines over time. Plotly draws them, a few times a second at most; the playhead, the reading and the table of values are the page's own.
import { el, setAttribute, setText, setTone, svg } from "../dom.js";
import { windowLength } from "../series.js";
import { seconds } from "../words.js";
import { axisOf, marksOf, pointsOf, shown, stretchOf, valuesAt } from "./chart_model.js";
import { DASHES, MARGIN, Plot } from "./chart_plot.js";
import { loadPlotly } from "./plotly.js";

const SPANS = [["10 s", 10_000_000], ["30 s", 30_000_000], ["Whole run", null]];
const DRAW_MS = 450; // while it plays: what is new in between waits
const SCRUB_MS = 90; // while somebody pulls the playhead
const STROKES = { solid: "none", dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4", longdashdot: "11 3 2 3" };
const MARKS_TOLD = 3;
const HELP = "Left and right read along the lines, Enter goes to that moment, Escape comes back to the playhead.";

export function chartPanel(spec, player) {
  return new Chart(spec, player);
}

class Chart {
  constructor(spec, player) {
    Object.assign(this, { spec, player, span_us: SPANS[0][1], hidden: new Set(), reading_us: null, drawnKey: "", drawn_ms: 0, seen: false });
    this.box = el("div", { class: "plot", "aria-hidden": "true" });
    this.plot = new Plot(this.box, spec);
    this.later = el("i", { class: "chart-later" });
    this.head = el("i", { class: "chart-playhead" });
    this.cursor = el("i", { class: "chart-cursor", hidden: true });
    this.state = el("p", { class: "chart-state" }, "The chart is on its way…");
    this.field = el("div", { class: "chart-field", tabindex: 0, role: "slider", "aria-label": `${spec.title}. ${HELP}`, "aria-valuemin": 0 }, this.box, this.later, this.head, this.cursor, this.state);
    this.told = el("ul", { class: "chart-marks" });
    this.element = el("div", { class: "chart" }, this.bar(), this.field, this.table(), this.told);
    this.listen();
  }

  bar() {
    this.spans = SPANS.map(([words, span_us]) => el("button", { type: "button", class: "chip", onclick: () => this.show(span_us) }, words));
    const unit = this.spec.unit ? el("span", { class: "chart-unit" }, this.spec.unit) : null;
    return el("div", { class: "chips-bar" }, unit, el("div", { class: "chips", role: "group", "aria-label": "Shown" }, ...this.spans));
  }

  /** Legend, values for eyes and values for ears in one: a row for each series. */
  table() {
    this.caption = el("caption", {});
    this.rows = this.spec.series.map((series, i) => {
      const mark = svg("svg", { viewBox: "0 0 30 8", class: "chart-line", "aria-hidden": "true" }, svg("line", { x1: 1, x2: 29, y1: 4, y2: 4, "stroke-dasharray": STROKES[DASHES[i % DASHES.length]], "stroke-width": series.main ? 4 : 2.5 }));
      const button = el("button", { type: "button", "aria-pressed": "true", title: "Show or hide this line", onclick: () => this.toggle(i) }, mark, series.label);
      setTone(button, "series", (i % 6) + 1);
      const value = el("td", {});
      return { button, value, row: el("tr", { class: series.main ? "main" : null }, el("th", { scope: "row" }, button), value) };
    });
    return el("table", { class: "chart-values" }, this.caption, el("tbody", {}, ...this.rows.map(({ row }) => row)));
  }

  listen() {
    const { field } = this;
    field.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.read(this.momentAt(event)));
    field.addEventListener("pointerleave", () => this.read(null));
    field.addEventListener("click", (event) => this.momentAt(event) !== null && this.player.jump(this.momentAt(event)));
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.read(null));
    this.sight = new IntersectionObserver((entries) => ((this.seen = entries.at(-1).isIntersecting), this.seen && this.player.ask()));
    this.sight.observe(field);
    new ResizeObserver(() => (this.measure(), this.player.ask())).observe(field);
  }

  show(span_us) {
    this.span_us = span_us;
    this.player.ask();
  }

  toggle(i) {
    if (!this.hidden.delete(i)) this.hidden.add(i);
    setAttribute(this.rows[i].button, "aria-pressed", String(!this.hidden.has(i)));
    this.player.ask();
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.field;
    if (!width || !height) return;
    this.size = { width, height };
  }

  recolour() {
    this.plot.recolour();
    this.themed = (this.themed ?? 0) + 1;
  }

  update(view) {
    if (!this.size) this.measure();
    this.view = view;
    this.stretch = stretchOf(view, this.span_us);
    this.place();
    this.tell();
    if (!this.size || !this.seen) return;
    const Plotly = this.library();
    if (Plotly) this.drawIfNew(Plotly, view);
  }

  /** Plotly, or null while it is not here. */
  library() {
    if (this.Plotly || this.loading) return this.Plotly;
    this.loading = loadPlotly(this.player.plotlyUrl).then(
      (Plotly) => {
        this.Plotly = Plotly;
        this.state.hidden = true;
        this.player.ask();
      },
      (error) => this.failed(error),
    );
    return null;
  }

  failed(error) {
    const again = () => {
      this.loading = null;
      this.state.replaceChildren("The chart is on its way…");
      this.player.ask();
    };
    this.state.replaceChildren(`${error.message} The table below has the values. `, el("button", { type: "button", onclick: again }, "Try again"));
  }

  drawIfNew(Plotly, view) {
    const { stretch, span_us, size } = this;
    const end_us = Math.min(stretch.to_us, Math.max(view.t_us, view.seen_us));
    const grain_us = this.spec.series.some((series) => series.field) ? 100_000 : windowLength(view.store);
    const key = [stretch.from_us, span_us, Math.floor(end_us / grain_us), view.store.version, size.width, size.height, [...this.hidden], this.themed].join(" ");
    if (key === this.drawnKey && view.store === this.drawnStore) return;
    if (view.now_ms - this.drawn_ms < (view.playing && !view.jumped ? DRAW_MS : SCRUB_MS)) return void this.player.ask();
    Object.assign(this, { drawnKey: key, drawnStore: view.store, drawn_ms: view.now_ms });
    const points = pointsOf(this.spec, view, stretch);
    const marks = marksOf(this.spec, view, this.player.lab, stretch);
    this.plot.draw(Plotly, { points, stretch, axis: axisOf(this.spec, points.filter((_, i) => !this.hidden.has(i))), marks, hidden: this.hidden, ...size });
    this.list(marks);
  }

  // What moves with every frame

  x(t_us) {
    const { from_us, to_us } = this.stretch;
    return MARGIN.l + ((t_us - from_us) / (to_us - from_us)) * (this.size.width - MARGIN.l - MARGIN.r);
  }

  place() {
    if (!this.size) return;
    const at = this.x(this.view.t_us);
    const right = this.size.width - MARGIN.r;
    this.head.style.transform = `translateX(${at.toFixed(1)}px)`;
    this.head.hidden = at > right + 1 || at < MARGIN.l - 1;
    const width = this.view.seen_us > this.view.t_us ? Math.max(0, right - Math.max(at, MARGIN.l)) : 0;
    this.later.style.transform = `translateX(${Math.max(at, MARGIN.l).toFixed(1)}px) scaleX(${width.toFixed(1)})`;
    this.cursor.hidden = this.reading_us === null;
    if (this.reading_us !== null) this.cursor.style.transform = `translateX(${this.x(this.reading_us).toFixed(1)}px)`;
  }

  tell() {
    const { view, spec } = this;
    const t_us = this.reading_us ?? view.t_us;
    const grain_us = Math.floor(t_us / 50_000);
    const key = `${grain_us} ${view.store.version} ${this.span_us}`;
    if (key === this.toldKey) return;
    this.toldKey = key;
    const values = valuesAt(spec, view, t_us);
    const unit = spec.unit ? ` ${spec.unit}` : "";
    for (const [i, { value }] of this.rows.entries()) setText(value, values[i] === null ? "–" : `${shown(values[i])}${unit}`);
    setText(this.caption, `${this.reading_us === null ? "At the playhead" : "Read"}, ${seconds(t_us, 1)}`);
    for (const [i, button] of this.spans.entries()) setAttribute(button, "aria-pressed", String(SPANS[i][1] === this.span_us));
    const spoken = spec.series.map((series, i) => `${series.label} ${values[i] === null ? "none" : `${shown(values[i])}${unit}`}`).join(", ");
    setAttribute(this.field, "aria-valuemax", Math.floor(Math.max(view.t_us, view.seen_us) / 1000));
    setAttribute(this.field, "aria-valuenow", Math.floor(t_us / 1000));
    setAttribute(this.field, "aria-valuetext", `${seconds(t_us, 1)}: ${spoken}`);
  }

  /** The newest marks, each a way to its moment. */
  list(marks) {
    const key = marks.map(({ t_us }) => t_us).join(" ");
    if (key === this.listed) return;
    this.listed = key;
    const entry = ({ t_us, text }) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => this.player.jump(t_us) }, seconds(t_us)), ` ${text}`);
    this.told.replaceChildren(...marks.slice(-MARKS_TOLD).toReversed().map(entry));
  }

  // Reading along

  momentAt(event) {
    if (!this.size || !this.stretch) return null;
    const { from_us, to_us } = this.stretch;
    const part = (event.clientX - this.field.getBoundingClientRect().left - MARGIN.l) / (this.size.width - MARGIN.l - MARGIN.r);
    return part < 0 || part > 1 ? null : this.bounded(from_us + part * (to_us - from_us));
  }

  bounded(t_us) {
    return Math.round(Math.min(Math.max(t_us, 0), Math.max(this.view.t_us, this.view.seen_us)));
  }

  read(t_us) {
    if (this.reading_us === t_us) return;
    this.reading_us = t_us;
    this.player.ask();
  }

  key(event) {
    const step_us = windowLength(this.view.store);
    const at_us = this.reading_us ?? this.view.t_us;
    const deeds = { ArrowLeft: () => this.read(this.bounded(at_us - step_us)), ArrowRight: () => this.read(this.bounded(at_us + step_us)), Home: () => this.read(this.bounded(this.stretch.from_us)), End: () => this.read(this.bounded(this.stretch.to_us)), Enter: () => this.player.jump(at_us), Escape: () => this.read(null) };
    if (!deeds[event.key] || (event.key === "Escape" && this.reading_us === null)) return;
    event.preventDefault();
    event.stopPropagation();
    deeds[event.key]();
  }
}
