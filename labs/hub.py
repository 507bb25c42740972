"""One reader for each web process: it follows the streams of all runs that are watched here and hands their chunks to the players.

Each player has a bounded queue and its own cursor. A chunk at or before the cursor is not handed out again; before the
first chunk of a newer revision the player is told `rewound`, so that word can never be overtaken. A player that falls
behind is told to say hello again from its cursor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import defaultdict
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from labs.stream import Cursor, stream_key

log = logging.getLogger(__name__)

QUEUE_FRAMES_MAX = 64
BLOCK_MS = 5_000
RETRY_SECONDS = 0.5

Entry = tuple[Cursor, dict[bytes, bytes]]


class Player:
    """One socket's place in a run's stream, and what is still to be sent to it."""

    def __init__(self, run: uuid.UUID, cursor: Cursor, frontier_us: int = 0) -> None:
        """`frontier_us`: how far the run is computed, or was when this player last heard of it; what it asks for is bounded from there."""
        self.run = run
        self.cursor = cursor
        self.frontier_us = frontier_us
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_FRAMES_MAX)
        self.waiting: list[Entry] | None = []  # what came while the past is still being read

    def offer(self, entries: list[Entry]) -> None:
        if self.waiting is not None:
            self.waiting += entries
            return
        for cursor, fields in effective(entries, self.cursor):
            self._take(cursor, fields)

    def caught_up(self, past: list[Entry]) -> None:
        """The past is read: from here on chunks go straight to the queue."""
        waiting, self.waiting = self.waiting or [], None
        self.offer(past + waiting)

    def _take(self, cursor: Cursor, fields: dict[bytes, bytes]) -> None:
        if cursor.revision > self.cursor.revision and cursor.index <= self.cursor.index:
            rewound = {"kind": "rewound", "revision": cursor.revision, "from_us": int(fields[b"from_us"]), "index": cursor.index}
            self.put(json.dumps(rewound))
        self.put(fields[b"frame"].decode())
        self.cursor = cursor
        self.frontier_us = int(fields[b"to_us"])

    def put(self, frame: str) -> None:
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            # Nothing is lost: the chunks stay in the stream, and the player comes back with the cursor it really has.
            while not self.queue.empty():
                self.queue.get_nowait()
            self.waiting = []
            self.queue.put_nowait(json.dumps({"kind": "behind"}))


def effective(entries: list[Entry], after: Cursor) -> list[Entry]:
    """Of these chunks, in stream order, those after the cursor that no later one replaces."""
    kept: list[Entry] = []
    for cursor, fields in entries:
        if cursor <= after:
            continue
        while kept and kept[-1][0].index >= cursor.index:
            kept.pop()
        kept.append((cursor, fields))
    return kept


class Hub:
    """Follows streams with one blocking read, woken by a stream of its own when the set of runs changes."""

    def __init__(self) -> None:
        self.redis = redis.asyncio.Redis.from_url(settings.REDIS_CHUNKS_URL, socket_timeout=None, max_connections=500)
        self.wake_key = f"hub:{uuid.uuid4().hex}"
        self.players: dict[uuid.UUID, set[Player]] = defaultdict(set)
        self.positions: dict[str, str] = {}  # stream key -> last id read
        self.runs: dict[str, uuid.UUID] = {}
        self.task: asyncio.Task[None] | None = None

    async def join(self, player: Player) -> None:
        """Follow a run from the player's cursor on. Raises RedisError where Redis is away."""
        key = stream_key(player.run)
        self.players[player.run].add(player)
        self.runs[key] = player.run
        if key not in self.positions:
            newest: Any = await self.redis.xrevrange(key, count=1)
            self.positions.setdefault(key, newest[0][0].decode() if newest else "0-0")
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._follow())
        await self._wake()
        await self.catch_up(player)

    async def catch_up(self, player: Player) -> None:
        past: Any = await self.redis.xrange(stream_key(player.run), min=f"({player.cursor}")
        player.caught_up([(Cursor.parse(id), fields) for id, fields in past])

    async def leave(self, player: Player) -> None:
        watching = self.players.get(player.run)
        if watching is None:
            return
        watching.discard(player)
        if not watching:
            del self.players[player.run]
            key = stream_key(player.run)
            self.positions.pop(key, None)
            self.runs.pop(key, None)

    async def sought(self, token: str, seconds: int) -> bytes | None:
        """Wait for the chunk that a worker computes for one player."""
        taken: Any = await self.redis.blpop([f"sought:{token}"], timeout=seconds)
        return taken[1] if taken else None

    async def _wake(self) -> None:
        await self.redis.xadd(self.wake_key, {"x": ""}, maxlen=1)
        await self.redis.pexpire(self.wake_key, 60_000)

    async def _follow(self) -> None:
        wake_position = "0-0"
        while self.players:
            try:
                streams: Any = {**self.positions, self.wake_key: wake_position}
                read: Any = await self.redis.xread(streams, block=BLOCK_MS)
            except (RedisError, OSError) as error:
                log.warning("The hub lost Redis and tries again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                await self._after_loss()
                continue
            for key, entries in read or []:
                name = key.decode()
                if name == self.wake_key:
                    wake_position = entries[-1][0].decode()
                else:
                    self._hand_out(name, entries)

    def _hand_out(self, key: str, entries: list[Any]) -> None:
        if key not in self.positions:
            return
        self.positions[key] = entries[-1][0].decode()
        parsed = [(Cursor.parse(id), fields) for id, fields in entries]
        for player in list(self.players.get(self.runs[key], ())):
            player.offer(parsed)

    async def _after_loss(self) -> None:
        """Redis may have come back empty, its streams beginning anew below our positions: read each from its players' cursors."""
        for key, run in self.runs.items():
            self.positions[key] = str(min((p.cursor for p in self.players.get(run, ())), default=Cursor()))


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this process (of this event loop, where a process has several)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
