"""What must come before what, kept closed: a relation over the steps of sessions that grows edge by edge.

It begins with the causal order: program order, and each write before what saw it, and what follows from both. A checker
adds edges; clocks are brought up to date at once, so asking costs one look-up. An edge that would close a cycle is not
added: it is the contradiction looked for, and `explain` tells the steps that make it.

Cost: a clock has one number for each chain. Clocks are shared by steps that learn nothing new, and an edge is followed
only as far as somebody learns from it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from labs.engine.histories.budget import SLICE_STEPS, Budget
from labs.engine.histories.sessions import Clock, Sessions, Step, knows, merged

CELLS_MAX: Final = 60_000_000  # numbers in all clocks, some 500 MB; past it the answer is unknown
CELLS_A_STEP: Final = 50  # numbers compared that count as one step of the budget


class Spent(Exception):
    """The budget ran out, or the clocks grew too large."""


class Meter:
    """Takes from the budget in slices."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.left = 0

    def use(self, steps: int) -> None:
        """Raises Spent."""
        self.left -= steps
        while self.left < 0:
            granted = self.budget.grant(SLICE_STEPS)
            if granted == 0:
                raise Spent
            self.left += granted


class Edge:
    """`tail` comes before `head`, since `reason[0]` comes before `reason[1]`, and since `reads` saw what it saw, or was seen.

    `number` counts the edges of an order.
    """

    __slots__ = ("head", "number", "reads", "reason", "tail")

    def __init__(self, tail: Step, head: Step, reason: tuple[Step, Step], reads: Step) -> None:
        self.tail, self.head, self.reason, self.reads = tail, head, reason, reads
        self.number = 0


class Writes:
    """The steps of each chain that put something into a key, to find the last one before a place."""

    def __init__(self, sessions: Sessions, chosen: Callable[[Step], bool]) -> None:
        self.of: dict[str, dict[int, tuple[list[int], list[Step]]]] = {}
        for chain in sessions.chains:
            for step in chain:
                if chosen(step):
                    indices, steps = self.of.setdefault(step.key, {}).setdefault(step.chain, ([], []))
                    indices.append(step.index)
                    steps.append(step)

    def last(self, step: Step, clock: Clock) -> Iterator[Step]:
        """For each chain its last write of the step's key before the step, whose clock this is."""
        for chain, (indices, steps) in self.of.get(step.key, {}).items():
            place = bisect_left(indices, step.index if chain == step.chain else clock[chain])
            if place:
                yield steps[place - 1]

    def first(self, key: str) -> Iterator[Step]:
        for _, steps in self.of.get(key, {}).values():
            yield steps[0]


