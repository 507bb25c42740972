// The rows of the tray: one for each message in flight, one for each timer that is set.
import { el, setText, setTone, svg } from "./dom.js";
import { messageMark } from "./shapes.js";
import { messageText, milliseconds } from "./words.js";

/** What a row stands for; the player points at it and selects it by this. */
export const thingOf = {
  message: (message) => ({ type: "message", seq: message.seq }),
  timer: ({ node, name }) => ({ type: "timer", id: node, timer: name }),
};

/** `buttons`: [{title, help, name, act()}]; `open()` tells more of it. Returns {element, update(item, t_us)}. */
export function messageRow(message, lab, buttons, open) {
  const [kind] = message.body;
  const look = lab.messages[kind];
  const mark = messageMark(look?.shape);
  const picture = svg("svg", { viewBox: "-11 -9 22 18", class: "mark-of", "aria-hidden": "true" }, svg("path", { d: mark.d, class: mark.filled ? "filled" : "open" }));
  setTone(picture, "message", look?.tone);
  const name = el("button", { type: "button", class: "link", tabindex: -1, onclick: open }, kind);
  const route = el("span", { class: "route" }, `${message.src} → ${message.dst}`);
  const copy = message.fate === "duplicate" ? el("span", { class: "hint" }, "copy") : null;
  return row(el("div", { class: "what" }, picture, name, route, copy), messageText(lab, message.body), buttons, `${kind} from ${message.src} to ${message.dst}`, (one) => one.arrives_us);
}

export function timerRow(timer, buttons, open) {
  const name = el("button", { type: "button", class: "link", tabindex: -1, onclick: open }, timer.node);
  const bar = el("i", { class: "bar" });
  const made = row(el("div", { class: "what" }, name, el("span", { class: "route" }, timer.name)), null, buttons, `Timer ${timer.name} of ${timer.node}`, (one) => one.due_us);
  made.element.append(el("span", { class: "left", "aria-hidden": "true" }, bar));
  const update = (one, t_us) => {
    made.update(one, t_us);
    bar.style.transform = `scaleX(${Math.min(Math.max((one.due_us - t_us) / (one.due_us - one.set_us), 0), 1).toFixed(3)})`;
  };
  return { ...made, update };
}

function row(what, says, buttons, label, whenOf) {
  const due = el("span", { class: "due" });
  const does = buttons.map(({ title, help, name, act, more }) => {
    const words = more ? `${title}…` : title;
    return el("button", { type: "button", tabindex: -1, title: help, "aria-label": `${words} ${label}`, "data-action": name, onclick: act }, words);
  });
  const acts = el("div", { class: "does" }, ...does);
  // A message takes two lines, what it is and what it says; a timer fits one.
  const lines = says === null ? [line(what, due, acts)] : [line(what, due), line(el("span", { class: "says", title: says }, says), acts)];
  const element = el("li", { class: "pending-row" }, ...lines);
  return { element, update: (one, t_us) => setText(due, `in ${milliseconds(Math.max(whenOf(one) - t_us, 0))}`) };
}

function line(...parts) {
  return el("div", { class: "line" }, ...parts);
}

/** Puts the rows' elements into the list in this order, moving none that already stands where it should: one that has the focus keeps it. */
export function arrange(list, elements) {
  const wanted = new Set(elements);
  for (const old of [...list.children]) if (!wanted.has(old)) old.remove();
  elements.forEach((element, i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  });
}
