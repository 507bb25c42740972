// Plotly, from the file its Python package ships: 1.5 MB on the wire, so it comes when the first chart is looked at, once for a page.
//
// Under `style-src 'self'` a script may add rules to a sheet, not a sheet to the page. Plotly puts its own rules into the element it knows by
// PLOTLY_SHEET where there is one: the page's sheet of charts is given that name. The map library inside it wants a sheet that charts have no
// use for, and leaves it where something already has the name it would get.
import { el } from "../dom.js";

const PLOTLY_SHEET = "plotly.js-style-global";
const MAP_SHEET = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53"; // of plotly.js 4.1.1; a test sees the browser complain of another

let loading = null;

/** Resolves to Plotly; rejects where it cannot be had, and the next call tries again. */
export function loadPlotly(url) {
  loading ??= load(url).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

function load(url) {
  const sheet = document.querySelector('link[rel="stylesheet"][href*="css/charts"]');
  if (sheet) sheet.id = PLOTLY_SHEET;
  if (!document.getElementById(MAP_SHEET)) document.head.append(el("meta", { id: MAP_SHEET }));
  return new Promise((resolve, reject) => {
    const script = el("script", { src: url, async: true });
    script.addEventListener("load", () => resolve(globalThis.Plotly));
    script.addEventListener("error", () => (script.remove(), reject(new Error("The drawing library did not come."))));
    document.head.append(script);
  });
}
