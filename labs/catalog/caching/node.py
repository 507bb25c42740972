"""A cache node: looks up, fetches or has fetched what it lacks, and tells the charts how it fares.

Cache-aside: the client asks, fetches a miss from the database itself and sets it. Read-through: the node fetches. In both
a miss is a lease (see `leases`). A value is refreshed when it has expired; or early, at a moment left to chance that
comes the sooner the longer fetching takes; or late, while the stale value is still given out.

Sources: early refresh: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015
(XFetch, with beta 1; the logarithm is a table of the dice); stale-while-revalidate: RFC 5861, section 3.
"""

from __future__ import annotations

from typing import Any

from labs.catalog.caching.content import Entry
from labs.catalog.caching.messages import (
    HIT,
    MISS,
    STALE,
    Get,
    GetReply,
    Invalidate,
    Invalidated,
    Read,
    ReadReply,
    Refused,
    Set,
    Write,
    WriteReply,
)
from labs.catalog.caching.objects import ABSENT
from labs.catalog.caching.settings import DATABASE, EARLY, THROUGH, WHILE_REVALIDATE
from labs.catalog.caching.writing import Writing
from labs.engine.dice import TAIL_PERMILLE
from labs.engine.node import Context
from labs.engine.placement import preference

TELL_US = 100_000
SLOTS_EVERY = 5  # tells
ASKER_US = 2_000_000  # a client whose answer never came is forgotten: it has given up long ago


