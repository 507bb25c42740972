// Links in the lesson's text that drive a lab on the same page: do a step, set parameters (a new run), go to a moment.

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest?.("a[data-lab]");
  if (!link) return;
  const player = [...document.querySelectorAll("lab-run")].find((one) => one.dataset.name === link.dataset.lab);
  if (!player?.drive) return;
  event.preventDefault();
  player.drive({ step: link.dataset.step, moment: link.dataset.moment, parameters: link.dataset.params, link });
});

/** "12.5s" or "300ms" in microseconds. */
export function parseMoment(text) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text.trim()) ?? [];
  return number === undefined ? null : Math.round(Number(number) * (unit === "ms" ? 1e3 : 1e6));
}

/** "nodes=7&loss_percent=5" as values of the types the lab declares. */
export function parseParameters(text, declared) {
  const given = Object.fromEntries(new URLSearchParams(text));
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, typed(value, declared.find((parameter) => parameter.name === name))]));
}

export function typed(value, parameter) {
  if (parameter?.type === "bool") return value === "true" || value === "on" || value === "1";
  if (parameter?.type === "choice") return parameter.choices.find((choice) => String(choice) === value) ?? value;
  return value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
}
