"""The objects that are asked for: `k0`, `k1`, ... exist, `x0`, `x1`, ... never do. What counts of an object is its version and its size.

A version is the moment of the write that made it, in microseconds, so that the newest write wins wherever it is compared;
0 is what every object starts with.
"""

from __future__ import annotations

from zlib import crc32

ABSENT = -1  # the version of what does not exist
ABSENT_KEYS = 200  # how many different keys without an object are asked for
ABSENT_BYTES = 100  # what it takes to remember that there is none
EQUAL_BYTES = 1_000
MIXED_BYTES = (250, 250, 500, 500, 500, 1_000, 1_500, 3_500)  # their mean is EQUAL_BYTES


def exists(key: str) -> bool:
    return not key.startswith("x")


def size_bytes(key: str, mixed: bool) -> int:
    """How much room an object takes; the same key always as much."""
    if key[0] == "x":
        return ABSENT_BYTES
    return MIXED_BYTES[crc32(key.encode()) % len(MIXED_BYTES)] if mixed else EQUAL_BYTES
