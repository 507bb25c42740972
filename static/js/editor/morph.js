// A new preview into the old one, part by part, so that the page does not jump and a running lab runs on.
// Labs and guides are alive: where one of them changed, came or went, the frame has to be loaded anew.

/** What makes a living part another one, or null for prose. */
export function liveKey(part) {
  const lab = part.querySelector?.(":scope > lab-run");
  if (lab) return JSON.stringify(["lab", lab.dataset.lab, lab.dataset.name, lab.dataset.scenario, lab.dataset.parameters]);
  if (!part.matches("[data-guide]")) return null;
  return JSON.stringify(["guide", part.dataset.guide, ...[...part.querySelectorAll("li[data-see]")].map(stepKey)]);
}

/** What the author wrote of a step, without what the guide says of it. */
function stepKey(step) {
  const written = [...step.querySelectorAll(".guide-words > :not(.guide-told)")].map((part) => part.outerHTML);
  return [step.dataset.see, ...written];
}

const keyOf = (part) => part.outerHTML;

/** [[parts before the first living one], living, [parts after it], ...] */
function segments(main) {
  const found = [[]];
  for (const part of main.children) {
    if (liveKey(part) === null) found.at(-1).push(part);
    else found.push(part, []);
  }
  return found;
}

/** Whether it could be done. */
export function morph(main, fresh) {
  const [before, after] = [segments(main), segments(fresh)];
  const alive = (parts) => parts.filter((part) => !Array.isArray(part)).map(liveKey).join("\n");
  if (alive(before) !== alive(after)) return false;
  before.forEach((old, at) => {
    if (Array.isArray(old)) replaceMiddle(main, old, after[at], before[at + 1] ?? null);
    else adoptCaption(old, after[at]);
  });
  return true;
}

function adoptCaption(old, fresh) {
  const [caption, better] = [old.querySelector(":scope > figcaption"), fresh.querySelector(":scope > figcaption")];
  if (caption && better && caption.innerHTML !== better.innerHTML) caption.innerHTML = better.innerHTML;
}

/** Equal parts at both ends stay as they are, with what is selected or open in them. */
function replaceMiddle(main, old, fresh, next) {
  let head = 0;
  while (head < old.length && head < fresh.length && keyOf(old[head]) === keyOf(fresh[head])) head += 1;
  let tail = 0;
  const room = Math.min(old.length, fresh.length) - head;
  while (tail < room && keyOf(old.at(-1 - tail)) === keyOf(fresh.at(-1 - tail))) tail += 1;
  const before = tail ? old[old.length - tail] : next;
  for (const part of old.slice(head, old.length - tail)) part.remove();
  for (const part of fresh.slice(head, fresh.length - tail)) main.insertBefore(main.ownerDocument.adoptNode(part), before);
}
