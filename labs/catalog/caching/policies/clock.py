"""CLOCK: FIFO with a second chance. Whoever was asked for since the hand last passed is passed once more.

The circle of page frames is a queue here: what the hand passes goes to the back. The bit is set when an object is
loaded as well as when it is used, as in Stallings, "Operating Systems", section 8.2.

Source: Corbató, "A Paging Experiment with the Multics System", MIT Project MAC report 384, 1968.
"""

from __future__ import annotations

from labs.catalog.caching.policies.fifo import Fifo


class Clock(Fifo, tag="clock"):
    used_since: dict[str, bool] = {}  # the use bit of every object

    def enter(self, key: str) -> None:
        super().enter(key)
        self.used_since[key] = True

    def touch(self, key: str) -> None:
        self.used_since[key] = True

    def leave(self, key: str) -> None:
        super().leave(key)
        del self.used_since[key]

    def victim(self) -> str:
        queue, used_since = self.queue, self.used_since
        key = queue.oldest
        while used_since[key]:
            used_since[key] = False
            queue.renew(key)
            key = queue.oldest
        return key