class CacheNode(Writing):
    def on_start(self, ctx: Context) -> None:
        self.begin()
        self.memory.leases.begin(self.config.servers.index(ctx.me), ctx.now_us)
        self.memory.dirty = dict(self.disk.journal)
        if ctx.monotonic_us == 0:
            self.warm(ctx)
        if self.memory.dirty:
            ctx.note("recovered", writes=len(self.memory.dirty))
        ctx.set_timer("tell", TELL_US)
        ctx.set_timer("flush", self.config.flush_us)

    def warm(self, ctx: Context) -> None:
        """What a cache that has been at work for long would hold when the run begins."""
        config, room = self.config, self.settings.capacity_bytes
        for key in (f"k{i}" for i in range(config.warm_keys)):
            if preference(config.servers, key)[0] == ctx.me and self.policy.used + self.size_bytes(key) <= room:
                self.store(key, 0, config.fetch_us, ctx)

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, Get):
            self.on_get(src, body, ctx)
        elif isinstance(body, (Set, ReadReply)):
            self.on_fetched(body, ctx)
        elif isinstance(body, Invalidate):
            self.invalidate(body.key)
            ctx.send(src, Invalidated(body.trace, body.key, body.version))
        elif isinstance(body, Write):
            self.on_write(src, body, ctx)
        elif isinstance(body, WriteReply):
            self.on_write_reply(body, ctx)
        elif isinstance(body, Refused):
            self.on_refused(body, ctx)

    # Looking up

    def on_get(self, src: str, body: Get, ctx: Context) -> None:
        memory, key = self.memory, body.key
        memory.gets += 1
        memory.trace.append(key)
        now_us = ctx.monotonic_us
        entry = memory.entries.get(key)
        if entry is None:
            if key in memory.dirty:  # evicted, on its way to the database
                ctx.send(src, GetReply(body.trace, key, HIT, memory.dirty[key], 0))
            else:
                self.miss(src, body, now_us, ctx)
            return
        late_us = now_us - entry.expires_us
        if late_us >= 0 and (self.settings.refresh != WHILE_REVALIDATE or late_us >= self.config.stale_us):
            self.remove(key)
            self.miss(src, body, now_us, ctx)
            return
        self.policy.touch(key)
        memory.uses[key] += 1
        memory.used_us[key] = now_us
        memory.hits += 1
        token = self.refresh(body, now_us, ctx) if late_us >= 0 or self.early(entry, late_us, ctx) else 0
        ctx.send(src, GetReply(body.trace, key, STALE if late_us >= 0 else HIT, entry.version, token))

    def early(self, entry: Entry, late_us: int, ctx: Context) -> bool:
        """Whether to act as if the value had expired: the time it took to fetch, stretched by chance, reaches past its end."""
        if self.settings.refresh != EARLY or late_us < -entry.took_us * TAIL_PERMILLE[-1] // 1000:
            return False
        return late_us + entry.took_us * TAIL_PERMILLE[ctx.random(0, 63)] // 1000 >= 0

    def refresh(self, body: Get, now_us: int, ctx: Context) -> int:
        """Have the value fetched anew, by one alone: the token for the client, or 0 where nobody or this node fetches."""
        token = self.memory.leases.grant(body.key, now_us, self.config.lease_us)
        if token and self.config.reads == THROUGH:
            ctx.send(DATABASE, Read(body.trace, body.key, token))
            return 0
        return token

    def miss(self, src: str, body: Get, now_us: int, ctx: Context) -> None:
        """Somebody has to fetch it. With single flight, whoever comes later waits for what that one brings."""
        memory, key = self.memory, body.key
        token = memory.leases.grant(key, now_us, self.config.lease_us)
        if not token and not self.settings.single_flight:
            token = memory.leases.current(key)  # whoever misses fetches
        if token and self.config.reads != THROUGH:
            ctx.send(src, GetReply(body.trace, key, MISS, 0, token))
            return
        memory.waiting.setdefault(key, []).append((src, body.trace, now_us))
        if token:
            ctx.send(DATABASE, Read(body.trace, key, token))

    # What comes back

    def on_fetched(self, body: Set | ReadReply, ctx: Context) -> None:
        """Store it, if the lease still holds, and answer all who wait; but who began to wait after a write voided the lease
        waits for the newer read.
        """
        memory, key = self.memory, body.key
        self.fill(key, body.version, body.token, ctx)
        if self.settings.leases and memory.leases.current(key):
            return
        for client, trace, _ in memory.waiting.pop(key, ()):
            ctx.send(client, GetReply(trace, key, HIT, body.version, 0))

    def fill(self, key: str, version: int, token: int, ctx: Context) -> None:
        """A fetched value comes in. It is not stored where a write has voided its lease."""
        given_us = self.memory.leases.redeem(key, token)
        if given_us < 0 and self.settings.leases:
            return
        if version == ABSENT and not self.settings.negative_caching:
            return
        self.store(key, version, ctx.monotonic_us - given_us if given_us >= 0 else 0, ctx)

    def on_refused(self, body: Refused, ctx: Context) -> None:
        """The database has no room: say so to all whom it concerns. A flush is tried again."""
        memory, key = self.memory, body.key
        if body.trace == 0:
            memory.sent_us.pop(key, None)
        elif body.trace in memory.writers:
            client, _ = memory.writers.pop(body.trace)
            ctx.send(client, body)
        else:
            memory.leases.void(key)
            for client, trace, _ in memory.waiting.pop(key, ()):
                ctx.send(client, Refused(trace, key))

    def invalidate(self, key: str) -> None:
        """Forget a value and whatever is being fetched for it. What the database does not have yet stays."""
        self.memory.leases.void(key)
        if key not in self.memory.dirty:
            self.remove(key)

    def empty(self, ctx: Context) -> None:
        """Forget everything that the database has too."""
        ctx.note("emptied", objects=len(self.memory.entries) - sum(key in self.memory.dirty for key in self.memory.entries))
        for key in list(self.memory.entries):
            self.invalidate(key)

    # From time to time

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "flush":
            self.flush(ctx)
            ctx.set_timer("flush", self.config.flush_us)
        else:
            self.tell(ctx)
            ctx.set_timer("tell", TELL_US)

    def tell(self, ctx: Context) -> None:
        """Give the charts what was counted, and forget whom nobody will answer any more."""
        memory, now_us = self.memory, ctx.monotonic_us
        trace, memory.trace = [(key, self.size_bytes(key)) for key in memory.trace], []
        ctx.share("hit_percent.cache", memory.hits - memory.hits_told, len(trace))
        memory.hits_told = memory.hits
        for name, policy in memory.beside.items():
            ctx.share(f"hit_percent.{name}", policy.play(trace), len(trace))
        if memory.tells % SLOTS_EVERY == 0:
            memory.shown = self.slots()
        memory.tells += 1
        memory.leases.expire(now_us, self.config.lease_us)
        memory.writers = {trace: who for trace, who in memory.writers.items() if now_us - who[1] < ASKER_US}
        for key, askers in list(memory.waiting.items()):
            if now_us - askers[-1][2] >= ASKER_US:
                del memory.waiting[key]
