// Where things are, in CSS pixels of the cluster's box. Pure: the same nodes and size give the same places.

const PILL = { w: 108, h: 34 };
const BADGE = 28; // px above the highest and below the lowest node, for a line of text
const LANE = 5; // px between the two directions of a link, so that a request and its reply do not hide each other

/** Servers on an ellipse from the top, clockwise; all clients share one pill at the bottom. */
export function layout(nodes, width, height) {
  const servers = nodes.filter((node) => node.kind !== "client").map((node) => node.id);
  const clients = nodes.filter((node) => node.kind === "client").map((node) => node.id);
  const pill = clients.length ? { x: width / 2, y: height - PILL.h / 2, ...PILL } : null;
  const r = radius(servers.length, width, height);
  // Where two servers stand lowest, the pill fits between them; one that stands alone at the bottom needs the pill below it.
  const bottom = pill ? height - (servers.length % 2 ? PILL.h * 0.75 : PILL.h + 8) : height;
  const places = new Map();
  for (const [i, id] of servers.entries()) places.set(id, { ...onEllipse(i, servers.length, width, bottom, r), r });
  for (const id of clients) places.set(id, { ...pill, r: PILL.h / 2 });
  return { places, pill, r, servers, clients };
}

function radius(count, width, height) {
  return clamp(Math.min(width, height) * 0.1 * Math.min(1, 7 / count), 14, 38);
}

function onEllipse(i, count, width, height, r) {
  const angle = (2 * Math.PI * i) / count - Math.PI / 2;
  const top = r + BADGE;
  const drop = height - 2 * (r + BADGE); // from the highest node to the lowest
  const across = Math.min(width / 2 - r - 16, (height / 2) * 1.35);
  // With an odd count the lowest nodes stand above the ellipse's lowest point: stretch it, so that they reach the bottom.
  const lowest = Math.sin((2 * Math.PI * Math.floor(count / 2)) / count - Math.PI / 2);
  const part = count > 1 ? (Math.sin(angle) + 1) / (1 + lowest) : 0.5;
  return { x: width / 2 + across * Math.cos(angle), y: top + drop * part };
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
