// The page of the editor: source, preview, who else is here, and not leaving with something unsaved.
import { keepTelling } from "./presence.js";
import { Preview } from "./preview.js";
import { sourceOf } from "./source.js";

const form = document.querySelector(".academy-editor");
const source = sourceOf(form.querySelector("textarea[name=source]"));
const began = source.value;
let leaving = false;

form.addEventListener("submit", (event) => {
  source.sync();
  leaving = !event.submitter?.hasAttribute("data-preview");
});
addEventListener("beforeunload", (event) => {
  if (!leaving && source.value !== began) event.preventDefault();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-line]");
  if (!link) return;
  event.preventDefault();
  source.goTo(Number(link.dataset.line));
});

new Preview(form, source);
keepTelling(form);
