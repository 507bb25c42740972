"""Clients that ask at a rate, however long the answers take, and remember what they were told.

A client keeps the newest version of every key that a write was acknowledged with. A read that began after that and
brings an older version, or nothing, is stale; so is a write that began after it and is not newer. The checkers look at
`stale`, which counts every request, sampled or not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from labs.catalog.sharding.keys import names, names_of
from labs.catalog.sharding.messages import EPOCH, Answer, Request
from labs.engine.dice import TAIL_PERMILLE
from labs.engine.node import Context
from labs.engine.workload import OpenLoopClient, OpenLoopConfig, Operation, Popularity

LOADED = EPOCH  # the version of every key before the first write


class ShardingClientConfig(OpenLoopConfig, frozen=True, kw_only=True):
    """`region` and `local_percent`: so many of its requests are for keys that are at home where it stands."""

    region: int = 0
    local_percent: int = 0


class Stale(msgspec.Struct, frozen=True, array_like=True):
    """An operation that got `version` although `floor` had been acknowledged before it began. `trace`: its id."""

    trace: int
    f: str
    key: str
    version: int
    floor: int
    shard: str


@lru_cache(maxsize=32)
def popularity_of(kind: str, keys: int, hot_percent: int) -> Popularity:
    return Popularity(kind=kind, keys=keys, hot_percent=hot_percent)


class ShardingClient(OpenLoopClient):
    config: ShardingClientConfig

    class Memory(OpenLoopClient.Memory):
        rate_per_s: int = 0  # what a student set, in place of the settings
        popularity: str = ""
        floors: dict[int, int] = {}  # id of an operation -> what it must not be older than; in place: in no snapshot
        acked: dict[str, int] = {}  # key -> newest version acknowledged to a write; in place too
        failed: int = 0
        stale: tuple[Stale, ...] = ()  # the first few
        stale_count: int = 0

    memory: Memory

    def next_arrival(self, ctx: Context) -> None:
        mean_us = 1_000_000 // (self.memory.rate_per_s or self.config.rate_per_s)
        ctx.set_timer("arrive", max(1, mean_us * TAIL_PERMILLE[ctx.random(0, 63)] // 1000))

    def draw(self, ctx: Context) -> Operation:
        config, memory = self.config, self.memory
        popularity = config.popularity
        if memory.popularity:
            popularity = popularity_of(memory.popularity, popularity.keys, popularity.hot_percent)
        number = popularity.draw(ctx)
        if config.local_percent and ctx.random(1, 100) <= config.local_percent:
            local = names_of(popularity.keys, config.region)
            key = local[number % len(local)]
        else:
            key = names(popularity.keys)[number]
        if ctx.random(1, 100) <= config.reads_percent:
            return Operation("read", key, None)
        return Operation("write", key, f"{ctx.me}v{memory.arrived}")

    def ask(self, id: int, operation: Operation, ctx: Context) -> None:
        memory, routers = self.memory, self.config.servers
        memory.floors[id] = memory.acked.get(operation.key, LOADED)
        router = routers[0] if len(routers) == 1 else routers[ctx.random(0, len(routers) - 1)]
        ctx.send(router, Request(id, ctx.me, operation.key, operation.value))

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        operation = self.memory.waiting.get(body.trace)
        if not isinstance(body, Answer) or operation is None:
            return  # an answer to something given up
        if body.outcome != "ok":
            self.finish(body.trace, "fail", None, ctx)
            return
        memory, key, floor = self.memory, operation.key, self.memory.floors[body.trace]
        if body.version < floor or (operation.value is not None and body.version == floor):
            memory.stale_count += 1
            memory.stale = (*memory.stale, Stale(body.trace, operation.f, key, body.version, floor, src))[:4]
        if operation.value is not None:
            memory.acked[key] = max(body.version, memory.acked.get(key, 0))
        self.finish(body.trace, "ok", body.value, ctx)

    def finish(self, id: int, outcome: str, value: Any, ctx: Context) -> None:
        if id in self.memory.waiting:
            self.memory.floors.pop(id, None)
            self.memory.failed += outcome != "ok"
        super().finish(id, outcome, value, ctx)

    def snapshot(self) -> dict[str, Any]:
        return {**super().snapshot(), "failed": self.memory.failed, "stale": self.memory.stale_count}
