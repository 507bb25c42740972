"""Linearizability of a whole history: key by key, since a history is linearizable if and only if each key's part is.

All keys get a few steps, then those undecided twice as many more, and so on: one hard key does not keep the others from
being checked. A key whose search gets stuck is looked at from the other side: a short stretch up to the completion it
cannot get past may prove that there is no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from labs.engine.histories.budget import Budget
from labs.engine.histories.evidence import beginning, evidence, finish, first_end, proof
from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.linearizability import Search
from labs.engine.histories.register import Register
from labs.engine.histories.verdict import Verdict, violation_text

FIRST_STEPS: Final = 4_000  # of each key's search, in the first round
FIRST_END_STEPS: Final = 300_000  # for finding the first completion no order gets past, where the search did not tell

Model = Literal["register", "kv"]
MODELS: Final[tuple[Model, ...]] = ("register", "kv")


class Key:
    """One key's operations and how far the search for their order has come."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.register = Register(operations)
        self.search = Search(self.register)
        self.answer = self.search.answer
        self.unproved = -1  # the level up to which no short stretch proves anything

    def go_on(self, steps: int, budget: Budget) -> None:
        """Searches for so many steps, unless the budget runs out before."""
        before = self.search.furthest
        self.answer = finish(self.search, budget, self.search.steps + steps)
        level = self.search.bound
        if self.answer is None and before == self.search.furthest and self.unproved != level and level < self.register.levels:
            self.unproved = level
            if proof(beginning(self.operations, self.end(level)), budget):
                self.answer = False

    def end(self, level: int) -> int:
        completed = self.register.operations[level].completed
        assert completed is not None  # it is one of those that returned
        return completed

    def last(self, budget: Budget) -> tuple[Operation, bool]:
        """An operation whose completion no order gets past, and whether it is certain that there is none such before it."""
        low, high = self.search.furthest, self.search.bound
        ends = [self.end(level) for level in range(low, high + 1)]
        first = first_end(self.operations, ends, Budget(FIRST_END_STEPS, budget.spent))
        level = high if first is None else low + ends.index(first)
        return self.register.operations[level], first is not None


def check_history(operations: Iterable[Operation], model: Model = "kv", budget: Budget | None = None) -> Verdict:
    """Is the history linearizable? Both models are maps of independent registers: `register` is the one whose histories leave out the key.

    Of several keys in violation the one with the fewest operations is named. Positions (`invoked`, `completed`) must be distinct.
    """
    budget = budget or Budget()
    keys = [Key(found) for found in by_key(operations)]
    undecided = [key for key in keys if key.answer is None]
    steps = FIRST_STEPS
    while undecided:
        for key in undecided:
            key.go_on(steps, budget)
            if key.answer is False:
                return violation(key, budget)
        undecided = [key for key in undecided if key.answer is None]
        if budget.is_spent() or all(key.search.given_up for key in undecided):
            break
        steps *= 2
    if undecided:
        why = "The texts grew too long" if all(key.search.given_up for key in undecided) else "The budget ran out"
        text = f"{why}: {len(keys) - len(undecided)} of {len(keys)} keys are linearizable, of the others nothing is known."
        return Verdict(kind="unknown", text=text)
    return Verdict(kind="linearizable", text="")


def violation(key: Key, budget: Budget) -> Verdict:
    last, first = key.last(budget)
    assert last.completed is not None  # see `end`
    found = evidence(key.operations, last.completed, budget)
    name = key.operations[0].key
    text = violation_text(name, found, len(key.operations), last if first else None)
    return Verdict(kind="not linearizable", key=name, operations=tuple(found), text=text)


def by_key(operations: Iterable[Operation]) -> list[list[Operation]]:
    """Each key's operations, those with the fewest first, then by name."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        found.setdefault(encoded(operation.key), []).append(operation)
    return [found[name] for name in sorted(found, key=lambda name: (len(found[name]), name))]
