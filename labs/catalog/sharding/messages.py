"""What clients, routers, shards and the coordinator say to each other.

Every message has a `trace`: the operation it belongs to (`labs.engine.flows`). Control messages are rare and all shown;
what only counts keys down is never shown on its own.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from labs.catalog.sharding.layout import Layout

SHOWN, HIDDEN = 1, 0
EPOCH = 10_000_000  # a version is its epoch times this, plus a count: later epochs win over earlier ones


class ShardMap(msgspec.Struct, frozen=True, array_like=True):
    """Who holds what, from `epoch` on. While keys move, `before` is where they come from; None after the cut-over."""

    epoch: int
    layout: Layout
    before: Layout | None = None


class ShardingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of every node. The bools are the lab's safety switches."""

    me: str
    coordinator: str
    routers: tuple[str, ...]
    shards: tuple[str, ...]  # members and spares
    first: Layout
    keys: int
    service_us: int  # work for one request
    copy_us: int  # work for one key that moves, at either end
    batch_keys: int
    keys_per_s: int  # a source sends at most so many
    queue_max: int
    retry_us: int
    dual_reads: bool = True
    fencing: bool = True
    ack_before_delete: bool = True
    newer_wins: bool = True


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all messages."""


class Request(Message, tag="Request", frozen=True, gc=False):
    """A read where `value` is None. `epoch` is that of the router's map; `old`: asked of the owner before the change."""

    trace: int
    client: str
    key: str
    value: str | None
    epoch: int = 0
    old: bool = False
    tries: int = 0


class Answer(Message, tag="Answer", frozen=True, gc=False):
    """`outcome`: ok, busy (the queue was full) or unavailable (no shard took it). `version` 0: there is no such key."""

    trace: int
    outcome: str
    value: str | None
    version: int


class Refused(Message, tag="Refused", frozen=True, gc=False):
    """A shard to a router: not mine, by the map of this epoch."""

    trace: int
    epoch: int
    request: Request


class Missed(Message, tag="Missed", frozen=True, gc=False):
    """A shard to a router: mine to hold, but not here; while keys move it may still be at the other end."""

    trace: int
    request: Request


class Replicate(Message, tag="Replicate", frozen=True, gc=False):
    """An owner to the holders of copies: this was written."""

    trace: int
    epoch: int
    key: str
    value: str
    version: int


class ReplicateReply(Message, tag="ReplicateReply", frozen=True, gc=False):
    trace: int
    key: str


class Transfer(Message, tag="Transfer", frozen=True, gc=False):
    """Keys on the move, as `(key, version, value)`. `batch` counts a source's batches."""

    trace: int
    epoch: int
    batch: int
    items: tuple[tuple[str, int, str], ...]


class TransferReply(Message, tag="TransferReply", frozen=True, gc=False):
    """The batch is on disk."""

    trace: int
    epoch: int
    batch: int


class Ping(Message, tag="Ping", frozen=True, gc=False):
    """Coordinator to shards, before a change: is everybody there?"""

    trace: ClassVar[int] = SHOWN
    number: int


class Pong(Message, tag="Pong", frozen=True, gc=False):
    trace: ClassVar[int] = SHOWN
    number: int


class MapUpdate(Message, tag="MapUpdate", frozen=True, gc=False):
    """The coordinator's newest map, and how fast a source may send: so many keys a second, so many in a batch."""

    trace: ClassVar[int] = SHOWN
    map: ShardMap
    keys_per_s: int
    batch_keys: int


class MapAck(Message, tag="MapAck", frozen=True, gc=False):
    """A shard goes by the map of this epoch; so many keys are still to leave it."""

    trace: ClassVar[int] = SHOWN
    epoch: int
    left: int


class Progress(Message, tag="Progress", frozen=True, gc=False):
    """As MapAck, once a batch: hidden, since there are many."""

    trace: ClassVar[int] = HIDDEN
    epoch: int
    left: int


class GetMap(Message, tag="GetMap", frozen=True, gc=False):
    """A router to the coordinator: what is newer than this?"""

    trace: ClassVar[int] = SHOWN
    epoch: int
