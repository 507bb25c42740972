"""A shard: requests, one after the other, on the keys it holds. Moving them is in `moving`.

Rules:
- A shard goes by its own map, which it keeps on disk. It refuses what is not its own by that map (fencing): a router with
  an old map learns so. A key that it gains in the change under way it serves only to routers that know of the change, since
  they learn of it only when every old owner does.
- A version is (epoch, count): what a new owner writes is newer than all that an old owner wrote, whether it has the key
  yet or not.
- A spread key is written at its owner, and acknowledged when every copy has it; any holder answers reads.
- Work takes time, one piece after the other: requests, and keys that come and go, wait in one queue.

Source of the moving parts: Redis Cluster specification, "Live reconfiguration of slots" (ask the old owner while a slot
migrates); Sage Weil et al., "Ceph", OSDI 2006, section 5.1 (epochs of the cluster map carried by requests).
"""

from __future__ import annotations

from typing import Any

from labs.catalog.sharding.layout import table
from labs.catalog.sharding.messages import (
    EPOCH,
    Answer,
    MapUpdate,
    Missed,
    Ping,
    Pong,
    Refused,
    Replicate,
    ReplicateReply,
    Request,
    Transfer,
    TransferReply,
)
from labs.catalog.sharding.moving import Moving
from labs.catalog.sharding.state import Item, Pending, Push
from labs.engine.node import Context

HEAT_US = 500_000  # how often load is told


