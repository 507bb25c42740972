"""Measures and givens: what can be asked of a run, and what is shown so that the answer can be reasoned out.

Both are declared by a lab as data with one pure function, which looks at a run at a moment: at the real state of its nodes, and at all that
was told before. A function that looks changes nothing, so a run that is looked at gives the same bytes as one that is not.

A measure that finds no answer which follows from what is shown (two servers that lose patience in the same instant) says so by `Unclear`;
whoever asks then takes another seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.errors import LabError
from labs.engine.events import Event, StateEvent
from labs.engine.simulation import Simulation

if TYPE_CHECKING:
    from labs.engine.definition import Lab

NONE = "none"  # the answer of a node measure where it is nobody
MOMENT_US_MAX = 30_000_000  # virtual: nothing is looked at later than this
STEPS_MAX = 400_000  # of the heap, in one replay: some seconds of one core at the very worst


class Unclear(LabError):
    """This run gives no answer that follows from what is shown. The text says why."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A run as it is just before `at_us`: commands of that very microsecond have not taken effect. `events` are all told so far."""

    simulation: Simulation
    at_us: int
    events: Sequence[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found: the id of a node, a number as text, or one of the choices. `why` says in a sentence how it came about;
    `options` are all that may be answered where it is no number.
    """

    value: str
    why: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is shown: every row has as many texts as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A quantity that can be asked for. `title` is the question in words. `at`: it is taken at a moment that the question names;
    else it is known from the start. `take` raises Unclear.
    """

    name: str
    title: str
    kind: Literal["node", "number", "choice"]
    take: Callable[[Moment], Measured]
    unit: str = ""
    at: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A small table that a question can show. `show` raises Unclear."""

    name: str
    title: str
    show: Callable[[Moment], Table]
    at: bool = True


Looks = Mapping[int, Callable[[Moment], None]]


class Replay(Run):
    """A run that is looked at on its way. Its chunks are those of any other run with this log."""

    def __init__(self, simulation: Simulation, looks: Looks) -> None:
        super().__init__(simulation)
        self.looks = sorted(looks.items(), key=lambda look: look[0])
        self.told: list[Event] = []  # of the chunks that are finished

    def _advance(self, commands: Sequence[Command], to_us: int) -> int:
        while self.looks and self.looks[0][0] <= to_us:
            at_us, look = self.looks[0]
            reached_us = super()._advance(commands, at_us)
            if reached_us < at_us:
                return reached_us  # the chunk is full
            del self.looks[0]
            look(Moment(self.simulation, at_us, [*self.told, *self.simulation.events]))
        return super()._advance(commands, to_us)


def replay(lab: Lab, parameters: Mapping[str, Any], seed: int, commands: Sequence[Command], looks: Looks) -> str:
    """Play a run as far as the last of these moments and take every look. The digest of its chunks up to there. Raises Unclear."""
    if not all(0 <= at_us <= MOMENT_US_MAX for at_us in looks):
        raise Unclear(f"A moment is at most {MOMENT_US_MAX // 1_000_000} s; got {max(looks) / 1e6:.3f} s.")
    run = Replay(Simulation(lab, parameters, seed), looks)
    while run.looks and not run.finished:
        run.next_chunk(commands)
        run.told += run.simulation.events
        if run.simulation.order > STEPS_MAX:
            raise Unclear(f"The run takes more than {STEPS_MAX} steps; let it be shorter, or less busy.")
    if run.looks:
        raise Unclear("The run was halted before the moment.")
    return run.digest


def states_at(events: Iterable[Event], until_us: int) -> dict[str, dict[str, Any]]:
    """Every node's snapshot as it was told before `until_us`, by node: what a browser would have built from the events."""
    states: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.t_us >= until_us:
            break
        if isinstance(event, StateEvent):
            state = states.setdefault(event.node, {})
            for name, value in event.changed.items():
                if isinstance(value, dict) and value.keys() == {"at", "drop", "items"}:
                    value = (*state[name][: value["at"]], *value["items"])  # a splice drops all from `at` on
                state[name] = value
    return states


def seconds(t_us: int) -> str:
    return f"{t_us / 1e6:.3f} s"


def milliseconds(t_us: int) -> str:
    """To the nearest tenth, without a tenth where there is none."""
    return f"{t_us / 1000:.1f}".removesuffix(".0")


def listed(words: Sequence[str]) -> str:
    """`n1, n2 and n3`."""
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else "nobody"
