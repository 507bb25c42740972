"""Chunks and checkpoints in Redis: everything here can be computed again from the command log.

A run's chunks stand in one Redis Stream under ids `<revision>-<index>`. Redis itself refuses only ids that do not rise,
which would let a late chunk leave a hole that looks like a duplicate; so a chunk is appended only where the top is the
one its writer saw, or of an older revision (`APPEND`), and two workers on one slice do no harm. Who computes an older
revision than the one that is asked for is refused and stops.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

import msgspec
import redis
from django.conf import settings
from redis.commands.core import Script

from labs.engine.chunks import Chunk

STREAM_CHUNKS_MAX = 150  # five minutes of virtual time; older chunks are computed again for whoever seeks them
KEEP_MS = 60 * 60 * 1000  # after the last append
CHECKPOINTS_MAX = 12  # spread over the run
CHECKPOINTS_NEWEST = 6  # besides, all of the newest: a command mostly falls a few seconds before the frontier
SOUGHT_SECONDS = 30  # how long a chunk computed for one player waits to be taken
QUEUED_MS = 5_000  # a slice that waits in the queue is not asked for again; after this it may have been lost
COMPUTING_MS = 1_500  # nor one that is being computed

# An entry's fields, in this order: frame, from_us, to_us.
APPEND = """
local top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local id = ''
if #top > 0 then id = top[1][1] end
local older = id ~= '' and tonumber(string.match(id, '^%d+')) < tonumber(ARGV[10])
if (id ~= ARGV[1] and not older) or redis.call('EXISTS', KEYS[3]) == 1 then return id end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[3], ARGV[2], 'frame', ARGV[4], 'from_us', ARGV[5], 'to_us', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('HSET', KEYS[2], ARGV[8], ARGV[9])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return ARGV[2]
"""

# The newest chunk's id and where it ends; the id of the newest chunk that holds a moment. A frame is large, so it stays where it is.
NEWEST = """
local top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if #top == 0 then return false end
return {top[1][1], top[1][2][6]}
"""

# All that a worker asks before it begins, in one question: how far the run is wanted, its newest chunk, its checkpoints.
STANDING = """
local asked = redis.call('GET', KEYS[1])
if asked then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
local top = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {asked or '0', #top > 0 and {top[1][1], top[1][2][6]} or {}, redis.call('HKEYS', KEYS[3])}
"""

HOLDING = """
local at_us, before = tonumber(ARGV[1]), '+'
while true do
  local entries = redis.call('XREVRANGE', KEYS[1], before, '-', 'COUNT', 8)
  if #entries == 0 then return false end
  for _, entry in ipairs(entries) do
    if tonumber(entry[2][4]) <= at_us and at_us < tonumber(entry[2][6]) then return entry[1] end
    before = '(' .. entry[1]
  end
end
"""

ASK = """
local asked = redis.call('GET', KEYS[1])
if not asked then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
if tonumber(ARGV[1]) > tonumber(asked) then redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL') end
return 0
"""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in a run's stream. Ordered as Redis orders ids: by revision, then by index."""

    revision: int = 0
    index: int = 0

    def __str__(self) -> str:
        return f"{self.revision}-{self.index}"

    @classmethod
    def parse(cls, id: bytes | str) -> Cursor:
        revision, _, index = (id.decode() if isinstance(id, bytes) else id).partition("-")
        return cls(int(revision), int(index))


class Place(NamedTuple):
    """Where a checkpoint stands, between two chunks, and what tells whether it fits a log: it has applied all commands before `t_us`."""

    index: int
    t_us: int
    applied: int

    @classmethod
    def parse(cls, name: bytes) -> Place:
        return cls(*map(int, name.split(b":")))

    def __str__(self) -> str:
        return f"{self.index}:{self.t_us}:{self.applied}"


class Checkpoint(NamedTuple):
    place: Place
    dump: bytes


class Standing(NamedTuple):
    """A run as a worker meets it."""

    wanted_us: int  # 0 where nobody waits
    top: Cursor | None  # the newest chunk; None for an empty stream
    until_us: int  # where that ends
    places: list[Place]  # of checkpoints, oldest first


@cache
def connection() -> redis.Redis:
    """One pooled connection for each process."""
    return redis.Redis.from_url(settings.REDIS_CHUNKS_URL, socket_timeout=5, socket_connect_timeout=2)


def stream_key(run: uuid.UUID | str) -> str:
    return f"run:{run}:chunks"


def _checkpoint_key(run: uuid.UUID) -> str:
    return f"run:{run}:checkpoints"


def _marks_key(run: uuid.UUID) -> str:
    return f"run:{run}:marks"


@cache
def script(text: str) -> Script:
    """A script that Redis keeps and is sent only once."""
    return connection().register_script(text)


def top(run: uuid.UUID) -> Cursor | None:
    """The newest chunk of the run's stream; None for an empty one."""
    found = newest(run)
    return found[0] if found else None


def newest(run: uuid.UUID) -> tuple[Cursor, int] | None:
    """The newest chunk's cursor and where it ends in virtual time; None for an empty stream."""
    found: Any = script(NEWEST)(keys=[stream_key(run)])
    return (Cursor.parse(found[0]), int(found[1])) if found else None


def holding(run: uuid.UUID, at_us: int) -> Cursor | None:
    """The cursor of the chunk that is now valid at a moment: the newest in the stream that holds it; None where it is not there."""
    found: Any = script(HOLDING)(keys=[stream_key(run)], args=[at_us])
    return Cursor.parse(found) if found else None


def frame_holding(run: uuid.UUID, at_us: int) -> bytes | None:
    """The frame of the chunk that holds a moment."""
    cursor = holding(run, at_us)
    entries: Any = connection().xrange(stream_key(run), min=str(cursor), max=str(cursor)) if cursor else []
    return bytes(entries[0][1][b"frame"]) if entries else None


def append(run: uuid.UUID, expected: Cursor | None, revision: int, chunk: Chunk, marks: bytes = b"[]") -> Cursor | None:
    """Append a chunk and its marks where `expected` is still the top, or the top is of an older revision, and no newer revision is
    asked for. Returns the top there is afterwards: the chunk's own cursor means it was appended.
    """
    id: Any = script(APPEND)(
        keys=[stream_key(run), _marks_key(run), _asked_key(run, revision + 1)],
        args=[
            str(expected or ""), f"{revision}-{chunk.index}", STREAM_CHUNKS_MAX, chunk.frame(revision), chunk.from_us, chunk.to_us, KEEP_MS,
            chunk.index, _noted(revision, marks), revision,
        ],
    )  # fmt: skip
    return Cursor.parse(id) if id else None


def _noted(revision: int, marks: bytes) -> bytes:
    return b"[%d,%b]" % (revision, marks)


def keep_marks(run: uuid.UUID, revision: int, marks: dict[int, bytes]) -> None:
    """Store the marks of chunks that were computed on the way to others, where Redis has none of them."""
    pipe = connection().pipeline(transaction=False)
    for index, rows in marks.items():
        pipe.hsetnx(_marks_key(run), str(index), _noted(revision, rows))
    pipe.pexpire(_marks_key(run), KEEP_MS)
    pipe.execute()


def marks(run: uuid.UUID) -> dict[int, tuple[int, Any]]:
    """`{index: (revision, rows)}` of all chunks that were computed."""
    stored: Any = connection().hgetall(_marks_key(run))
    return {int(index): tuple(msgspec.json.decode(noted)) for index, noted in stored.items()}


def checkpoints(run: uuid.UUID) -> list[Place]:
    """Where there are checkpoints of a run, oldest first. A dump is large, so it is fetched alone (`dump_at`)."""
    names: Any = connection().hkeys(_checkpoint_key(run))
    return sorted(map(Place.parse, names))


def dump_at(run: uuid.UUID, place: Place) -> bytes | None:
    """The run as it was there; None where it was let go in the meantime."""
    found: Any = connection().hget(_checkpoint_key(run), str(place))
    return bytes(found) if found is not None else None


def keep_checkpoints(run: uuid.UUID, taken: list[Checkpoint], fits: Callable[[Place], bool]) -> None:
    """Store what a slice took. Those that fit the log no more go; of the others a few stay, spread over the run, and the newest."""
    if not taken:
        return
    key = _checkpoint_key(run)
    pipe = connection().pipeline(transaction=False)
    pipe.hset(key, mapping={str(one.place): one.dump for one in taken})
    pipe.hkeys(key)
    pipe.pexpire(key, KEEP_MS)
    places = sorted(map(Place.parse, pipe.execute()[1]))
    fitting = [place for place in places if fits(place)]
    surplus = {*places} - {*fitting} | {*crowded(fitting)}
    if surplus:
        connection().hdel(key, *map(str, surplus))


def crowded(places: list[Place]) -> list[Place]:
    """Those to let go so that `CHECKPOINTS_MAX` and the newest stay: each time the one whose neighbours are nearest to each other."""
    kept, gone = [Place(0, 0, 0), *places[:-CHECKPOINTS_NEWEST]], []  # a run can always begin at 0
    while len(kept) - 1 > CHECKPOINTS_MAX:
        at = min(range(1, len(kept) - 1), key=lambda i: kept[i + 1].index - kept[i - 1].index)
        gone.append(kept.pop(at))
    return gone


def _asked_key(run: uuid.UUID, revision: int) -> str:
    return f"run:{run}:asked:{revision}"


def ask(run: uuid.UUID, revision: int, until_us: int) -> bool:
    """True where a worker has to be asked. Else one is on it, or will be, and is told how far (`standing`)."""
    return bool(script(ASK)(keys=[_asked_key(run, revision)], args=[until_us, QUEUED_MS]))


def standing(run: uuid.UUID, revision: int) -> Standing:
    """A worker begins to compute what is asked for at this revision. Where the worker dies, the next who asks is heard soon."""
    keys = [_asked_key(run, revision), stream_key(run), _checkpoint_key(run)]
    asked, top, names = cast(Any, script(STANDING)(keys=keys, args=[COMPUTING_MS]))
    cursor, until_us = (Cursor.parse(top[0]), int(top[1])) if top else (None, 0)
    return Standing(int(asked), cursor, until_us, sorted(map(Place.parse, names)))


def answered(run: uuid.UUID, revision: int) -> int:
    """A worker is done: up to where the run was asked for meanwhile. Who asks from now on is heard at once."""
    return int(connection().getdel(_asked_key(run, revision)) or 0)


def deliver_sought(token: str, frame: bytes) -> None:
    """Hand a chunk to the one player who sought it."""
    pipe = connection().pipeline(transaction=False)
    pipe.rpush(f"sought:{token}", frame)
    pipe.expire(f"sought:{token}", SOUGHT_SECONDS)
    pipe.execute()
