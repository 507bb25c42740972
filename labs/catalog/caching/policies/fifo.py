"""FIFO: whoever has been here longest goes, however often it was asked for.

Source: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from labs.catalog.caching.policies.base import Policy
from labs.catalog.caching.policies.chain import Chain


class Fifo(Policy, tag="fifo"):
    queue: Chain = msgspec.field(default_factory=Chain)

    def enter(self, key: str) -> None:
        self.queue.push(key)

    def leave(self, key: str) -> None:
        self.queue.unlink(key)

    def victim(self) -> str:
        return self.queue.oldest

    def order(self) -> Iterator[str]:
        return iter(self.queue)
