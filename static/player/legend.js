// The legend of the cluster's marks; in a busy lab it says first what a mark stands for.
import { el, setTone, svg } from "./dom.js";
import { messageMark } from "./shapes.js";

/** Kinds that look the same share one entry. */
export function legend(lab) {
  const looks = new Map();
  for (const [name, { tone, shape }] of Object.entries(lab.messages)) looks.set(`${tone} ${shape}`, [...(looks.get(`${tone} ${shape}`) ?? []), name]);
  const entries = [...looks].map(([key, names]) => legendEntry(...key.split(" "), names.join(", ")));
  return el("ul", { class: "legend", "aria-label": "Marks of the messages" }, ...entries, legendCross());
}

function legendEntry(tone, shape, words) {
  const mark = messageMark(shape);
  const path = svg("path", { d: mark.d, class: mark.filled ? "filled" : "open" });
  const entry = el("li", {}, svg("svg", { viewBox: "-11 -9 22 18", "aria-hidden": "true" }, path), words);
  setTone(entry, "message", tone);
  return entry;
}

function legendCross() {
  const entry = el("li", {}, svg("svg", { viewBox: "-11 -9 22 18", "aria-hidden": "true" }, svg("path", { d: "M-6-6 6 6M6-6-6 6", class: "open" })), "lost");
  setTone(entry, "message", "lost");
  return entry;
}

/** One operation in `every` is drawn singly; with 1 all are, and nothing is said. */
export function tellSample(legend, every) {
  legend.querySelector(".sample")?.remove();
  if (every > 1) legend.prepend(el("li", { class: "sample" }, el("b", {}, `A mark stands for 1 of ${every} requests`, el("span", {}, "; lines and numbers count all messages"))));
}
