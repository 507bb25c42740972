"""All history checkers by name: what they look at, and how a run's events, or a file, are given to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labs.engine.events import Event
from labs.engine.histories import causal, exactly_once, key_order, mutual_exclusion, sequential, session_guarantees
from labs.engine.histories.budget import Budget
from labs.engine.histories.history import Operation, from_events
from labs.engine.histories.keys import check_history
from labs.engine.histories.rows import Row, Wants, rows_from_events
from labs.engine.histories.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """`check` takes operations and a budget, or rows and a budget where it says which rows it `wants`."""

    name: str
    title: str
    check: Callable[[Iterable[Any], Budget | None], Verdict]
    wants: Wants | None = None
    satisfied: str = "client operations, each with its place"  # said after their number, where it holds


def linearizable(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    return check_history(operations, budget=budget)


def exactly_once_check(rows: Iterable[Row], budget: Budget | None = None) -> Verdict:
    return exactly_once.check(rows, budget)


LINEARIZABLE: Final = "linearizable"
CAUSAL: Final = "client operations, none before its causes"
OLD: Final = "client operations, no read too old"
ROWS: Final = "steps of operations and effects, none out of place"
CHECKERS: Final = {
    checker.name: checker
    for checker in (
        Checker(name=LINEARIZABLE, title="Linearizability", check=linearizable),
        Checker(name=sequential.NAME, title="Sequential consistency", check=sequential.check),
        Checker(name=sequential.KEYS_NAME, title="Sequential consistency of each key", check=sequential.check_keys),
        Checker(name=causal.NAME, title="Causal consistency", check=causal.check, satisfied=CAUSAL),
        Checker(name=causal.CONVERGENCE_NAME, title="Causal convergence", check=causal.check_convergence, satisfied=CAUSAL),
        *(
            Checker(name=name, title=name.replace("-", " ").capitalize(), check=session_guarantees.checker(name), satisfied=OLD)
            for name in session_guarantees.GUARANTEES
        ),
        *(
            Checker(name=name, title=title, check=check, wants=wants, satisfied=ROWS)
            for name, title, check, wants in (
                (exactly_once.NAME, "Exactly-once effect", exactly_once_check, exactly_once.WANTS),
                (key_order.NAME, "Per-key order", key_order.check, key_order.WANTS),
                (mutual_exclusion.NAME, "Mutual exclusion", mutual_exclusion.check, mutual_exclusion.WANTS),
            )
        ),
    )
}


def check_run(name: str, events: Iterable[Event], effects: Mapping[str, str], budget: Budget | None = None) -> tuple[Verdict, int]:
    """What the checker says of a run's events, and of how many operations or rows it says so. `effects`: note -> type of row.

    Raises HistoryError, with a seq, where the events are no history.
    """
    checker = CHECKERS[name]
    found: list[Any] = from_events(events) if checker.wants is None else rows_from_events(events, effects, checker.wants)
    return checker.check(found, budget), len(found)
