"""Where keys belong: consistent hashing, for every lab that spreads keys over nodes.

Each node stands at `points` places of a circle of 64-bit numbers; a key belongs to the first node at or after its own
place, clockwise. A node that joins or leaves moves only the keys next to its places. Places come from BLAKE2b, so they
are the same on every machine and under every PYTHONHASHSEED.

Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; several places a node: Stoica et al., "Chord",
SIGCOMM 2001, section 6.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

from labs.engine.dice import seed_of

POINTS = 64  # places of one node: the heaviest share of five nodes then stays within about a quarter above the mean


class Ring:
    """A circle of 64-bit positions and who stands at each. `positions` rise; `owners[i]` stands at `positions[i]`."""

    __slots__ = ("owners", "positions")

    def __init__(self, points: Iterable[tuple[int, str]]) -> None:
        ordered = sorted(points)
        self.positions = [position for position, _ in ordered]
        self.owners = [name for _, name in ordered]

    def owner_at(self, position: int) -> str:
        """Whose the point `position` of the circle is."""
        return self.owners[bisect_left(self.positions, position) % len(self.owners)]

    def preference_at(self, position: int, count: int) -> tuple[str, ...]:
        """The first `count` different ones clockwise from `position`."""
        start, found = bisect_left(self.positions, position), dict[str, None]()
        for i in range(start, start + len(self.owners)):
            found[self.owners[i % len(self.owners)]] = None
            if len(found) == count:
                break
        return tuple(found)


@lru_cache(maxsize=64)
def ring(nodes: tuple[str, ...], points: int = POINTS) -> Ring:
    """The circle of these nodes, each at as many places."""
    return Ring((seed_of("place", node, i), node) for node in nodes for i in range(points))


@lru_cache(maxsize=1 << 16)
def preference(nodes: tuple[str, ...], key: str, points: int = POINTS) -> tuple[str, ...]:
    """All nodes in the order in which they come for this key: its owner first, then who takes over where that is gone."""
    return ring(nodes, points).preference_at(seed_of("key", key), len(nodes))
