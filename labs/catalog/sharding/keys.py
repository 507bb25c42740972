"""The keys of this lab: names such as `m042`, some initials far more common than others.

How often a letter begins a name is our own choice of round numbers: uneven as in any list of names, with 68 % of them
from A to M, so that cutting the alphabet in the middle does not cut the keys in the middle.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate

from labs.catalog.sharding.placement.hashing import key64, nth64
from labs.engine.dice import mix

INITIALS = {
    "a": 6, "b": 9, "c": 10, "d": 5, "e": 3, "f": 4, "g": 5, "h": 7, "i": 1, "j": 4, "k": 4, "l": 4, "m": 6,
    "n": 2, "o": 2, "p": 4, "q": 1, "r": 4, "s": 8, "t": 3, "u": 1, "v": 1, "w": 4, "x": 1, "y": 1, "z": 0,
}  # fmt: skip
REGIONS = ("washington", "frankfurt", "tokyo")  # of labs.engine.regions
GEO = key64("home region")


@cache
def names(count: int) -> tuple[str, ...]:
    """All keys, the most popular one first: popularity has nothing to do with the alphabet."""
    sums = list(accumulate(INITIALS.values()))
    made: list[str] = []
    for number in range(count):
        throw = (2 * number + 1) * sums[-1] // (2 * count)
        letter = next(letter for letter, end in zip(INITIALS, sums, strict=True) if throw < end)
        made.append(f"{letter}{number:04d}")
    return tuple(sorted(made, key=lambda name: nth64(key64(name), 0)))


@cache
def home(key: str) -> int:
    """The number of the region where most of a key's requests come from."""
    return mix(key64(key) ^ GEO) % len(REGIONS)


def region_of(node: str) -> int:
    """The number of the region a machine stands in: s1, r1 and c1 in the first, s2, r2 and c2 in the second, and so on."""
    return (int(node[1:]) - 1) % len(REGIONS)


@cache
def names_of(count: int, region: int) -> tuple[str, ...]:
    """The keys at home in a region, the most popular first."""
    return tuple(name for name in names(count) if home(name) == region)
