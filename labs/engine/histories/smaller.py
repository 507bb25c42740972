"""Fewer operations that still show the same: leaves out whatever can be left out of a piece of evidence.

What is left must contradict the rule whatever else the history holds. That is so if a write is left out together with
all that saw its value (a read without its write would look like one out of thin air), and anything else alone: of the
rules checked in this way none is broken by leaving out steps like that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from labs.engine.histories.sessions import NOTHING, Place, Step

TRIES_MAX: Final = 400


def smaller(steps: Iterable[Step], still_wrong: Callable[[list[Step]], bool], tries: int = TRIES_MAX) -> list[Step]:
    """In halves, quarters and so on down to single steps; until nothing can go, or the tries are used up."""
    kept = sorted(set(steps), key=lambda step: step.operation.invoked)
    before = None
    while before != len(kept) and tries > 0:
        before, pool = len(kept), kept
        size = before
        while size > 1:
            size = (size + 1) // 2
            for start in range(0, before, size):
                rest = without(kept, pool[start : start + size])
                if rest and len(rest) < len(kept) and tries > 0:
                    tries -= 1
                    if still_wrong(rest):
                        kept = rest
    return kept


def without(steps: Sequence[Step], part: Iterable[Step]) -> list[Step]:
    """The steps less those of the part, and less all that saw what these put (of a key that is appended to: any text)."""
    appended = {step.key for step in steps if step.f == "append"}
    observers: dict[Place, list[Step]] = {}
    for step in steps:
        if step.need is not NOTHING:
            observers.setdefault((step.key, None if step.key in appended else step.need), []).append(step)
    gone: set[Step] = set()
    todo = list(part)
    while todo:
        step = todo.pop()
        if step not in gone:
            gone.add(step)
            if step.put is not NOTHING:
                todo += observers.get((step.key, None if step.key in appended else step.put), ())
    return [step for step in steps if step not in gone]


def closed(steps: Iterable[Step], count_max: int) -> list[Step]:
    """With the writes that the steps saw, and those that these saw; without them, if that comes to too many."""
    steps = witnessed(steps)
    found = dict.fromkeys(steps)
    todo = list(steps)
    while todo and len(found) <= count_max:
        source = todo.pop().source
        if source is not None and source not in found:
            fresh = [step for step in witnessed([source]) if step not in found]
            found.update(dict.fromkeys(fresh))
            todo += fresh
    return steps if todo else list(found)


def witnessed(steps: Iterable[Step]) -> list[Step]:
    """With somebody who saw each `info` step: else it may never have happened, and contradicts nothing."""
    found = dict.fromkeys(steps)
    todo = list(found)
    while todo:
        step = todo.pop()
        if step.info and step.readers and not any(reader in found for reader in step.readers):
            found[step.readers[0]] = None
            todo.append(step.readers[0])
    return list(found)


def sourceless(steps: Iterable[Step]) -> frozenset[int]:
    """The invokes of those steps that saw a write which is not among them: it has to be left open what they saw."""
    there = set(steps)
    return frozenset(step.operation.invoked for step in there if step.source is not None and step.source not in there)
