// What a selected thing is, in words, and what can be done to it: the content of the popover. Drawn again when the thing changes.
import { complete, offered } from "./actions.js";
import { details } from "./details.js";
import { el, setTone } from "./dom.js";
import { hasVanished } from "./geometry.js";
import { lastTold } from "./moves.js";
import { badge, look } from "./roles.js";
import { messageFields, milliseconds, quantity, say, seconds, sentence } from "./words.js";

const FIELDS_MAX = 8;
const MESSAGES_MAX = 6;
const MORE_MIN = 2; // this many actions without a key are shown; more are folded away

/** {title, key, content()}: the content is made again only when `key` (the objects it shows) changed. Null where the thing is gone. */
export function inspect(thing, view, player) {
  return (INSPECT[thing.type] ?? (() => null))(thing, view, player);
}

const INSPECT = {
  node(thing, { state }, player) {
    const node = state.nodes[thing.id];
    if (!node) return null;
    const flying = state.flight.filter((message) => message.src === node.id || message.dst === node.id);
    const timers = state.timers?.[thing.id];
    const key = [node, timers, flying.map((message) => message.seq).join(), player.canAct()];
    const content = () => [chips(node, player.lab), facts(nodeFacts(node, player.lab)), actions(thing, state, player), timersOf(node, timers, state, player), linksOf(node, state, player), flightOf(flying, player)];
    return { title: node.id, key, content };
  },

  link(thing, { state }, player) {
    const way = (src, dst) => [`${src} to ${dst}`, condition(state.links.find(([a, b]) => a === src && b === dst)?.[2])];
    const flying = state.flight.filter((message) => isOn(message, thing));
    const key = [state.links, flying.map((message) => message.seq).join(), player.canAct()];
    const content = () => [facts([way(thing.a, thing.b), way(thing.b, thing.a)]), actions(thing, state, player), flightOf(flying, player)];
    return { title: `Link ${thing.a} – ${thing.b}`, key, content };
  },

  message(thing, { state, t_us }, player) {
    const flying = state.flight.find((one) => one.seq === thing.seq);
    const message = flying ?? lastTold(player.session.store, player.eventOf(thing.seq), t_us);
    if (!message) return null;
    const status = messageStatus(message, state, t_us);
    const pending = flying && !hasVanished(flying, t_us);
    const content = () => [
      el("p", { class: "route" }, `${message.src} to ${message.dst}, ${status}`),
      facts([
        ...messageFields(player.lab, message.body).map(([name, value]) => [name.replaceAll("_", " "), say(value)]),
        ["sent", seconds(message.t_us, 3)],
        ["on the way", milliseconds(message.arrives_us - message.t_us)],
      ]),
      pending ? actions(thing, state, player) : null,
      codeOf(thing, player),
    ];
    return { title: message.body[0], key: [message.seq, message.arrives_us, status, pending && player.canAct()], content };
  },

  timer(thing, { state }, player) {
    const timer = state.timers?.[thing.id]?.[thing.timer];
    if (!timer) return null;
    return { title: `Timer ${thing.timer} of ${thing.id}`, key: [timer], content: () => [facts([["due", seconds(timer.due_us, 3)]]), actions(thing, state, player), codeOf(thing, player)] };
  },

  event(thing, view, player) {
    const event = player.eventOf(thing.seq);
    if (!event) return null;
    return { title: seconds(event.t_us, 3), key: [event], content: () => [el("p", {}, sentence(event, player.lab)), details(event, player.lab)] };
  },

  clients(thing, { state }, player) {
    const clients = Object.values(state.nodes).filter((node) => node.kind === "client");
    const pending = Object.values(state.operations);
    const asks = player.lab.actions.filter((action) => action.target === "none" && !action.fault).map((action) => ({ action, args: {} }));
    const lines = clients.map((node) => [node.id, waiting(pending.find((operation) => operation.process === node.id)) ?? "thinking"]);
    return { title: "Clients", key: [state.operations, player.canAct()], content: () => [facts(lines), buttons(asks, player)] };
  },
};

function chips(node, lab) {
  const { word, family, tone } = look(node, lab.topology);
  const role = el("span", { class: "chip toned" }, word);
  setTone(role, family, tone);
  const text = badge(node, lab.topology);
  return el("p", { class: "chips" }, role, text ? el("span", { class: "chip" }, text) : null);
}

/** The fields the lab's table panel names, in its order; else the first plain ones of the snapshot. */
function nodeFacts(node, lab) {
  const named = lab.panels.find((panel) => panel.panel === "table")?.fields;
  const plain = () => Object.keys(node.state).filter((name) => typeof node.state[name] !== "object").map((name) => ({ name, label: name.replaceAll("_", " ") }));
  const fields = (named ?? plain()).filter((field) => field.name !== lab.topology.role && field.name in node.state);
  return fields.slice(0, FIELDS_MAX).map((field) => [field.label, say(node.state[field.name]) || "none"]);
}

