"""A router: knows where every key is, by the newest map it has heard of, and keeps nothing else.

It sends a request to the key's holder; the shard answers the client itself. A shard that is not the holder refuses, and
the router asks the coordinator for a newer map. A key that its new holder does not have yet is asked of the old owner, and
when that one has sent it away meanwhile, of the new holder again (dual reads).
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.sharding.layout import table
from labs.catalog.sharding.messages import Answer, GetMap, MapUpdate, Missed, Refused, Request, ShardingConfig, ShardMap
from labs.engine.node import Context, Node

RETRY_US = 5_000
ASK_US = 50_000
TRIES_MAX = 60  # then the client is told that nobody took it
PARKED_MAX = 1_000


class Router(Node):
    """Timers: `retry` (send what is parked), `ask` (ask again for a map)."""

    config: ShardingConfig

    class Memory(msgspec.Struct):
        map: ShardMap | None = None
        parked: list[Request] = []  # changed in place: it is in no snapshot
        forwarded: int = 0
        second: int = 0  # reads that missed at the new holder
        asking: bool = False

    memory: Memory

    def on_start(self, ctx: Context) -> None:
        self.ask(ctx)

    # Message handlers

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, Request):
            self.route(body, ctx)
        elif isinstance(body, Missed):
            self.on_missed(body.request, ctx)
        elif isinstance(body, Refused):
            self.on_refused(body, ctx)
        elif isinstance(body, MapUpdate):
            self.on_map_update(body.map, ctx)

    def route(self, request: Request, ctx: Context) -> None:
        memory, map = self.memory, self.memory.map
        if map is None:
            self.park(request, ctx)
            return
        memory.forwarded += 1
        holders = table(map.layout)[request.key]
        dst = holders[0] if request.value is not None else holders[memory.forwarded % len(holders)]
        ctx.send(dst, Request(request.trace, request.client, request.key, request.value, map.epoch, False, request.tries + 1))

    def on_missed(self, request: Request, ctx: Context) -> None:
        """While keys move: the other end has it. Both ends in turn, since it may leave the one while the other is asked."""
        map = self.memory.map
        if map is None or map.before is None or request.old or request.tries >= TRIES_MAX:
            self.again(request, ctx)
            return
        self.memory.second += 1
        old_owner = table(map.before)[request.key][0]
        ctx.send(old_owner, Request(request.trace, request.client, request.key, None, map.epoch, True, request.tries + 1))

    def on_refused(self, body: Refused, ctx: Context) -> None:
        map = self.memory.map
        if map is None or body.epoch > map.epoch:
            self.ask(ctx)
            self.park(body.request, ctx)
        elif body.request.epoch < map.epoch:
            self.again(body.request, ctx)
        else:
            self.park(body.request, ctx)

    def on_map_update(self, map: ShardMap, ctx: Context) -> None:
        memory = self.memory
        memory.asking = False
        if memory.map is None or map.epoch > memory.map.epoch:
            memory.map = map
            self.send_parked(ctx)

    # What waits

    def again(self, request: Request, ctx: Context) -> None:
        if request.tries >= TRIES_MAX:
            ctx.send(request.client, Answer(request.trace, "unavailable", None, 0))
        else:
            self.route(request, ctx)

    def park(self, request: Request, ctx: Context) -> None:
        """Keep a request for a moment: a newer map is on its way to the shard, or to here."""
        parked = self.memory.parked
        if len(parked) >= PARKED_MAX:
            ctx.send(request.client, Answer(request.trace, "unavailable", None, 0))
            return
        parked.append(request)
        if len(parked) == 1 and self.memory.map is not None:  # else its coming is what they wait for
            ctx.set_timer("retry", RETRY_US)

    def send_parked(self, ctx: Context) -> None:
        parked, self.memory.parked = self.memory.parked, []
        for request in parked:
            self.again(request, ctx)

    def ask(self, ctx: Context) -> None:
        memory = self.memory
        if not memory.asking:
            memory.asking = True
            ctx.send(self.config.coordinator, GetMap(memory.map.epoch if memory.map else 0))
            ctx.set_timer("ask", ASK_US)

    # Timer handlers

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "retry":
            self.send_parked(ctx)
        elif timer == "ask" and self.memory.asking:
            self.memory.asking = False
            self.ask(ctx)

    def snapshot(self) -> dict[str, Any]:
        memory = self.memory
        return {
            "role": "router",
            "epoch": memory.map.epoch if memory.map else 0,
            "parked": len(memory.parked),
            "second": memory.second,
        }
