// What is too wide for the page scrolls inside: where it does, the keyboard must be able to get there.
const wide = [...document.querySelectorAll(".formula, .prose table")];

function look() {
  for (const one of wide) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}

addEventListener("resize", look);
look();
