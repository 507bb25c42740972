"""Goals: predicates over the event stream, with progress. A lab's challenges are built from them.

A goal sees events as they happen, after the engine did; the consequences of a command come before its own `fault`
event. Its progress never says more than the events prove, and `evidence` names them. A goal met stays met.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from labs.engine.events import Event

if TYPE_CHECKING:
    from labs.engine.simulation import Simulation


class Goal:
    """One predicate. `watches` are the event types it is shown; `state` is bounded and is dumped with the run."""

    watches: ClassVar[tuple[type[Event], ...]]
    start: ClassVar[str] = ""  # what is shown before anything happened

    class State(msgspec.Struct):
        pass

    state: Any

    def __init__(self) -> None:
        self.state = self.State()
        self.percent = 0
        self.text = self.start
        self.evidence: list[int] = []

    def observe(self, event: Event, simulation: Simulation) -> None:
        """Look at one event; call `reach` or `fall_back` where it changes the progress."""
        raise NotImplementedError

    def reach(self, percent: int, text: str, *evidence: int) -> None:
        """Progress is now `percent` (100: met), for this reason."""
        self.percent, self.text = percent, text
        self.evidence = [*self.evidence, *evidence]

    def fall_back(self, percent: int, text: str) -> None:
        """What was reached no longer holds."""
        self.percent, self.text, self.evidence = percent, text, []

    @property
    def met(self) -> bool:
        return self.percent >= 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Something to bring about. `parameters` are what the run starts from; the goal judges its events.

    `solution` is one way to do it, in the order of time, as somebody could play it under nearly any seed: as with every command that is
    given before others of a log, what the scenario's script would do after the first of them is gone. No browser is told.
    """

    name: str
    title: str
    brief: str
    goal: type[Goal]
    hints: tuple[str, ...]
    scenario: str
    parameters: dict[str, Any] = field(default_factory=dict)
    solution: tuple[tuple[int, str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A single rule that can be turned off (a bool parameter of that name, true by default), and a run that shows what it was for.

    `exposed_by` is the checker that fires under this seed and script with the rule off, and does not with it on.
    """

    name: str
    title: str
    text: str
    exposed_by: str
    seed: int
    until_us: int
    parameters: dict[str, Any] = field(default_factory=dict)
    script: tuple[tuple[int, str, dict[str, Any]], ...] = ()
