"""The four session guarantees, as far as clients can see them: what a process may still read, after what it has done and seen.

- read your writes: nothing older than what it wrote itself;
- monotonic reads: nothing older than what it has read;
- monotonic writes: having read a write, nothing older than what that write's process had written before;
- writes follow reads: having read a write, nothing older than what that write's process had read before.

From Terry and others, "Session guarantees for weakly consistent replicated data" (1994), who define them by what the servers
hold. A client sees only what it reads, so here a guarantee is violated if there is no order of a key's writes in which
the process never read anything older than it may; each process and key is looked at alone, and null is older than any
write. Of two writes the one is older for certain if it comes before the other in causal order (see `causal`). So each of the
four follows from causal consistency. Where a client moves from server to server, a violation of the last two cannot always be told
from one of monotonic reads: then both say so.

Reads are told apart by value, as for causal consistency: where a value was written twice, they tell nothing.

Cost: n operations of p processes take n * p, and one graph of its own reads for each process and key.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final

from labs.engine.histories import causal, sequential
from labs.engine.histories.budget import Budget
from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.order import Meter, Order, Spent, causal_clocks
from labs.engine.histories.sessions import NOTHING, Sessions, Step
from labs.engine.histories.smaller import closed, smaller, sourceless
from labs.engine.histories.verdict import Verdict, shown, unknown
from labs.engine.histories.version_order import View

STRONGER_STEPS: Final = 1_000_000  # for asking whether a stronger consistency holds
SMALLER_STEPS: Final = 50_000
SMALLER_MAX: Final = 300  # steps of evidence that are tried to be left out

GUARANTEES: Final = {
    "read-your-writes": "what it wrote itself",
    "monotonic-reads": "what it had read before",
    "monotonic-writes": "what was written before a write it had read, by the same process",
    "writes-follow-reads": "what was read before a write it had read, by that write's process",
}

Wrong = tuple[list[Step], Step]  # the steps that show it, and the read that is too old


class Cyclic(Exception):
    """Causes go round in a circle, so nothing is older than anything else."""


def checker(name: str) -> Callable[[Iterable[Operation], Budget | None], Verdict]:
    """The checker of one of `GUARANTEES`: raises HistoryError if a process has two operations under way at once."""

    def check(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
        return check_guarantee(name, operations, budget or Budget())

    return check


def check_guarantee(name: str, operations: Iterable[Operation], budget: Budget) -> Verdict:
    operations = list(operations)
    sessions = Sessions(operations)
    if sequential.is_linearizable(operations, budget):
        return Verdict(kind=name, text="")  # this is quickly seen, and needs no values to be told apart
    try:
        wrong = find(name, sessions, Meter(budget))
    except Spent:
        return unknown("The budget ran out: no read was found too old so far.")
    except Cyclic:
        return unknown("Causes go round in a circle, so of two writes none is older: the history is not causal.")
    if wrong is not None:
        return violated(name, sessions, wrong, budget)
    if sessions.unclear is not None and sequential.check(operations, budget.part(STRONGER_STEPS)).outcome != "holds":
        return unknown(f"Not every read tells what it saw: {sessions.why_unclear()}. None of the others is too old.")
    return Verdict(kind=name, text="")


def find(name: str, sessions: Sessions, meter: Meter) -> Wrong | None:
    """Raises Spent and Cyclic."""
    if causal_clocks(sessions, meter) is not None:
        raise Cyclic
    if sessions.thin_air is not None:
        return sessions.proof_of(sessions.thin_air), sessions.thin_air
    if causal.find(sessions, meter) is None:
        return None  # each of the guarantees follows
    past = Past(sessions)
    for chain in sessions.chains:
        if not chain[0].info:
            wrong = Session(name, past, meter).walk(chain)
            if wrong is not None:
                return wrong
    return None


class Past:
    """What each process wrote and read of each key, in order."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.wrote: dict[tuple[int, str], list[Step]] = {}
        self.read: dict[tuple[int, str], list[Step]] = {}
        for step in sessions.steps:
            if not step.info:
                if step.put is not NOTHING:
                    self.wrote.setdefault((step.chain, step.key), []).append(step)
                if step.source is not None:
                    self.read.setdefault((step.chain, step.key), []).append(step)


def index(step: Step) -> int:
    return step.index


