// What can be done to a thing at a moment, by the lab's table of actions, and the small form for what an action still needs to know.
import { el } from "./dom.js";

/** [{action, args, title}] that make sense for a selected thing; args are those the thing itself answers. One for each way of a link where it matters. */
export function offered(lab, state, thing) {
  const ways = (action) => (action.one_way && thing.type === "link" ? [thing, { type: "link", a: thing.b, b: thing.a }] : [thing]);
  const titled = (action, { a, b }) => (action.one_way && a ? `${action.title}: ${a} → ${b}` : action.title);
  const offers = lab.actions.flatMap((action) => ways(action).map((way) => ({ action, title: titled(action, way), args: argsFrom(action, state, way) })));
  return offers.filter(({ args }) => args !== null);
}

/** The arguments a selected thing gives an action, or null where the action is not for it. */
export function argsFrom(action, state, thing) {
  const nodeArgs = action.args.filter((arg) => arg.type === "node" || arg.type === "nodes");
  const named = (type) => action.args.find((arg) => arg.type === type)?.name;
  if (thing.type === "message") return action.target === "message" ? { [named("message")]: thing.seq } : null;
  if (thing.type === "timer") return action.target === "timer" ? { [named("process")]: thing.id, [named("timer")]: thing.timer } : null;
  if (thing.type === "link" && action.target === "link") return fitsLink(action, state, thing) ? { [nodeArgs[0].name]: thing.a, [nodeArgs[1].name]: thing.b } : null;
  if (thing.type !== "node" || !fits(action, state.nodes[thing.id])) return null;
  if (action.target === "node") return { [nodeArgs[0].name]: thing.id };
  if (action.target === "nodes") return { [nodeArgs[0].name]: [thing.id] };
  return null;
}

/** Whether an action may be offered for a node of this status and kind. */
export function fits(action, node) {
  if (!node || !(action.kinds ?? ["server"]).includes(node.kind)) return false;
  return action.target === "link" || !action.when?.length || action.when.includes(node.status);
}

/** Whether an action may be offered for a link as it is: open, changed or cut. It is cut where no way through is left. */
function fitsLink({ when, one_way }, { links }, { a, b }) {
  if (!when?.length) return true;
  const ways = one_way ? [[a, b]] : [[a, b], [b, a]];
  const found = ways.map(([src, dst]) => links.find((link) => link[0] === src && link[1] === dst)?.[2]);
  return when.includes(found.every((how) => how?.cut) ? "cut" : found.some(Boolean) ? "changed" : "open");
}

/** Whether an action can be carried out with these arguments, without asking anything. */
export function complete(action, args) {
  return action.args.every((arg) => arg.name in args);
}

/** A form for what an action needs beyond the arguments given. `onSubmit(args)`; nodes are offered where the action fits them, and by the lab's selectors. */
export function actionForm(lab, state, action, given, onSubmit) {
  const asked = action.args.filter((arg) => !(arg.name in given));
  const fields = asked.map((arg) => field(arg, arg.default, choicesFor(lab, state, action, arg)));
  const submit = el("button", { type: "submit", class: "primary" }, action.title);
  const form = el("form", { class: "action-form" }, ...fields.map((one) => one.element), submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onSubmit({ ...given, ...Object.fromEntries(fields.map((one) => [one.name, one.value()])) });
  });
  return form;
}

function choicesFor(lab, state, action, arg) {
  if (arg.type === "message") return state.flight.map((message) => message.seq);
  if (arg.type === "process") return [...Object.keys(state.nodes), ...(lab.selectors ?? [])];
  if (arg.type !== "node" && arg.type !== "nodes") return arg.choices ?? [];
  const fitting = Object.values(state.nodes).filter((node) => fits(action, node)).map((node) => node.id);
  return arg.type === "node" ? [...fitting, ...(lab.selectors ?? [])] : fitting;
}

const FIELDS = {
  nodes(arg, value, choices) {
    const boxes = choices.map((id) => el("input", { type: "checkbox", value: id, checked: value?.includes(id) }));
    const labels = boxes.map((box) => el("label", { class: "box" }, box, box.value));
    const element = el("fieldset", {}, el("legend", {}, arg.label), ...labels);
    return { element, value: () => boxes.filter((box) => box.checked).map((box) => box.value) };
  },
  node: (arg, value, choices) => select(arg, value, choices),
  process: (arg, value, choices) => select(arg, value, choices),
  message(arg, value, choices) {
    const chosen = select(arg, value, choices);
    return { ...chosen, value: () => Number(chosen.value()) };
  },
  choice: (arg, value, choices) => select(arg, value, choices),
  int(arg, value) {
    const input = el("input", { type: "number", value, min: arg.min, max: arg.max, required: true });
    return { element: labelled(arg, input), value: () => input.valueAsNumber };
  },
  text(arg, value) {
    const input = el("input", { type: "text", value, maxlength: arg.max_length, required: true, autocomplete: "off", spellcheck: "false" });
    return { element: labelled(arg, input), value: () => input.value.trim() };
  },
};

function field(arg, value, choices) {
  return { name: arg.name, ...(FIELDS[arg.type] ?? FIELDS.text)(arg, value, choices) };
}

function select(arg, value, choices) {
  const options = choices.map((choice) => el("option", { value: choice, selected: choice === value }, String(choice).replaceAll("-", " ")));
  const input = el("select", { required: true }, ...options);
  return { element: labelled(arg, input), value: () => input.value };
}

function labelled(arg, input) {
  return el("label", {}, el("span", {}, arg.label), input);
}
