"""The coordinator: owns the map, and takes the cluster from one to the next. One change at a time.

```
idle -> asking      every shard of the old and the new layout must be there: a fenced key of a shard that is away is nobody's
asking -> preparing a new epoch goes to the shards; each fences what it loses and says how many keys must leave it
preparing -> moving every shard has it: only now the routers learn of it
moving -> settling  no shard has anything left to send: the cut-over, an epoch without an old layout, to everybody
settling -> idle    every shard has that one too
```
The map and the phase are on disk; the rest is asked for again after a restart. Routers may miss a map: shards refuse what
they route by an old one, and then they ask.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.sharding.layout import Layout, servers
from labs.catalog.sharding.messages import GetMap, MapAck, MapUpdate, Ping, Pong, Progress, ShardingConfig, ShardMap
from labs.catalog.sharding.picture import band, would_move
from labs.engine.node import Context, Node

IDLE, ASKING, PREPARING, MOVING, SETTLING = "idle", "asking", "preparing", "moving", "settling"
SELDOM = 10  # while keys move shards count them down without being asked
PATIENCE_US = 500_000  # with shards that do not say they are there


class Coordinator(Node):
    """Timers: `patience` (with those that were asked whether they are there), `retry` (send the map again)."""

    config: ShardingConfig

    class Disk(msgspec.Struct):
        map: ShardMap = ShardMap(0, Layout("modulo", (), 0))
        phase: str = IDLE
        keys_per_s: int = 0
        batch_keys: int = 0
        total: int = 0  # keys that this change moves
        began_us: int = 0  # on this node's clock

    class Memory(msgspec.Struct):
        wanted: Layout | None = None  # while asking
        asked: int = 0  # number of the question
        there: tuple[str, ...] = ()
        left: dict[str, int] = {}  # shard that has the newest epoch -> keys still to leave it; replaced, since it is shown

    disk: Disk
    memory: Memory

    def on_start(self, ctx: Context) -> None:
        disk = self.disk
        if disk.map.epoch == 0:
            disk.map = ShardMap(1, self.config.first)
            disk.keys_per_s, disk.batch_keys = self.config.keys_per_s, self.config.batch_keys
            ctx.sync()
        elif disk.phase != IDLE:
            self.tell_shards(ctx)

    def involved(self, map: ShardMap) -> tuple[str, ...]:
        return tuple(dict.fromkeys(servers(map.layout) + (servers(map.before) if map.before else ())))

    # What an operator asks for

    def change(self, layout: Layout, ctx: Context) -> str:
        """Begin a change to this layout; why not, or nothing."""
        memory = self.memory
        if self.disk.phase != IDLE or memory.wanted is not None:
            return "another change is under way"
        memory.wanted, memory.there = layout, ()
        memory.asked += 1
        for shard in self.involved(ShardMap(0, layout, self.disk.map.layout)):
            ctx.send(shard, Ping(memory.asked))
        ctx.set_timer("patience", PATIENCE_US)
        return ""

    def pace(self, keys_per_s: int, batch_keys: int, ctx: Context) -> None:
        """From now on every source sends at most so many keys a second, so many in a batch."""
        self.disk.keys_per_s, self.disk.batch_keys = keys_per_s, batch_keys
        ctx.sync()
        self.tell(self.config.shards, self.disk.map, ctx)

    # Message handlers

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, Pong):
            self.on_pong(src, body, ctx)
        elif isinstance(body, MapAck | Progress):
            self.on_progress(src, body, ctx)
        elif isinstance(body, GetMap):
            self.tell((src,), self.published(), ctx)

    def on_pong(self, src: str, body: Pong, ctx: Context) -> None:
        memory = self.memory
        if memory.wanted is None or body.number != memory.asked or src in memory.there:
            return
        memory.there = (*memory.there, src)
        if set(self.involved(ShardMap(0, memory.wanted, self.disk.map.layout))) <= set(memory.there):
            self.begin(memory.wanted, ctx)

    def begin(self, layout: Layout, ctx: Context) -> None:
        disk = self.disk
        self.memory.wanted, self.memory.left = None, {}
        ctx.cancel_timer("patience")
        disk.map, disk.phase = ShardMap(disk.map.epoch + 1, layout, disk.map.layout), PREPARING
        disk.total, disk.began_us = 0, ctx.monotonic_us
        ctx.sync()
        ctx.note("migration_began", epoch=disk.map.epoch, scheme=layout.scheme, shards=len(servers(layout)))
        self.tell_shards(ctx)

    def on_progress(self, src: str, body: MapAck | Progress, ctx: Context) -> None:
        """A shard counts its keys down. Late words about more keys than it last said change nothing."""
        disk, memory = self.disk, self.memory
        if disk.phase == IDLE or body.epoch != disk.map.epoch:
            return
        memory.left = {**memory.left, src: min(body.left, memory.left.get(src, body.left))}
        if not set(self.involved(disk.map)) <= set(memory.left):
            return
        left = sum(memory.left.values())
        if disk.phase == PREPARING:
            disk.phase, disk.total = MOVING, left
            ctx.sync()
            ctx.note("fenced", epoch=disk.map.epoch, keys=left)
            self.tell_routers(ctx)
        if disk.phase == MOVING and not left:
            self.cut_over(ctx)
        elif disk.phase == SETTLING:
            disk.phase = IDLE
            ctx.sync()
            ctx.cancel_timer("retry")

    def cut_over(self, ctx: Context) -> None:
        disk = self.disk
        disk.map, disk.phase = ShardMap(disk.map.epoch + 1, disk.map.layout), SETTLING
        ctx.sync()
        ctx.note("cut_over", epoch=disk.map.epoch, keys=disk.total, ms=(ctx.monotonic_us - disk.began_us) // 1000)
        self.memory.left = {}
        self.tell_shards(ctx)
        self.tell_routers(ctx)

    # The map on its way

    def published(self) -> ShardMap:
        """What routers may go by: nothing that a shard may not know of."""
        map = self.disk.map
        if self.disk.phase == PREPARING and map.before is not None:
            return ShardMap(map.epoch - 1, map.before)
        return map

    def tell_shards(self, ctx: Context) -> None:
        """To those that have not said yet that they go by it, or that they are done."""
        waited_for = tuple(shard for shard in self.involved(self.disk.map) if self.memory.left.get(shard, 1))
        self.tell(waited_for, self.disk.map, ctx)
        ctx.set_timer("retry", self.config.retry_us * (SELDOM if self.disk.phase == MOVING else 1))

    def tell_routers(self, ctx: Context) -> None:
        self.tell(self.config.routers, self.disk.map, ctx)

    def tell(self, ids: tuple[str, ...], map: ShardMap, ctx: Context) -> None:
        for id in ids:
            ctx.send(id, MapUpdate(map, self.disk.keys_per_s, self.disk.batch_keys))

    # Timer handlers

    def on_timer(self, timer: str, ctx: Context) -> None:
        memory = self.memory
        if timer == "retry" and self.disk.phase != IDLE:
            self.tell_shards(ctx)
        elif timer == "patience" and memory.wanted is not None:
            missing = [id for id in self.involved(ShardMap(0, memory.wanted, self.disk.map.layout)) if id not in memory.there]
            memory.wanted = None
            ctx.note("change_refused", missing=", ".join(missing))

    # Snapshot

    def snapshot(self) -> dict[str, Any]:
        disk, memory = self.disk, self.memory
        layout, before = disk.map.layout if disk.map.epoch else self.config.first, disk.map.before
        names = servers(layout)
        left = disk.total if disk.phase == PREPARING else sum(memory.left.values())
        return {
            "role": "coordinator",
            "phase": ASKING if memory.wanted is not None else disk.phase,
            "epoch": disk.map.epoch,
            "scheme": layout.scheme,
            "members": names,
            "weights": tuple(dict(layout.members).get(name, 0) for name in names),
            "virtual_nodes": layout.virtual_nodes if layout.scheme == "ring" else 0,
            "owners": band(layout),
            "old_members": servers(before) if before else (),
            "old_owners": band(before) if before else "",
            "keys_to_move": disk.total,
            "keys_moved": disk.total - left,
            "would_move": would_move(before, layout, self.config.keys) if before else {},
        }
