// A key space cut into cells, as data: who owns which arc, what moves. Pure.

/** The owner of every cell, from its digits: ["s1", "s1", "s4", ...]. */
export function ownersOf(cells, members, digits) {
  return Array.from(cells ?? "", (digit) => members[parseInt(digit, Math.min(Math.max(digits, 2), 36))] ?? null);
}

/** Neighbouring cells of one owner as arcs [{from, to, owner}], `to` exclusive; the one over the top may begin in the last cells and end beyond them. */
export function arcsOf(owners) {
  const arcs = [];
  for (const [cell, owner] of owners.entries()) {
    const last = arcs.at(-1);
    if (last?.owner === owner) last.to = cell + 1;
    else arcs.push({ from: cell, to: cell + 1, owner });
  }
  if (arcs.length > 1 && arcs[0].owner === arcs.at(-1).owner) arcs.at(-1).to += arcs.shift().to;
  return arcs;
}

/** What is shown of a node's snapshot: owners now and before, arcs, what moves, each member's part in parts of 1. */
export function modelOf(state, spec) {
  const owners = ownersOf(state[spec.owners], state[spec.members] ?? [], spec.digits);
  const before = ownersOf(state[spec.old_owners], state[spec.old_members] ?? [], spec.digits);
  const moving = before.length === owners.length && owners.length > 0;
  const moves = owners.map((owner, cell) => moving && before[cell] !== owner);
  const arcs = arcsOf(owners);
  const members = [...new Set([...(state[spec.members] ?? []), ...(moving ? state[spec.old_members] : [])])];
  const parts = new Map(members.map((id) => [id, partOf(id, owners, before, moves, arcs)]));
  return { size: owners.length, owners, before: moving ? before : null, moves, moving: moves.filter(Boolean).length, arcs, oldArcs: moving ? arcsOf(before) : [], parts };
}

function partOf(id, owners, before, moves, arcs) {
  const count = (which) => owners.reduce((sum, _, cell) => sum + which(cell), 0) / (owners.length || 1);
  return {
    share: count((cell) => owners[cell] === id),
    gains: count((cell) => moves[cell] && owners[cell] === id),
    loses: count((cell) => moves[cell] && before[cell] === id),
    arcs: arcs.filter((arc) => arc.owner === id).length,
  };
}

/** The arc that holds a cell. */
export function arcAt(model, cell) {
  return model.arcs.find(({ from, to }) => (cell >= from && cell < to) || cell + model.size < to) ?? null;
}

/** Degrees from the top, clockwise, as they are read. */
export function degrees(cell, size) {
  return `${((((cell % size) + size) % size) * (360 / size)).toFixed(1)}°`;
}
