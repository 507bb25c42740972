"""One student's socket to one run. It validates, appends, asks the workers and forwards; it never computes.

Rights are checked when the socket says hello and again on every command, since the user of a socket is fixed when it connects.
The holder of a share link brings its key in the address (`?key=`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from labs import allowance, marks, runs, stream, tasks
from labs.engine import limits
from labs.engine.events import SCHEMA_VERSION
from labs.frames import CommandFrame, Hello, Judge, Need, Seek, read
from labs.hub import Player, hub
from labs.models import Run
from labs.rights import Rights, held, rights
from labs.stream import Cursor

log = logging.getLogger(__name__)

AHEAD_US_MAX = 60_000_000  # how far past the frontier one `need` may ask
AFTER_COMMAND_US = 4 * limits.CHUNK_US  # what is computed at once when a command was taken, if it is quickly done
SOUGHT_SECONDS = 5
JUDGED_SECONDS = 25
FRAMES_PER_SECOND, FRAMES_BURST = 20, 80
MALFORMED_MAX = 5
BUSY_MS = 1_000

IDLE_SECONDS = 30 * 60  # without a frame: nobody plays, and the page wakes by itself
LIVE_AGAIN_SECONDS = allowance.LIVE_SECONDS / 3  # how often a run is said to be played
USED_SECONDS = 60  # how often a run's time of use is written down

NO_HELLO, DENIED, NO_RUN, TOO_MANY, ASLEEP = 4400, 4401, 4404, 4408, 4410
RESTART = 1012
TROUBLE = (RedisError, OperationalError, OSError, runs.Refused)  # Redis is away, or too much was asked for
T = TypeVar("T")


async def in_a_thread(work: Callable[[], T]) -> T:
    """Not in the one thread that all of Django's code would share: who waits for a run's row holds up nobody else."""
    return await database_sync_to_async(work, thread_sensitive=False)()


class Allowance:
    """A token bucket for frames, on this process's own clock."""

    def __init__(self) -> None:
        self.tokens, self.at = float(FRAMES_BURST), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(FRAMES_BURST, self.tokens + (now - self.at) * FRAMES_PER_SECOND)
        self.at = now
        self.tokens -= 1
        return self.tokens >= 0


class RunConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.run_id: uuid.UUID = self.scope["url_route"]["kwargs"]["run_id"]
        self.player: Player | None = None
        self.writer: asyncio.Task[None] | None = None
        self.revision = 0
        self.malformed = 0
        self.closed = False
        self.allowance = Allowance()
        self.live_until = 0.0  # until when this run is known to be played, on this process's clock
        self.errands: set[asyncio.Future[None]] = set()
        self.key = parse_qs(self.scope["query_string"].decode("latin-1")).get("key", [""])[0]
        self.idle: asyncio.TimerHandle | None = None
        # Accepted first: a close code reaches the page only on an open socket.
        await self.accept()
        self.run = await database_sync_to_async(Run.objects.filter(pk=self.run_id).first)()
        if self.run is None:
            await self.close(NO_RUN)
        elif not await self._may_view(self.run):
            await self.close(DENIED)
        self._stay_awake()

    def _rights(self, run: Run) -> Rights:
        return rights(self.scope["user"], run, self.key)

    async def _may_view(self, run: Run) -> bool:
        """Asked for every frame; only for somebody who looks on does the answer cost a query."""
        own = held(self.scope["user"], run, self.key)
        return own.view if own is not None else (await database_sync_to_async(self._rights)(run)).view

    def _stay_awake(self) -> None:
        """Begin anew to count the time in which nobody asks for anything."""
        if self.idle is not None:
            self.idle.cancel()
        self.idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, lambda: asyncio.ensure_future(self.close(ASLEEP)))

    async def disconnect(self, code: int) -> None:
        if self.idle is not None:
            self.idle.cancel()
        for errand in self.errands:
            errand.cancel()
        if self.writer is not None:
            self.writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.writer
        if self.player is not None:
            await hub().leave(self.player)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closed:
            return
        self._stay_awake()
        if not self.allowance.take():
            log.warning("run %s: too many frames from user %s", self.run_id, self.scope["user"].pk)
            await self.close(TOO_MANY)
            return
        try:
            if text_data is None:
                raise ValueError("Frames are JSON text, not binary.")
            frame = read(text_data)
        except ValueError as error:
            await self._malformed(str(error))
            return
        await self._dispatch(frame)

    async def _dispatch(self, frame: Any) -> None:
        if self.run is None:
            return
        if not await self._may_view(self.run):
            await self.close(DENIED)
            return
        if isinstance(frame, Hello):
            await self._greet(frame)
        elif self.player is None:
            await self.close(NO_HELLO)
        elif isinstance(frame, Need):
            await self._guarded(self._need(frame))
        elif isinstance(frame, Seek):
            await self._guarded(self._seek(frame))
        elif isinstance(frame, Judge):
            self._beside(self._guarded(self._judge(frame)))
        else:
            await self._command(frame)

    async def _greet(self, frame: Hello) -> None:
        """A hello that fails half-way leaves a player to whom nothing is handed out: it comes back with its cursor."""
        try:
            await self._hello(frame)
        except (RedisError, OSError) as error:
            log.warning("run %s: %s", self.run_id, error)
            await self._say({"kind": "busy", "eta_ms": BUSY_MS})
            await self.close(RESTART)

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except TROUBLE as trouble:
            await self._tell(trouble)

    async def _tell(self, trouble: Exception) -> None:
        """Where Redis is away the page is told that it must wait; it asks again by itself."""
        if isinstance(trouble, runs.Refused):
            await self._say({"kind": "refused", "id": None, "code": trouble.code, "text": trouble.text, "revision": self.revision})
        else:
            log.warning("run %s: %s", self.run_id, trouble)
            await self._say({"kind": "busy", "eta_ms": BUSY_MS})

    async def _malformed(self, text: str) -> None:
        self.malformed += 1
        log.info("run %s: malformed frame from user %s: %s", self.run_id, self.scope["user"].pk, text)
        await self._say({"kind": "refused", "id": None, "code": "malformed", "text": text, "revision": self.revision})
        if self.malformed >= MALFORMED_MAX:
            await self.close(NO_HELLO)

    # Frames

    async def _hello(self, frame: Hello) -> None:
        welcome, log_revision = await database_sync_to_async(self._welcome)()
        self.revision = log_revision
        top = await sync_to_async(stream.newest, thread_sensitive=False)(self.run_id)
        cursor = await self._cursor(frame, top)
        await self._say(welcome | {"frontier_us": top[1] if top else 0})
        noted = await sync_to_async(stream.marks, thread_sensitive=False)(self.run_id)
        if noted:
            await self._say({"kind": "marks", "revision": log_revision, "chunks": marks.effective(noted)})
        if self.player is not None:
            await hub().leave(self.player)
        self.player = Player(self.run_id, cursor, max(top[1] if top else 0, cursor.index * limits.CHUNK_US))
        if self.writer is not None:  # it waits for what the player before would have got
            self.writer.cancel()
        self.writer = asyncio.create_task(self._write(self.player))
        await hub().join(self.player)

    def _welcome(self) -> tuple[dict[str, Any], int]:
        run = Run.objects.get(pk=self.run_id)
        Run.objects.filter(pk=run.pk, used_at__lt=timezone.now() - timedelta(seconds=USED_SECONDS)).update(used_at=timezone.now())
        commands = [{"seq": c.seq, "at_us": c.at_us, "action": c.action, "args": c.args} for c in runs.log_of(run)]
        may = self._rights(run)
        return {
            "kind": "welcome",
            "schema_version": SCHEMA_VERSION,
            "run": str(run.pk),
            "lab": run.lab,
            "lab_version": run.lab_version,
            "seed": run.seed,
            "parameters": run.parameters,
            "parent": str(run.parent_id) if run.parent_id and may.manage and not run.shared else None,
            "revision": run.revision,
            "commands": commands,
            "verdicts": [],
            "rights": {"act": may.act and runs.is_current(run)},
            "limits": {"until_us_max": limits.RUN_US_MAX, "ahead_us_max": AHEAD_US_MAX},
        }, run.revision

    async def _cursor(self, frame: Hello, top: tuple[Cursor, int] | None) -> Cursor:
        """Where the player stands: after the chunk it has, or just before the one that holds the moment it asks for."""
        if frame.have is not None and frame.have.revision <= self.revision:
            return Cursor(frame.have.revision, frame.have.index)
        if frame.at_us is None or top is None:
            return Cursor()
        held = await sync_to_async(stream.holding, thread_sensitive=False)(self.run_id, frame.at_us)
        return Cursor(held.revision, held.index - 1) if held else Cursor()

    async def _need(self, frame: Need) -> None:
        assert self.player is not None
        ahead_us = min(frame.until_us, self.player.frontier_us + AHEAD_US_MAX, limits.RUN_US_MAX)
        until_us = -(-ahead_us // limits.CHUNK_US) * limits.CHUNK_US
        player, revision = self.player, self.revision

        def ask() -> str:
            over = self._over()
            if not over:
                self._ask(until_us, player.cursor, revision, tasks.AHEAD)
            return over

        if over := await in_a_thread(ask):
            await self._gone(over)

    def _ask(self, until_us: int, cursor: Cursor, revision: int, queue: str) -> None:
        """Have the run computed that far for a player who stands there."""
        assert self.run is not None
        if time.monotonic() >= self.live_until:
            allowance.keep_live(self.run.owner_id, self.run_id)
            self.live_until = time.monotonic() + LIVE_AGAIN_SECONDS
        tasks.ask_for(self.run_id, until_us, cursor, revision, queue)

    def _over(self) -> str:
        """Why there is nothing more to compute, in words; "" where there is."""
        assert self.run is not None
        if not runs.exists(self.run_id):
            return "This run was deleted."
        if not runs.is_current(self.run):
            return "This run was made with an older version of the lab, whose code is no longer here."
        return ""

    async def _gone(self, over: str) -> None:
        """The last word to a page whose run is over."""
        await self._say({"kind": "gone", "text": over})
        await self.close(NO_RUN)

    async def _seek(self, frame: Seek) -> None:
        found = await sync_to_async(stream.frame_holding, thread_sensitive=False)(self.run_id, frame.at_us)
        if found is None and (over := await in_a_thread(self._over)):
            await self._gone(over)
            return
        if found is None:
            found = await self._computed(frame.at_us)
        if found is None:
            await self._say({"kind": "busy", "eta_ms": BUSY_MS})
        else:
            await self.send(text_data=found.decode())

    async def _computed(self, at_us: int) -> bytes | None:
        """The chunk of a moment that is not in the stream."""
        return await self._errand(tasks.seek, at_us, SOUGHT_SECONDS)

    async def _judge(self, frame: Judge) -> None:
        """What the history checkers say. It takes a while; the socket goes on meanwhile."""
        verdict = await self._errand(tasks.judge, frame.until_us, JUDGED_SECONDS)
        if verdict is None:
            await self._say({"kind": "verdict", "revision": self.revision, "verdicts": None})
        else:
            await self.send(text_data=verdict.decode())

    async def _errand(self, task: Any, at_us: int, seconds: int) -> bytes | None:
        """What a worker makes for this player alone, not for the stream; None where it takes too long, or too many are under way."""
        assert self.run is not None
        owner_id, token = self.run.owner_id, secrets.token_hex(12)
        if not await sync_to_async(allowance.begin_errand, thread_sensitive=False)(owner_id, task.name, token):
            return None
        try:
            ask = partial(task.apply_async, (str(self.run_id), at_us, token), expires=seconds)
            await sync_to_async(ask, thread_sensitive=False)()
            return await hub().sought(token, seconds)
        finally:
            await sync_to_async(allowance.end_errand, thread_sensitive=False)(owner_id, task.name, token)

    def _beside(self, work: Any) -> None:
        """Do it without holding up the frames that follow."""
        task = asyncio.ensure_future(work)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def _command(self, frame: CommandFrame) -> None:
        assert self.player is not None
        try:
            done, trouble = await in_a_thread(partial(self._act, frame, self.player))
        except runs.Refused as refused:
            await self._say(
                {"kind": "refused", "id": str(frame.id), "code": refused.code, "text": refused.text, "revision": refused.revision}
            )
            return
        accepted = {
            "kind": "accepted",
            "id": str(frame.id),
            "run": str(done.run),
            "seq": done.seq,
            "revision": done.revision,
            "at_us": done.at_us,
        }
        if done.run == self.run_id:
            self.revision = done.revision
        if trouble is not None:
            await self._tell(trouble)
        await self._say(accepted)

    def _act(self, frame: CommandFrame, player: Player) -> tuple[runs.Accepted, Exception | None]:
        """Store a command and have a worker compute what follows from it. A command that is stored is accepted, so what
        kept the worker from being asked is only told: the page asks again by itself.
        """
        done = self._append(frame)
        if done.run != self.run_id:
            return done, None
        try:
            self._ask(min(done.at_us + AFTER_COMMAND_US, limits.RUN_US_MAX), player.cursor, done.revision, tasks.ACTS)
        except TROUBLE as trouble:
            return done, trouble
        return done, None

    def _append(self, frame: CommandFrame) -> runs.Accepted:
        user = self.scope["user"]
        allowance.take_command(user.pk or 0)
        return runs.append(
            user,
            self.run_id,
            client_id=frame.id,
            revision=frame.revision,
            at_us=frame.at_us,
            action=frame.action,
            args=frame.args,
            branch=frame.branch,
        )

    # Sending

    async def _write(self, player: Player) -> None:
        """Send what the hub hands to a player, in order."""
        while True:
            await self.send(text_data=await player.queue.get())

    async def _say(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame))

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:
        """A browser that is gone is not an error: it comes back with its cursor."""
        if self.closed:
            return
        with contextlib.suppress(OSError):  # uvicorn's ClientDisconnected is one
            await super().send(text_data=text_data, bytes_data=bytes_data, close=close)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        if self.closed:  # frames that came in the same burst are still being answered
            return
        self.closed = True
        with contextlib.suppress(OSError):
            await super().close(code=code, reason=reason)
