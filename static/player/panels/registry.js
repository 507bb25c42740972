// Panels by the name a lab's data gives them. A panel is `(spec, player) => {element, update(view), measure?, recolour?}`; an unknown name is passed over.
import { challengesPanel } from "./challenges.js";
import { chartPanel } from "./chart.js";
import { checksPanel } from "./checks.js";
import { eventsPanel } from "./events.js";
import { heatPanel } from "./heat.js";
import { logPanel } from "./log.js";
import { pendingPanel } from "./pending.js";
import { ringPanel } from "./ring.js";
import { slotsPanel } from "./slots.js";
import { sourcePanel } from "./source.js";
import { spaceTimePanel } from "./space_time.js";
import { stateMachinePanel } from "./state_machine.js";
import { tablePanel } from "./table.js";
import { waterfallPanel } from "./waterfall.js";

const PANELS = {
  log: logPanel,
  table: tablePanel,
  events: eventsPanel,
  checks: checksPanel,
  challenges: challengesPanel,
  pending: pendingPanel,
  source: sourcePanel,
  "space-time": spaceTimePanel,
  "state-machine": stateMachinePanel,
  chart: chartPanel,
  heat: heatPanel,
  ring: ringPanel,
  slots: slotsPanel,
  waterfall: waterfallPanel,
};

/** [{name, title, element, update}] in the lab's order. `player`: see `parts` in view.js. */
export function makePanels(specs, player) {
  return specs.filter((spec) => PANELS[spec.panel]).map((spec) => Object.assign(PANELS[spec.panel](spec, player), { name: spec.panel, title: spec.title }));
}