function facts(pairs) {
  return el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function actions(thing, state, player) {
  return buttons(offered(player.lab, state, thing), player);
}

function buttons(offers, player) {
  if (!player.canAct()) return el("p", { class: "hint" }, player.whyNot());
  const [first, more] = [offers.filter(({ action }) => action.key), offers.filter(({ action }) => !action.key)];
  const [shown, folded] = first.length && more.length > MORE_MIN ? [first, more] : [offers, []];
  const row = (some) => el("div", { class: "buttons" }, ...some.map((offer) => actionButton(offer, player)));
  return el("div", { class: "deeds" }, row(shown), folded.length ? el("details", {}, el("summary", {}, `${folded.length} more`), row(folded)) : null);
}

function actionButton({ action, args, title = action.title }, player) {
  const key = action.key ? el("kbd", { "aria-hidden": "true" }, action.key) : null;
  return el("button", { type: "button", title: action.help, "data-action": action.name, onclick: () => player.choose(action, args) }, complete(action, args) ? title : `${title}…`, key);
}

/** Where the page has the nodes' code: what handles this. */
function codeOf(thing, player) {
  if (!player.dataset.sourceUrl) return null;
  return el("button", { type: "button", class: "link", onclick: () => player.selection.showCode(thing) }, "See the code");
}

/** The node's timers, the next one first, each with what can be done to it. */
function timersOf(node, timers, state, player) {
  const mine = Object.entries(timers ?? {}).sort(([, a], [, b]) => a.due_us - b.due_us);
  if (!mine.length) return null;
  const offers = (timer) => (player.canAct() ? offered(player.lab, state, { type: "timer", id: node.id, timer }) : []);
  const one = ([name, { due_us }]) => el("li", {}, `${name}, due at ${seconds(due_us, 3)} `, ...offers(name).map((offer) => actionButton(offer, player)), codeOf({ type: "timer", id: node.id, timer: name }, player));
  return el("ul", { class: "hint timers", "aria-label": "Timers" }, ...mine.map(one));
}

function linksOf(node, state, player) {
  const others = Object.values(state.nodes).filter((other) => other.kind !== "client" && other.id !== node.id);
  if (node.kind === "client" || others.length > 9) return null;
  const pick = (other) => {
    const [a, b] = [node.id, other.id].sort((x, y) => player.orderOf(x) - player.orderOf(y));
    player.selection.set({ type: "link", a, b }, "keyboard");
  };
  const one = (other) => el("button", { type: "button", class: "link", "aria-label": `Link to ${other.id}`, onclick: () => pick(other) }, other.id);
  return el("p", { class: "hint more" }, "Links to ", ...others.map(one));
}

function flightOf(messages, player) {
  if (!messages.length) return "";
  const one = (message) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => player.selection.set({ type: "message", seq: message.seq }, "keyboard") }, message.body[0]), ` ${message.src} to ${message.dst}`);
  const more = messages.length > MESSAGES_MAX ? el("li", {}, `and ${messages.length - MESSAGES_MAX} more`) : null;
  return el("ul", { class: "hint flying", "aria-label": "In flight" }, ...messages.slice(0, MESSAGES_MAX).map(one), more);
}

/** Its fate is told only once it is visible: a student may not look into the future. */
function messageStatus(message, state, t_us) {
  const byHand = message.moved_us !== undefined && message.moved_us === message.arrives_us;
  if (message.dropped) return "dropped on the way";
  if (hasVanished(message, t_us) && !byHand) return message.fate === "cut" ? "stopped by a cut link" : "lost on the way";
  if (state.flight.includes(message)) return message.fate === "duplicate" ? "a copy, on its way" : "on its way";
  return t_us < message.t_us ? "not sent yet" : t_us >= message.arrives_us ? "arrived" : "dropped on the way";
}

/** "open", "cut", or what else is not as configured: "latency 50 ms, loss 5 %". */
export function condition(how) {
  if (!how) return "open";
  return how.cut ? "cut" : Object.entries(how).map(([name, value]) => quantity(name, value)).join(", ");
}

function isOn(message, { a, b }) {
  return (message.src === a && message.dst === b) || (message.src === b && message.dst === a);
}

function waiting(operation) {
  if (!operation) return null;
  const value = operation.value === null || operation.value === undefined ? "" : `=${say(operation.value)}`;
  return `waits for ${operation.f} ${operation.key}${value}`;
}
