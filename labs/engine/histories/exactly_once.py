"""Exactly-once effect: what was acknowledged took effect once, what is unknown at most once, what failed not at all, and nothing else did.

The rows looked at are `invoke`, `ok`, `fail`, `info` and `effect`, each with an `operation`. Copies of the state (`at`) may
each take the effect once; an acknowledged operation needs it at one place at least. An effect may come after its
acknowledgement, but not after the end of the history: where a run was cut off with work still under way, `owed_until` is the
position up to which acknowledgements are held to.

Delivery cannot be exactly once where messages get lost (the two generals: Gray, "Notes on data base operating systems",
1978); effects can be, where a request carries a number and its receiver remembers (Saltzer, Reed and Clark, "End-to-end
arguments in system design", 1984; Lampson, "How to build a highly available system using consensus", 1996).

Cost: one pass, one entry for each operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from labs.engine.histories.budget import Budget
from labs.engine.histories.history import encoded
from labs.engine.histories.order import Meter, Spent
from labs.engine.histories.rows import Row, Wants, table
from labs.engine.histories.verdict import Verdict, unknown

NAME: Final = "exactly-once"
WANTS: Final = Wants(dict.fromkeys(("invoke", "ok", "fail", "info", "effect"), ("operation",)))


class Known:
    """What is known of one operation."""

    __slots__ = ("completed", "effects", "invoked")

    def __init__(self) -> None:
        self.invoked: Row | None = None
        self.completed: Row | None = None
        self.effects: dict[Any, Row] = {}  # by place

    def rows(self) -> list[Row]:
        found = [self.invoked, self.completed, *self.effects.values()]
        return sorted((row for row in found if row is not None), key=lambda row: row.position)


def check(rows: Iterable[Row], budget: Budget | None = None, *, owed_until: int | None = None) -> Verdict:
    """Names the first row by which the rule is broken; an effect that never came is told after all others."""
    meter = Meter(budget or Budget())
    operations: dict[Any, Known] = {}
    try:
        for row in rows:
            meter.use(1)
            if row.type in ("invoke", "ok", "fail", "info", "effect"):
                known = operations.setdefault(row.operation, Known())
                why = take(row, known)
                if why:
                    return violated(row, f"operation {encoded(row.operation)} {why}", [*known.rows(), row])
        for known in operations.values():
            if lost(known, owed_until):
                assert known.completed is not None
                name, where = encoded(known.completed.operation), known.completed.position
                return violated(known.completed, f"operation {name} was acknowledged at {where}, and never took effect", known.rows())
    except Spent:
        return unknown("The budget ran out before every row was looked at.")
    return Verdict(kind=NAME, text="")


def take(row: Row, known: Known) -> str:
    """Why the row breaks the rule, or nothing."""
    if row.type == "invoke":
        known.invoked = row
        return ""
    if row.type != "effect":
        known.completed = row
        return "failed, and yet it took effect" if row.type == "fail" and known.effects else ""
    if known.invoked is None:
        return "took effect out of thin air: nobody had asked for it"
    if known.completed is not None and known.completed.type == "fail":
        return "failed, and yet it took effect"
    earlier = known.effects.get(encoded(row.at))
    if earlier is not None:
        return f"took effect twice{place(row)}: at {earlier.position} and at {row.position}"
    known.effects[encoded(row.at)] = row
    return ""


def place(row: Row) -> str:
    return "" if row.at is None else f" at {encoded(row.at)}"


def lost(known: Known, owed_until: int | None) -> bool:
    completed = known.completed
    if completed is None or completed.type != "ok" or known.effects:
        return False
    return owed_until is None or completed.position <= owed_until


def violated(row: Row, sentence: str, rows: Iterable[Row]) -> Verdict:
    """The rows, each once and in their order, are the evidence."""
    found = tuple(sorted({row.position: row for row in rows}.values(), key=lambda row: row.position))
    return Verdict(kind=f"not {NAME}", key=row.key, rows=found, text="\n".join([f"{sentence}.", "", *table(found)]))