class Session:
    """One process: what it may still read of each key."""

    def __init__(self, name: str, past: Past, meter: Meter) -> None:
        self.name, self.past, self.meter = name, past, meter
        self.views: dict[str, View] = {}
        self.seen: dict[int, tuple[int, Step]] = {}  # chain -> how far it had come at the latest of its writes read here, and that read
        self.told: dict[tuple[str, int], int] = {}  # key and chain -> how much of that is in the view

    def walk(self, chain: list[Step]) -> Wrong | None:
        for step in chain:
            self.meter.use(1)
            view = self.views.setdefault(step.key, View())
            if step.known:
                self._learn(view, step.key)
                newer = view.newer(step.source)
                if newer is not None:
                    return self._told([*newer, step], [(step.source, newer[0])], step)
                if step.source is not None:
                    view.read(step.source, step)
                    self._saw(view, step, step.source)
            if step.put is not NOTHING and self.name == "read-your-writes":
                view.floor(step, ())
        for view in self.views.values():
            self.meter.use(1 + len(view.reads) + len(view.floors))
            circle = view.contradiction()
            if circle is not None:
                return self._told(circle.steps, circle.pairs, circle.read)
        return None

    def _told(self, steps: list[Step], pairs: Iterable[tuple[Step | None, Step]], read: Step) -> Wrong:
        """With the steps that show the causal order of the pairs."""
        order = Order(self.past.sessions, self.meter)
        causes = [step for one, other in pairs if one is not None for step in order.explain(one, other)]
        return [*steps, *causes, *([read.source] if read.source is not None else [])], read

    def _saw(self, view: View, read: Step, write: Step) -> None:
        if self.name == "monotonic-reads":
            view.floor(write, (read,))
        place = write.parent if write.info else write
        if place is not None:
            upto = place.index + write.info
            if upto > self.seen.get(place.chain, (0, read))[0]:
                self.seen[place.chain] = upto, read

    def _learn(self, view: View, key: str) -> None:
        """Puts into the view what follows, for this key, from the writes of others read so far."""
        if self.name not in ("monotonic-writes", "writes-follow-reads"):
            return
        self.meter.use(len(self.seen) // 10)
        for chain, (upto, read) in self.seen.items():
            told = self.told.get((key, chain), 0)
            if upto > told:
                self.told[key, chain] = upto
                because = (read, read.source) if read.source is not None else (read,)
                if self.name == "monotonic-writes":
                    self._written(view, self.past.wrote.get((chain, key), []), upto, because)
                else:
                    self._read(view, self.past.read.get((chain, key), []), told, upto, because)

    def _written(self, view: View, writes: list[Step], upto: int, because: tuple[Step, ...]) -> None:
        place = bisect_left(writes, upto, key=index)
        if place:
            view.floor(writes[place - 1], because)

    def _read(self, view: View, reads: list[Step], told: int, upto: int, because: tuple[Step, ...]) -> None:
        for read in reads[bisect_left(reads, told, key=index) : bisect_left(reads, upto, key=index)]:
            if read.source is not None:
                view.floor(read.source, (read, *because))


def violated(name: str, sessions: Sessions, wrong: Wrong, budget: Budget) -> Verdict:
    steps, read = closed(wrong[0], SMALLER_MAX), wrong[1]
    silent = sessions.tell_nothing()
    part = budget.part(SMALLER_STEPS)

    def still_wrong(kept: list[Step]) -> bool:
        nonlocal read
        try:
            again = find(name, Sessions((step.operation for step in kept), silent | sourceless(kept)), Meter(part))
        except (Spent, Cyclic):
            return False
        if again is not None:
            read = again[1]
        return again is not None

    kept = smaller(steps, still_wrong) if len(steps) <= SMALLER_MAX else steps
    found = tuple(sorted({step.operation.invoked: step.operation for step in kept}.values(), key=lambda operation: operation.invoked))
    return Verdict(kind=f"not {name}", key=read.operation.key, operations=found, text=shown(sentence(name, read), found))


def sentence(name: str, read: Step) -> str:
    operation = read.operation
    value = operation.value[0] if operation.f == "cas" else operation.value
    start = f"process {encoded(operation.process)} read {encoded(value)} of key {encoded(operation.key)} at {operation.completed}"
    if read.known:
        return f"{start}: that is older than {GUARANTEES[name]}."
    return f"{start}, which nobody wrote."
