"""What a cache node holds: state, and how things come into it and leave it. Who asks is in `node`, who writes in `writing`."""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.caching.leases import Leases
from labs.catalog.caching.objects import ABSENT, size_bytes
from labs.catalog.caching.policies import POLICIES, AnyPolicy, moved
from labs.catalog.caching.settings import CacheConfig, Settings
from labs.engine.node import Context, Node

FOREVER_US = 1 << 50
Slot = tuple[str, int, int, int, str]  # typed, so that a dump gives tuples back and not lists
SHOWN = 12  # slots told from either end of the order of eviction


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """`took_us` is how long it took to fetch, 0 where it was not fetched; version ABSENT: there is no such object."""

    version: int
    expires_us: int  # on the node's stopwatch
    took_us: int


class Content(Node):
    """The part of a cache node that keeps things."""

    config: CacheConfig

    class Disk(msgspec.Struct):
        settings: Settings | None = None  # None: as configured
        journal: dict[str, int] = {}  # what `dirty` holds, for after a crash; replaced, never changed in place

    class Memory(msgspec.Struct):
        """Changed in place: it holds thousands of keys, and nothing of it but `shown` is seen outside."""

        policy: AnyPolicy | None = None  # None before the start
        entries: dict[str, Entry] = {}  # the same keys as policy.sizes
        uses: dict[str, int] = {}  # the same keys
        used_us: dict[str, int] = {}  # the same keys
        leases: Leases = msgspec.field(default_factory=Leases)
        waiting: dict[str, list[tuple[str, int, int]]] = {}  # key -> who waits for it to be fetched, for which operation, since when
        writers: dict[int, tuple[str, int]] = {}  # write-through: operation -> who asked, and when
        dirty: dict[str, int] = {}  # write-back: key -> version the database has not acknowledged
        sent_us: dict[str, int] = {}  # of these, when a flush was sent
        beside: dict[str, AnyPolicy] = {}  # the other policies on the same requests
        trace: list[str] = []  # what was asked for and the policies beside have not seen yet
        gets: int = 0
        hits: int = 0
        hits_told: int = 0
        tells: int = 0
        shown: tuple[Slot, ...] = ()

    disk: Disk
    memory: Memory

    @property
    def settings(self) -> Settings:
        return self.disk.settings or self.config.settings

    @property
    def policy(self) -> AnyPolicy:
        assert self.memory.policy is not None
        return self.memory.policy

    def begin(self) -> None:
        """An empty cache under the settings as they are."""
        settings, memory = self.settings, self.memory
        memory.policy = POLICIES[settings.policy](capacity=settings.capacity_bytes)
        memory.beside = {name: POLICIES[name](capacity=settings.capacity_bytes) for name in self.config.compare}

    def resettle(self, ctx: Context) -> None:
        """The settings changed: policies of the new kind and size take over what fits, in the old order."""
        memory, capacity = self.memory, self.settings.capacity_bytes
        memory.policy, gone = moved(self.policy, self.settings.policy, capacity)
        for key in gone:
            self.drop(key)
            self.evicted(key, ctx)
        for name, policy in memory.beside.items():
            if policy.capacity != capacity:
                memory.beside[name], _ = moved(policy, name, capacity)

    def size_bytes(self, key: str) -> int:
        return size_bytes(key, self.config.mixed_sizes)

    def store(self, key: str, version: int, took_us: int, ctx: Context) -> None:
        """Take in a value, unless a newer one is here."""
        memory, policy = self.memory, self.policy
        before = memory.entries.get(key)
        if before is None:
            for gone in policy.admit(key, self.size_bytes(key)):
                self.drop(gone)
                self.evicted(gone, ctx)
            if key not in policy.sizes:
                return
            memory.uses[key] = 0
        elif self.settings.newest_wins and version < before.version:
            return
        else:
            policy.rewrite(key)
        now_us = ctx.monotonic_us
        memory.entries[key] = Entry(version, now_us + self.lifetime_us(key, version, ctx), took_us)
        memory.used_us[key] = now_us

    def lifetime_us(self, key: str, version: int, ctx: Context) -> int:
        """How long a value is fresh from now. One that the database does not have yet never gets old."""
        config = self.config
        if key in self.memory.dirty:
            return FOREVER_US
        ttl_us = config.negative_ttl_us if version == ABSENT else config.ttl_us
        spread_us = ttl_us * config.jitter_percent // 100
        return ttl_us - ctx.random(0, spread_us) if spread_us else ttl_us

    def remove(self, key: str) -> None:
        """Forget a key, whether it is here or not."""
        if key in self.policy.sizes:
            self.policy.remove(key)
            self.drop(key)

    def drop(self, key: str) -> None:
        """Forget the value of a key that the policy has let go."""
        memory = self.memory
        memory.entries.pop(key, None)
        memory.uses.pop(key, None)
        memory.used_us.pop(key, None)

    def evicted(self, key: str, ctx: Context) -> None:
        """The policy let a key go, or did not let it in."""

    def slots(self) -> tuple[Slot, ...]:
        """The content from next to go to last to go, as rows `(key, bytes, uses, last used ms, mark)`; the middle left out."""
        memory, policy = self.memory, self.policy
        keys = list(policy.order())
        if len(keys) > 2 * SHOWN:
            keys = keys[:SHOWN] + keys[-SHOWN:]
        return tuple((key, policy.sizes[key], memory.uses[key], memory.used_us[key] // 1000, self.mark(key)) for key in keys)

    def mark(self, key: str) -> str:
        """What is special about a value, in a word."""
        if key in self.memory.dirty:
            return "dirty"
        return "absent" if self.memory.entries[key].version == ABSENT else ""

    def snapshot(self) -> dict[str, Any]:
        memory, policy = self.memory, self.memory.policy
        return {
            "role": "cache",
            "policy": self.settings.policy,
            "objects": 0 if policy is None else len(policy.sizes),
            "used_bytes": 0 if policy is None else policy.used,
            "capacity_bytes": self.settings.capacity_bytes,
            "gets": memory.gets,
            "hits": memory.hits,
            "dirty": len(memory.dirty),
            "fetching": len(memory.leases.held),
            "slots": memory.shown,
        }