class Shard(Moving):
    """Timers: `work` (a piece is done), `heat` (tell the load), `move` (next batch), `resend` (what was not acknowledged)."""

    def on_start(self, ctx: Context) -> None:
        if not self.disk.loaded:
            self.load(ctx)
        ctx.sync()
        self.find_outgoing(ctx)
        ctx.set_timer("heat", HEAT_US)

    # Message handlers

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, Request):
            if len(self.memory.queue) >= self.config.queue_max:
                ctx.send(body.client, Answer(body.trace, "busy", None, 0))
            else:
                self.enqueue(src, body, self.config.service_us, ctx)
        elif isinstance(body, Replicate):
            self.enqueue(src, body, self.config.service_us, ctx)
        elif isinstance(body, Transfer):
            self.enqueue(src, body, self.config.copy_us * len(body.items), ctx)
        elif isinstance(body, TransferReply):
            self.on_transfer_reply(src, body, ctx)
        elif isinstance(body, ReplicateReply):
            self.on_replicate_reply(src, body, ctx)
        elif isinstance(body, MapUpdate):
            self.on_map_update(src, body, ctx)
        elif isinstance(body, Ping):
            ctx.send(src, Pong(body.number))

    def serve(self, src: str, request: Request, ctx: Context) -> None:
        """A request whose turn has come."""
        self.memory.served += 1
        if self.config.fencing and not self.may_serve(request, ctx.me):
            ctx.send(src, Refused(request.trace, self.disk.map.epoch, request))
        elif request.value is None:
            self.read(src, request, ctx)
        else:
            self.write(request, request.value, ctx)

    def may_serve(self, request: Request, me: str) -> bool:
        """Whether the key is this shard's, for this request, by its own map."""
        map, key = self.disk.map, request.key
        if request.old:
            return map.before is not None and request.epoch == map.epoch and table(map.before)[key][0] == me
        holders = table(map.layout)[key]
        if me not in holders if request.value is None else me != holders[0]:
            return False
        return map.before is None or request.epoch >= map.epoch or table(map.before)[key][0] == holders[0]

    def read(self, src: str, request: Request, ctx: Context) -> None:
        item = self.disk.data.get(request.key)
        if item is not None:
            ctx.send(request.client, Answer(request.trace, "ok", item.value, item.version))
        elif self.disk.map.before is not None and self.config.dual_reads:
            ctx.send(src, Missed(request.trace, request))
        else:
            ctx.send(request.client, Answer(request.trace, "ok", None, 0))

    def write(self, request: Request, value: str, ctx: Context) -> None:
        disk, key = self.disk, request.key
        version = self.next_version(key)
        self.put(key, Item(version, value), ctx)
        copies = tuple(name for name in table(disk.map.layout)[key] if name != ctx.me)
        if not copies:
            ctx.send(request.client, Answer(request.trace, "ok", value, version))
            return
        pending = Pending(request.client, disk.map.epoch, key, value, version, copies)
        memory = self.memory
        if not (memory.unacked or memory.pending):
            ctx.set_timer("resend", self.config.retry_us)
        memory.pending = {**memory.pending, request.trace: pending}
        self.replicate(request.trace, pending, ctx)

    def next_version(self, key: str) -> int:
        item = self.disk.data.get(key)
        return max(item.version if item else 0, self.disk.map.epoch * EPOCH) + 1

    # Copies of spread keys

    def replicate(self, trace: int, pending: Pending, ctx: Context) -> None:
        for copy in pending.waiting:
            ctx.send(copy, Replicate(trace, pending.epoch, pending.key, pending.value, pending.version))

    def on_replicate(self, src: str, body: Replicate, ctx: Context) -> None:
        map = self.disk.map
        if ctx.me in table(map.layout)[body.key]:
            self.put_newer(body.key, Item(body.version, body.value), ctx)
        elif map.epoch <= body.epoch:
            return  # its map does not say yet that it holds this key: the owner will ask again
        ctx.send(src, ReplicateReply(body.trace, body.key))

    def on_replicate_reply(self, src: str, body: ReplicateReply, ctx: Context) -> None:
        pending = self.memory.pending.get(body.trace)
        if pending is None:
            return
        waiting = tuple(name for name in pending.waiting if name != src)
        others = {trace: other for trace, other in self.memory.pending.items() if trace != body.trace}
        if waiting:
            others[body.trace] = Pending(pending.client, pending.epoch, pending.key, pending.value, pending.version, waiting)
        else:
            ctx.send(pending.client, Answer(body.trace, "ok", pending.value, pending.version))
        self.memory.pending = others

    # Timer handlers

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "work":
            self.work(ctx)
        elif timer == "heat":
            self.tell_heat(ctx)
        elif timer == "move":
            self.next_batch(ctx)
        elif timer == "resend":
            self.resend(ctx)

    def work(self, ctx: Context) -> None:
        """The piece at the head of the queue is done; the next one begins."""
        memory = self.memory
        src, body, cost_us = memory.queue.pop(0)
        memory.busy_us += cost_us
        if memory.queue:
            ctx.set_timer("work", memory.queue[0][2])
        if isinstance(body, Request):
            self.serve(src, body, ctx)
        elif isinstance(body, Transfer):
            self.on_transfer(src, body, ctx)
        elif isinstance(body, Replicate):
            self.on_replicate(src, body, ctx)
        elif isinstance(body, Push):
            self.push(body, ctx)

    def tell_heat(self, ctx: Context) -> None:
        memory = self.memory
        memory.rate_per_s = memory.served * 1_000_000 // HEAT_US
        memory.busy_percent = min(100, memory.busy_us * 100 // HEAT_US)
        memory.queue_shown = memory.queue_most
        memory.served = memory.busy_us = memory.queue_most = 0
        ctx.set_timer("heat", HEAT_US)

    def resend(self, ctx: Context) -> None:
        """What was not acknowledged in time goes out again."""
        for trace, pending in self.memory.pending.items():
            self.replicate(trace, pending, ctx)
        self.resend_batches(ctx)
        if self.memory.pending or self.memory.unacked:
            ctx.set_timer("resend", self.config.retry_us)

    # Snapshot

    def snapshot(self) -> dict[str, Any]:
        memory, map = self.memory, self.disk.map
        return {
            "role": self.role(),
            "epoch": map.epoch,
            "keys": len(self.disk.data),
            "to_move": self.left(),
            "queue": memory.queue_shown,
            "rate_per_s": memory.rate_per_s,
            "busy_percent": memory.busy_percent,
        }
