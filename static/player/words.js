// What happens, in sentences. The templates are the lab's; this only fills them.

/** `"{node} became leader of term {term}"` with the values given; an unknown name stays visible, as a fault of the lab's text. */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? say(values[name]) : whole));
}

/** A value as a reader wants it: lists joined with commas and "and", nothing for nothing. */
export function say(value) {
  if (Array.isArray(value)) return value.length > 1 ? `${value.slice(0, -1).map(say).join(", ")} and ${say(value.at(-1))}` : value.map(say).join("");
  if (value === null || value === undefined || value === "") return "none";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name} ${say(one)}`).join(", ");
  return String(value);
}

export function seconds(t_us, digits = 2) {
  return `${(Math.floor(t_us / 10_000) / 100).toFixed(digits)} s`;
}

export function milliseconds(span_us) {
  return span_us < 10_000 ? `${(span_us / 1000).toFixed(1)} ms` : `${Math.round(span_us / 1000)} ms`;
}

/** A value whose unit is in its name, as a reader wants it: `latency_us: 50000` is "latency 50 ms", `loss_ppm: 50000` is "loss 5 %". */
export function quantity(name, value) {
  const [, words, unit] = /^(.*?)_(us|ppm|bytes_per_s)$/.exec(name) ?? [null, name, ""];
  const shown = { us: milliseconds, ppm: (ppm) => `${ppm / 10_000} %`, bytes_per_s: (bytes) => `${bytes} bytes/s` }[unit]?.(value) ?? say(value);
  return `${words.replaceAll("_", " ")} ${shown}`;
}

/** Fields of a message's body by name: [[name, value], ...]. */
export function messageFields(lab, body) {
  const names = lab.messages[body[0]]?.fields ?? [];
  return body.slice(1).map((value, i) => [names[i] ?? `field ${i + 1}`, value]);
}

/** What a message carries, by the lab's template ("term 4, 2 entries"); empty where it has none. */
export function messageText(lab, body) {
  const template = lab.messages[body[0]]?.text;
  return template ? fill(template, Object.fromEntries(messageFields(lab, body))) : "";
}

const STATUS = { up: "is up again", down: "stopped", paused: "paused" };

const SENTENCES = {
  note(event, lab) {
    const template = lab.notes[event.name]?.text ?? `{node}: ${event.name.replaceAll("_", " ")}`;
    return fill(template, { node: event.node, ...event.fields });
  },
  fault: (event) => event.text,
  node: (event) => `${event.node} ${STATUS[event.status] ?? event.status}`,
  limit: (event) => event.text,
  check: (event, lab) => `${checkTitle(lab, event.checker)} ${event.holds ? "holds again" : "violated"}: ${event.text}`,
  goal: (event) => event.text,
  operation(event) {
    const asked = event.value === null || event.value === undefined || event.value === "" ? "" : ` = ${say(event.value)}`;
    return `${event.process}: ${event.f} ${event.key}${asked}${OUTCOME[event.type]}`;
  },
  timer: (event) => (event.due_us === null ? `${event.node}: timer ${event.name} cancelled` : `${event.node}: timer ${event.name} is due in ${milliseconds(event.due_us - event.t_us)}`),
  message: (event, lab, known_us) => `${event.src} to ${event.dst}: ${event.body[0]}${fateOf(event, known_us)}${tail(messageText(lab, event.body))}`,
};

const OUTCOME = { invoke: " asked", ok: " done", fail: " refused", info: " unanswered" };
const FATES = { lost: " (lost)", cut: " (link cut)", duplicate: " (copy)" };

/** Lost messages look like any other until they vanish, halfway. */
function fateOf({ t_us, arrives_us, fate }, known_us) {
  return fate === "duplicate" || known_us >= (t_us + arrives_us) / 2 ? FATES[fate] ?? "" : "";
}

function tail(text) {
  return text ? `, ${text}` : "";
}

/** The sentence of an event, with its full stop; null for kinds that have none. What became of a message is told as far as `known_us` knows it. */
export function sentence(event, lab, known_us = Infinity) {
  const words = SENTENCES[event.kind]?.(event, lab, known_us);
  return words ? words.replace(/[.]?$/, ".") : null;
}

export function checkTitle(lab, name) {
  return lab.checkers.find((checker) => checker.name === name)?.title ?? name;
}

/** Events that change the story, for the status line and for ears: not every operation, nor a status that a fault already told. */
export function isNews(event) {
  return event.kind === "note" || event.kind === "fault" || event.kind === "check" || event.kind === "limit";
}

/** An act in few words: "stop n3", "cut off n1 and n2". */
export function deedLabel(lab, name, args) {
  const action = lab.actions.find((one) => one.name === name);
  const nodes = (action?.args ?? []).filter((arg) => arg.type === "node" || arg.type === "nodes").flatMap((arg) => args[arg.name] ?? []);
  return `${(action?.title ?? name.replaceAll("_", " ")).toLowerCase()} ${say(nodes)}`.trim();
}

/** The mark an event leaves on the timeline, or null: {t_us, seq, kind, label}. */
export function markOf(event, lab) {
  const at = { t_us: event.t_us, seq: event.seq };
  if (event.kind === "fault") return { ...at, kind: "fault", label: deedLabel(lab, event.name, event.args), text: event.text ?? undefined, command: event.command };
  if (event.kind === "check" && !event.holds) return { ...at, kind: "violated", label: checkTitle(lab, event.checker), text: sentence(event, lab) };
  if (event.kind === "note" && lab.notes[event.name]?.mark) return { ...at, kind: "note", label: lab.notes[event.name].mark, text: sentence(event, lab) };
  if (event.kind === "goal" && event.progress >= 1) return { ...at, kind: "goal", label: "goal reached", challenge: event.challenge };
  return null;
}
