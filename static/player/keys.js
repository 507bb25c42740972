// The keyboard: one table, read by the handler and by the help that lists it.

export const KEYS = [
  { keys: ["Space"], words: "Play or pause", run: (player) => player.transport.toggle() },
  { keys: ["ArrowRight"], words: "Next event", run: (player) => player.transport.step(1) },
  { keys: ["ArrowLeft"], words: "Event before", run: (player) => player.transport.step(-1) },
  { keys: ["Shift+ArrowRight"], words: "A second on (a tenth in slow motion)", run: (player) => player.transport.nudge(1) },
  { keys: ["Shift+ArrowLeft"], words: "A second back", run: (player) => player.transport.nudge(-1) },
  { keys: ["]"], words: "Next mark of the chosen kind", run: (player) => player.transport.jumpMark(1) },
  { keys: ["["], words: "Mark before", run: (player) => player.transport.jumpMark(-1) },
  { keys: ["j"], words: "Choose the kind: election, fault …", run: (player) => player.transport.nextKind() },
  { keys: ["Home"], words: "To the start", run: (player) => player.transport.jump(0) },
  { keys: ["End"], words: "To the latest moment seen", run: (player) => player.transport.jumpToSeen() },
  { keys: ["."], words: "Faster", run: (player) => player.transport.faster() },
  { keys: [","], words: "Slower", run: (player) => player.transport.slower() },
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: "1 – 9", words: "Select a node", run: (player, key) => player.selection.number(Number(key)) },
  { keys: ["k"], words: "Next link of the selected node", run: (player) => player.selection.nextLink() },
  { keys: ["K"], shown: "Shift k", words: "Link before", run: (player) => player.selection.nextLink(-1) },
  { keys: ["t"], words: "Pending messages and timers", run: (player) => player.showPending() },
  { keys: ["m"], words: "Next message in flight", run: (player) => player.selection.nextMessage() },
  { keys: ["f"], words: "Faults and actions", run: (player) => player.dialogs.menu() },
  { keys: ["?"], words: "This list", run: (player) => player.dialogs.help() },
  { keys: ["Escape"], words: "Close, give up the selection", run: (player) => player.escape() },
];

/** Handles a keydown for a player; says whether it was meant for it. A lab's own keys come first. */
export function handleKey(event, player) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (isTyping(event) && event.key !== "Escape") return false;
  const name = nameOf(event);
  if (name === "Space" && event.target.closest?.("button, a, summary, [role=tab], [role=button]")) return false;
  const action = player.lab.actions.find((one) => one.key && one.key === name);
  const known = KEYS.find((one) => one.keys.includes(name));
  if (!action && !known) return false;
  event.preventDefault();
  if (action) player.deeds.byKey(action, player.selection.thing);
  else known.run(player, name);
  return true;
}

function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key;
  return event.shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
}

function isTyping({ target }) {
  if (target.matches?.("input[type=range]")) return false;
  return Boolean(target.closest?.("input, select, textarea, [contenteditable]"));
}

const SHOWN = { ArrowRight: "→", ArrowLeft: "←", "Shift+ArrowRight": "Shift →", "Shift+ArrowLeft": "Shift ←", Escape: "Esc" };

/** [[keys as shown, words]] for the help, the lab's actions last. */
export function keyList(lab) {
  const taken = new Set(lab.actions.map((action) => action.key));
  const own = KEYS.filter((one) => !one.keys.every((key) => taken.has(key))).map((one) => [one.shown ?? one.keys.map((key) => SHOWN[key] ?? key).join(" "), one.words]);
  const theirs = lab.actions.filter((action) => action.key).map((action) => [action.key, `${action.title}${TARGETS[action.target] ?? ""}`]);
  return [...own, ...theirs];
}

const TARGETS = { node: " the selected node", nodes: " the selected node", link: ", the selected link" };
