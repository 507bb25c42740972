"""The remainder of the key by the number of buckets: even, and nearly every key moves when that number changes."""

from __future__ import annotations


def modulo(key: int, buckets: int) -> int:
    return key % buckets
