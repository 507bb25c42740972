"""Consistent hashing: servers stand at many points of a circle (virtual nodes), and a key belongs to the first point
clockwise from it.

With v points each, a server's share has a standard deviation of about 1 / sqrt(v) of its mean. A weight multiplies the
number of points.

Sources: David Karger et al., "Consistent Hashing and Random Trees", STOC 1997; Giuseppe DeCandia et al., "Dynamo:
Amazon's Highly Available Key-value Store", SOSP 2007, section 4.2 (virtual nodes).
"""

from __future__ import annotations

from labs.catalog.sharding.placement.hashing import key64, nth64
from labs.engine import placement
from labs.engine.dice import mix


class Ring(placement.Ring):
    """The circle for these `(name, weight)` members."""

    __slots__ = ()

    def __init__(self, members: tuple[tuple[str, int], ...], virtual_nodes: int) -> None:
        super().__init__((nth64(key64(name), i), name) for name, weight in members for i in range(weight * virtual_nodes))

    def owner(self, key: int) -> str:
        """Whose key it is. The key is mixed once more, so that small numbers lie all over the circle."""
        return self.owner_at(mix(key))
