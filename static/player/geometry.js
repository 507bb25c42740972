// Where things are, in CSS pixels of the cluster's box. Pure: the same nodes and size give the same places.

const PILL = { w: 108, h: 34 };
const BADGE = 28; // px above the highest and below the lowest node, for a line of text
const ZONE_GAP = 0.4; // of the way from one node to the next: between two zones
const GROUND = 0.55; // of a node's radius: how far a zone's ground reaches beyond its nodes
const LANE = 5; // px between the two directions of a link, so that a request and its reply do not hide each other

/** Servers on an ellipse from the top, clockwise, those of a zone beside each other; all clients share one pill at the bottom. */
export function layout(nodes, width, height) {
  const servers = nodes.filter((node) => node.kind !== "client").map((node) => node.id);
  const clients = nodes.filter((node) => node.kind === "client").map((node) => node.id);
  const pill = clients.length ? { x: width / 2, y: height - PILL.h / 2, ...PILL } : null;
  const zones = zonesOf(nodes);
  const { steps, around } = stepsOf(zones);
  const r = radius(around, width, height);
  // Where two servers stand lowest, the pill fits between them; one that stands alone at the bottom needs the pill below it.
  const bottom = pill ? height - (servers.length % 2 ? PILL.h * 0.75 : PILL.h + 8) : height;
  const places = new Map();
  for (const [id, place] of onEllipse(steps, around, width, bottom, r)) places.set(id, { ...place, r });
  for (const id of clients) places.set(id, { ...pill, r: PILL.h / 2 });
  const grounds = zones.filter(({ zone }) => zone).map(({ zone, ids }) => ground(zone, ids.map((id) => places.get(id)), width, bottom, r));
  return { places, pill, r, servers, clients, grounds };
}

/** Servers by the zone they are in, in the order they first appear; those in none have an empty name. */
function zonesOf(nodes) {
  const zones = new Map();
  for (const { id, kind, zone = "" } of nodes) if (kind !== "client") zones.set(zone, [...(zones.get(zone) ?? []), id]);
  return [...zones].map(([zone, ids]) => ({ zone, ids }));
}

/** Which step `at` on the way around the ellipse each server takes; with zones, a gap stands between each and the next. */
function stepsOf(zones) {
  const gap = zones.length > 1 ? ZONE_GAP : 0;
  const steps = zones.flatMap(({ ids }, zone) => ids.map((id) => ({ id, zone }))).map(({ id, zone }, i) => ({ id, at: i + gap * zone }));
  return { steps, around: steps.length + gap * zones.length };
}

/** The ground of a zone: the line around its nodes' middles, how wide it is painted, and a place for its name, towards the middle. */
function ground(zone, places, width, height, r) {
  const middle = { x: width / 2, y: height / 2 };
  const own = { x: mean(places.map(({ x }) => x)), y: mean(places.map(({ y }) => y)) };
  const inward = Math.hypot(middle.x - own.x, middle.y - own.y) || 1;
  const reach = Math.min(inward, r * (1 + GROUND) + 14);
  const name = { x: own.x + ((middle.x - own.x) / inward) * reach, y: own.y + ((middle.y - own.y) / inward) * reach };
  return { zone, path: `M${places.map(({ x, y }) => `${x} ${y}`).join("L")}Z`, wide: 2 * r * (1 + GROUND), name };
}

const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

function radius(count, width, height) {
  return clamp(Math.min(width, height) * 0.1 * Math.min(1, 7 / count), 14, 38);
}

/** `[id, {x, y}]` of all servers, each `at` so many steps of those that lead `around`. */
function onEllipse(steps, around, width, height, r) {
  const angle = ({ at }) => (2 * Math.PI * at) / around - Math.PI / 2;
  const top = r + BADGE;
  const drop = height - 2 * (r + BADGE); // from the highest node to the lowest
  const across = Math.min(width / 2 - r - 16, (height / 2) * 1.35);
  // With an odd count the lowest nodes stand above the ellipse's lowest point: stretch it, so that they reach the bottom.
  const lowest = Math.max(...steps.map((step) => Math.sin(angle(step))));
  const part = (step) => (steps.length > 1 ? (Math.sin(angle(step)) + 1) / (1 + lowest) : 0.5);
  return steps.map((step) => [step.id, { x: width / 2 + across * Math.cos(angle(step)), y: top + drop * part(step) }]);
}

/** The stretch of a link between the edges of its two nodes, shifted to its direction's lane. */
export function lane(a, b, shift = LANE) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.hypot(dx, dy) || 1;
  const ux = dx / length;
  const uy = dy / length;
  const from = edge(a, ux, uy) + 4;
  const to = edge(b, -ux, -uy) + 4;
  return {
    x1: a.x + ux * from - uy * shift,
    y1: a.y + uy * from + ux * shift,
    x2: b.x - ux * to - uy * shift,
    y2: b.y - uy * to + ux * shift,
    angle: Math.atan2(dy, dx),
  };
}

/** From the middle of a node to its edge in a direction; the pill is a stadium. */
function edge(place, ux, uy) {
  if (!place.w) return place.r;
  const flat = place.h / 2 / Math.max(Math.abs(uy), 1e-6);
  return Math.min(flat, place.w / 2);
}

/** How far a message has come at this moment: 0 at its sender, 1 at its receiver. A delayed one goes on from where it was. */
export function progress(message, t_us) {
  const from_us = message.moved_us ?? message.t_us;
  const from = (message.way_ppm ?? 0) / 1e6;
  const span_us = message.arrives_us - from_us;
  return span_us > 0 ? from + (1 - from) * clamp((t_us - from_us) / span_us, 0, 1) : 1;
}

/** Whether a message that will not arrive has visibly vanished by now: halfway. Until then it looks like any other. */
export function hasVanished(message, t_us) {
  return (message.fate === "lost" || message.fate === "cut") && progress(message, t_us) >= 0.5;
}

export function along(path, part) {
  return { x: path.x1 + (path.x2 - path.x1) * part, y: path.y1 + (path.y2 - path.y1) * part };
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
