// The map of the course: pointing at a concept, or reaching it by keyboard, lights what it needs and what builds on it.
const map = document.querySelector("[data-map]");
const said = document.querySelector("[data-map-said]");
const boxes = new Map([...(map?.querySelectorAll("[data-concept]") ?? [])].map((box) => [box.dataset.concept, box]));
const edges = [...(map?.querySelectorAll("[data-need]") ?? [])];
const needs = neighbours("builder", "need");
const builds = neighbours("need", "builder");

function neighbours(from, to) {
  const found = new Map([...boxes.keys()].map((slug) => [slug, []]));
  for (const edge of edges) found.get(edge.dataset[from])?.push(edge.dataset[to]);
  return found;
}

/** All that can be reached from a concept, itself left out. */
function reach(slug, next) {
  const found = new Set();
  const waiting = [...next.get(slug)];
  while (waiting.length) {
    const one = waiting.pop();
    if (!found.has(one)) waiting.push(...(found.add(one), next.get(one) ?? []));
  }
  return found;
}

function light(slug) {
  const before = reach(slug, needs);
  const after = reach(slug, builds);
  for (const [one, box] of boxes) {
    box.classList.toggle("here", one === slug);
    box.classList.toggle("needed", needs.get(slug).includes(one));
    box.classList.toggle("built", builds.get(slug).includes(one));
    box.classList.toggle("far", before.has(one) || after.has(one));
  }
  for (const { classList, dataset } of edges) {
    classList.toggle("needed", dataset.builder === slug || (before.has(dataset.builder) && before.has(dataset.need)));
    classList.toggle("built", dataset.need === slug);
  }
  map.classList.add("lit");
  say(slug, before.size, after.size);
}

function say(slug, before, after) {
  said.replaceChildren(word("b", name(slug)), ". ", ...list("needed", "Needs", needs.get(slug), before), " ", ...list("built", "Leads to", builds.get(slug), after));
  said.hidden = false;
}

function list(kind, verb, slugs, all) {
  if (!slugs.length) return [kind === "needed" ? "Needs nothing first." : "Nothing builds on it."];
  const more = all > slugs.length ? `, and through them ${all - slugs.length} more` : "";
  return [word("span", verb, kind), ` ${slugs.map(name).join("; ")}${more}.`];
}

function word(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = kind;
  return made;
}

function name(slug) {
  return boxes.get(slug).querySelector("text").textContent.trim().replace(/\s+/g, " ");
}

function dark() {
  map.classList.remove("lit");
  said.hidden = true;
}

const boxAt = (target) => target.closest?.("[data-concept]");
const focused = () => boxAt(document.activeElement);
map?.addEventListener("pointerover", ({ target }) => {
  const box = boxAt(target) ?? focused();
  if (box) light(box.dataset.concept);
  else dark();
});
map?.addEventListener("pointerleave", () => (focused() ? light(focused().dataset.concept) : dark()));
map?.addEventListener("focusin", ({ target }) => boxAt(target) && light(boxAt(target).dataset.concept));
map?.addEventListener("focusout", dark);
