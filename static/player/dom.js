// Making elements, in one short way. Text is always set as text; nothing here parses HTML.

/** `el("button", {class: "icon", "aria-label": "Play", onclick}, "text", child)` */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Writes only where something changed: an unchanged text must not wake layout or a screen reader. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** A tone is a name from the lab's data; what colour it is, the tokens say. `family` is role, message or state. */
export function setTone(node, family, tone) {
  if (node.dataset.tone === `${family}-${tone}`) return;
  node.dataset.tone = `${family}-${tone}`;
  node.style.setProperty("--tone", `var(--${family}-${tone}, var(--ink-soft))`);
  node.style.setProperty("--tone-fill", `var(--${family}-${tone}-fill, var(--surface))`);
}

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z",
  back: "M17.5 5v14l-9-7zM5.5 5h2.6v14H5.5z",
  forward: "M6.5 5v14l9-7zM15.9 5h2.6v14h-2.6z",
  previous: "M12.5 5.5v13L4 12zM20.5 5.5v13L12 12z",
  next: "M11.5 5.5v13L20 12zM3.5 5.5v13L12 12z",
  replay: "M12 5a7.5 7.5 0 1 1-7.2 5.4l2 .6A5.4 5.4 0 1 0 12 7.1V10L7 6l5-4z",
  more: "M6 9.2 7.4 7.8l4.6 4.6 4.6-4.6L18 9.2l-6 6z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  whole: "M4 4h7v2H7.4l4 4-1.4 1.4-4-4V11H4zM20 20h-7v-2h3.6l-4-4 1.4-1.4 4 4V13h2z",
  setup: "M4 6h9v2H4zM17 6h3v2h-3zM13.5 4.5h2v5h-2zM4 16h3v2H4zM11 16h9v2h-9zM7.5 14.5h2v5h-2zM4 11h5v2H4zM13 11h7v2h-7zM9.5 9.5h2v5h-2z",
  share: "M17 3.5a3 3 0 1 1-2.5 4.6L9.9 10.6a3 3 0 0 1 0 2.8l4.6 2.5a3 3 0 1 1-.9 1.7L9 15.1a3 3 0 1 1 0-6.2l4.6-2.5A3 3 0 0 1 17 3.5z",
  seeds: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM15.4 14 17 15.6l1.6-1.6 1.4 1.4-1.6 1.6 1.6 1.6-1.4 1.4-1.6-1.6-1.6 1.6-1.4-1.4 1.6-1.6-1.6-1.6z",
  help: "M12 3.2a8.8 8.8 0 1 0 0 17.6 8.8 8.8 0 0 0 0-17.6zm0 14.4a1.1 1.1 0 1 1 0-2.2 1.1 1.1 0 0 1 0 2.2zm1-4.2v.6h-2v-1.5c1.8-1.4 3-2 3-3.2 0-1-.8-1.6-2-1.6-1.1 0-2 .7-2.1 1.9l-2-.2C8.1 7.4 9.7 6 12 6c2.4 0 4 1.4 4 3.3 0 2-1.4 2.9-3 4.1z",
};

export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon-mark", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
