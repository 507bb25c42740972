"""Checkers of histories: `check_history(operations, "kv").kind`.

A history is a list of `Operation` (`history`), read from JSON lines (`reading`) or taken from a run's events
(`from_events`). A checker is a module with one function of (operations, budget) that gives a `Verdict`; linearizability is
the first, and others (sequential and causal consistency, read-your-writes, monotonic reads) need nothing else from here.

How linearizability is checked: `register` prepares one key's operations, with `values` for states and `window` for what is
pending; `linearizability` searches for an order; `evidence` finds the few operations that show there is none; `keys`
shares the budget among keys.
"""

from labs.engine.histories.budget import Budget
from labs.engine.histories.history import HistoryError, Operation, from_events
from labs.engine.histories.keys import check_history
from labs.engine.histories.reading import read_history
from labs.engine.histories.verdict import Verdict

__all__ = ["Budget", "HistoryError", "Operation", "Verdict", "check_history", "from_events", "read_history"]
