"""LRU: whoever was asked for least recently goes.

Source: Mattson, Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970.
"""

from __future__ import annotations

from labs.catalog.caching.policies.fifo import Fifo


class Lru(Fifo, tag="lru"):
    """The queue is in order of last use."""

    def touch(self, key: str) -> None:
        queue = self.queue
        if queue.older[""] != key:  # the newest stays where it is
            queue.renew(key)

    rewrite = touch
