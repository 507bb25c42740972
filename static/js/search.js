// The search box: "/" leads to it, arrow keys walk through what was found, and a refusal is shown where results would be.
const BOX = "[data-search]";
const TYPING = "input, select, textarea, [contenteditable]";
const LAB = "lab-run, lab-beside"; // has keys of its own

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.closest?.(`${TYPING}, ${LAB}`)) toBox(event);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") walk(event, event.key === "ArrowDown" ? 1 : -1);
});

/** The page's own box, else the one in the bar, else (on a narrow screen) the link that leads to the page. */
function toBox(event) {
  const box = [...document.querySelectorAll(BOX)].reverse().find((one) => one.checkVisibility());
  const link = document.querySelector("[data-search-link]");
  if (!box && !link) return;
  event.preventDefault();
  if (box) box.select();
  if (box) box.focus();
  else link.click();
}

function walk(event, step) {
  const links = [...document.querySelectorAll(".found a")];
  const box = document.querySelector(`main ${BOX}`);
  const at = event.target === box ? -1 : links.indexOf(event.target);
  if (!box || (at < 0 && event.target !== box)) return;
  const next = at + step < 0 ? box : links[at + step];
  if (!next || next === event.target) return;
  event.preventDefault();
  next.focus();
}

// Refusals (400, 429) carry words to show.
document.addEventListener("htmx:beforeSwap", ({ detail, target }) => {
  if (target.id !== "found" || ![400, 429].includes(detail.xhr.status)) return;
  detail.shouldSwap = true;
  detail.isError = false;
});
