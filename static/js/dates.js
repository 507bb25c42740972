// Beside a time in a class's zone: the same moment on the reader's own clock, where that shows something else.
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hour12: false });

for (const time of document.querySelectorAll("time[data-zone]")) {
  const at = new Date(time.dateTime);
  const mine = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
  if (Number.isNaN(at.getTime()) || clock(here).format(at) === clock(time.dataset.zone).format(at)) continue;
  const said = document.createElement("span");
  said.className = "here";
  said.textContent = `${mine.format(at)} on your clock`;
  time.append(said);
}
