"""For the tests of labs: drive one node by hand, or play a whole run and see what its checkers say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.definition import Lab
from labs.engine.events import CheckEvent, Event, GoalEvent, NoteEvent
from labs.engine.goals import Challenge
from labs.engine.histories import CHECKERS, check_run
from labs.engine.measures import Measured, Moment, Table, Unclear, replay
from labs.engine.node import Context, Node
from labs.engine.simulation import Simulation

Script = Iterable[tuple[int, str, dict[str, Any]]]


@dataclass(frozen=True)
class Played:
    """A run that was played to its end, with all its events."""

    run: Run
    events: list[Event]

    @property
    def simulation(self) -> Simulation:
        return self.run.simulation

    def notes(self, name: str) -> list[NoteEvent]:
        return [e for e in self.events if isinstance(e, NoteEvent) and e.name == name]

    def violations(self) -> dict[str, str]:
        """Checker -> what it said, of all that fired; the history checkers too, where the lab has any, by their titles."""
        found = {e.checker: e.text for e in self.events if isinstance(e, CheckEvent) and not e.holds}
        lab = self.simulation.lab
        for name in lab.history_checkers():
            verdict, _ = check_run(name, self.events, lab.effects)
            if verdict.outcome == "violated":
                found[CHECKERS[name].title.lower()] = verdict.text
        return found

    def goal(self, challenge: str) -> float:
        """The progress of a challenge at the end, 0..1."""
        return next((e.progress for e in reversed(self.events) if isinstance(e, GoalEvent) and e.challenge == challenge), 0.0)


def play(lab: Lab, until_us: int, script: Script = (), parameters: Mapping[str, Any] | None = None, seed: int = 7) -> Played:
    """Play a run of the lab from its start to `until_us` (rounded up to a chunk). The script may be in any order of time."""
    run, events = Run(Simulation(lab, parameters or {}, seed)), []
    commands = commands_of(script)
    while run.frontier_us < until_us and not run.finished:
        run.next_chunk(commands)
        events += run.simulation.events
    return Played(run, events)


def play_until(
    checker: str, lab: Lab, until_us: int, script: Script = (), parameters: Mapping[str, Any] | None = None, seed: int = 7
) -> tuple[set[str], int]:
    """Play until this checker fires, at most to `until_us` (rounded up to a chunk): what fired, and how many handlers failed with
    an exception. A history checker is asked at the end.
    """
    run = Run(Simulation(lab, parameters or {}, seed))
    commands, played, fired = commands_of(script), Played(run, []), set[str]()
    while run.frontier_us < until_us and not run.finished and checker not in fired:
        run.next_chunk(commands)
        played.events.extend(run.simulation.events)
        fired = {e.checker for e in played.events if isinstance(e, CheckEvent) and not e.holds}
    if checker not in fired:
        fired = set(played.violations())
    return fired, len(played.notes("failed"))


def attempt(
    lab: Lab, challenge: Challenge, deeds: Iterable[tuple[int, str, dict[str, Any]]], until_us: int, seed: int | None = None
) -> float:
    """How far somebody gets who does this, in the order of time, in a run of the challenge; the seed is the scenario's, else this one."""
    scenario, deeds = lab.scenario(challenge.scenario), tuple(deeds)
    kept = [entry for entry in scenario.script if not deeds or entry[0] <= deeds[0][0]]
    played = play(lab, until_us, [*kept, *deeds], scenario.parameters | challenge.parameters, scenario.seed if seed is None else seed)
    return played.goal(challenge.name)


def commands_of(script: Script) -> list[Command]:
    """The log of a script, which may be in any order of time."""
    return [Command(i + 1, *entry) for i, entry in enumerate(sorted(script, key=lambda entry: entry[0]))]


def look(
    lab: Lab, measure: tuple[str, int], shows: Iterable[tuple[str, int]], seed: int, scenario: str, script: Script = (), **parameters: Any
) -> tuple[Measured, dict[str, Table], str]:
    """What a question would find in this run: what is measured, the tables it shows by name, the run's digest. Raises Unclear."""
    chosen = lab.scenario(scenario)
    tables: dict[str, Table] = {}
    found: list[Measured] = []
    givens, measures = {one.name: one for one in lab.givens}, {one.name: one for one in lab.measures}

    def at(at_us: int) -> Callable[[Moment], None]:
        def take(moment: Moment) -> None:
            tables.update({name: givens[name].show(moment) for name, shown_us in wanted if shown_us == at_us})
            if measure[1] == at_us:
                found.append(measures[measure[0]].take(moment))

        return take

    wanted = list(shows)
    looks = {at_us: at(at_us) for at_us in {measure[1], *(shown_us for _, shown_us in wanted)}}
    digest = replay(lab, chosen.parameters | parameters, seed, commands_of([*chosen.script, *script]), looks)
    return found[0], tables, digest


def clear(count: int, lab: Lab, *args: Any, **parameters: Any) -> Iterator[tuple[Measured, dict[str, Table]]]:
    """The first so many runs, by seed, that give a clear answer; at least one in five does. Arguments as of `look`, without the seed."""
    found = 0
    for seed in range(5 * count):
        try:
            measured, tables, _ = look(lab, args[0], args[1], seed, *args[2:], **parameters)
        except Unclear:
            continue
        yield measured, tables
        found += 1
        if found == count:
            return
    raise AssertionError(f"{found} of {5 * count} runs give a clear answer; {count} were expected")


class RecordingContext(Context):
    """A context without a cluster: remembers instead of doing. `random` gives the middle of what it is asked for."""

    __slots__ = ("cancelled", "clock_us", "completed", "invoked", "notes", "sent", "syncs", "timers")

    def __init__(self, me: str, peers: tuple[str, ...]) -> None:
        self.me, self.peers = me, peers
        self.clock_us = 0
        self.sent: list[tuple[str, Any]] = []
        self.timers: dict[str, int] = {}
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.syncs = 0
        self.invoked: list[tuple[str, str, Any]] = []  # an operation's id is its place, from 1
        self.completed: list[tuple[int, str, Any]] = []

    @property
    def now_us(self) -> int:
        return self.clock_us

    @property
    def monotonic_us(self) -> int:
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

    def measure(self, name: str, value: int) -> None:
        pass

    def share(self, name: str, part: int, whole: int) -> None:
        pass

    def invoke(self, f: str, key: str, value: Any) -> int:
        self.invoked.append((f, key, value))
        return len(self.invoked)

    def complete(self, operation: int, outcome: str, value: Any = None) -> None:
        self.completed.append((operation, outcome, value))

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
