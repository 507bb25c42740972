"""LFU: whoever was asked for least often since it came goes; among equals, the least recently used.

Counts are forgotten with the object. One queue for each count makes every step constant in time but for the search for
the lowest count after a removal.

Source: Aho, Denning, Ullman, "Principles of Optimal Page Replacement", JACM 18(1), 1971 (the policy); Shah, Mitra,
Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010 (the queues).
"""

from __future__ import annotations

from collections.abc import Iterator

from labs.catalog.caching.policies.base import Policy
from labs.catalog.caching.policies.chain import Chain


class Lfu(Policy, tag="lfu"):
    counts: dict[str, int] = {}
    queues: dict[int, Chain] = {}  # count -> its keys in order of last use; no queue is empty

    def enter(self, key: str) -> None:
        self._join(key, 1)

    def touch(self, key: str) -> None:
        count = self.counts[key]
        self.leave(key)
        self._join(key, count + 1)

    def _join(self, key: str, count: int) -> None:
        self.counts[key] = count
        queue = self.queues.get(count)
        if queue is None:
            queue = self.queues[count] = Chain()
        queue.push(key)

    def leave(self, key: str) -> None:
        count = self.counts.pop(key)
        queue = self.queues[count]
        queue.unlink(key)
        if not queue.oldest:
            del self.queues[count]

    def victim(self) -> str:
        return self.queues[1 if 1 in self.queues else min(self.queues)].oldest

    def order(self) -> Iterator[str]:
        return (key for count in sorted(self.queues) for key in self.queues[count])
