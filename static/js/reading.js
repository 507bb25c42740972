// What was read, on its way to the site. Before there is somebody to keep it for, this browser keeps it, and hands it over once there is.

const KINDS = { read: "sections", guides: "guides" }; // name in this browser -> name in a report
const KEY = /^(read|guides):(\d{1,2}\.\d{1,2})$/;
const IDS_MAX = 100; // in one request, as the site allows
const ID_MAX = 80;

/** The ids kept here of a lesson: kind is "read" or "guides". */
export function kept(kind, number) {
  return new Set(load(`${kind}:${number}`));
}

export function keep(kind, number, ids) {
  try {
    localStorage.setItem(`${kind}:${number}`, JSON.stringify([...ids]));
  } catch {
    // storage is full or off: nothing is lost but a tick
  }
}

function load(key) {
  try {
    const ids = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string" && id.length <= ID_MAX) : [];
  } catch {
    return []; // storage is off or holds something else
  }
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => KEY.test(key));
  } catch {
    return [];
  }
}

/** Gives the site what was read before it knew the reader, and forgets it here. `place` is {url, csrf}. Returns how much was new to hand over. */
export async function handOver(place) {
  const found = keys();
  const ids = found.flatMap((key) => load(key).map((id) => [...KEY.exec(key).slice(1), id]));
  for (let at = 0; at < ids.length; at += IDS_MAX) {
    if (!(await send(place, { lessons: byLesson(ids.slice(at, at + IDS_MAX)) }))) return 0; // the next page tries again
  }
  for (const key of found) localStorage.removeItem(key);
  return ids.length;
}

/** `[[kind, number, id]]` as a report has it. */
function byLesson(ids) {
  const lessons = {};
  for (const [kind, number, id] of ids) ((lessons[number] ??= {})[KINDS[kind]] ??= []).push(id);
  return lessons;
}

/** Whether the site took the report. */
export async function send({ url, csrf }, report, { keepalive = false } = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") ?? csrf };
  const options = { method: "POST", headers, body: JSON.stringify(report), credentials: "same-origin", keepalive };
  const response = await fetch(url, options).catch(() => null);
  return response?.ok ?? false;
}

function cookie(name) {
  return document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}
