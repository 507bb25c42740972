"""Keys and names as 64-bit integers, the same on every machine and under every PYTHONHASHSEED."""

from __future__ import annotations

from functools import cache

from labs.engine.dice import GAMMA, MASK, mix, seed_of


@cache
def key64(text: str) -> int:
    """The 64 bits of a key's text: its BLAKE2b hash (RFC 7693), 8 bytes, read as a big-endian integer."""
    return seed_of(text)


def nth64(seed: int, number: int) -> int:
    """The `number`-th 64 bits that belong to a seed (SplitMix64): virtual nodes of one server, seats of one weight."""
    return mix((seed + (number + 1) * GAMMA) & MASK)
