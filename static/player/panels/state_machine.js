// A state machine: its states and allowed transitions as the lab declares them, each node's token in its state, the transition just taken lit.
import { el, setAttribute, setText, setTone, svg } from "../dom.js";
import { look } from "../roles.js";
import { nodePath } from "../shapes.js";
import { seconds } from "../words.js";
import { layoutStates, TOKEN, tokenPlace, wrap } from "./state_machine_layout.js";
import { lastChanges } from "./transitions.js";

const WORDS_PX_MIN = 430; // narrower, the arrows carry numbers and the words stand below
const LABEL_LETTERS = 15;
const LINE_PX = 12;
const TOKEN_MS = 450;

/** spec: {field, states: [{name, label, role, at}], transitions: [{from, to, label, bend, side}], source} */
export function stateMachinePanel(spec, { lab, store }) {
  const scene = svg("svg", { class: "machine", role: "img" });
  const key = el("ol", { class: "machine-key", hidden: true });
  const said = el("p", { class: "machine-said" });
  const element = el("div", { class: "state-machine scroll" }, scene, said, key, spec.source ? el("p", { class: "hint" }, spec.source) : null);
  const names = new Map(spec.states.map((state) => [state.name, state.label ?? state.name]));
  const shown = { nodes: new Map(), lit: "" };
  let size = null;
  let plan = null;
  let arrows = [];
  let tokens = new Map(); // node id -> {group, x, y}
  let layer = null;

  function measure() {
    const { clientWidth: width } = element;
    if (!width) return;
    const numbered = width < WORDS_PX_MIN;
    const around = [key, said, element.lastChild].reduce((sum, part) => sum + (part === scene ? 0 : part.offsetHeight), 0);
    const height = Math.max(numbered ? 240 : 270, Math.min(element.clientHeight - (numbered ? 0 : around) - 16, width * 0.8));
    if (size && size.width === width && Math.abs(size.height - height) < 2) return;
    size = { width, height };
    build(width, height, numbered);
  }

  function build(width, height, numbered) {
    plan = layoutStates(spec, width, height, numbered ? 24 : 44);
    setAttribute(scene, "viewBox", `0 0 ${width} ${height}`);
    setAttribute(scene, "height", height);
    arrows = spec.transitions.map((transition, i) => arrow(transition, plan.arrows[i], numbered ? String(i + 1) : transition.label));
    layer = svg("g", { class: "tokens" });
    tokens = new Map();
    shown.nodes.clear();
    shown.lit = "";
    scene.replaceChildren(...arrows.map((one) => one.group), ...arrows.map((one) => one.words), ...spec.states.map(state), layer);
    key.hidden = !numbered;
    key.replaceChildren(...(numbered ? spec.transitions.map(({ label }, i) => (arrows[i].line = el("li", {}, label))) : []));
  }

  function arrow(transition, { d, label, head }, text) {
    const group = svg("g", { class: "transition" }, svg("path", { d, class: "way" }), svg("path", { d: "M0 0-8-4.5V4.5z", class: "head", transform: head }));
    const lines = wrap(text, LABEL_LETTERS);
    const top = label.y - ((lines.length - 1) * LINE_PX) / 2 + 4;
    const words = svg("text", { class: "transition-words", "text-anchor": label.anchor }, ...lines.map((line, i) => svg("tspan", { x: label.x, y: top + i * LINE_PX }, line)));
    const to = lookOf(transition.to);
    setTone(group, "role", to.tone);
    setTone(words, "role", to.tone);
    return { transition, group, words };
  }

  function lookOf(name) {
    const state = spec.states.find((one) => one.name === name);
    return { tone: "follower", shape: "circle", ...lab.topology.roles?.[state?.role ?? name], ...state };
  }

  function state({ name }) {
    const { x, y, r } = plan.places.get(name);
    const { tone, shape } = lookOf(name);
    const group = svg("g", { class: "machine-state", transform: `translate(${x} ${y})`, "data-state": name }, svg("path", { d: nodePath(shape, r) }), svg("text", { y: 4 }, names.get(name)));
    setTone(group, "role", tone);
    return group;
  }

  function update(view) {
    if (!size) measure();
    if (!plan) return;
    const nodes = Object.values(view.state.nodes).filter((node) => names.has(node.state[spec.field]));
    if (nodes.length !== tokens.size || nodes.some((node) => shown.nodes.get(node.id) !== node)) place(nodes, view);
    light(view);
  }

  /** Tokens of one state stand side by side, in the nodes' order; one that changed its state travels there. */
  function place(nodes, { jumped, reduced }) {
    const present = new Set(nodes.map((node) => node.id));
    for (const [id, token] of tokens) if (!present.has(id)) (token.group.remove(), tokens.delete(id));
    for (const name of names.keys()) {
      const here = nodes.filter((node) => node.state[spec.field] === name);
      for (const [i, node] of here.entries()) settle(node, tokenPlace(plan.places.get(name), i, here.length), jumped || reduced);
    }
    setAttribute(scene, "aria-label", `${spec.title}: ${nodes.map((node) => `${node.id} ${names.get(node.state[spec.field])}${node.status === "up" ? "" : `, ${look(node, lab.topology).word}`}`).join("; ")}`);
  }

  function settle(node, { x, y }, quietly) {
    const token = tokens.get(node.id) ?? makeToken(node.id);
    shown.nodes.set(node.id, node);
    const { family, tone } = look(node, lab.topology);
    setTone(token.group, family, tone);
    setAttribute(token.group, "data-status", node.status);
    if (token.x === x && token.y === y) return;
    setAttribute(token.group, "transform", `translate(${x} ${y})`);
    if (token.x !== undefined && !quietly) token.group.animate([{ transform: `translate(${token.x}px, ${token.y}px)` }, { transform: `translate(${x}px, ${y}px)` }], { duration: TOKEN_MS, easing: "ease-in-out" });
    Object.assign(token, { x, y });
  }

  function makeToken(id) {
    const box = svg("rect", { x: -TOKEN.w / 2, y: -TOKEN.h / 2, width: TOKEN.w, height: TOKEN.h, rx: 5 });
    const token = { group: svg("g", { class: "token", "data-token": id }, box, svg("text", { y: 4 }, id)) };
    tokens.set(id, token);
    layer.append(token.group);
    return token;
  }

  /** The transition of the newest moment at or before the playhead: forward, back and after a jump it is the same. */
  function light({ t_us }) {
    const changes = lastChanges(store(), spec.field, t_us).filter((change) => names.has(change.to));
    const lit = changes.map(({ t_us: at_us, node, from, to }) => `${at_us} ${node} ${from} ${to}`).join("; ");
    if (lit === shown.lit) return;
    shown.lit = lit;
    for (const one of arrows) {
      const on = changes.some((change) => matches(one.transition, change));
      for (const part of [one.group, one.words, one.line]) part?.classList.toggle("lit", on);
    }
    setText(said, changes.slice(0, 3).map(tell).join(" "));
    said.classList.toggle("strange", changes.some((change) => !spec.transitions.some((transition) => matches(transition, change))));
  }

  function tell(change) {
    const transition = spec.transitions.find((one) => matches(one, change));
    const way = change.from === null ? `${change.node} is ${names.get(change.to)}` : `${change.node}: ${names.get(change.from) ?? change.from} to ${names.get(change.to)}`;
    return `${seconds(change.t_us, 3)}: ${way}, ${transition ? transition.label : "which the diagram does not allow"}.`;
  }

  return { element, update, measure };
}

function matches(transition, change) {
  return (transition.from ?? null) === change.from && transition.to === change.to;
}
