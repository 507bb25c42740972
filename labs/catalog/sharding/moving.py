"""Moving keys: what a shard does when the map changes under it.

1. A new map comes. From this moment the old owner refuses requests for keys that go (fencing) and answers only what a
   router asks of it as the old owner (dual reads).
2. It sends its keys in batches, at a limited rate, each a piece of work in the queue between the requests (throttling).
3. The new owner keeps what is newer, brings it to disk and acknowledges.
4. Only then the old owner deletes; what is not acknowledged in time is sent again.
5. When every shard has nothing left to send, the coordinator cuts over.

A transfer counts only under the map it was sent under: one that comes late would bring keys back from the dead.
"""

from __future__ import annotations

from labs.catalog.sharding.layout import table
from labs.catalog.sharding.messages import MapAck, MapUpdate, Progress, Transfer, TransferReply
from labs.catalog.sharding.state import Batch, Item, Push, ShardState
from labs.engine.node import Context

UNACKED_MAX = 8  # batches under way from one source


class Moving(ShardState):
    """Base of a shard: its part in a migration."""

    def on_map_update(self, src: str, body: MapUpdate, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        disk.keys_per_s, disk.batch_keys = body.keys_per_s, body.batch_keys
        if body.map.epoch > disk.map.epoch:
            for batch in memory.unacked.values():
                ctx.complete(batch.trace, "info")
            memory.unacked = {}
            disk.map = body.map
            self.find_outgoing(ctx)
        ctx.sync()
        ctx.send(src, MapAck(disk.map.epoch, self.left()))

    def find_outgoing(self, ctx: Context) -> None:
        """What must leave, by the map, and who is to have it; copies that nobody needs go at once."""
        map = self.disk.map
        if map.before is None:
            self.memory.outgoing = ()
            return
        old, new, outgoing, kept = table(map.before), table(map.layout), [], {}
        for key, item in self.disk.data.items():
            if old[key][0] == ctx.me and self.dests(key):
                outgoing.append(key)
            elif ctx.me not in new[key]:
                continue
            kept[key] = item
        self.disk.data = kept
        self.memory.outgoing = tuple(sorted(outgoing, key=lambda key: (self.dests(key), key)))
        if outgoing:
            ctx.set_timer("move", 1)

    def dests(self, key: str) -> tuple[str, ...]:
        """The holders of a key by the new map that held nothing of it by the old one."""
        map = self.disk.map
        if map.before is None:
            return ()
        old = table(map.before)[key]
        return tuple(name for name in table(map.layout)[key] if name not in old)

    def left(self) -> int:
        """Keys that this shard still has to give away."""
        memory = self.memory
        return len(memory.outgoing) + memory.pushing + sum(len(batch.keys) for batch in memory.unacked.values())

    # At the source

    def next_batch(self, ctx: Context) -> None:
        """Put the next batch in the queue of work. All its keys go to the same new holders."""
        memory, outgoing = self.memory, self.memory.outgoing
        if not outgoing:
            return
        size = 1
        if len(memory.unacked) + bool(memory.pushing) < UNACKED_MAX:
            dests, most = self.dests(outgoing[0]), min(self.disk.batch_keys, len(outgoing))
            while size < most and self.dests(outgoing[size]) == dests:
                size += 1
            memory.outgoing = outgoing[size:]
            memory.pushing += size
            self.enqueue(ctx.me, Push(self.disk.map.epoch, dests, outgoing[:size]), self.config.copy_us * size, ctx)
        ctx.set_timer("move", size * 1_000_000 // self.disk.keys_per_s)

    def push(self, work: Push, ctx: Context) -> None:
        """The keys were read: send them."""
        disk, memory = self.disk, self.memory
        memory.pushing -= len(work.keys)
        if work.epoch != disk.map.epoch:
            return
        if not (memory.unacked or memory.pending):
            ctx.set_timer("resend", self.config.retry_us)
        disk.batches += 1
        trace = ctx.invoke("move", work.dests[0], str(len(work.keys)))
        batch = Batch(trace, work.epoch, ctx.monotonic_us, work.dests, work.keys)
        memory.unacked = {**memory.unacked, disk.batches: batch}
        self.send_batch(disk.batches, batch, ctx)
        if not self.config.ack_before_delete:
            self.delete(work.keys, ctx)

    def send_batch(self, number: int, batch: Batch, ctx: Context) -> None:
        data = self.disk.data
        items = tuple((key, data[key].version, data[key].value) for key in batch.keys if key in data)
        for dest in batch.waiting:
            ctx.send(dest, Transfer(batch.trace, batch.epoch, number, items))

    def resend_batches(self, ctx: Context) -> None:
        now_us = ctx.monotonic_us
        for number, batch in self.memory.unacked.items():
            if now_us - batch.sent_us >= self.config.retry_us // 2:
                self.send_batch(number, batch, ctx)

    def on_transfer_reply(self, src: str, body: TransferReply, ctx: Context) -> None:
        memory = self.memory
        batch = memory.unacked.get(body.batch)
        if batch is None or body.epoch != batch.epoch:
            return
        waiting = tuple(name for name in batch.waiting if name != src)
        others = {number: other for number, other in memory.unacked.items() if number != body.batch}
        if waiting:
            memory.unacked = {**others, body.batch: Batch(batch.trace, batch.epoch, batch.sent_us, waiting, batch.keys)}
            return
        memory.unacked = others
        self.delete(batch.keys, ctx)
        ctx.complete(batch.trace, "ok")
        ctx.send(self.config.coordinator, Progress(batch.epoch, self.left()))

    def delete(self, keys: tuple[str, ...], ctx: Context) -> None:
        """These keys have their new holders: keep only those that this shard goes on holding."""
        new, gone = table(self.disk.map.layout), set(keys)
        self.disk.data = {key: item for key, item in self.disk.data.items() if key not in gone or ctx.me in new[key]}
        ctx.sync()

    # At the destination

    def on_transfer(self, src: str, body: Transfer, ctx: Context) -> None:
        if body.epoch != self.disk.map.epoch:
            return  # of another change: ours is behind, and it will come again, or it is late
        data = dict(self.disk.data)
        for key, version, value in body.items:
            if self.is_news(data.get(key), version):
                data[key] = Item(version, value)
        self.disk.data = data
        ctx.sync()
        ctx.send(src, TransferReply(body.trace, body.epoch, body.batch))
