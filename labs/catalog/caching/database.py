"""The database: a queue with workers, so that it gets slow before it fails.

Each worker serves one request at a time, for a time drawn anew: half of the mean is certain, the rest has an exponential
tail. What finds all workers busy waits in the queue; what finds the queue full is refused. What a client has given up
waiting for is served all the same: nobody tells the database.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.caching.messages import Read, ReadReply, Refused, Write, WriteReply
from labs.catalog.caching.objects import ABSENT, exists
from labs.engine.dice import TAIL_PERMILLE
from labs.engine.node import Context, Node


class DatabaseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`service_us` is the mean time a worker takes."""

    workers: tuple[str, ...]
    service_us: int
    queue_max: int


class Job(msgspec.Struct, frozen=True, array_like=True):
    src: str
    body: Read | Write
    came_us: int  # on the database's stopwatch


class Database(Node):
    config: DatabaseConfig

    class Disk(msgspec.Struct):
        versions: dict[str, int] = {}  # of what was ever written; replaced, never changed in place
        slower_us: int = 0  # what a student added to the time a worker takes

    class Memory(msgspec.Struct):
        queue: list[Job] = []  # first come, first served; changed in place, nothing of it is seen outside
        busy: dict[str, tuple[Job, int]] = {}  # worker -> what it serves, and how long that waited
        served: int = 0
        refused: int = 0

    disk: Disk
    memory: Memory

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        memory = self.memory
        if len(memory.queue) >= self.config.queue_max:
            memory.refused += 1
            ctx.send(src, Refused(body.trace, body.key))
            return
        memory.queue.append(Job(src, body, ctx.monotonic_us))
        if len(memory.busy) < len(self.config.workers):
            self.take(next(worker for worker in self.config.workers if worker not in memory.busy), ctx)

    def take(self, worker: str, ctx: Context) -> None:
        """A worker that is free takes the next request."""
        memory = self.memory
        job = memory.queue.pop(0)
        waited_us = ctx.monotonic_us - job.came_us
        memory.busy[worker] = (job, waited_us)
        ctx.measure("database_wait_us", waited_us)
        mean_us = self.config.service_us + self.disk.slower_us
        ctx.set_timer(worker, mean_us // 2 + mean_us * TAIL_PERMILLE[ctx.random(0, 63)] // 2000)

    def on_timer(self, timer: str, ctx: Context) -> None:
        memory = self.memory
        job, waited_us = memory.busy.pop(timer)
        memory.served += 1
        self.serve(job, waited_us, ctx)
        if memory.queue:
            self.take(timer, ctx)

    def serve(self, job: Job, waited_us: int, ctx: Context) -> None:
        body = job.body
        if isinstance(body, Read):
            ctx.send(job.src, ReadReply(body.trace, body.key, self.version(body.key), body.token, waited_us))
            return
        version = body.version or max(ctx.now_us, self.version(body.key) + 1)
        if version > self.version(body.key):  # a flush that comes late or twice changes nothing
            self.disk.versions = {**self.disk.versions, body.key: version}
            ctx.sync()
        ctx.send(job.src, WriteReply(body.trace, body.key, version, waited_us))

    def version(self, key: str) -> int:
        return self.disk.versions.get(key, 0 if exists(key) else ABSENT)

    def snapshot(self) -> dict[str, Any]:
        memory = self.memory
        return {
            "role": "database",
            "queue": len(memory.queue),
            "busy": len(memory.busy),
            "served": memory.served,
            "refused": memory.refused,
        }
