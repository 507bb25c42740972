"""Sequential consistency: one order of all operations of all keys, in which each process's own come in the order it made them.

Real time plays no part: a read may be stale, as long as its process never goes back. Unlike linearizability it is not local:
each key may be sequentially consistent alone and all together not (Herlihy and Wing, 1990, section 3.3); `check_keys`
asks the weaker question, which is what a store of independent shards can promise (for a memory it is called coherence).

Deciding it is NP-complete even for one key (Gibbons and Korach, "Testing shared memories", 1997). So it is tried in turn,
within the budget:

1. A linearizable history is sequentially consistent.
2. What reads force upon the order of writes may contradict itself (`saturation`): a violation, with little evidence.
3. A search for an order (`interleaving`), which finds one, or finds that there is none, or runs out of budget: unknown.

Sources: Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs" (1979); and those named.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labs.engine.histories.budget import Budget
from labs.engine.histories.history import Operation, encoded
from labs.engine.histories.interleaving import Interleaving
from labs.engine.histories.keys import Key, by_key
from labs.engine.histories.order import Meter, Order, Spent, Writes, causal_clocks
from labs.engine.histories.saturation import Saturation
from labs.engine.histories.sessions import NOTHING, Sessions, Step
from labs.engine.histories.smaller import smaller, sourceless, witnessed
from labs.engine.histories.verdict import Verdict, shown, unknown

NAME: Final = "sequential"
KEYS_NAME: Final = "sequential-per-key"
LINEARIZABLE_STEPS: Final = 500_000  # for the first try
SMALLER_STEPS: Final = 300_000
SMALLER_TRY_STEPS: Final = 5_000
SMALLER_MAX: Final = 3_000  # steps of evidence that are tried to be left out


def check(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    """Raises HistoryError if a process has two operations under way at once."""
    operations = list(operations)
    budget = budget or Budget()
    sessions = Sessions(operations)
    if is_linearizable(operations, budget):
        return Verdict(kind=NAME, text="")
    try:
        culprits = impossible(sessions, Meter(budget))
    except Spent:
        return unknown("The budget ran out: there may be an order or not.")
    return Verdict(kind=NAME, text="") if culprits is None else violated(sessions, culprits, budget)


def check_keys(operations: Iterable[Operation], budget: Budget | None = None) -> Verdict:
    """Is each key's part sequentially consistent, taken alone?"""
    operations = list(operations)
    budget = budget or Budget()
    Sessions(operations)  # refuses what is no history of sessions, whichever keys it is about
    undecided = []
    for part in by_key(operations):
        verdict = check(part, budget)
        if verdict.outcome == "violated":
            return Verdict(kind=f"not {KEYS_NAME}", key=verdict.key, operations=verdict.operations, text=verdict.text)
        if verdict.outcome == "unknown":
            undecided.append(encoded(part[0].key))
    if undecided:
        return unknown(f"The budget ran out: nothing is known of {len(undecided)} keys, the first of them {undecided[0]}.")
    return Verdict(kind=KEYS_NAME, text="")


def is_linearizable(operations: Iterable[Operation], budget: Budget) -> bool:
    """False: it is not, or so short a search did not tell."""
    budget = budget.part(LINEARIZABLE_STEPS)
    for part in by_key(operations):
        key = Key(part)
        if key.answer is None:
            key.go_on(LINEARIZABLE_STEPS, budget)
        if not key.answer:
            return False
    return True


def impossible(sessions: Sessions, meter: Meter) -> list[Step] | None:
    """Steps that have no order; None: all have one. Raises Spent."""
    found = contradiction(sessions, meter)
    if isinstance(found, list):
        return found
    return None if Interleaving(sessions, found).run() else list(sessions.steps)


def contradiction(sessions: Sessions, meter: Meter) -> list[Step] | Order:
    """Steps whose reads contradict each other; else the order that the reads force. Raises Spent."""
    cycle = causal_clocks(sessions, meter)
    if cycle is not None:
        return cycle
    if sessions.thin_air is not None:
        return sessions.proof_of(sessions.thin_air)
    order = Order(sessions, meter)
    writes = Writes(sessions, lambda step: step.put is not NOTHING)
    found = Saturation(order, writes, sessions.steps, one_order=True).run()
    return order if found is None else list(found.steps)


def violated(sessions: Sessions, culprits: list[Step], budget: Budget) -> Verdict:
    silent = sessions.tell_nothing()
    part = budget.part(SMALLER_STEPS)
    culprits = witnessed(culprits)
    whole = len(culprits) == len(sessions.steps)  # of which nothing is known but that they have no order

    def still_wrong(steps: list[Step]) -> bool:
        again = Sessions([step.operation for step in steps], silent if whole else silent | sourceless(steps))
        meter = Meter(part.part(SMALLER_TRY_STEPS))
        try:
            return impossible(again, meter) is not None if whole else isinstance(contradiction(again, meter), list)
        except Spent:
            return False

    steps = smaller(culprits, still_wrong) if len(culprits) <= SMALLER_MAX else culprits
    found = tuple(sorted({step.operation.invoked: step.operation for step in steps}.values(), key=lambda operation: operation.invoked))
    keys = {encoded(operation.key): operation.key for operation in found}
    key = next(iter(keys.values())) if len(keys) == 1 else None
    few = f"these {len(found)} of {len(sessions.steps)} operations have" if len(found) > 1 else "this operation has"
    sentence = f"{few} no order in which each process's own come as it made them, and every read and cas finds what was there."
    return Verdict(kind=f"not {NAME}", key=key, operations=found, text=shown(sentence, found))
