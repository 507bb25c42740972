"""For the tests of labs: drive one node by hand and see what it did."""

from __future__ import annotations

from typing import Any

from labs.engine.node import Context, Node


class RecordingContext(Context):
    """A context without a cluster: remembers instead of doing. `random` gives the middle of what it is asked for."""

    __slots__ = ("cancelled", "clock_us", "notes", "sent", "syncs", "timers")

    def __init__(self, me: str, peers: tuple[str, ...]) -> None:
        self.me, self.peers = me, peers
        self.clock_us = 0
        self.sent: list[tuple[str, Any]] = []
        self.timers: dict[str, int] = {}
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.syncs = 0

    @property
    def now_us(self) -> int:
        return self.clock_us

    def random(self, low: int, high: int) -> int:
        return (low + high) // 2

    def send(self, dst: str, body: Any) -> None:
        self.sent.append((dst, body))

    def set_timer(self, timer: str, delay_us: int) -> None:
        self.timers[timer] = delay_us

    def cancel_timer(self, timer: str) -> None:
        self.timers.pop(timer, None)

    def sync(self) -> None:
        self.syncs += 1

    def note(self, name: str, **fields: Any) -> None:
        self.notes.append((name, fields))

    def taken(self) -> list[tuple[str, Any]]:
        """What was sent since the last look."""
        sent, self.sent = self.sent, []
        return sent


def receive(node: Node, ctx: RecordingContext, src: str, body: Any) -> list[tuple[str, Any]]:
    """Hand a message to a node; what it sent in answer."""
    ctx.taken()
    node.on_message(src, body, ctx)
    return ctx.taken()
