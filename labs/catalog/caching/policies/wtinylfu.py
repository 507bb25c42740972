"""W-TinyLFU: a newcomer is let in only if it was asked for more often lately than those it would push out.

One per cent of the capacity is a window in order of last use, where everything enters. What leaves the window applies
for the rest, a segmented LRU: probation, and a protected part of 80 %, reached by a second use. A sketch counts how
often keys were asked for lately, those outside the cache too. Against a scan this is the strongest policy here: what is
asked for once never gets past the window.

With sizes, an applicant must beat every object that would have to leave for it; the paper has one size and one victim.
An object larger than the 99 % is not admitted either.

Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM Transactions on Storage
13(4), 2017; segmented LRU: Karedla, Love, Wherry, "Caching Strategies to Improve Disk System Performance", Computer
27(3), 1994.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from labs.catalog.caching.policies.base import Policy
from labs.catalog.caching.policies.chain import Chain
from labs.catalog.caching.policies.sketch import Sketch

WINDOW_PERCENT = 1
PROTECTED_PERCENT = 80  # of what is not the window


class WTinyLfu(Policy, tag="wtinylfu"):
    window: Chain = msgspec.field(default_factory=Chain)  # each in order of last use
    probation: Chain = msgspec.field(default_factory=Chain)
    protected: Chain = msgspec.field(default_factory=Chain)
    window_used: int = 0  # bytes
    protected_used: int = 0
    sketch: Sketch = msgspec.field(default_factory=Sketch)

    @property
    def window_capacity(self) -> int:
        """Bytes of the window: at least one, so that something can enter."""
        return max(1, self.capacity * WINDOW_PERCENT // 100)

    def touch(self, key: str) -> None:
        self.sketch.add(key, len(self.sizes))
        if key in self.protected.newer:
            self.protected.renew(key)
        elif key in self.window.newer:
            self.window.renew(key)
        else:
            self.probation.unlink(key)
            self.protected.push(key)
            self.protected_used += self.sizes[key]
            self._demote()

    def _demote(self) -> None:
        """What is too much for the protected part goes back to probation, as its newest."""
        most = (self.capacity - self.window_capacity) * PROTECTED_PERCENT // 100
        while self.protected_used > most:
            key = self.protected.oldest
            self.protected.unlink(key)
            self.protected_used -= self.sizes[key]
            self.probation.push(key)

    def admit(self, key: str, size: int) -> list[str]:
        self.sketch.add(key, len(self.sizes))
        if size > self.capacity:
            return [key]
        self.sizes[key] = size
        self.used += size
        self.window.push(key)
        self.window_used += size
        gone: list[str] = []
        while self.window_used > self.window_capacity:
            applicant = self.window.oldest
            self.window.unlink(applicant)
            self.window_used -= self.sizes[applicant]
            gone += self._apply(applicant)
        return gone

    def _apply(self, applicant: str) -> list[str]:
        """Who goes, now that the applicant has left the window: those in its way on probation and beyond, or the applicant."""
        excess = self.used - self.window_used - (self.capacity - self.window_capacity)
        rivals: list[str] = []
        if excess > 0:
            estimate = self.sketch.estimate
            wanted = estimate(applicant)
            for rival in chain(self.probation, self.protected):
                if estimate(rival) >= wanted:
                    break
                rivals.append(rival)
                excess -= self.sizes[rival]
                if excess <= 0:
                    break
        if excess > 0:
            self.used -= self.sizes.pop(applicant)
            return [applicant]
        for rival in rivals:
            self.remove(rival)
        self.probation.push(applicant)
        return rivals

    def leave(self, key: str) -> None:
        raise NotImplementedError  # `remove` knows the size that the segments need

    def remove(self, key: str) -> None:
        size = self.sizes.pop(key)
        self.used -= size
        if key in self.window.newer:
            self.window.unlink(key)
            self.window_used -= size
        elif key in self.protected.newer:
            self.protected.unlink(key)
            self.protected_used -= size
        else:
            self.probation.unlink(key)

    def order(self) -> Iterator[str]:
        return chain(self.probation, self.window, self.protected)
