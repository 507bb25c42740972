"""The search for one order of all steps that keeps every process's own order and lets every read see what is there.

Depth first over how far each chain has come and what each key holds. Three rules keep it narrow:

- A step that observes what is there and changes nothing may be taken at once: any order that takes it later can be changed to
  take it here.
- A value that somebody has still to see, and that nothing left can put there again, must not be replaced.
- A step waits for all that must come before it; the order that reads force (`saturation`) is known from the start.

A position where no choice was right is remembered, so none is tried twice. The steps of those that were answered first
are tried first: the order of real time is the best guess there is. An `info` step is tried last, and, on keys that are not
appended to, only where somebody has still to see its value.

Deciding this is NP-complete (Gibbons and Korach, "Testing shared memories", 1997, theorem 4.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import ge
from typing import Any, Final

from labs.engine.histories.order import Order
from labs.engine.histories.sessions import NOTHING, Place, Sessions, Step

FAILED_CELLS_MAX: Final = 30_000_000  # numbers in the positions remembered, some 300 MB; past it the search goes on with what it has

Undo = tuple[Step, Any]  # a step that was taken, and what its key held before


class Interleaving:
    """`run` gives True: there is an order; False: there is none. Raises Spent."""

    def __init__(self, sessions: Sessions, order: Order) -> None:
        self.sessions, self.meter = sessions, order.meter
        self.clocks = {step: order.clock(step) for step in sessions.steps}
        self.done = [0] * len(sessions.chains)
        self.left = sum(not step.info for step in sessions.steps)
        self.held: dict[str, Any] = {step.key: None for step in sessions.steps}
        self.observers: dict[Place, int] = defaultdict(int)  # answered steps that have still to see it
        self.writers: dict[Place, int] = defaultdict(int)  # steps that may still put it
        for step in sessions.steps:
            self._count(step, 1)
        self.failed: set[tuple[Any, ...]] = set()

    def run(self) -> bool:
        taken: list[Undo] = []
        self._take_free(taken)
        stack = [(taken, self._choices())]
        while self.left:
            self.meter.use(1)
            taken, choices = stack[-1]
            if choices:
                step = choices.pop()
                now = [self._take(step)]
                self._take_free(now)
                position = self._position()
                if position in self.failed:
                    self._undo(now)
                else:
                    stack.append((now, self._choices()))
                continue
            if len(self.failed) * (len(self.done) + len(self.held)) < FAILED_CELLS_MAX:
                self.failed.add(self._position())
            self._undo(taken)
            stack.pop()
            if not stack:
                return False
        return True

    def _position(self) -> tuple[Any, ...]:
        return (*self.done, *self.held.values())

    def _count(self, step: Step, by: int) -> None:
        if step.need is not NOTHING and not step.info:
            self.observers[step.key, step.need] += by
        if step.put is not NOTHING:
            self.writers[step.key, step.put] += by

    def _take(self, step: Step) -> Undo:
        before = self.held[step.key]
        if step.f == "append":
            self.held[step.key] = (before or "") + step.put
        elif step.put is not NOTHING:
            self.held[step.key] = step.put
        self.done[step.chain] += 1
        self.left -= not step.info
        self._count(step, -1)
        return step, before

    def _undo(self, taken: list[Undo]) -> None:
        for step, before in reversed(taken):
            self.held[step.key] = before
            self.done[step.chain] -= 1
            self.left += not step.info
            self._count(step, 1)

    def _heads(self) -> Iterable[Step]:
        """The next step of each chain, where nothing else has to come first."""
        for chain, done in zip(self.sessions.chains, self.done, strict=True):
            if done < len(chain) and self._may_come(chain[done]):
                yield chain[done]

    def _may_come(self, step: Step) -> bool:
        if step.need is not NOTHING and self.held[step.key] != step.need:
            return False
        return all(map(ge, self.done, self.clocks[step]))

    def _take_free(self, taken: list[Undo]) -> None:
        """Takes what changes nothing, until there is no such step."""
        before = -1
        while before != len(taken):
            before = len(taken)
            for step in self._heads():
                if step.put is NOTHING:
                    taken.append(self._take(step))

    def _choices(self) -> list[Step]:
        """What may come next, the best last."""
        found = [step for step in self._heads() if self._useful(step)]
        found.sort(key=lambda step: (not step.info, -(step.operation.completed or step.operation.invoked)))
        return found

    def _useful(self, step: Step) -> bool:
        if step.key in self.sessions.appended:
            return True
        if step.info and not self._wanted((step.key, step.put)):
            return False
        held = (step.key, self.held[step.key])
        sees_it = step.need is not NOTHING and not step.info
        return not self.observers.get(held, 0) - sees_it or bool(self.writers.get(held, 0))

    def _wanted(self, place: Place) -> bool:
        """Somebody may still see it; an `info` cas counts as one who may."""
        return bool(self.observers.get(place, 0)) or any(
            chain[0].info and chain[0].need == place[1] and chain[0].key == place[0] and not done
            for chain, done in zip(self.sessions.chains, self.done, strict=True)
        )
