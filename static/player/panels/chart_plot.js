// The lines of a chart, drawn by Plotly. All that moves between two drawings (playhead, reading, what lies ahead) is laid over it by the panel.

export const MARGIN = { l: 46, r: 14, t: 10, b: 26 }; // fixed, so that the panel knows where a moment is without asking
export const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const HUES = 6;
const CONFIG = { displayModeBar: false, staticPlot: true, responsive: false };

export class Plot {
  constructor(box, spec) {
    Object.assign(this, { box, spec, colours: null, layoutKey: "" });
  }

  /** The theme changed. */
  recolour() {
    this.colours = null;
  }

  /** picture: {points, stretch, axis, marks, hidden: Set of places, width, height} */
  draw(Plotly, picture) {
    this.colours ??= coloursOf(this.box);
    const key = JSON.stringify([picture.stretch, picture.axis, picture.marks.map((mark) => mark.t_us), [...picture.hidden], picture.width, picture.height, this.colours]);
    // New points under the same axes: half the price of drawing everything.
    if (key === this.layoutKey) Plotly.restyle(this.box, { x: picture.points.map(({ x }) => x), y: picture.points.map(({ y }) => y) });
    else Plotly.react(this.box, this.traces(picture), this.layout(picture), CONFIG);
    this.layoutKey = key;
  }

  traces({ points, hidden }) {
    return this.spec.series.map((series, i) => ({
      type: "scatter",
      mode: "lines",
      x: points[i].x,
      y: points[i].y,
      visible: !hidden.has(i),
      connectgaps: false,
      hoverinfo: "skip",
      line: { color: this.colours.series[i % HUES], dash: DASHES[i % DASHES.length], width: series.main ? 3.5 : 2, shape: series.metric ? "linear" : "hv", simplify: false },
    }));
  }

  layout({ stretch, axis, marks, width, height }) {
    const { ink, line, grid, font } = this.colours;
    const common = { color: ink, gridcolor: grid, linecolor: line, fixedrange: true, zeroline: false, tickfont: { size: 11 }, autorange: false };
    return {
      width,
      height,
      margin: { ...MARGIN, pad: 0 },
      autosize: false,
      showlegend: false,
      dragmode: false,
      hovermode: false,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: font, size: 11, color: ink },
      xaxis: { ...common, range: [stretch.from_us / 1e6, stretch.to_us / 1e6], ticksuffix: " s", nticks: Math.max(3, Math.floor(width / 70)), showgrid: false, ticks: "outside", ticklen: 4, tickcolor: line },
      yaxis: { ...common, range: axis, nticks: Math.max(3, Math.floor(height / 34)), separatethousands: true, automargin: false, ticks: "" },
      shapes: marks.map(({ t_us }) => ({ type: "line", x0: t_us / 1e6, x1: t_us / 1e6, yref: "paper", y0: 0, y1: 1, line: { color: ink, width: 1, dash: "3px,4px" } })),
    };
  }
}

function coloursOf(element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  return { ink: token("--ink-faint"), line: token("--line-strong"), grid: token("--line"), font: style.fontFamily, series: Array.from({ length: HUES }, (_, i) => token(`--series-${i + 1}`)) };
}
