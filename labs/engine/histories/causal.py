"""Causal consistency, as causal memory: each process sees all writes in an order of its own that keeps causes before effects.

What comes before what: program order, and a write before each read that saw it, and what follows from both. Of what comes
before its steps, each process needs one order that explains everything it read; two processes may see writes that do not
depend on each other in different orders. That is causal memory (CM) of Ahamad and others, "Causal memory: definitions,
implementation, and programming" (1995); implied by sequential consistency, and it implies the four session guarantees.

How it is checked: by the bad patterns of Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency" (POPL 2017,
sections 3 and 5). A history in which every write has a value of its own is CM if and only if it has none of

- CyclicCO: the causal order has a cycle;
- ThinAirRead: a value is read that nobody wrote;
- WriteCOInitRead: null is read, though a write comes before the read;
- WriteCORead: a value is read, though another write comes between its write and the read;
- WriteHBInitRead, CyclicHB: the same two, in the order that all reads of one process together force upon the writes.

Without the last line it would be CC, the weakest notion there. With this one in its place it is CCv, causal convergence:

- CyclicCF: a cycle of the causal order and what reads say of writes (if a write comes before a read that saw another, it
  comes before that other, for everybody).

`check_convergence` asks for that: all processes order the writes of a key alike, as replicas do that let the last writer win
(Lloyd and others, "Don't settle for eventual", 2011, call it causal+). CM and CCv do not imply each other; either implies the
session guarantees. A cas is a read and a write in one step.

Where a value was written more than once, its reads tell nothing: a violation found without them is one, but that there is none
shows only if a stronger consistency holds; else the verdict is unknown, and says why.

Cost: n operations of p processes (an `info` operation that was seen counts as one more process) take n * p for the first
four patterns, and little more for the others where one order of each key's writes explains what everybody read (as where the last
writer wins); else they are looked for process by process, p times that. At worst polynomial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from labs.engine.histories import sequential
from labs.engine.histories.budget import Budget
from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.order import Edge, Meter, Order, Spent, Writes, causal_clocks
from labs.engine.histories.saturation import Contradiction, Saturation
from labs.engine.histories.sessions import NOTHING, Sessions, Step, knows
from labs.engine.histories.smaller import closed, smaller, sourceless
from labs.engine.histories.verdict import Verdict, shown, unknown

NAME: Final = "causal"
CONVERGENCE_NAME: Final = "causal-convergence"
STRONGER_STEPS: Final = 1_000_000  # for asking whether a stronger consistency holds
SMALLER_STEPS: Final = 200_000  # for making the evidence small
SMALLER_MAX: Final = 300  # steps of evidence that are tried to be left out
PAPER: Final = "Bouajjani, Enea, Guerraoui and Hamza, POPL 2017"


class Bad:
    """A bad pattern and the steps that make it; `read` and `obstacle` are those the sentence is about."""

    __slots__ = ("obstacle", "pattern", "read", "steps")

    def __init__(self, pattern: str, steps: Iterable[Step], read: Step, obstacle: Step | None = None) -> None:
        self.pattern, self.steps, self.read, self.obstacle = pattern, list(steps), read, obstacle


Find = Callable[[Sessions, Meter], Bad | None]


def check(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    """Causal memory. Raises HistoryError if a process has two operations under way at once."""
    return check_notion(NAME, find, operations, budget)


def check_convergence(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    """Causal convergence. Raises HistoryError as `check` does."""
    return check_notion(CONVERGENCE_NAME, find_divergence, operations, budget)


def check_notion(name: str, find: Find, operations: Iterable[Operation], budget: Budget | None) -> Verdict:
    operations = list(operations)
    sessions = Sessions(operations)
    budget = budget or Budget()
    if sequential.is_linearizable(operations, budget):
        return Verdict(kind=name, text="")  # this is quickly seen, and needs no values to be told apart
    try:
        bad = find(sessions, Meter(budget))
    except Spent:
        return unknown("The budget ran out: no contradiction was found so far.")
    if bad is not None:
        return violated(name, find, sessions, bad, budget)
    if sessions.unclear is not None and sequential.check(operations, budget.part(STRONGER_STEPS)).outcome != "holds":
        return unknown(f"Not every read tells what it saw: {sessions.why_unclear()}. The others show no contradiction.")
    return Verdict(kind=name, text="")


def find(sessions: Sessions, meter: Meter) -> Bad | None:
    """The first bad pattern, in the order of the list above. Raises Spent."""
    writes = Writes(sessions, lambda step: step.put is not NOTHING)
    bad, hurried = find_weak(sessions, writes, meter)
    # What all reads together force is more than what those of one process do: where that is no contradiction, neither is this.
    if bad is not None or not hurried or Saturation(Order(sessions, meter), writes, sessions.steps).run() is None:
        return bad
    for number in sorted({step.chain for step in hurried}):
        found = Saturation(Order(sessions, meter), writes, view(sessions.chains[number])).run()
        if found is not None:
            return in_view(found)
    return None


def find_divergence(sessions: Sessions, meter: Meter) -> Bad | None:
    """The same for causal convergence."""
    writes = Writes(sessions, lambda step: step.put is not NOTHING)
    bad, hurried = find_weak(sessions, writes, meter)
    order = Order(sessions, meter)
    for read in hurried if bad is None else ():
        for write in writes.last(read, read.clock):
            assert read.source is not None  # else it would be WriteCOInitRead
            edge = Edge(write, read.source, (write, read), read)
            if write is not read.source and not order.add(edge, lambda step: None):
                steps = order.explain(write, read) | order.explain(read.source, write) | {read}
                return Bad("CyclicCF", steps, read, write)
    return bad


def find_weak(sessions: Sessions, writes: Writes, meter: Meter) -> tuple[Bad | None, list[Step]]:
    """The first of the patterns of CC; and the reads that force an order upon writes that the causal order leaves open."""
    cycle = causal_clocks(sessions, meter)
    if cycle is not None:
        return Bad("CyclicCO", links(cycle), cycle[0]), []
    if sessions.thin_air is not None:
        return Bad("ThinAirRead", sessions.proof_of(sessions.thin_air), sessions.thin_air), []
    hurried = []
    for step in sessions.steps:
        if step.known:
            meter.use(1)
            obstacle, forces = against(step, writes)
            if obstacle is not None:
                return between(step, obstacle, Order(sessions, meter)), []
            if forces:
                hurried.append(step)
    return None, hurried


def links(cycle: list[Step]) -> list[Step]:
    """Of a cycle only the ends of its stretches in program order. Each step is right before the one listed ahead of it."""
    ahead = [cycle[-1], *cycle[:-1]]
    after = [*cycle[1:], cycle[0]]
    return [step for step, a, b in zip(cycle, ahead, after, strict=True) if a.source is step or step.source is b]


def against(read: Step, writes: Writes) -> tuple[Step | None, bool]:
    """A write that comes between what was read and the read; and whether the read forces an order upon writes that have none yet."""
    source, forces = read.source, False
    for write in writes.last(read, read.clock):
        if write is source:
            continue
        if source is None or knows(write, write.clock, source):
            return write, True
        forces = forces or not knows(source, source.clock, write)
    return None, forces


def between(read: Step, write: Step, order: Order) -> Bad:
    steps = order.explain(write, read) | {read, write}
    if read.source is None:
        return Bad("WriteCOInitRead", steps, read, write)
    return Bad("WriteCORead", steps | order.explain(read.source, write), read, write)


def view(chain: list[Step]) -> list[Step]:
    """All that a process read up to the end of the chain."""
    first = chain[0].parent  # there is one if the chain is an `info` operation, which comes after what its process did before
    found = list(chain)
    while first is not None:
        found.append(first)
        first = first.parent
    return found[::-1]


def in_view(found: Contradiction) -> Bad:
    pattern = "WriteHBInitRead" if found.step.source is None else "CyclicHB"
    return Bad(pattern, found.steps, found.step, found.obstacle)


def violated(name: str, find: Find, sessions: Sessions, bad: Bad, budget: Budget) -> Verdict:
    silent = sessions.tell_nothing()
    part = budget.part(SMALLER_STEPS)
    culprits = closed(bad.steps, SMALLER_MAX)
    shortest = bad

    def still_wrong(steps: list[Step]) -> bool:
        nonlocal shortest
        try:
            again = find(Sessions((step.operation for step in steps), silent | sourceless(steps)), Meter(part))
        except Spent:
            return False
        if again is None or again.pattern != bad.pattern:
            return False
        shortest = again
        return True

    steps = smaller(culprits, still_wrong) if len(culprits) <= SMALLER_MAX else culprits
    operations = tuple(sorted({step.operation.invoked: step.operation for step in steps}.values(), key=lambda found: found.invoked))
    text = shown(f"{sentence(shortest)} ({bad.pattern} of {PAPER}.)", operations)
    return Verdict(kind=f"not {name}", key=shortest.read.operation.key, pattern=bad.pattern, operations=operations, text=text)


def sentence(bad: Bad) -> str:
    read = bad.read.operation
    who, key = f"process {encoded(read.process)}", f"key {encoded(read.key)}"
    saw = f"{who} read {encoded(seen_value(bad.read))} of {key} at {read.completed or read.invoked}"
    if bad.pattern == "CyclicCO":
        return "causes go round in a circle: each of these operations comes before the next, and the last before the first."
    if bad.pattern == "ThinAirRead":
        return f"{saw}, which nobody wrote."
    assert bad.obstacle is not None
    other = f"the {bad.obstacle.operation.words()} of process {encoded(bad.obstacle.operation.process)} at {bad.obstacle.operation.invoked}"
    if bad.pattern == "WriteCOInitRead":
        return f"{saw}, though {other} comes before that in causal order."
    if bad.pattern == "WriteCORead":
        return f"{saw}, though {other} replaced that value: it comes after the write of it, and before the read, in causal order."
    if bad.pattern == "WriteHBInitRead":
        return f"{saw}, though what {who} read shows that it had {other} before."
    if bad.pattern == "CyclicCF":
        return f"{saw}; no single order of the writes explains what all processes read, since {other} would have to come before and after."
    return f"{saw}; no single order of the writes explains all that {who} read, since {other} would have to come both before and after."


def seen_value(step: Step) -> object:
    return step.operation.value[0] if step.operation.f == "cas" else step.operation.value
