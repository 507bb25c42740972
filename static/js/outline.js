// The outline beside a lesson: marks the section being read and those behind it. Remembered per lesson in this browser only.
const outline = document.querySelector("[data-outline]");
const links = [...(outline?.querySelectorAll("a[href^='#']") ?? [])];
const headings = links.map((link) => document.getElementById(link.hash.slice(1))).filter(Boolean);
const key = `read:${outline?.dataset.outline}`;
const read = new Set(load());

function load() {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return []; // storage is off or holds something else: begin anew
  }
}

function save() {
  try {
    localStorage.setItem(key, JSON.stringify([...read]));
  } catch {
    // nothing is lost but a tick
  }
}

function update() {
  const line = innerHeight * 0.35;
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  let now = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < line);
  if (atEnd) now = headings.length - 1;
  headings.forEach((heading, i) => {
    if (i < now || (atEnd && i === now)) read.add(heading.id);
    const item = links[i].closest("li");
    item.classList.toggle("now", i === now);
    item.classList.toggle("done", read.has(heading.id));
    if (i === now) links[i].setAttribute("aria-current", "location");
    else links[i].removeAttribute("aria-current");
  });
  save();
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
if (headings.length) update();
