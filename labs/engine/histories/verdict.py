"""What a check came to, as data and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.rows import Row

SHOWN_MAX: Final = 40  # operations in the text; the verdict itself has all

Outcome = Literal["holds", "violated", "unknown"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is the name of what was checked (`linearizable`), the same after `not `, or `unknown`; `text` says why to a reader.

    `key` and `operations` (in the order of their invokes) or `rows` are the evidence against the history, as few as were
    found; `pattern` is the name that the literature has for what they show, where it has one.
    """

    kind: str
    key: Any = None
    pattern: str = ""
    operations: tuple[Operation, ...] = ()
    rows: tuple[Row, ...] = ()
    text: str

    @property
    def outcome(self) -> Outcome:
        if self.kind == "unknown":
            return "unknown"
        return "violated" if self.kind.startswith("not ") else "holds"

    @property
    def evidence(self) -> list[int]:
        """The lines, or the seqs of events, that prove it, in order."""
        found = {place for operation in self.operations for place in (operation.invoked, operation.completed) if place is not None}
        return sorted(found | {row.position for row in self.rows})


def unknown(why: str) -> Verdict:
    return Verdict(kind="unknown", text=why)


def shown(sentence: str, operations: Sequence[Operation]) -> str:
    """The sentence with the operations below it."""
    lines = [sentence, ""]
    if len(operations) > SHOWN_MAX:
        lines.append(f"({len(operations) - SHOWN_MAX} earlier ones not shown)")
    return "\n".join(lines + table(operations[-SHOWN_MAX:]))


def violation_text(key: Any, operations: Sequence[Operation], total: int, first: Operation | None) -> str:
    """`first`: the operation whose completion is the first that no order gets past, if known."""
    what = "the register" if key is None else f"key {encoded(key)}"
    few = f"these {len(operations)} of its {total} operations have" if len(operations) > 1 else "this operation has"
    shown = operations[-SHOWN_MAX:]
    lines = [
        f"{what}: {few} no order in which each takes effect between its invoke and its completion",
        "and every read and cas finds what was there.",
        "",
    ]
    if len(shown) < len(operations):
        lines.append(f"({len(operations) - len(shown)} earlier ones not shown)")
    lines += table(shown)
    if first is not None:
        where, who = first.completed, encoded(first.process)
        lines += ["", f"What came before {where} has such an order; there process {who} completes its {first.words()}, and none is left."]
    return "\n".join(lines)


def table(operations: Sequence[Operation]) -> list[str]:
    """Where each was invoked and completed, by whom, what, and what came of it."""
    rows = [("invoke", "complete", "process", "operation", "outcome"), *map(row, operations)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]


def row(operation: Operation) -> tuple[str, str, str, str, str]:
    completed = "never" if operation.completed is None else str(operation.completed)
    outcome = f"ok {encoded(operation.value)}" if operation.f == "read" and operation.type == "ok" else operation.type
    return str(operation.invoked), completed, str(operation.process), operation.words(), outcome
