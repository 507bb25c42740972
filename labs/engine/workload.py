"""Clients: nodes that ask. A closed-loop client asks, waits for the answer or a time-out, thinks, and asks again; an
open-loop client asks at a rate, whether or not the answers come.

A lab's client says only how a request looks and how an answer is read; the loop, the dice and the history are here. A
request is sent again (with the same serial, to the next server) only where the lab makes that safe: `attempts_max`. An
operation whose answer never came is `info` in the history: nobody knows whether it took effect.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate
from typing import Any, ClassVar

import msgspec

from labs.engine.dice import TAIL_PERMILLE
from labs.engine.node import Context, Node

KEYS = ("x", "y", "z")


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """What to do: `f` is read or write; `value` is None for a read."""

    f: str
    key: str
    value: str | None


class ClientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Think time is uniform in [think_us / 2, 3 * think_us / 2]; `reads_percent` of the operations read."""

    servers: tuple[str, ...]
    think_us: int
    timeout_us: int
    retry_us: int
    attempts_max: int = 1
    reads_percent: int = 25
    keys: tuple[str, ...] = KEYS


class ClosedLoopClient(Node):
    """Base of a lab's client. Timers: `think` (ask next), `timeout` (give up), `retry` (ask again: it surely did not happen)."""

    kind: ClassVar[str] = "client"
    config: ClientConfig

    class Memory(msgspec.Struct):
        operation: Operation | None = None
        id: int = 0  # of the invoke event
        serial: int = 0  # counts operations
        attempts: int = 0  # at this operation
        server: str = ""
        done: int = 0
        queue: tuple[Operation, ...] = ()  # asked for by a student, done first

    memory: Memory

    def request(self, operation: Operation, ctx: Context) -> Any:
        """The message that asks for it."""
        raise NotImplementedError

    def on_start(self, ctx: Context) -> None:
        self.memory.server = self.config.servers[ctx.random(0, len(self.config.servers) - 1)]
        self.think(ctx)

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "think":
            self.begin(ctx)
        elif timer == "retry":
            self.ask(ctx)
        elif timer == "timeout":
            self.try_another(ctx)
            if self.memory.attempts < self.config.attempts_max:
                ctx.set_timer("timeout", self.config.timeout_us)
                self.ask(ctx)
            else:
                self.finish("info", None, ctx)

    def think(self, ctx: Context) -> None:
        think_us = self.config.think_us
        ctx.set_timer("think", 1 if self.memory.queue else think_us // 2 + ctx.random(0, think_us))

    def begin(self, ctx: Context) -> None:
        memory = self.memory
        if memory.queue:
            operation, memory.queue = memory.queue[0], memory.queue[1:]
        else:
            operation = self.draw(ctx)
        memory.operation = operation
        memory.serial += 1
        memory.attempts = 0
        memory.id = ctx.invoke(operation.f, operation.key, operation.value)
        ctx.set_timer("timeout", self.config.timeout_us)
        self.ask(ctx)

    def draw(self, ctx: Context) -> Operation:
        key = self.config.keys[ctx.random(0, len(self.config.keys) - 1)]
        if ctx.random(1, 100) <= self.config.reads_percent:
            return Operation("read", key, None)
        return Operation("write", key, str(ctx.random(1, 99)))

    def ask(self, ctx: Context) -> None:
        memory = self.memory
        if memory.operation is not None:
            memory.attempts += 1
            ctx.send(memory.server, self.request(memory.operation, ctx))

    def try_another(self, ctx: Context) -> None:
        servers = self.config.servers
        self.memory.server = servers[(servers.index(self.memory.server) + 1) % len(servers)]

    def refused(self, hint: str | None, ctx: Context) -> None:
        """The server did not do it and perhaps knows who would: ask again soon."""
        if hint:
            self.memory.server = hint
        else:
            self.try_another(ctx)
        ctx.set_timer("retry", self.config.retry_us)

    def finish(self, outcome: str, value: Any, ctx: Context) -> None:
        memory = self.memory
        ctx.complete(memory.id, outcome, value)
        memory.operation = None
        memory.done += outcome == "ok"
        ctx.cancel_timer("timeout")
        ctx.cancel_timer("retry")
        self.think(ctx)

    def enqueue(self, operation: Operation, ctx: Context) -> None:
        """Do this next (an action of the student's)."""
        self.memory.queue = (*self.memory.queue, operation)
        if self.memory.operation is None:
            ctx.set_timer("think", 1)

    def snapshot(self) -> dict[str, Any]:
        memory = self.memory
        operation = memory.operation
        doing = "" if operation is None else f"{operation.key}={operation.value}" if operation.f == "write" else f"{operation.key}?"
        return {"doing": doing, "server": memory.server, "done": memory.done}


class Popularity(msgspec.Struct, frozen=True, kw_only=True):
    """Which of `keys` numbered keys is asked for. `zipf`: the key of rank r as often as 1 / r; `hot`: one key takes
    `hot_percent`, the rest is uniform.

    Source of the shape: Breslau et al., "Web Caching and Zipf-like Distributions", INFOCOM 1999 (an exponent of 1 is
    the upper end of what they saw).
    """

    kind: str  # uniform, zipf or hot
    keys: int
    hot_percent: int = 50

    def draw(self, ctx: Context) -> int:
        """A key's number, from 0; 0 is the most popular."""
        if self.kind == "zipf":
            weights = zipf_sums(self.keys)
            return bisect_right(weights, ctx.random(0, weights[-1] - 1))
        if self.kind == "hot" and ctx.random(1, 100) <= self.hot_percent:
            return 0
        return ctx.random(0, self.keys - 1)


@cache
def zipf_sums(keys: int) -> tuple[int, ...]:
    """Running sums of 1 / rank in parts of a thousand million: integers, so that every machine draws the same."""
    return tuple(accumulate(1_000_000_000 // rank for rank in range(1, keys + 1)))


class OpenLoopConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`rate_per_s` requests arrive however long the answers take."""

    servers: tuple[str, ...]
    rate_per_s: int
    timeout_us: int
    popularity: Popularity
    reads_percent: int = 90


class OpenLoopClient(Node):
    """Base of a lab's open-loop client: arrivals are a Poisson process, so a slow service does not slow its callers down.

    Each operation is a process of its own in the history, since many are under way at once. Timers: `arrive`, and one
    time-out for each operation.
    """

    kind: ClassVar[str] = "client"
    config: OpenLoopConfig

    class Memory(msgspec.Struct):
        waiting: dict[int, Operation] = {}  # id of the invoke -> what was asked; changed in place: thousands may wait, none is shown
        arrived: int = 0
        done: int = 0

    memory: Memory

    def ask(self, id: int, operation: Operation, ctx: Context) -> None:
        """Send the request of an operation."""
        raise NotImplementedError

    def on_start(self, ctx: Context) -> None:
        self.next_arrival(ctx)

    def next_arrival(self, ctx: Context) -> None:
        mean_us = 1_000_000 // self.config.rate_per_s
        ctx.set_timer("arrive", max(1, mean_us * TAIL_PERMILLE[ctx.random(0, 63)] // 1000))

    def on_timer(self, timer: str, ctx: Context) -> None:
        memory = self.memory
        if timer != "arrive":
            self.finish(int(timer), "info", None, ctx)
            return
        memory.arrived += 1
        self.begin(self.draw(ctx), ctx)
        self.next_arrival(ctx)

    def begin(self, operation: Operation, ctx: Context) -> None:
        """Ask for it now."""
        id = ctx.invoke(operation.f, operation.key, operation.value)
        self.memory.waiting[id] = operation
        ctx.set_timer(str(id), self.config.timeout_us)
        self.ask(id, operation, ctx)

    def draw(self, ctx: Context) -> Operation:
        key = f"k{self.config.popularity.draw(ctx)}"
        if ctx.random(1, 100) <= self.config.reads_percent:
            return Operation("read", key, None)
        return Operation("write", key, str(self.memory.arrived))

    def finish(self, id: int, outcome: str, value: Any, ctx: Context) -> None:
        """An operation ended; nothing where it was given up before."""
        memory = self.memory
        if id not in memory.waiting:
            return
        del memory.waiting[id]
        memory.done += outcome == "ok"
        ctx.cancel_timer(str(id))
        ctx.complete(id, outcome, value)

    def snapshot(self) -> dict[str, Any]:
        memory = self.memory
        return {"waiting": len(memory.waiting), "arrived": memory.arrived, "done": memory.done}
