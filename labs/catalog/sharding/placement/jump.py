"""Jump consistent hash: no table at all, buckets numbered from 0, only the last one can go.

Source: John Lamping and Eric Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv:1406.2294, 2014, figure 1.
"""

from __future__ import annotations

MULTIPLIER = 2862933555777941757  # of the paper's linear congruential generator
MASK = 0xFFFFFFFFFFFFFFFF


def jump(key: int, buckets: int) -> int:
    """The bucket, from 0, of an unsigned 64-bit key. The paper's C++ to the bit: doubles are IEEE 754 in both, and the
    product is cut towards zero. Raises ValueError for no buckets.
    """
    if buckets < 1:
        raise ValueError(f"jump needs at least one bucket; got {buckets}")
    bucket, following = -1, 0
    while following < buckets:
        bucket = following
        key = (key * MULTIPLIER + 1) & MASK
        following = int((bucket + 1) * (float(1 << 31) / float((key >> 33) + 1)))
    return bucket
