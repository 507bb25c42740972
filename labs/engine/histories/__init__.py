"""Checkers of histories: `check_history(operations, "kv").kind`, and `CHECKERS["causal"].check(operations, budget)` for all of them.

A history is a list of `Operation` (`history`), read from JSON lines (`reading`) or taken from a run's events
(`from_events`); for the checkers of effects it is a list of `Row` (`rows`). A checker is a module with one function of
(history, budget) that gives a `Verdict`. `consistency` lists them all, and checks a run.

How linearizability is checked: `register` prepares one key's operations, with `values` for states and `window` for what is
pending; `linearizability` searches for an order; `evidence` finds the few operations that show there is none; `keys`
shares the budget among keys.

How the weaker ones are: `sessions` has each process's steps and what they saw; `order` keeps what must come before what;
`saturation` adds what reads force. On these stand `causal`, `sequential` (with the search of `interleaving`) and
`session_guarantees` (with `version_order`); `smaller` makes their evidence small. Which follows from which:
linearizable, then sequential, then causal, then each session guarantee.

Of effects: `exactly_once`, `key_order`, `mutual_exclusion`.
"""

from labs.engine.histories.budget import Budget
from labs.engine.histories.consistency import CHECKERS, Checker, check_run
from labs.engine.histories.history import HistoryError, Operation, from_events
from labs.engine.histories.keys import check_history
from labs.engine.histories.reading import read_history
from labs.engine.histories.rows import Row, read_rows, rows_from_events
from labs.engine.histories.verdict import Verdict

__all__ = [
    "CHECKERS",
    "Budget",
    "Checker",
    "HistoryError",
    "Operation",
    "Row",
    "Verdict",
    "check_history",
    "check_run",
    "from_events",
    "read_history",
    "read_rows",
    "rows_from_events",
]
