// The outline beside a lesson: marks the section being read and those that were. A section was read when its end has stood on the screen for a
// while. The site is told what its users read; for everybody else it stays in this browser (see reading.js).
import { handOver, keep, kept, send } from "./reading.js";

const LOOK_MS = 1000; // an end that is seen in two looks was on the screen for so long
const REPORT_MS = 2500; // after the last change
const AGAIN_MS = 20_000; // after a report that did not arrive

const outline = document.querySelector("[data-outline]");
const number = outline?.dataset.outline;
const place = outline?.dataset.url ? { url: outline.dataset.url, csrf: outline.dataset.csrf } : null; // none: the site keeps nothing of this reader
const links = [...(outline?.querySelectorAll("a[href^='#']") ?? [])].filter((link) => document.getElementById(link.hash.slice(1)));
const headings = links.map((link) => document.getElementById(link.hash.slice(1)));
const close = document.querySelector("[data-read]"); // stands after the last section
const read = kept("read", number);
const guides = kept("guides", number);
const told = { sections: new Set(), guides: new Set() }; // waits to be told
let now = -1;
let toldAt = null;
let seen = new Set();
let timer = null;

function top(element) {
  return element.getBoundingClientRect().top;
}

function update() {
  const line = innerHeight * 0.35;
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  now = atEnd ? headings.length - 1 : headings.findLastIndex((heading) => top(heading) < line);
  headings.forEach((heading, i) => {
    const item = links[i].closest("li");
    item.classList.toggle("now", i === now);
    item.classList.toggle("done", read.has(heading.id));
    if (i === now) links[i].setAttribute("aria-current", "location");
    else links[i].removeAttribute("aria-current");
  });
  showClose();
}

function showClose() {
  const whole = headings.length > 0 && headings.every(({ id }) => read.has(id));
  if (!whole || !close) return;
  close.querySelector("[data-read-all]").hidden = false;
  close.querySelector("form").hidden = true;
}

/** Sections whose end is on the screen. */
function endsInSight() {
  const ends = headings.map((heading, i) => headings[i + 1] ?? close ?? heading);
  return new Set(headings.filter((heading, i) => top(ends[i]) > 0 && top(ends[i]) < innerHeight).map(({ id }) => id));
}

function look() {
  if (document.visibilityState !== "visible") return;
  const inSight = endsInSight();
  for (const id of inSight) if (seen.has(id) && !read.has(id)) finish("sections", read, id);
  seen = inSight;
  if (place && now >= 0 && headings[now].id !== toldAt) report();
}

function finish(kind, ids, id) {
  ids.add(id);
  if (place) told[kind].add(id);
  else keep(kind === "sections" ? "read" : "guides", number, ids);
  update();
  if (place) report();
}

function report(after_ms = REPORT_MS) {
  timer ??= setTimeout(tell, after_ms);
}

async function tell({ keepalive = false } = {}) {
  clearTimeout(timer);
  timer = null;
  const here = now >= 0 ? headings[now].id : "";
  const sections = [...told.sections];
  const done = [...told.guides];
  if (!sections.length && !done.length && (here === toldAt || here === "")) return;
  told.sections.clear();
  told.guides.clear();
  toldAt = here;
  const arrived = await send(place, { lessons: { [number]: { sections, guides: done } }, at: { lesson: number, section: here } }, { keepalive });
  if (arrived) return;
  for (const id of sections) told.sections.add(id);
  for (const id of done) told.guides.add(id);
  report(AGAIN_MS);
}

let waiting = false;
addEventListener("scroll", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}, { passive: true });
document.addEventListener("guide-done", ({ detail }) => guides.has(detail) || finish("guides", guides, detail));
if (place) {
  for (const link of links) if (link.closest("li").classList.contains("done")) read.add(link.hash.slice(1));
  for (const guide of document.querySelectorAll("[data-guide][data-finished]")) guides.add(guide.dataset.key);
  addEventListener("pagehide", () => tell({ keepalive: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && tell({ keepalive: true }));
  handOver(place);
}
if (headings.length) {
  update();
  setInterval(look, LOOK_MS);
}
