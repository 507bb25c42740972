"""A layout says who holds every key. It is data; where the keys lie is computed from it, the same everywhere.

A layout is a scheme over weighted members, and what was done to it since: borders (range alone), splits (of the keys of
`source`, those with a set bit go to `target`) and spread keys (copies on the servers after the owner). `holders` of a
key are its owner, which takes the writes, and then its copies, which answer reads too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from labs.catalog.sharding.keys import REGIONS, home, region_of
from labs.catalog.sharding.placement import ranges
from labs.catalog.sharding.placement.hashing import key64, nth64
from labs.catalog.sharding.placement.jump import jump
from labs.catalog.sharding.placement.modulo import modulo
from labs.catalog.sharding.placement.rendezvous import Rendezvous
from labs.catalog.sharding.placement.ring import Ring

SCHEMES = ("range", "modulo", "ring", "rendezvous", "jump", "geo")
WEIGHTED = ("ring", "rendezvous", "geo")
MEMBERS_MIN = 2


class Refusal(ValueError):
    """A change that cannot be made, with the reason in words."""


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """`members` are `(name, weight)` in the order they joined: a bucket's number is a place in this order."""

    scheme: str
    members: tuple[tuple[str, int], ...]
    virtual_nodes: int
    borders: ranges.Borders = ()
    splits: tuple[tuple[str, str], ...] = ()
    spread: tuple[tuple[str, int], ...] = ()  # key -> holders, its owner among them


def first(scheme: str, names: tuple[str, ...], virtual_nodes: int) -> Layout:
    """The layout a run begins with. Ranges begin as A-M and N-Z: the other members hold nothing yet."""
    members = tuple((name, 1) for name in names)
    return Layout(scheme, members, virtual_nodes, halves(names) if scheme == "range" else ())


def halves(names: tuple[str, ...]) -> ranges.Borders:
    return (("", names[0]), ("n", names[1]))


def servers(layout: Layout) -> tuple[str, ...]:
    """Every server that takes part: the members, and what was split off from them."""
    return tuple(dict.fromkeys([name for name, _ in layout.members] + [target for _, target in layout.splits]))


class Table(dict[str, tuple[str, ...]]):
    """Key -> its holders, worked out when first asked for: a pure function of the layout, remembered."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.owner = scheme_of(layout)
        self.spread = dict(layout.spread)

    def __missing__(self, key: str) -> tuple[str, ...]:
        owner, bits = self.owner(key), key64(key)
        for number, (source, target) in enumerate(self.layout.splits):
            if owner == source and nth64(bits, number) & 1:
                owner = target
        holders: tuple[str, ...] = (owner,)
        if key in self.spread:
            names = servers(self.layout)
            at = names.index(owner)
            holders = (names[at:] + names[:at])[: self.spread[key]]
        self[key] = holders
        return holders


@lru_cache(maxsize=64)
def table(layout: Layout) -> Table:
    return Table(layout)


def scheme_of(layout: Layout) -> Callable[[str], str]:
    """Key -> owner by the scheme alone."""
    if layout.scheme == "range":
        return lambda key: ranges.owner(layout.borders, key)
    if layout.scheme == "geo":
        owners = [Rendezvous(group).owner for group in regions_of(layout)]
        return lambda key: owners[home(key)](key64(key))
    of = hashed(layout)
    return lambda key: of(key64(key))


def hashed(layout: Layout) -> Callable[[int], str]:
    """64 bits of a key -> owner, for the schemes that look at nothing else."""
    names = [name for name, _ in layout.members]
    if layout.scheme == "modulo":
        return lambda bits: names[modulo(bits, len(names))]
    if layout.scheme == "jump":
        return lambda bits: names[jump(bits, len(names))]
    return Ring(layout.members, layout.virtual_nodes).owner if layout.scheme == "ring" else Rendezvous(layout.members).owner


def regions_of(layout: Layout) -> list[tuple[tuple[str, int], ...]]:
    """The members in each region; all of them stand in for a region that has none."""
    return [tuple(m for m in layout.members if region_of(m[0]) == region) or layout.members for region in range(len(REGIONS))]
