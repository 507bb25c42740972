"""Randomness without `random`: SplitMix64, one generator per purpose, its whole state one 64-bit integer.

Counter-based, so a generator derived by name never disturbs another: adding a client does not change the network's dice. Only integer
arithmetic takes part; the tail of a latency comes from a table, since libm's last bit differs between machines.

Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
"""

from __future__ import annotations

from hashlib import blake2b

MASK = 0xFFFFFFFFFFFFFFFF
GAMMA = 0x9E3779B97F4A7C15

# 64 quantiles of an exponential distribution with mean 1, in thousandths: -ln(1 - (i + 0.5) / 64), rounded.
TAIL_PERMILLE = (
    8, 24, 40, 56, 73, 90, 107, 125, 143, 161, 179, 198, 217, 237, 257, 277,
    298, 319, 341, 363, 386, 409, 433, 458, 483, 508, 535, 562, 589, 618, 647, 678,
    709, 741, 774, 809, 845, 882, 920, 960, 1002, 1045, 1091, 1138, 1188, 1241, 1297, 1356,
    1418, 1485, 1556, 1633, 1717, 1808, 1908, 2019, 2144, 2287, 2454, 2655, 2906, 3243, 3753, 4852,
)  # fmt: skip


def seed_of(*names: object) -> int:
    """A 64-bit seed from a path of names: the same on every machine and under every PYTHONHASHSEED."""
    return int.from_bytes(blake2b("/".join(map(str, names)).encode(), digest_size=8).digest(), "big")


def mix(state: int) -> int:
    """The 64 random bits that belong to this state of the counter."""
    z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Dice:
    """One generator. `state` is all there is to it."""

    __slots__ = ("state",)

    def __init__(self, state: int) -> None:
        self.state = state

    def bits(self) -> int:
        """64 random bits."""
        self.state = (self.state + GAMMA) & MASK
        return mix(self.state)

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high], both ends included."""
        self.state = z = (self.state + GAMMA) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK  # mix, written out
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return low + (((z ^ (z >> 31)) * (high - low + 1)) >> 64)

    def chance(self, ppm: int) -> bool:
        """True with probability ppm / 1,000,000."""
        return (self.bits() * 1_000_000) >> 64 < ppm
