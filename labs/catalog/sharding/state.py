"""What a shard keeps, and the plain work on it: keys on disk, a queue of work, the map it goes by.

The data on disk is replaced at each write and never changed in place, since a sync remembers it by reference. The queue
is in memory and in no snapshot, so it may change in place: thousands of pieces a second go through it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.sharding.keys import names
from labs.catalog.sharding.layout import Layout, servers, table
from labs.catalog.sharding.messages import EPOCH, Replicate, Request, ShardingConfig, ShardMap, Transfer
from labs.engine.node import Context, Node


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    version: int
    value: str


class Push(msgspec.Struct, frozen=True, array_like=True, tag="Push"):
    """A piece of work: read these keys and send them to their new holders."""

    epoch: int
    dests: tuple[str, ...]
    keys: tuple[str, ...]


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """A write that waits for its copies."""

    client: str
    epoch: int
    key: str
    value: str
    version: int
    waiting: tuple[str, ...]


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Keys that were sent and not yet acknowledged by all of `waiting`. `trace` is the operation it is told as."""

    trace: int
    epoch: int
    sent_us: int
    waiting: tuple[str, ...]
    keys: tuple[str, ...]


class ShardState(Node):
    """Base of a shard."""

    config: ShardingConfig

    class Disk(msgspec.Struct):
        loaded: bool = False
        map: ShardMap = ShardMap(0, Layout("modulo", (), 0))
        keys_per_s: int = 0
        batch_keys: int = 0
        data: dict[str, Item] = {}
        batches: int = 0  # numbers of batches never come again: a late acknowledgement must not count for another batch

    class Memory(msgspec.Struct):
        queue: list[tuple[str, Request | Transfer | Replicate | Push, int]] = []  # from, what, its cost in microseconds
        served: int = 0  # requests since the load was last told
        busy_us: int = 0
        queue_most: int = 0  # its greatest length since then
        rate_per_s: int = 0
        queue_shown: int = 0
        busy_percent: int = 0
        pending: dict[int, Pending] = {}  # trace of the write -> what it waits for
        outgoing: tuple[str, ...] = ()  # keys that are still to be sent, in order
        pushing: int = 0  # keys of a batch that waits in the queue
        unacked: dict[int, Batch] = {}  # number of the batch -> it

    disk: Disk
    memory: Memory

    def load(self, ctx: Context) -> None:
        """Every key exists from the start, at its first owner."""
        disk, config = self.disk, self.config
        disk.loaded = True
        disk.map, disk.keys_per_s, disk.batch_keys = ShardMap(1, config.first), config.keys_per_s, config.batch_keys
        owners = table(config.first)
        disk.data = {key: Item(EPOCH, "new") for key in names(config.keys) if owners[key][0] == ctx.me}

    def enqueue(self, src: str, body: Any, cost_us: int, ctx: Context) -> None:
        queue = self.memory.queue
        queue.append((src, body, cost_us))
        if len(queue) == 1:
            ctx.set_timer("work", cost_us)
        elif len(queue) > self.memory.queue_most:
            self.memory.queue_most = len(queue)

    def put(self, key: str, item: Item, ctx: Context) -> None:
        self.disk.data = {**self.disk.data, key: item}
        ctx.sync()

    def put_newer(self, key: str, item: Item, ctx: Context) -> None:
        """Keep what is newer: a copy on its way is older than what was written here meanwhile."""
        if self.is_news(self.disk.data.get(key), item.version):
            self.put(key, item, ctx)

    def is_news(self, have: Item | None, version: int) -> bool:
        return have is None or version > have.version or not self.config.newer_wins

    def role(self) -> str:
        """A shard, a spare that waits to be one, or one that is on its way out."""
        if self.config.me in servers(self.disk.map.layout):
            return "shard"
        return "leaving" if self.disk.data else "spare"
