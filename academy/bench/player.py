"""One player, as the browser's is: it plays at its own pace, asks for more when little is left, and acts now and then.

Only the head of a chunk's text is read (it comes first on purpose), so that the machine's time goes to the site and not to us.
"""

import asyncio
import json
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

HEAD = re.compile(r'\{"kind":"chunk","revision":(\d+),"index":(\d+),"from_us":(\d+),"to_us":(\d+)')
LOW_US, HIGH_US = 4_000_000, 10_000_000  # as static/player/session.js
ASK_AGAIN_S = 1.0
TICK_S = 0.05


@dataclass
class Seen:
    """What all players together met, in milliseconds where not said otherwise."""

    accepted: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)  # how long a playing player stood still for want of a chunk
    refused: list[str] = field(default_factory=list)
    chunks: int = 0
    wire_bytes: int = 0
    counting: bool = False


class Counted(ClientConnection):
    """A connection that counts what comes over the wire, as it comes: deflated, with its framing."""

    seen: Seen

    def data_received(self, data: bytes) -> None:
        if self.seen.counting:
            self.seen.wire_bytes += len(data)
        super().data_received(data)


class Player:
    def __init__(self, url: str, headers: dict[str, str], origin: str, seen: Seen, speed: float, every_s: float) -> None:
        self.url, self.headers, self.origin, self.seen = url, headers, origin, seen
        self.speed, self.every_s = speed, every_s
        self.t_us, self.ready_us, self.index, self.revision = 0.0, 0, 0, 0
        self.moved_at = time.monotonic()
        self.waiting = True
        self.stood_ms = 0.0
        self.asked_at, self.asked_us = 0.0, -1
        self.command: dict[str, Any] | None = None  # on its way: what was sent, and when

    async def play(self, until: float, began: asyncio.Event) -> None:
        made = type("Mine", (Counted,), {"seen": self.seen})
        options = {"additional_headers": self.headers, "origin": self.origin, "max_size": 2**22, "create_connection": made}
        async with connect(self.url, **options) as self.socket:
            await self.say(kind="hello")
            reader = asyncio.create_task(self.read(began))
            try:
                await self.watch(until, reader)
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def watch(self, until: float, reader: "asyncio.Task[None]") -> None:
        """Play at this player's pace until `until`, acting every so often."""
        next_command = time.monotonic() + random.uniform(1, self.every_s)  # noqa: S311 - players must not act in step
        while (now := time.monotonic()) < until:
            if reader.done():
                reader.result()
                raise ConnectionError("the server closed the socket")
            self.advance(now)
            await self.ask(now)
            if now >= next_command and self.command is None and not self.waiting:
                next_command = now + self.every_s
                await self.act(now)
            await asyncio.sleep(TICK_S)

    def advance(self, now: float) -> None:
        """Play up to now. Called whenever a chunk comes too, so that a stall is as long as it was and not a number of ticks."""
        passed_s, self.moved_at = now - self.moved_at, now
        if self.command is not None or self.ready_us == 0:
            return
        self.t_us += passed_s * 1e6 * self.speed
        short_us = self.t_us - self.ready_us
        self.waiting = short_us >= 0
        if self.waiting:  # what was played before the end of the last chunk was not waiting
            self.stood_ms += short_us / 1000 / self.speed
            self.t_us = self.ready_us - 1
        elif self.stood_ms:
            if self.seen.counting:
                self.seen.stalls.append(self.stood_ms)
            self.stood_ms = 0.0

    async def ask(self, now: float) -> None:
        if self.ready_us - self.t_us > LOW_US * max(self.speed, 1):
            return
        wanted = int(self.t_us + HIGH_US * max(self.speed, 1))
        if now - self.asked_at < ASK_AGAIN_S and wanted - self.asked_us < LOW_US:
            return
        self.asked_at, self.asked_us = now, wanted
        await self.say(kind="need", until_us=wanted)

    async def act(self, now: float) -> None:
        self.command = {"id": str(uuid.uuid4()), "at": now, "at_us": int(self.t_us), "revision": None, "counts": self.seen.counting}
        args = {"key": "bench", "value": str(self.revision % 1000)}
        sent = {"id": self.command["id"], "at_us": self.command["at_us"], "revision": self.revision}
        await self.say(kind="command", **sent, action="write", args=args, branch=False)

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def read(self, began: asyncio.Event) -> None:
        async for text in self.socket:
            head = HEAD.match(text) if isinstance(text, str) else None
            if head:
                self.take(*map(int, head.groups()))
                began.set()
            else:
                self.answer(json.loads(text))

    def take(self, revision: int, index: int, from_us: int, to_us: int) -> None:
        self.advance(time.monotonic())
        self.seen.chunks += self.seen.counting
        self.index, self.ready_us = index, to_us
        command = self.command
        if command and command["revision"] is not None and revision >= command["revision"]:
            if command["counts"]:
                self.seen.changed.append((time.monotonic() - command["at"]) * 1000)
            self.command = None
        elif command and revision > self.revision:
            command["early"] = time.monotonic()  # the chunk overtook the word that the command was accepted

    def answer(self, frame: dict[str, Any]) -> None:
        command = self.command
        if frame["kind"] == "rewound":
            self.ready_us = frame["from_us"]
        elif frame["kind"] == "accepted" and command and frame["id"] == command["id"]:
            self.revision = command["revision"] = frame["revision"]
            if command["counts"]:
                self.seen.accepted.append((time.monotonic() - command["at"]) * 1000)
            if "early" in command:
                if command["counts"]:
                    self.seen.changed.append((command["early"] - command["at"]) * 1000)
                self.command = None
        elif frame["kind"] == "refused":
            self.seen.refused.append(frame["text"])
            self.revision = frame["revision"] if frame["revision"] is not None else self.revision
            self.command = None
