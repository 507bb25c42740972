"""Linearizability of a whole history: key by key, since a history is linearizable if and only if each key's part is.

All keys get a few steps, then those undecided twice as many more, and so on: one hard key does not keep the others from
being checked. A key whose search gets stuck is looked at from the other side: a short stretch up to the completion it
cannot get past may prove that there is no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from labs.engine.histories.budget import Budget
from labs.engine.histories.evidence import beginning, evidence, proof
from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.linearizability import Search
from labs.engine.histories.register import Register
from labs.engine.histories.verdict import Verdict, violation_text

FIRST_STEPS: Final = 4_000

Model = Literal["register", "kv"]
MODELS: Final[tuple[Model, ...]] = ("register", "kv")


class Key:
    """One key's operations and how far the search for their order has come."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.register = Register(operations)
        self.search = Search(self.register)
        self.answer = self.search.answer
        self.unproved = -1  # the last completion up to which no short stretch proves anything

    def go_on(self, steps: int, budget: Budget) -> None:
        """Searches for so many steps, unless the budget runs out before."""
        while self.answer is None and steps > 0:
            granted = budget.grant(steps)
            if granted == 0 or self.search.given_up:
                return
            before = self.search.furthest
            self.answer = self.search.run(granted)
            steps -= granted
            if self.answer is None and steps == 0 and before == self.search.furthest:
                self._prove(budget)

    def _prove(self, budget: Budget) -> None:
        if self.unproved != self.last:
            self.unproved = self.last
            if proof(beginning(self.operations, self.last), budget):
                self.answer = False

    @property
    def stuck(self) -> Operation:
        """The operation whose completion no order found so far gets past."""
        return self.register.operations[self.search.furthest]

    @property
    def last(self) -> int:
        assert self.stuck.completed is not None  # it is one of those that returned
        return self.stuck.completed


def check_history(operations: Iterable[Operation], model: Model = "kv", budget: Budget | None = None) -> Verdict:
    """Is the history linearizable? Both models are maps of independent registers: `register` is the one whose histories leave out the key.

    Of several keys in violation the one with the fewest operations is named. Positions (`invoked`, `completed`) must be distinct.
    """
    budget = budget or Budget()
    undecided = [Key(found) for found in by_key(operations)]
    total = len(undecided)
    undecided = [key for key in undecided if not key.answer]
    steps = FIRST_STEPS
    while undecided:
        for key in undecided:
            key.go_on(steps, budget)
            if key.answer is False:
                return violation(key, budget)
        undecided = [key for key in undecided if key.answer is None]
        if budget.spent() or budget.steps == 0 or all(key.search.given_up for key in undecided):
            break
        steps *= 2
    if undecided:
        text = f"The budget ran out: {total - len(undecided)} of {total} keys are linearizable, of the others nothing is known."
        return Verdict(kind="unknown", text=text)
    return Verdict(kind="linearizable", text="")


def violation(key: Key, budget: Budget) -> Verdict:
    found = evidence(key.operations, key.last, budget)
    name = key.operations[0].key
    text = violation_text(name, found, len(key.operations), key.stuck)
    return Verdict(kind="not linearizable", key=name, operations=tuple(found), text=text)


def by_key(operations: Iterable[Operation]) -> list[list[Operation]]:
    """Each key's operations, those with the fewest first, then by name."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        found.setdefault(encoded(operation.key), []).append(operation)
    return [found[name] for name in sorted(found, key=lambda name: (len(found[name]), name))]
