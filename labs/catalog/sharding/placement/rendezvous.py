"""Rendezvous (highest random weight): every server throws for every key, and the highest throw has it.

A weight w is w throws: the highest of them wins with a chance in proportion to w, in integers alone (the usual formula
takes a logarithm, whose last bit differs between machines).

Source: David G. Thaler and Chinya V. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
Transactions on Networking 6(1), 1998.
"""

from __future__ import annotations

from labs.catalog.sharding.placement.hashing import key64, nth64
from labs.engine.dice import mix


class Rendezvous:
    """The throws of these `(name, weight)` members."""

    def __init__(self, members: tuple[tuple[str, int], ...]) -> None:
        self.seats = [(nth64(key64(name), seat), name) for name, weight in members for seat in range(weight)]

    def owner(self, key: int) -> str:
        """Whose key it is: the member with the highest throw (between equal ones the later name)."""
        mixed = mix(key)
        return max((mix(seat ^ mixed), name) for seat, name in self.seats)[1]
