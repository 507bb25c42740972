"""Eviction policies: who goes when the cache is full. One policy is one small file; `base` says what each has to answer.

`python -m labs.catalog.caching.policies` runs one over a trace. Belady's needs the whole trace and stands apart.
"""

from __future__ import annotations

from labs.catalog.caching.policies.base import Policy
from labs.catalog.caching.policies.clock import Clock
from labs.catalog.caching.policies.fifo import Fifo
from labs.catalog.caching.policies.lfu import Lfu
from labs.catalog.caching.policies.lru import Lru
from labs.catalog.caching.policies.sieve import Sieve
from labs.catalog.caching.policies.ttl import Ttl
from labs.catalog.caching.policies.wtinylfu import WTinyLfu

AnyPolicy = Fifo | Lru | Lfu | Ttl | Clock | Sieve | WTinyLfu  # what a node's state may hold, told apart by their tags
POLICIES: dict[str, type[AnyPolicy]] = {
    "fifo": Fifo, "lru": Lru, "lfu": Lfu, "ttl": Ttl, "clock": Clock, "sieve": Sieve, "wtinylfu": WTinyLfu,
}  # fmt: skip


def moved(old: AnyPolicy, kind: str, capacity: int) -> tuple[AnyPolicy, list[str]]:
    """A policy of that kind and capacity with what fits of the old one's objects, and the keys that did not. The old one stays as it is."""
    new = POLICIES[kind](capacity=capacity)
    return new, [gone for key in list(old.order()) for gone in new.admit(key, old.sizes[key])]


__all__ = ["POLICIES", "AnyPolicy", "Policy", "moved"]
