// Panels by the name a lab's data gives them. A panel is `(spec, player) => {element, update(view)}`; an unknown name is passed over.
import { challengesPanel } from "./challenges.js";
import { checksPanel } from "./checks.js";
import { eventsPanel } from "./events.js";
import { logPanel } from "./log.js";
import { tablePanel } from "./table.js";

const PANELS = { log: logPanel, table: tablePanel, events: eventsPanel, checks: checksPanel, challenges: challengesPanel };

/** [{name, title, element, update}] in the lab's order. `player`: {lab, store(), jump(t_us), start(challenge)}. */
export function makePanels(specs, player) {
  return specs.filter((spec) => PANELS[spec.panel]).map((spec) => ({ name: spec.panel, title: spec.title, ...PANELS[spec.panel](spec, player) }));
}
