"""Mutual exclusion as the storage sees it: critical sections do not overlap in effect, and fencing tokens never go backwards.

Whoever holds a lock cannot know that it still does: a pause may outlast its lease. So two may believe at the same time that they
hold it, and that is not what is looked at here. The rows looked at are `acquire` and `effect` (the storage let `process`
through), each with a `key` (the lock; left out there is one) and, where the lock gives them out, a `token`. Rules for each lock:

- Critical sections take effect one after the other, in the order in which the lock was given: once a later section has had an
  effect, an earlier one has none any more. With tokens this says that accepted tokens never go backwards.
- A token belongs to one holder. Where `acquire` rows are there, an effect needs one before it.

A section is known by its token, else by the last `acquire` of its process. So without tokens, what a process sent in
an earlier section and arrives in its next cannot be told from what belongs there.

Sources: Dijkstra, "Solution of a problem in concurrent programming control" (1965); Gray and Cheriton, "Leases" (1989);
Burrows, "The Chubby lock service" (2006), section 2.4 (sequencers); Kleppmann, "How to do distributed locking" (2016).

Cost: one pass; one entry for each section.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from labs.engine.histories.budget import Budget
from labs.engine.histories.history import HistoryError, encoded
from labs.engine.histories.order import Meter, Spent
from labs.engine.histories.rows import Row, Wants, table
from labs.engine.histories.verdict import Verdict, unknown

NAME: Final = "mutual-exclusion"
WANTS: Final = Wants({"acquire": ("process",), "effect": ("process",)})


class Lock:
    """What has happened to one lock so far."""

    def __init__(self) -> None:
        self.guarded = False  # there are `acquire` rows for it
        self.acquired: dict[Any, Row] = {}  # process -> its last acquire
        self.holders: dict[int, Row] = {}  # token -> the first row that tells it
        self.grants: dict[tuple[Any, int], Row] = {}  # process and token -> acquire
        self.sections: dict[tuple[Any, int], Row] = {}  # process and rank -> its first effect
        self.latest: dict[bool, tuple[int, Row]] = {}  # with tokens or without -> highest rank of an effect


def check(rows: Iterable[Row], budget: Budget | None = None) -> Verdict:
    """Names the first row that breaks a rule. Raises HistoryError where an effect tells neither token nor section."""
    rows = list(rows)
    meter = Meter(budget or Budget())
    locks: dict[Any, Lock] = {}
    for row in rows:
        if row.type == "acquire":
            locks.setdefault(encoded(row.key), Lock()).guarded = True
    try:
        for row in rows:
            meter.use(1)
            if row.type in ("acquire", "effect"):
                lock = locks.setdefault(encoded(row.key), Lock())
                found = acquire(lock, row) if row.type == "acquire" else effect(lock, row)
                if found is not None:
                    return violated(row, *found)
    except Spent:
        return unknown("The budget ran out before every row was looked at.")
    return Verdict(kind=NAME, text="")


Found = tuple[str, list[Row]]  # what is wrong, and the rows that show it


def acquire(lock: Lock, row: Row) -> Found | None:
    lock.acquired[row.process] = row
    if row.token is None:
        return None
    lock.grants[row.process, row.token] = row
    return owner(lock, row)


def owner(lock: Lock, row: Row) -> Found | None:
    """Somebody else has the row's token."""
    assert row.token is not None
    other = lock.holders.setdefault(row.token, row)
    if other.process == row.process:
        return None
    return f"token {row.token} belongs to {who(other)} and to {who(row)}", [other, row]


def effect(lock: Lock, row: Row) -> Found | None:
    grant = lock.acquired.get(row.process) if row.token is None else lock.grants.get((row.process, row.token))
    if grant is None and lock.guarded:
        with_token = "" if row.token is None else f" with token {row.token}"
        return f"the storage let {who(row)} through, which had not been given the lock{with_token}", [row]
    if grant is None and row.token is None:
        raise HistoryError(row.position, "an effect wants a token, or an acquire before it: else nobody can tell its critical section")
    rank = grant.position if row.token is None and grant is not None else row.token
    assert rank is not None
    return (owner(lock, row) if row.token is not None else None) or backwards(lock, row, rank, grant)


def backwards(lock: Lock, row: Row, rank: int, grant: Row | None) -> Found | None:
    """`rank` orders sections: by token, or by when the lock was given."""
    first = lock.sections.setdefault((row.process, rank), row)
    highest, last = lock.latest.get(row.token is None, (rank, row))
    if highest <= rank:
        lock.latest[row.token is None] = (rank, row)
        return None
    if row.token is None:
        sentence = f"the storage let {who(row)} through after {who(last)}, to which the lock had been given since"
        given = lock.acquired.get(last.process)
    else:
        sentence = f"the storage let {who(row)} through with token {row.token}, after {who(last)} with token {last.token}"
        given = lock.grants.get((last.process, highest))
    if first.position < last.position:
        sentence += ": their critical sections overlap"
    return sentence, [found for found in (grant, given, first, last, row) if found is not None]


def who(row: Row) -> str:
    return f"process {encoded(row.process)}"


def violated(row: Row, sentence: str, rows: Iterable[Row]) -> Verdict:
    found = tuple(sorted({row.position: row for row in rows}.values(), key=lambda row: row.position))
    what = "" if row.key is None else f"lock {encoded(row.key)}: "
    return Verdict(kind=f"not {NAME}", key=row.key, rows=found, text="\n".join([f"{what}{sentence}.", "", *table(found)]))
