// Starting again: another scenario, other parameters, another seed. The form is made from the lab's declarations.
import { typed } from "./drive.js";
import { el } from "./dom.js";

/** `current`: {scenario, parameters, seed}; `onStart({scenario, parameters, seed})`. */
export function setupForm(lab, current, onStart) {
  const why = el("p", { class: "hint" });
  const scenario = el("select", {}, ...lab.scenarios.map((one) => el("option", { value: one.name, selected: one.name === current.scenario }, one.title)));
  const seed = el("input", { type: "number", min: 0, max: 2 ** 31 - 1, value: current.seed, required: true });
  const inputs = new Map(lab.parameters.map((parameter) => [parameter.name, input(parameter)]));
  const set = (values) => lab.parameters.forEach((parameter) => setValue(inputs.get(parameter.name), parameter, values[parameter.name] ?? parameter.default));
  scenario.addEventListener("change", () => {
    const chosen = lab.scenarios.find((one) => one.name === scenario.value);
    why.textContent = chosen.why;
    seed.value = chosen.seed;
    set(chosen.parameters);
  });
  why.textContent = lab.scenarios.find((one) => one.name === current.scenario)?.why ?? "";
  set(current.parameters);
  const fields = lab.parameters.map((parameter) => labelled(parameter.unit ? `${parameter.label}, ${parameter.unit}` : parameter.label, inputs.get(parameter.name), parameter.help));
  const form = el("form", { class: "action-form setup-form" }, labelled("Scenario", scenario), why, el("div", { class: "grid" }, ...fields, labelled("Seed", seed)), el("button", { type: "submit", class: "primary" }, "Start a new run"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const parameters = Object.fromEntries(lab.parameters.map((parameter) => [parameter.name, valueOf(inputs.get(parameter.name), parameter)]));
    onStart({ scenario: scenario.value, parameters, seed: seed.valueAsNumber });
  });
  return form;
}

function input(parameter) {
  if (parameter.type === "bool") return el("input", { type: "checkbox" });
  if (parameter.type === "choice") return el("select", {}, ...parameter.choices.map((choice) => el("option", { value: choice }, String(choice))));
  return el("input", { type: "number", min: parameter.min, max: parameter.max, step: parameter.type === "int" ? 1 : "any", required: true });
}

function setValue(node, parameter, value) {
  if (parameter.type === "bool") node.checked = value;
  else node.value = String(value);
}

function valueOf(node, parameter) {
  return parameter.type === "bool" ? node.checked : typed(node.value, parameter);
}

function labelled(words, node, help = "") {
  return el("label", { title: help }, el("span", {}, words), node);
}
