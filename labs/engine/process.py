"""A node as the engine runs it, and how a change of its state is told."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from labs.engine.dice import Dice, seed_of
from labs.engine.node import Context, Node

UP, DOWN, PAUSED = "up", "down", "paused"


class Process:
    """A node as the engine runs it: its code and state, and what the operating system would keep for it."""

    __slots__ = (
        "context", "dice", "drift_from_us", "drift_ppm", "gained_us", "id", "inbox", "node", "outbox", "retimed", "scheduled",
        "skew_us", "snapshot", "state_seq", "status", "sync_due_us", "synced", "syncs", "timers", "told",
    )  # fmt: skip

    def __init__(self, id: str, node: Node, seed: int) -> None:
        self.id = id
        self.node = node
        self.context: Context
        self.status = UP
        self.dice = Dice(seed_of(seed, "node", id))
        self.skew_us = 0  # of the wall clock
        self.gained_us = 0  # by drift so far, of both clocks
        self.drift_ppm = 0
        self.drift_from_us = 0  # true time since which the drift counts
        self.timers: dict[str, int] = {}  # name -> deadline, in true time
        self.scheduled: dict[str, int] = {}  # name -> time of its one live heap entry
        self.told: dict[str, tuple[int, int]] = {}  # name -> (set at, deadline) of its newest timer event
        self.retimed: list[str] = []  # timers touched since the last one; empty between handlers
        self.inbox: list[tuple[str, Any]] = []  # what came while paused: ("message", MessageEvent) or ("timer", name)
        self.outbox: list[tuple[int, str, Any]] = []  # what waits for the disk: leaves at, dst, body
        self.sync_due_us = 0
        self.syncs: list[tuple[int, Any]] = []  # syncs under way: done at, the disk as it was when asked
        self.synced: Any = copy(node.disk)  # what a power loss leaves
        self.snapshot: dict[str, Any] = {}
        self.state_seq = 0  # the newest event that told this node's state

    def monotonic_us(self, t_us: int) -> int:
        """What the node's stopwatch shows at true time `t_us`: it drifts, but nobody sets it."""
        drift_ppm = self.drift_ppm
        return t_us + self.gained_us + ((t_us - self.drift_from_us) * drift_ppm // 1_000_000 if drift_ppm else 0)

    def clock_us(self, t_us: int) -> int:
        """What the node's wall clock shows at true time `t_us`."""
        return self.monotonic_us(t_us) + self.skew_us

    def set_drift(self, drift_ppm: int, t_us: int) -> None:
        """From now on both clocks run fast by so much; what they gained so far stays. Timers already set keep their true deadline."""
        self.gained_us = self.monotonic_us(t_us) - t_us
        self.drift_ppm, self.drift_from_us = drift_ppm, t_us

    def forget(self) -> None:
        """What a crash takes: memory, timers, everything that waited."""
        self.node.memory = self.node.Memory()
        self.timers, self.scheduled, self.told, self.retimed = {}, {}, {}, []
        self.inbox, self.outbox, self.syncs = [], [], []
        self.sync_due_us = 0


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `new` that differ; a list that only changed from some place on is given as a splice."""
    changed: dict[str, Any] = {}
    before_of = old.get
    for name, value in new.items():
        before = before_of(name)
        if before is value or before == value:
            continue
        changed[name] = splice(before, value) if isinstance(value, tuple) and isinstance(before, tuple) and before else value
    return changed


def splice(old: tuple[Any, ...], new: tuple[Any, ...]) -> Any:
    same = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        same += 1
    return {"at": same, "drop": len(old) - same, "items": new[same:]} if same else new
