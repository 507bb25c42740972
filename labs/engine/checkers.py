"""Invariants watch a run as it goes, with access to every node's real state, and report the first violation with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from labs.engine.events import OperationEvent
    from labs.engine.process import Process
    from labs.engine.simulation import Simulation


class Violation(msgspec.Struct, frozen=True):
    """What broke: a sentence a student can read, the nodes and the seqs of the events that prove it."""

    text: str
    nodes: list[str]
    evidence: list[int]


class Invariant:
    """One rule. `state` is bounded and is dumped with the run; `watches` names the snapshot fields whose change can break the rule."""

    name: ClassVar[str]
    title: ClassVar[str]
    text: ClassVar[str]  # what the rule says
    watches: ClassVar[frozenset[str]]
    every_us: ClassVar[int] = 0  # a liveness rule looks at the clock as well, so often
    operations: ClassVar[bool] = False  # whether `ended` is called

    class State(msgspec.Struct):
        pass

    state: Any

    def __init__(self) -> None:
        self.state = self.State()
        self.violated: Violation | None = None

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        """Called after a handler changed one of the watched fields of `process`."""
        return None

    def tick(self, simulation: Simulation) -> Violation | None:
        """Called every `every_us`: for what is wrong because nothing happened."""
        return None

    def ended(self, invoked: OperationEvent, outcome: str, value: Any, simulation: Simulation) -> Violation | None:
        """Called when a client's operation ends, with what it was asked for and gave. In a busy lab that is every operation, not the
        sample: one that is not shown has a negative id, which is no evidence. Called after a violation too: a rule may measure
        what it sees.
        """
        return None

    def summary(self) -> str:
        """What is shown while the rule holds."""
        return self.text
