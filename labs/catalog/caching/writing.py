"""How a cache node writes: through to the database before it acknowledges, or back to it later.

Write-back acknowledges at once. Until the database has the value it is dirty: kept in a journal on disk, flushed from
time to time, and not forgotten before the database acknowledged the flush, even when it is evicted. A flush carries its
version, and the database keeps the newest, so a flush may be sent twice.

Source of the names: Jouppi, "Cache Write Policies and Performance", ISCA 1993.
"""

from __future__ import annotations

from msgspec import structs

from labs.catalog.caching.content import Content
from labs.catalog.caching.messages import Refused, Write, WriteReply
from labs.catalog.caching.settings import DATABASE, WRITE_THROUGH
from labs.engine.node import Context

FLUSH_MAX = 64  # keys in one flush
RETRY_US = 1_000_000  # a flush that was not acknowledged is sent again after this


class Writing(Content):
    """The part of a cache node that takes writes."""

    def on_write(self, src: str, body: Write, ctx: Context) -> None:
        """From a client."""
        self.memory.leases.void(body.key)
        if self.config.writes == WRITE_THROUGH:
            self.memory.writers[body.trace] = (src, ctx.monotonic_us)
            ctx.send(DATABASE, body)
        elif len(self.memory.dirty) >= self.config.dirty_max:
            ctx.send(src, Refused(body.trace, body.key))
        else:
            self.keep(src, body, ctx)

    def keep(self, src: str, body: Write, ctx: Context) -> None:
        """Write-back: the value is here, and that is enough to say so."""
        memory, key = self.memory, body.key
        entry = memory.entries.get(key)
        known = max(memory.dirty.get(key, 0), 0 if entry is None else entry.version)
        version = memory.dirty[key] = max(ctx.now_us, known + 1)
        memory.sent_us.pop(key, None)
        if self.settings.journal:
            self.disk.journal = {**self.disk.journal, key: version}
            ctx.sync()
        self.store(key, version, 0, ctx)
        ctx.send(src, WriteReply(body.trace, key, version, 0))

    def on_write_reply(self, body: WriteReply, ctx: Context) -> None:
        """From the database: it has the value."""
        if body.trace == 0:
            self.flushed(body.key, body.version, ctx)
            return
        client, _ = self.memory.writers.pop(body.trace, ("", 0))
        self.memory.leases.void(body.key)  # who read before the write must not store after it
        self.store(body.key, body.version, 0, ctx)
        if client:
            ctx.send(client, body)

    def flush(self, ctx: Context) -> None:
        """Send the database what it lacks."""
        memory, now_us, flushing = self.memory, ctx.monotonic_us, 0
        for key, version in list(memory.dirty.items()):
            if now_us - memory.sent_us.get(key, -RETRY_US) < RETRY_US:
                continue
            self.send_home(key, version, ctx)
            flushing += 1
            if flushing == FLUSH_MAX:
                return

    def send_home(self, key: str, version: int, ctx: Context) -> None:
        self.memory.sent_us[key] = ctx.monotonic_us
        ctx.send(DATABASE, Write(0, key, version))
        if not self.settings.flush_before_removal:
            self.flushed(key, version, ctx)  # it is as good as there, one hopes

    def flushed(self, key: str, version: int, ctx: Context) -> None:
        """The database has this version: if it is still the newest, the key is clean."""
        memory = self.memory
        memory.sent_us.pop(key, None)
        if memory.dirty.get(key) != version:
            return
        del memory.dirty[key]
        if key in self.disk.journal:
            self.disk.journal = {other: kept for other, kept in self.disk.journal.items() if other != key}
        if key in memory.entries:
            expires_us = ctx.monotonic_us + self.lifetime_us(key, version, ctx)  # from now on it gets old
            memory.entries[key] = structs.replace(memory.entries[key], expires_us=expires_us)

    def evicted(self, key: str, ctx: Context) -> None:
        """A dirty value that has to go is flushed at once; `dirty` keeps it until that is acknowledged."""
        if key in self.memory.dirty:
            self.send_home(key, self.memory.dirty[key], ctx)
