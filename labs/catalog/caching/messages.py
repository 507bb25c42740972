"""What clients, cache nodes and the database say to each other.

`trace` is the id of the client's operation a message belongs to, 0 for a flush, which belongs to none. `token` is a
lease (see `leases`), 0 for none. `waited_us` is how long the request stood in the database's queue.
"""

from __future__ import annotations

import msgspec

HIT, STALE, MISS = "hit", "stale", "miss"


class Get(msgspec.Struct, frozen=True, array_like=True, tag="Get"):
    """Client to cache."""

    trace: int
    key: str


class GetReply(msgspec.Struct, frozen=True, array_like=True, tag="GetReply"):
    """`status` hit or stale: here it is; miss: fetch it yourself. A hit that comes with a token asks the client to fetch it
    anew all the same.
    """

    trace: int
    key: str
    status: str
    version: int
    token: int


class Set(msgspec.Struct, frozen=True, array_like=True, tag="Set"):
    """Client to cache, after it fetched what the cache missed."""

    trace: int
    key: str
    version: int
    token: int


class Invalidate(msgspec.Struct, frozen=True, array_like=True, tag="Invalidate"):
    """Client to cache: forget this key. `version` is what was written; 0: it is written only afterwards."""

    trace: int
    key: str
    version: int


class Invalidated(msgspec.Struct, frozen=True, array_like=True, tag="Invalidated"):
    trace: int
    key: str
    version: int


class Read(msgspec.Struct, frozen=True, array_like=True, tag="Read"):
    """To the database."""

    trace: int
    key: str
    token: int


class ReadReply(msgspec.Struct, frozen=True, array_like=True, tag="ReadReply"):
    trace: int
    key: str
    version: int
    token: int
    waited_us: int


class Write(msgspec.Struct, frozen=True, array_like=True, tag="Write"):
    """To the database or a cache that writes. `version` 0: the receiver makes one."""

    trace: int
    key: str
    version: int


class WriteReply(msgspec.Struct, frozen=True, array_like=True, tag="WriteReply"):
    trace: int
    key: str
    version: int
    waited_us: int


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="Refused"):
    """There is no room for the request: a queue or a buffer is full. It was not done."""

    trace: int
    key: str
