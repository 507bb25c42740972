"""What a run says: every event the engine can record, in one place.

Events are tagged, versioned structs, written as JSON arrays `[kind, seq, t_us, ...fields]` (half the bytes of objects,
and the browser's copy of the field names is generated from this file: see `schema`). `seq` counts from 1 within a run
and never skips; `t_us` is virtual time in microseconds since the run began. A consumer may rely on: events are in `seq`
order, `t_us` never falls, and a chunk's keyframe plus its events up to `seq` give the whole visible state at `seq`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

SCHEMA_VERSION = 2

Fate = Literal["delivered", "lost", "cut", "duplicate"]
HALFWAY_PPM = 500_000  # a lost or cut message vanishes when it has come so far


class Event(msgspec.Struct, array_like=True, frozen=True, gc=False, tag_field="kind"):
    """`seq` counts events from 1; `t_us` is virtual microseconds."""

    seq: int
    t_us: int


class MessageEvent(Event, tag="message", frozen=True, gc=False):
    """A message was sent. Its id is `seq`. `body` is `[name, ...fields]`, the fields named in the lab's `messages` table."""

    src: str
    dst: str
    arrives_us: int  # when it would reach dst; a lost or cut one vanishes on the way
    fate: Fate
    body: Any


class MessageDroppedEvent(Event, tag="message_dropped", frozen=True, gc=False):
    """A message in flight will not arrive after all. `message` is the seq of its message event; `reason` is cut, down,
    overflow or by hand.
    """

    message: int
    reason: str


class MessageMovedEvent(Event, tag="message_moved", frozen=True, gc=False):
    """A message in flight arrives at another time than was told; where that is now, it has arrived. `way_ppm` is how far it
    had come until now, in millionths of its way: from here it goes the rest in the time that is left.
    """

    message: int
    arrives_us: int
    way_ppm: int


class TimerEvent(Event, tag="timer", frozen=True, gc=False):
    """A node's timer was set, or moved, to `due_us`; null: cancelled. At its due time a timer is gone by itself, and all of
    a node's timers are when the node stops. Busy labs (with flows) do not tell their timers.
    """

    node: str
    name: str
    due_us: int | None


class StateEvent(Event, tag="state", frozen=True, gc=False):
    """Fields of a node's snapshot that changed. A changed list is either given whole or as a `{"at", "drop", "items"}`
    splice of the old one.
    """

    node: str
    changed: dict[str, Any]


class NodeEvent(Event, tag="node", frozen=True, gc=False):
    """A node's process changed: up, down or paused."""

    node: str
    status: str


class LinksEvent(Event, tag="links", frozen=True, gc=False):
    """All directed links that are not as configured: `[src, dst, {"cut": true}]`."""

    links: list[Any]


class NoteEvent(Event, tag="note", frozen=True, gc=False):
    """Something of the domain happened (`became_leader`). `fields` fill the sentence in the lab's `notes` table."""

    node: str
    name: str
    fields: dict[str, Any]


class FaultEvent(Event, tag="fault", frozen=True, gc=False):
    """A command took effect. `command` is its seq in the log; `text` says in words what was done."""

    name: str
    args: dict[str, Any]
    command: int
    text: str


class OperationEvent(Event, tag="operation", frozen=True, gc=False):
    """One step of a client operation, as in a Jepsen history. `operation` is the seq of its invoke (for an invoke: its own)."""

    process: str
    operation: int
    type: Literal["invoke", "ok", "fail", "info"]
    f: str
    key: str
    value: Any


class CheckEvent(Event, tag="check", frozen=True, gc=False):
    """A checker changed its mind. `evidence` lists the seqs of the events that prove it, oldest first."""

    checker: str
    holds: bool
    text: str
    nodes: list[str]
    evidence: list[int]


class GoalEvent(Event, tag="goal", frozen=True, gc=False):
    """Progress of a challenge, 0..1."""

    challenge: str
    progress: float
    text: str
    evidence: list[int]


class MetricEvent(Event, tag="metric", frozen=True, gc=False):
    """One value of a series, of the span that ends now."""

    name: str
    value: float
    labels: dict[str, str]


class FlowEvent(Event, tag="flow", frozen=True, gc=False):
    """Messages of a busy link over the last `span_us`, in place of one event each."""

    src: str
    dst: str
    span_us: int
    count: int
    size_bytes: int
    errors: int


class LimitEvent(Event, tag="limit", frozen=True, gc=False):
    """A limit of `labs.engine.limits` was reached; `text` says which and what follows."""

    name: str
    text: str


AnyEvent = (
    MessageEvent
    | MessageDroppedEvent
    | MessageMovedEvent
    | TimerEvent
    | StateEvent
    | NodeEvent
    | LinksEvent
    | NoteEvent
    | FaultEvent
    | OperationEvent
    | CheckEvent
    | GoalEvent
    | MetricEvent
    | FlowEvent
    | LimitEvent
)


def schema() -> dict[str, list[str]]:
    """Kind -> names of the fields that follow it in the array. `static/player/schema.js` is generated from this."""
    return {str(c.__struct_config__.tag): list(c.__struct_fields__) for c in AnyEvent.__args__}


def as_object(event: Event) -> dict[str, Any]:
    """The event as a dict with `kind` and named fields: for reading and for `--json`."""
    return {"kind": event.__struct_config__.tag, **{name: getattr(event, name) for name in event.__struct_fields__}}
