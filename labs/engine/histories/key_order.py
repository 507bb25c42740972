"""Per-key order: the effects of one key take place in the order in which a producer sent them.

The rows looked at are `invoke` (sent by `process`, about `key`) and `effect`, each with an `operation`. Each producer's
operations of each key have an order of their own, at each place (`at`): those of two producers may mix, and so may keys.
Gaps are allowed (what was lost, or has not arrived), and so is the same effect twice in a row; to find those is what
`exactly_once` is for. Once a later one has taken effect, an earlier one must not.

This is FIFO order, kept for each key (Hadzilacos and Toueg, "A modular approach to fault-tolerant broadcasts", 1994); it is
what a partitioned log promises (Kreps, Narkhede and Rao, "Kafka", 2011, section 2).

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

NAME: Final = "order"
WANTS: Final = Wants({"invoke": ("operation",), "effect": ("operation",)})


def check(rows: Iterable[Row], budget: Budget | None = None) -> Verdict:
    """Names the first effect that came after one that was sent later."""
    meter = Meter(budget or Budget())
    sent: dict[Any, Row] = {}
    newest: dict[Any, Row] = {}  # producer, key and place -> the effect sent last of those so far
    try:
        for row in rows:
            meter.use(1)
            if row.type == "invoke":
                sent[row.operation] = row
            elif row.type == "effect":
                invoke = sent.get(row.operation)
                if invoke is None:
                    return violated(row, f"operation {encoded(row.operation)} took effect, and nobody had sent it", [row])
                line = (invoke.process, encoded(invoke.key), encoded(row.at))
                last = newest.get(line)
                if last is not None and sent[last.operation].position > invoke.position:
                    return out_of_order(invoke, sent[last.operation], last, row)
                newest[line] = row
    except Spent:
        return unknown("The budget ran out before every row was looked at.")
    return Verdict(kind=NAME, text="")


def out_of_order(invoke: Row, later: Row, effect_of_later: Row, effect: Row) -> Verdict:
    who = "" if invoke.process is None else f" process {encoded(invoke.process)}"
    what = "" if invoke.key is None else f" of key {encoded(invoke.key)}"
    first, second = encoded(invoke.operation), encoded(later.operation)
    where = "" if effect.at is None else f" at {encoded(effect.at)}"
    sentence = f"operation {first} took effect{where} after operation {second}; both are{what or ' of one key'}, and"
    sentence += f"{who or ' their producer'} sent {first} before {second}"
    return violated(invoke, sentence, [invoke, later, effect_of_later, effect])


def violated(row: Row, sentence: str, rows: Iterable[Row]) -> Verdict:
    found = tuple(sorted(rows, key=lambda row: row.position))
    return Verdict(kind=f"not {NAME}", key=row.key, rows=found, text="\n".join([f"{sentence}.", "", *table(found)]))
