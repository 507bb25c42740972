// Charts of insight pages, drawn by Plotly from the table beside each: the table is the page, the chart a picture of it. Without this script,
// or without Plotly, the tables say all there is.
import { el } from "../../player/dom.js";
import { loadPlotly } from "../../player/panels/plotly.js";

const url = document.querySelector("script[data-plotly-url]").dataset.plotlyUrl;
const CONFIG = { displayModeBar: false, staticPlot: true, responsive: false };
const ROW_PX = { least: 3, most: 22, named: 12 };
const HEAT_PX = 640; // the height of a heat chart of many rows, without its axis
const LETTER_PX = 6.2; // of an axis, about
const LABEL_LINES = 4;
const DRAWINGS = { bars, heat };

const words = (cell) => cell.childNodes[0].textContent.trim() || cell.textContent.trim();
const value = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));

class Chart {
  constructor(figure) {
    Object.assign(this, { figure, room: figure.querySelector("[data-part=plot]"), table: figure.querySelector("table"), draw: DRAWINGS[figure.dataset.chart] });
    this.sight = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.begin(), { rootMargin: "200px" });
    this.sight.observe(figure);
  }

  async begin() {
    this.sight.disconnect();
    try {
      this.Plotly = await loadPlotly(url);
    } catch {
      return; // the table stays as it is
    }
    this.room.hidden = false;
    this.fold();
    this.redraw();
    new ResizeObserver(() => this.room.clientWidth !== this.width && this.redraw()).observe(this.room);
  }

  /** What the chart shows can be unfolded as a table. */
  fold() {
    const holder = this.table.closest(".table-scroll");
    const folded = el("details", { class: "as-table" }, el("summary", {}, "As a table"));
    holder.replaceWith(folded);
    folded.append(holder);
    this.room.setAttribute("role", "img");
    this.room.setAttribute("aria-label", `${this.figure.querySelector("figcaption").textContent.trim()} The table below has the numbers.`);
  }

  redraw() {
    if (!this.Plotly) return;
    this.width = this.room.clientWidth;
    const colours = coloursOf(this.room);
    const { traces, layout } = this.draw(this.table, colours, this.width);
    this.Plotly.react(this.room, traces, { ...frame(colours), width: this.width, ...layout }, CONFIG);
  }
}

/** One bar for each row. */
function bars(table, colours, width) {
  const x = Array.from(table.querySelectorAll("[data-x]"), words);
  const y = Array.from(table.querySelectorAll("[data-value]"), value);
  const axis = { color: colours.ink, linecolor: colours.line, gridcolor: colours.grid, fixedrange: true, zeroline: false };
  const trace = { type: "bar", x, y, marker: { color: colours.series }, text: y.map((n) => (n ? String(n) : "")), textposition: "outside", cliponaxis: false };
  return {
    traces: [trace],
    layout: {
      height: 240,
      margin: { l: 34, r: 8, t: 18, b: 64, pad: 0 },
      bargap: 0.12,
      xaxis: { ...axis, type: "category", tickangle: width < 560 ? -60 : -35, showgrid: false },
      yaxis: { ...axis, rangemode: "tozero", nticks: 5, tickformat: "d" },
    },
  };
}

/** One row for each student, one column for each concept; the warmer, the less was right. */
function heat(table, colours, width) {
  const x = Array.from(table.querySelectorAll("[data-x]"), (cell) => cell.textContent.trim());
  const rows = Array.from(table.querySelectorAll("tbody tr"));
  const axis = { color: colours.ink, fixedrange: true, showgrid: false, zeroline: false, ticks: "" };
  const names = rows.map((row) => words(row.querySelector("[data-y]")));
  const z = rows.map((row) => Array.from(row.querySelectorAll("[data-value]"), (cell) => (value(cell) === null ? null : 1 - value(cell))));
  const row_px = Math.min(ROW_PX.most, Math.max(ROW_PX.least, HEAT_PX / rows.length));
  const named = row_px >= ROW_PX.named && width >= 560;
  const left = named ? 170 : 8;
  const column_px = (width - left) / x.length;
  const upright = column_px >= 70;
  const ticktext = x.map((name) => (upright ? lines(name, Math.floor(column_px / LETTER_PX)).join("<br>") : cut(name, 18)));
  return {
    traces: [{ type: "heatmap", x: x.map((_, i) => i), y: names.map((_, i) => i), z, zmin: 0, zmax: 1, showscale: false, xgap: 1, ygap: row_px > 6 ? 1 : 0, hoverongaps: false, colorscale: [[0, colours.cool], [1, colours.heat]] }],
    layout: {
      height: Math.round(row_px * rows.length) + (upright ? 72 : 112),
      margin: { l: left, r: 4, t: 4, b: upright ? 68 : 108, pad: 3 },
      xaxis: { ...axis, tickangle: upright ? 0 : -60, tickvals: x.map((_, i) => i), ticktext },
      yaxis: { ...axis, autorange: "reversed", showticklabels: named, tickvals: names.map((_, i) => i), ticktext: names.map((name) => cut(name, 26)) },
    },
  };
}

function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The words in lines of about this many letters. */
function lines(text, most) {
  const found = [""];
  for (const word of text.split(" ")) {
    const line = found.at(-1);
    if (line && line.length + word.length >= most) found.push(word);
    else found[found.length - 1] = line ? `${line} ${word}` : word;
  }
  return found.length > LABEL_LINES ? [...found.slice(0, LABEL_LINES - 1), `${found[LABEL_LINES - 1]}…`] : found;
}

function frame({ ink, font }) {
  return { autosize: false, showlegend: false, dragmode: false, hovermode: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: font, size: 11, color: ink } };
}

function coloursOf(element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  return { ink: token("--ink-soft"), line: token("--line-strong"), grid: token("--line"), series: token("--series-1"), cool: token("--accent-soft"), heat: token("--heat"), font: style.fontFamily };
}

const charts = Array.from(document.querySelectorAll("[data-chart]"), (figure) => new Chart(figure));
const recolour = () => charts.forEach((chart) => chart.redraw());
document.addEventListener("theme:changed", recolour);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
