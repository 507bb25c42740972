"""The clients: application servers that read and write objects, at a rate, whether or not the answers come.

A key's cache node is found by consistent hashing. A node that was asked and has said nothing for a while is passed over
for the next one on the ring, and tried again later; under write-back it is not, since nobody else may answer for it.

Orders of a write without a cache that writes: first the database, then the invalidation (Nishtala et al. 2013, section
3.2), or, with that rule off, the other way round.
"""

from __future__ import annotations

from typing import Any

from labs.catalog.caching.messages import (
    MISS,
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
from labs.catalog.caching.objects import ABSENT_KEYS
from labs.catalog.caching.settings import BACK, DATABASE, INVALIDATE, WRITE_THROUGH
from labs.engine.dice import TAIL_PERMILLE
from labs.engine.node import Context
from labs.engine.placement import preference
from labs.engine.workload import OpenLoopClient, OpenLoopConfig, Operation, Popularity

SILENT_US = 250_000  # a node that says nothing for so long is passed over
RETRY_US = 1_250_000  # and asked again when so much has passed


class CacheClientConfig(OpenLoopConfig, frozen=True, kw_only=True):
    writes: str
    invalidate_after_write: bool
    absent_percent: int


class CacheClient(OpenLoopClient):
    """One timer besides those of its base: `scan`."""

    config: CacheClientConfig

    class Memory(OpenLoopClient.Memory):
        """The first four are the configuration's until a student changes them."""

        popularity: Popularity | None = None
        shift: int = 0  # how far the ranks are turned: the key of rank r is r + shift
        absent_percent: int = 0
        rate_per_s: int = 0
        scan_next: int = 0  # keys read in order, until
        scan_end: int = 0
        scan_us: int = 0  # one each so long
        silent_since_us: dict[str, int] = {}  # node -> the first question since it last said something

    memory: Memory

    def on_start(self, ctx: Context) -> None:
        config, memory = self.config, self.memory
        memory.popularity, memory.absent_percent, memory.rate_per_s = config.popularity, config.absent_percent, config.rate_per_s
        self.next_arrival(ctx)

    def next_arrival(self, ctx: Context) -> None:
        ctx.set_timer("arrive", 1_000_000 * TAIL_PERMILLE[ctx.random(0, 63)] // (1000 * self.memory.rate_per_s))

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "scan":
            self.scan(ctx)
        else:
            super().on_timer(timer, ctx)

    def begin_scan(self, keys: int, every_us: int, ctx: Context) -> None:
        """Read every key once, in order. A scan that is under way begins anew."""
        self.memory.scan_next, self.memory.scan_end, self.memory.scan_us = 0, keys, every_us
        ctx.note("scan_began", keys=keys)
        self.scan(ctx)

    def scan(self, ctx: Context) -> None:
        """Read the next key of a scan."""
        memory = self.memory
        if memory.scan_next == memory.scan_end:
            ctx.note("scan_ended")
            return
        self.begin(Operation("read", f"k{memory.scan_next}", None), ctx)
        memory.scan_next += 1
        ctx.set_timer("scan", memory.scan_us)

    def draw(self, ctx: Context) -> Operation:
        memory, popularity = self.memory, self.memory.popularity
        assert popularity is not None
        if memory.absent_percent and ctx.random(1, 100) <= memory.absent_percent:
            return Operation("read", f"x{ctx.random(0, ABSENT_KEYS - 1)}", None)
        key = f"k{(popularity.draw(ctx) + memory.shift) % popularity.keys}"
        if ctx.random(1, 100) <= self.config.reads_percent:
            return Operation("read", key, None)
        return Operation("write", key, None)

    def ask(self, id: int, operation: Operation, ctx: Context) -> None:
        key = operation.key
        if operation.f == "read":
            self.to_cache(Get(id, key), ctx)
        elif self.config.writes in (WRITE_THROUGH, BACK):
            self.to_cache(Write(id, key, 0), ctx)
        elif self.config.writes == INVALIDATE and not self.config.invalidate_after_write:
            self.to_cache(Invalidate(id, key, 0), ctx)
        else:
            ctx.send(DATABASE, Write(id, key, 0))

    def to_cache(self, body: Get | Set | Write | Invalidate, ctx: Context) -> None:
        server = self.owner(body.key, ctx.monotonic_us)
        self.memory.silent_since_us.setdefault(server, ctx.monotonic_us)
        ctx.send(server, body)

    def owner(self, key: str, now_us: int) -> str:
        """The first node on the ring that is not suspected; the very first where all are, or where nobody can stand in."""
        servers, silent_since_us = preference(self.config.servers, key), self.memory.silent_since_us
        if self.config.writes == BACK:
            return servers[0]
        for server in servers:
            silent_us = now_us - silent_since_us.get(server, now_us)
            if silent_us >= RETRY_US:
                silent_since_us[server] = now_us
            if silent_us < SILENT_US or silent_us >= RETRY_US:
                return server
        return servers[0]

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        self.memory.silent_since_us.pop(src, None)
        if isinstance(body, GetReply):
            self.on_get_reply(body, ctx)
        elif isinstance(body, ReadReply):
            if body.token:
                self.to_cache(Set(body.trace, body.key, body.version, body.token), ctx)
            self.finish(body.trace, "ok", body.version, ctx)
        elif isinstance(body, WriteReply):
            self.on_write_reply(body, ctx)
        elif isinstance(body, Invalidated):
            if body.version:
                self.finish(body.trace, "ok", body.version, ctx)
            else:
                ctx.send(DATABASE, Write(body.trace, body.key, 0))
        elif isinstance(body, Refused):
            self.finish(body.trace, "fail", None, ctx)

    def on_get_reply(self, body: GetReply, ctx: Context) -> None:
        if body.token:
            ctx.send(DATABASE, Read(body.trace, body.key, body.token))
        if body.status != MISS:
            self.finish(body.trace, "ok", body.version, ctx)

    def on_write_reply(self, body: WriteReply, ctx: Context) -> None:
        if self.config.writes == INVALIDATE and self.config.invalidate_after_write:
            self.to_cache(Invalidate(body.trace, body.key, body.version), ctx)
        else:
            self.finish(body.trace, "ok", body.version, ctx)
