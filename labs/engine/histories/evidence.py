"""The few operations that show why a history is not linearizable.

A history's beginning up to any moment is linearizable if the whole is (what is then pending may or may not have taken
effect), so evidence begins with the operations invoked before the first completion no order gets past. Of these, some
can be left out without making the rest say less. If the history has an order, so has what is left, when:

- a read is left out: it changes nothing;
- a write (or cas, or append) is left out together with whatever might have seen it. A remaining operation cannot have seen
  it if it observed another value (with append: a text this one is no part of), if it completed before this one was
  invoked, or if another write came between the two for certain.

So if what is left has no order, the history has none. `remains_true` is that rule. It gives two things: a proof from a
short stretch of a long history, where searching the whole would take too long, and small evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from labs.engine.histories.budget import SLICE_STEPS, Budget
from labs.engine.histories.history import Operation
from labs.engine.histories.linearizability import Search
from labs.engine.histories.register import Register

STRETCHES: Final = (4, 16, 64, 256, 1024)  # completions in the stretches tried, shortest first
STRETCH_STEPS: Final = 20_000  # for the search of one
SMALLER_STEPS_MAX: Final = 200_000  # for all of the evidence
SMALLER_TRIES_MAX: Final = 2_000
PAIRS_MAX: Final = 2_000_000  # operations compared before it is easier to keep them
SOURCES_MAX: Final = 20  # writes and cas added to a stretch to tell where its values came from
NEVER: Final = float("inf")


class Fact:
    """An operation as it stands at the end of the beginning that is looked at."""

    __slots__ = ("blind", "end", "f", "need", "observes", "operation", "put", "start")

    def __init__(self, operation: Operation, last: int) -> None:
        if operation.completed is not None and operation.completed > last:
            operation = msgspec.structs.replace(operation, type="info", completed=None)
        self.operation = operation
        self.f = operation.f
        self.start = operation.invoked
        self.end = NEVER if operation.completed is None else operation.completed
        self.observes = operation.f in ("read", "cas")
        self.need: Any = token(operation.value[0] if operation.f == "cas" else operation.value) if self.observes else None
        self.put: Any = token(operation.value[1] if operation.f == "cas" else operation.value) if operation.f != "read" else None
        self.blind = operation.f == "write" and operation.completed is not None

    def may_be_seen_by(self, other: Fact, appends: bool) -> bool:
        """Going by values alone."""
        if not appends:
            return bool(self.put == other.need)
        if not isinstance(other.need, str):
            return self.f != "append" and bool(self.put == other.need)
        return self.put in other.need if self.f == "append" else other.need.startswith(self.put or "")


def token(value: Any) -> Any:
    """Equal when the values are: in Python True is 1 too."""
    return (value,) if isinstance(value, bool) else value


def beginning(operations: Iterable[Operation], last: int) -> list[Fact]:
    """What was invoked before the completion at `last`. Reads that were not answered by then say nothing, nor does what failed."""
    facts = [Fact(operation, last) for operation in operations if operation.invoked < last and operation.type != "fail"]
    return [fact for fact in facts if fact.f != "read" or fact.end != NEVER]


def has_no_order(facts: Iterable[Fact], steps: int, budget: Budget) -> bool:
    """True: for certain. False: there is one, or neither the steps nor the budget sufficed."""
    return finish(Search(Register(fact.operation for fact in facts)), budget, steps) is False


def finish(search: Search, budget: Budget, steps: int | None = None) -> bool | None:
    while search.answer is None and not search.given_up and (steps is None or search.steps < steps):
        granted = budget.grant(SLICE_STEPS if steps is None else steps - search.steps)
        if granted == 0:
            break
        search.run(granted)
    return search.answer


def doubtful(kept: Iterable[Fact], left_out: Fact, appends: bool) -> list[Fact]:
    """The kept operations that might have seen the one left out. `appends`: the register is appended to."""
    if left_out.f == "read":
        return []
    seen_by = [fact for fact in kept if fact.observes and fact.end > left_out.start and left_out.may_be_seen_by(fact, appends)]
    if not seen_by:
        return []
    hidden_at = min((fact.end for fact in kept if fact.blind and fact.start > left_out.end), default=NEVER)
    return [fact for fact in seen_by if fact.start < hidden_at]


def remains_true(kept: Sequence[Fact], left_out: Iterable[Fact], appends: bool) -> bool:
    """If `kept` has no order, `kept` and `left_out` together have none."""
    looking = [fact for fact in kept if fact.observes or fact.blind]
    left_out = [fact for fact in left_out if fact.f != "read"]
    if len(looking) * len(left_out) > PAIRS_MAX:
        return False
    return not any(doubtful(looking, fact, appends) for fact in left_out)


def stretch(facts: Sequence[Fact], completions: int, appends: bool) -> list[Fact]:
    """What was pending at some time since the last so many completions, without what might have seen something earlier."""
    ends = sorted(fact.end for fact in facts if fact.end != NEVER)
    since = ends[max(len(ends) - completions, 0)]
    kept = {id(fact): fact for fact in facts if fact.end >= since}
    earlier = {fact.put for fact in facts if fact.end < since and fact.f != "read"}
    hidden_at = min((fact.end for fact in kept.values() if fact.blind and fact.start > since), default=NEVER)
    doubts = [fact for fact in kept.values() if fact.observes and fact.start < hidden_at]
    if not (appends and earlier):
        doubts = [fact for fact in doubts if fact.need in earlier]
    while doubts:
        fact = doubts.pop()
        if kept.pop(id(fact), None) is not None:
            doubts.extend(doubtful(list(kept.values()), fact, appends))
    return list(kept.values())


def alone(facts: Sequence[Fact], appends: bool) -> list[Fact]:
    """The operation that completes last, with all it might have seen."""
    last = max((fact for fact in facts if fact.end != NEVER), key=lambda fact: fact.end)
    kept, rest, fresh = [last], [fact for fact in facts if fact.f != "read" and fact is not last], [last]
    while fresh:
        seen = {id(fact) for fact in rest if doubtful(fresh, fact, appends)}
        fresh = [fact for fact in rest if id(fact) in seen]
        rest = [fact for fact in rest if id(fact) not in seen]
        kept += fresh
        fresh = [fact for fact in fresh if fact.observes][:SOURCES_MAX] if len(kept) < SOURCES_MAX else []
    return kept if remains_true(kept, rest, appends) else list(facts)


def proof(facts: Sequence[Fact], budget: Budget, *, with_sources: bool = False) -> list[Fact] | None:
    """Operations that have no order, and so prove that the whole has none: what the last one might have seen, or a
    short stretch up to it.
    """
    appends = any(fact.f == "append" for fact in facts)
    for completions in (0, *STRETCHES):
        kept = stretch(facts, completions, appends) if completions else alone(facts, appends)
        if with_sources:
            kept += sources(kept, facts)
        if has_no_order(kept, STRETCH_STEPS, budget):
            return kept
        if completions and len(kept) == len(facts):
            break
    return None


def sources(kept: Sequence[Fact], facts: Sequence[Fact]) -> list[Fact]:
    """For each value observed that nothing kept put there, the last write that did, or else cas: nobody should ask where it came from."""
    writers: dict[Any, list[Fact]] = {}
    for fact in facts:
        if fact.f in ("write", "cas"):
            writers.setdefault(fact.put, []).append(fact)
    found: list[Fact] = []
    there = {fact.put for fact in kept if fact.f != "read"}
    open_ends = [fact for fact in kept if fact.observes]
    while open_ends and len(found) < SOURCES_MAX:
        seen = open_ends.pop()
        if seen.need is None or seen.need in there:
            continue
        candidates = [fact for fact in writers.get(seen.need, ()) if fact.start < seen.end and fact is not seen]
        if candidates:
            source = max(candidates, key=lambda fact: (fact.f == "write", fact.start))
            found.append(source)
            there.add(source.put)
            if source.observes:
                open_ends.append(source)
    return found


class Smaller:
    """Leaves out, in halves, quarters and so on down to single operations, whatever can be, the oldest first, until nothing can.

    A value that was observed keeps one operation that put it there, if there was one: evidence should not raise the
    question where the value came from.
    """

    def __init__(self, facts: Sequence[Fact], budget: Budget) -> None:
        self.kept = list(facts)
        self.appends = any(fact.f == "append" for fact in facts)
        self.there = {fact.put for fact in facts if fact.f != "read"}
        self.budget = budget
        self.tries = SMALLER_TRIES_MAX

    def run(self) -> list[Fact]:
        before = None
        while before != len(self.kept):
            before = len(self.kept)
            self._sweep(list(self.kept))
        return self.kept

    def _sweep(self, pool: list[Fact]) -> None:
        size = len(pool)
        while size > 1:
            size = (size + 1) // 2
            for start in range(0, len(pool), size):
                if self.tries <= 0 or self.budget.is_spent():
                    return
                self._leave_out(pool[start : start + size])

    def _leave_out(self, part: list[Fact]) -> None:
        ids = {id(fact) for fact in part}
        kept = [fact for fact in self.kept if id(fact) not in ids]
        if len(kept) < len(self.kept) and not self._puzzles(kept) and remains_true(kept, part, self.appends):
            self.tries -= 1
            if has_no_order(kept, SMALLER_STEPS_MAX, self.budget):
                self.kept = kept

    def _puzzles(self, kept: list[Fact]) -> bool:
        """A value is observed of which it no longer shows where it came from."""
        there = {fact.put for fact in kept if fact.f != "read"}
        return any(fact.observes and fact.need in self.there and fact.need not in there for fact in kept)


def evidence(operations: Iterable[Operation], last: int, budget: Budget) -> list[Operation]:
    """As few of one register's operations as were found that have no order; no order gets past the completion at `last`."""
    facts = beginning(operations, last)
    budget = Budget(SMALLER_STEPS_MAX, budget.spent)
    kept = proof(facts, budget, with_sources=True) or proof(facts, budget) or facts
    starts = {fact.start for fact in Smaller(kept, budget).run()}
    return [operation for operation in operations if operation.invoked in starts]


def first_end(operations: Sequence[Operation], ends: Sequence[int], budget: Budget) -> int | None:
    """The first of the completions `ends` that no order gets past, when none gets past the last of them. None: the budget ran out."""
    if len(ends) == 1 or proof(beginning(operations, ends[0]), budget):
        return ends[0]
    low, high = 1, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        search = Search(Register(fact.operation for fact in beginning(operations, ends[middle])))
        answer = finish(search, budget)
        if answer is None:
            return None
        low, high = (middle + 1, high) if answer else (low, middle)
    return ends[low]
