"""TTL: whoever expires first goes. All objects live equally long, so that is the one written longest ago.

Unlike FIFO, an object that gets a new value lives anew. That objects leave when their time is up is the cache's own
business; this says only who goes before its time when room is needed.

Source: the eviction policy `volatile-ttl` of Redis; Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches",
INFOCOM 2003.
"""

from __future__ import annotations

from labs.catalog.caching.policies.fifo import Fifo


class Ttl(Fifo, tag="ttl"):
    """The queue is in order of last write."""

    def rewrite(self, key: str) -> None:
        self.queue.renew(key)
