// The table of grades: arrow keys from cell to cell, and a cell's explanation beside it. Without this each student's page leads to the same.
const table = document.querySelector("table.grades");
const panel = document.querySelector("#why");
const BESIDE = matchMedia("(min-width: 1000px)"); // as in gradebook.css; below it a cell opens as a page
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
let here; // the cell the keyboard is at

if (table) begin();

function begin() {
  document.documentElement.classList.add("with-script");
  table.setAttribute("role", "grid");
  table.parentElement.removeAttribute("tabindex"); // its cells scroll it
  at(table.querySelector("tbody td"));
  table.addEventListener("keydown", keys);
  table.addEventListener("click", ({ target }) => {
    const cell = target.closest("tbody td");
    if (cell) open(at(cell));
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  panel.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]")) close();
  });
  panel.addEventListener("htmx:beforeSwap", refusals);
  document.body.addEventListener("gradebook:cell", ({ detail }) => write(detail));
}

/** Make this the one cell that Tab comes to. */
function at(cell) {
  if (!cell) return cell;
  here?.removeAttribute("tabindex");
  here = cell;
  here.tabIndex = 0;
  return cell;
}

function keys(event) {
  const cell = event.target.closest("td");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open(cell);
    return;
  }
  const next = step(cell, event.key);
  if (!next) return;
  event.preventDefault();
  at(next).focus();
}

function step(cell, key) {
  const row = cell.parentElement;
  if (key === "Home") return row.querySelector("td");
  if (key === "End") return row.lastElementChild;
  const [down, right] = STEPS[key] ?? [];
  const rows = [...row.parentElement.rows];
  const to = down === undefined ? undefined : rows[rows.indexOf(row) + down]?.cells[cell.cellIndex + right];
  return to?.tagName === "TD" ? to : undefined;
}

/** The column and the student of a cell; none for a total. */
function place(cell) {
  const column = table.tHead.rows[0].cells[cell.cellIndex].dataset.column;
  const seat = cell.parentElement.dataset.seat;
  return column && seat ? `${table.dataset.cells}${column}/${seat}/` : undefined;
}

async function open(cell) {
  const url = place(cell);
  if (!url) return;
  if (!BESIDE.matches || !window.htmx) {
    location.assign(url);
    return;
  }
  table.querySelector("td[aria-selected]")?.removeAttribute("aria-selected");
  cell.setAttribute("aria-selected", "true");
  panel.hidden = false;
  cell.scrollIntoView({ block: "nearest", inline: "nearest" }); // the table is narrower now
  panel.setAttribute("aria-busy", "true");
  await window.htmx.ajax("GET", url, { target: "#why", swap: "innerHTML" });
  panel.removeAttribute("aria-busy");
  panel.scrollTop = 0;
  panel.querySelector(".why-title")?.focus({ preventScroll: true });
}

function close() {
  panel.hidden = true;
  panel.replaceChildren();
  table.querySelector("td[aria-selected]")?.removeAttribute("aria-selected");
  here?.focus();
}

/** A refusal carries words to show: what was typed stays in its form. */
function refusals({ detail }) {
  if (detail.xhr.status !== 422) return;
  detail.shouldSwap = true;
  detail.isError = false;
}

/** What a cell says from now on, as the server would have written it. */
function write({ column, seat, number, sign, word, total }) {
  const index = [...table.tHead.rows[0].cells].findIndex((head) => head.dataset.column === String(column));
  const row = table.querySelector(`tr[data-seat="${Number(seat)}"]`);
  if (index < 0 || !row) return;
  const cell = row.cells[index];
  cell.className = sign;
  cell.textContent = number;
  if (word) cell.append(Object.assign(document.createElement("i"), { textContent: word }));
  row.querySelector("td.total").textContent = total;
}
