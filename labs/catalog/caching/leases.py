"""Leases: who may fetch a missing value, and whose value may still be stored.

A miss hands out a token. While it is out, others who miss the same key wait for what its holder brings (single flight):
one query instead of a stampede. A write or an invalidation voids the token, so what was read before it is not stored
after it.

Source: Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. There, who has to wait is sent away and
asks again; here the cache keeps the question and answers it as soon as it can.
"""

from __future__ import annotations

import msgspec

STEP = 8  # tokens of one node lie so far apart: the rest tells the nodes apart


class Leases(msgspec.Struct, array_like=True):
    """The tokens of one node. No token is used twice, in this life of the node or another, here or elsewhere."""

    last: int = 0
    held: dict[str, tuple[int, int]] = {}  # key -> token, when it was given

    def begin(self, number: int, now_us: int) -> None:
        """Node `number` starts at this moment: its tokens begin above all it can have given before."""
        self.last = now_us * STEP + number

    def grant(self, key: str, now_us: int, lease_us: int) -> int:
        """A new token, or 0 while another one is out. One that is older than `lease_us` counts as lost."""
        held = self.held.get(key)
        if held is not None and now_us - held[1] < lease_us:
            return 0
        self.last += STEP
        self.held[key] = (self.last, now_us)
        return self.last

    def expire(self, now_us: int, lease_us: int) -> None:
        """Forget the tokens that count as lost."""
        self.held = {key: held for key, held in self.held.items() if now_us - held[1] < lease_us}

    def current(self, key: str) -> int:
        """The token that is out for a key; 0 where none is."""
        held = self.held.get(key)
        return 0 if held is None else held[0]

    def redeem(self, key: str, token: int) -> int:
        """Give a token back: when it was given, or -1 where it is void."""
        held = self.held.get(key)
        if held is None or held[0] != token:
            return -1
        del self.held[key]
        return held[1]

    def void(self, key: str) -> None:
        """Whoever is fetching this key has fetched in vain."""
        self.held.pop(key, None)
