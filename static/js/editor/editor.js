// The page of the editor: source, preview, who else is here, and not leaving with something unsaved.
import { Memory } from "../../player/memory.js";
import { keepTelling } from "./presence.js";
import { Preview } from "./preview.js";
import { sourceOf } from "./source.js";

const form = document.querySelector(".academy-editor");
const source = sourceOf(form.querySelector("textarea[name=source]"));
const began = source.value;
let leaving = false;

// Saving and checking load the page anew: one goes on where one was.
const place = new Memory(`editor ${location.pathname}`);
const left = place.read();
place.forget();
if ("top" in left) source.place = left;

const state = form.querySelector(".academy-state");
const bytesMax = Number(form.dataset.bytesMax);

/** The server reads no more than that; what is too large stays here and is not lost. */
function tooLarge() {
  const bytes = new TextEncoder().encode(source.value).length;
  if (bytes <= bytesMax) return "";
  return `The text has ${bytes.toLocaleString("en")} bytes and may have ${bytesMax.toLocaleString("en")}. Nothing was sent: make two lessons of it, or take out what was pasted by mistake.`;
}

form.addEventListener("submit", (event) => {
  source.sync();
  const words = tooLarge();
  if (words) {
    event.preventDefault();
    state.textContent = words;
    state.scrollIntoView({ block: "nearest" });
    return;
  }
  leaving = !event.submitter?.hasAttribute("data-preview");
  if (leaving) place.write(source.place);
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