def causal_clocks(sessions: Sessions, meter: Meter) -> list[Step] | None:
    """Sets the clock of every step to the causal order. Else a cycle: steps, each right before the next, the last before the first."""
    waiting = {step: (step.parent is not None) + (step.source is not None) for step in sessions.steps}
    ready = deque(step for step in sessions.steps if waiting[step] == 0)
    width = len(sessions.chains)
    cells = width
    start: Clock = (0,) * width
    while ready:
        step = ready.popleft()
        meter.use(1)
        clock = start if step.parent is None else step.parent.clock
        if step.parent is not None and step.parent.chain != step.chain:
            clock = merged(clock, clock, step.parent)
            cells += width
        source = step.source
        if source is not None and not knows(step, clock, source):
            clock = merged(clock, source.clock, source)
            cells += width
            meter.use(width // CELLS_A_STEP)
            if cells > CELLS_MAX:
                raise Spent
        step.clock = clock
        del waiting[step]
        for after in (*step.followers, *step.readers):
            waiting[after] -= 1
            if waiting[after] == 0:
                ready.append(after)
    return cycle_among(waiting) if waiting else None


def cycle_among(waiting: dict[Step, int]) -> list[Step]:
    """Each of these has one of them right before it."""
    step = next(iter(waiting))
    path: dict[Step, None] = {}
    while step not in path:
        path[step] = None
        before = [other for other in (step.source, step.parent) if other is not None and other in waiting]
        step = before[0]
    found = list(path)
    return found[found.index(step) :]


class Order:
    """The causal order with edges added to it."""

    def __init__(self, sessions: Sessions, meter: Meter) -> None:
        self.sessions = sessions
        self.meter = meter
        self.clocks: dict[Step, Clock] = {}  # where they are no longer those of the causal order
        self.into: dict[Step, list[Edge]] = {}
        self.out: dict[Step, list[Step]] = {}
        self.edges = 0

    def clock(self, step: Step) -> Clock:
        return self.clocks.get(step, step.clock)

    def before(self, one: Step, other: Step) -> bool:
        return knows(other, self.clock(other), one)

    def add(self, edge: Edge, learned: Callable[[Step], None]) -> bool:
        """Tells of every step that now comes after more than it did. False: the edge closes a cycle. Raises Spent."""
        tail, head = edge.tail, edge.head
        if tail is head or self.before(head, tail):
            return False
        if self.before(tail, head):
            return True
        self.edges += 1
        edge.number = self.edges
        self.into.setdefault(head, []).append(edge)
        self.out.setdefault(tail, []).append(head)
        pending = [(head, tail)]
        while pending:
            step, news = pending.pop()
            clock = self.clock(step)
            if knows(step, clock, news):
                continue
            self.meter.use(1 + len(clock) // CELLS_A_STEP)
            if len(self.clocks) * len(clock) > CELLS_MAX:
                raise Spent
            self.clocks[step] = merged(clock, self.clock(tail), tail)
            learned(step)
            pending += [(after, tail) for after in (*step.followers, *step.readers, *self.out.get(step, ()))]
        return True

    def explain(self, one: Step, other: Step, limit: int | None = None) -> set[Step]:
        """Steps that show why `one` comes before `other`, by edges numbered below `limit`."""
        found: set[Step] = set()
        todo = [(one, other, self.edges + 1 if limit is None else limit)]
        explained: set[int] = set()
        while todo:
            start, end, below = todo.pop()
            steps, edges = self._path(start, end, below)
            found.update(steps)
            for edge in edges:
                if edge.number not in explained:
                    explained.add(edge.number)
                    found.update((edge.tail, edge.head, edge.reads))
                    todo.append((*edge.reason, edge.number))
        return found

    def _path(self, one: Step, other: Step, below: int) -> tuple[list[Step], list[Edge]]:
        """A path with as few changes from one process to another as there can be: the steps where it changes, and its added edges."""
        came: dict[Step, tuple[Step, Edge | None] | None] = {other: None}
        queue, done = deque([other]), set[Step]()
        while queue:
            step = queue.popleft()
            if step is one:
                break
            if step in done:
                continue
            done.add(step)
            if step.parent is not None and self._between(one, step.parent) and step.parent not in done:
                came[step.parent] = (step, None)
                queue.appendleft(step.parent)
            for before, edge in self._jumps(step, below):
                if before not in came and self._between(one, before):
                    came[before] = (step, edge)
                    queue.append(before)
        return turns(came, one)

    def _between(self, one: Step, step: Step) -> bool:
        return step is one or self.before(one, step)

    def _jumps(self, step: Step, below: int) -> Iterable[tuple[Step, Edge | None]]:
        if step.source is not None:
            yield step.source, None
        for edge in self.into.get(step, ()):
            if edge.number < below:
                yield edge.tail, edge


def turns(came: dict[Step, tuple[Step, Edge | None] | None], one: Step) -> tuple[list[Step], list[Edge]]:
    """Of a path only the ends of its stretches in program order: what lies between need not be told."""
    steps, edges, step, straight = [one], list[Edge](), one, False
    while (link := came[step]) is not None:
        after, edge = link
        in_process = edge is None and after.parent is step
        if not (in_process and straight):
            steps.append(step)
        if edge is not None:
            edges.append(edge)
        straight = in_process
        step = after
    return [*steps, step], edges
