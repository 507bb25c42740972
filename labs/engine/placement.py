"""Where keys belong: consistent hashing, for every lab that spreads keys over nodes.

Each node stands at `points` places of a circle of 64-bit numbers; a key belongs to the first node at or after its own
place, clockwise. A node that joins or leaves moves only the keys next to its places. Places come from BLAKE2b, so they
are the same on every machine and under every PYTHONHASHSEED.

Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; several places a node: Stoica et al., "Chord",
SIGCOMM 2001, section 6.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from labs.engine.dice import seed_of

POINTS = 64  # places of one node: the heaviest share of five nodes then stays within about a quarter above the mean


@lru_cache(maxsize=64)
def ring(nodes: tuple[str, ...], points: int = POINTS) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The places in rising order, and the node at each."""
    places = sorted((seed_of("place", node, i), node) for node in nodes for i in range(points))
    return tuple(place for place, _ in places), tuple(node for _, node in places)


@lru_cache(maxsize=1 << 16)
def preference(nodes: tuple[str, ...], key: str, points: int = POINTS) -> tuple[str, ...]:
    """All nodes in the order in which they come for this key: its owner first, then who takes over where that is gone."""
    places, owners = ring(nodes, points)
    start = bisect_left(places, seed_of("key", key))
    found: dict[str, None] = {}
    for i in range(start, start + len(owners)):
        found[owners[i % len(owners)]] = None
        if len(found) == len(nodes):
            break
    return tuple(found)
