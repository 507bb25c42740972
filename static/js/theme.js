// The theme button changes the page in place; htmx tells the server, which draws the next page in the chosen theme.
const THEMES = ["auto", "light", "dark"];
const form = document.querySelector("[data-theme-form]");

form?.addEventListener("htmx:configRequest", () => {
  const button = form.querySelector("button");
  const chosen = button.value;
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
  document.documentElement.dataset.theme = chosen;
  button.value = next;
  button.title = `Theme: ${chosen}`;
  button.setAttribute("aria-label", `Theme: ${chosen}. Change to ${next}`);
  document.dispatchEvent(new CustomEvent("theme:changed", { detail: { theme: chosen } }));
});

// Paper is light.
let onScreen = null;
addEventListener("beforeprint", () => {
  onScreen ??= document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = onScreen;
  onScreen = null;
});

// A menu closes as menus do: on Escape, and when something else is clicked.
const menu = document.querySelector("details.menu");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
