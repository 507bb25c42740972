"""Pictures of a layout as plain data, small enough to send: who owns each part of the key space, and what moves.

The key space is a circle of `CELLS` equal cells. Twelve servers with 128 virtual nodes each make 1,536 arcs, of which a
circle of this many cells shows every one that an eye can tell apart; a cell is one character, so a picture is 720 bytes,
told once a change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from labs.catalog.sharding.keys import REGIONS, names
from labs.catalog.sharding.layout import Layout, first, hashed, regions_of, servers, table
from labs.catalog.sharding.placement import ranges
from labs.catalog.sharding.placement.hashing import nth64
from labs.catalog.sharding.placement.rendezvous import Rendezvous
from labs.catalog.sharding.placement.ring import Ring

CELLS = 720
DIGITS = "0123456789ab"  # the owner's place in `servers(layout)`
COMPARED = ("modulo", "ring", "rendezvous", "jump")


@lru_cache(maxsize=64)
def band(layout: Layout) -> str:
    """The owner of the middle of every cell, as one digit of base 12.

    Where a scheme has no circle, a cell stands for a key whose hash falls there; for ranges the circle is the alphabet,
    and for geo each third of it is a region.
    """
    of, members = owner_at(layout), servers(layout)
    places = [((2 * cell + 1) << 64) // (2 * CELLS) for cell in range(CELLS)]
    return "".join(DIGITS[members.index(split_owner(layout, of(place), place))] for place in places)


def owner_at(layout: Layout) -> Callable[[int], str]:
    """A place in [0, 2**64) -> its owner by the scheme alone."""
    if layout.scheme == "ring":
        return Ring(layout.members, layout.virtual_nodes).owner_at
    if layout.scheme == "range":
        return lambda place: ranges.owner(layout.borders, ranges.text_at(place, 4))
    if layout.scheme == "geo":
        owners = [Rendezvous(group).owner for group in regions_of(layout)]
        return lambda place: owners[place * len(REGIONS) >> 64](place)
    return hashed(layout)


def split_owner(layout: Layout, owner: str, place: int) -> str:
    for number, (source, target) in enumerate(layout.splits):
        if owner == source and nth64(place, number) & 1:
            owner = target
    return owner


@lru_cache(maxsize=64)
def would_move(before: Layout, after: Layout, keys: int) -> dict[str, int]:
    """Scheme -> the share of all keys, in percent, that it would move where these servers come and go; empty where none does."""
    old, new = servers(before), servers(after)
    if old == new:
        return {}
    shares = {}
    for scheme in COMPARED:
        there, here = table(first(scheme, old, before.virtual_nodes)), table(first(scheme, new, before.virtual_nodes))
        moved = sum(there[key] != here[key] for key in names(keys))
        shares[scheme] = (200 * moved + keys) // (2 * keys)
    return shares
