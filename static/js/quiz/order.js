// An order is answered by moving: with Up and Down, or by dragging. What is sent stands in the selects that were there before this
// script; it writes them and says `input`, as typing would. Until something is moved or kept, there is no answer.
const readers = new WeakMap(); // what has been started -> how it looks at its selects again

export function start(root) {
  if (readers.has(root)) return;
  const part = (name) => root.querySelector(`[data-order-${name}]`);
  const list = part("list");
  const items = () => [...list.children];
  const select = (item) => item.querySelector("select");
  const say = (item, what) => { part("said").textContent = `${item.querySelector("[data-order-words]").textContent.trim()}: ${what}`; };

  function show(answered) {
    part("open").hidden = answered;
    list.classList.toggle("places-given", answered);
  }

  // The selects say where everything stands. Places for some of it cannot be seen in a list, so they are none.
  function read() {
    const places = items().map((item) => Number(select(item).value));
    const answered = places.every((place) => place > 0) && new Set(places).size === places.length;
    if (answered) list.append(...items().sort((a, b) => select(a).value - select(b).value));
    else for (const item of items()) select(item).value = "";
    show(answered);
  }

  function write() {
    items().forEach((item, n) => { select(item).value = String(n + 1); });
    show(true);
    select(list.firstElementChild).dispatchEvent(new Event("input", { bubbles: true }));
  }

  const place = (item) => `place ${items().indexOf(item) + 1} of ${list.children.length}`;

  // The neighbour moves, so that what is moved keeps the focus and the pointer.
  function swap(item, by) {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (other) by < 0 ? item.after(other) : item.before(other);
    return Boolean(other);
  }

  function move(item, by) {
    if (swap(item, by)) {
      write();
      say(item, place(item));
    } else say(item, by < 0 ? "is first already" : "is last already");
  }

  function drag(handle, item, down) {
    if (down.button || handle.closest("fieldset:disabled")) return;
    const before = items();
    const held = new AbortController();
    const middle = (one) => { const { top, height } = one.getBoundingClientRect(); return top + height / 2; };
    const on = (kind, react) => handle.addEventListener(kind, react, { signal: held.signal });
    handle.setPointerCapture(down.pointerId);
    item.classList.add("place-held");
    on("pointermove", ({ clientY }) => {
      while (item.previousElementSibling && clientY < middle(item.previousElementSibling)) swap(item, -1);
      while (item.nextElementSibling && clientY > middle(item.nextElementSibling)) swap(item, 1);
    });
    on("pointercancel", () => list.append(...before));
    on("lostpointercapture", () => {
      held.abort();
      item.classList.remove("place-held");
      if (items().every((one, n) => one === before[n])) return;
      write();
      say(item, place(item));
    });
  }

  for (const item of items()) {
    const handle = item.querySelector("[data-order-handle]");
    select(item).hidden = true;
    handle.hidden = item.querySelector("[data-order-moves]").hidden = false;
    handle.addEventListener("pointerdown", (down) => drag(handle, item, down));
    for (const button of item.querySelectorAll("[data-order-move]")) button.addEventListener("click", () => move(item, Number(button.dataset.orderMove)));
  }
  part("plain").hidden = true;
  part("keep").addEventListener("click", () => {
    write();
    say(list.firstElementChild, "first. This order is your answer");
    list.querySelector("[data-order-move]").focus(); // the button that had it is gone
  });
  readers.set(root, read);
  read();
}

const within = (part) => part.querySelectorAll("[data-order]");

within(document).forEach(start);
// The page (attempt.js) has put another answer there, or other values into the fields of this one.
document.addEventListener("quiz:replaced", ({ target }) => within(target).forEach(start));
document.addEventListener("quiz:filled", ({ target }) => within(target).forEach((root) => readers.get(root)?.()));
