"""The search against a brute-force checker on small histories, and on long ones that a real register made."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from labs.engine.histories import Budget, Operation, check_history
from labs.engine.histories.evidence import beginning, remains_true, stretch


def same(a, b):
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def after(state, operation):
    """(possible, the state then): the register as the specification has it."""
    value = operation.value
    match operation.f:
        case "read":
            return same(state, value), state
        case "write":
            return True, value
        case "append":
            return True, (state or "") + value
    return same(state, value[0]), value[1]


def has_order(operations: Iterable[Operation]) -> bool:
    """Every order that real time allows, tried one by one; whatever is `info` may be left out."""

    def place(left, state):
        if all(operation.completed is None for operation in left):
            return True
        first_end = min(operation.completed for operation in left if operation.completed is not None)
        for operation in left:
            possible, then = after(state, operation)
            if operation.invoked < first_end and possible and place([other for other in left if other is not operation], then):
                return True
        return False

    return place([o for o in operations if o.type != "fail" and (o.f != "read" or o.type == "ok")], None)


NUMBERS = (st.sampled_from([1, 2, True]), ("read", "write", "cas"))
WORDS = (st.sampled_from(["a", "ab", "b"]), ("read", "append", "append", "write", "cas"))
TEXTS = (st.sampled_from(["a", "ab", "b"]), ("read", "append"))


@st.composite
def histories(draw, operations_max=6):
    """Operations of anything at any time, with the completions of reads drawn near to what a register might hold."""
    values, functions = draw(st.sampled_from([NUMBERS, WORDS, TEXTS]))
    count = draw(st.integers(1, operations_max))
    moments = draw(st.permutations([*range(count), *range(count)]))
    found = []
    for process in range(count):
        invoked, completed = (place + 1 for place, other in enumerate(moments) if other == process)
        f = draw(st.sampled_from(functions))
        kind = draw(st.sampled_from(["ok", "ok", "ok", "ok", "info", "fail"]))
        read = st.one_of(st.none(), values, st.builds(lambda a, b: a + b, values, values) if "append" in functions else values)
        value = draw(st.tuples(st.one_of(st.none(), values), values)) if f == "cas" else draw(read) if f == "read" else draw(values)
        if f == "read" and kind != "ok":
            value = None
        end = None if kind == "info" else completed
        found.append(Operation(process=process, f=f, key="x", value=value, type=kind, invoked=invoked, completed=end))
    return sorted(found, key=lambda operation: operation.invoked)


@settings(max_examples=700, deadline=None)
@given(histories())
def test_the_search_agrees_with_brute_force(operations):
    verdict = check_history(operations)
    event(verdict.kind)
    assert (verdict.kind == "linearizable") == has_order(operations)


@settings(max_examples=300, deadline=None)
@given(histories(), st.data())
def test_evidence_has_no_order_and_ends_with_the_first_completion_that_has_none(operations, data):
    verdict = check_history(operations)
    if verdict.kind == "linearizable":
        return
    first = int(re.search(r"What came before (\d+)", verdict.text)[1])
    assert not has_order(fact.operation for fact in beginning(verdict.operations, first))
    earlier = [o.completed for o in operations if o.type == "ok" and o.completed < first]
    assert has_order(fact.operation for fact in beginning(operations, max(earlier, default=0)))
    assert set(map(id, verdict.operations)) <= set(map(id, operations))


@settings(max_examples=400, deadline=None)
@given(histories(), st.data())
def test_what_may_be_left_out_never_makes_an_order_disappear(operations, data):
    facts = beginning(operations, 100)
    ends = [fact for fact in facts if fact.operation.completed is not None]
    if not ends or not has_order(operations):
        return
    appends = any(fact.f == "append" for fact in facts)
    for completions in range(1, len(ends)):
        assert has_order(fact.operation for fact in stretch(facts, completions, appends))
    keep = data.draw(st.lists(st.booleans(), min_size=len(facts), max_size=len(facts)))
    kept = [fact for fact, wanted in zip(facts, keep, strict=True) if wanted]
    left_out = [fact for fact, wanted in zip(facts, keep, strict=True) if not wanted]
    if remains_true(kept, left_out, appends):
        event("left out")
        assert has_order(fact.operation for fact in kept)


@pytest.mark.parametrize(("invoked", "completed", "certain"), [(2, 3, False), (11, 15, False), (11, 12, True)])
def test_a_write_hides_another_for_certain_only_if_it_comes_wholly_between_it_and_the_read(invoked, completed, certain):
    old = Operation(process=0, f="write", key="x", value=1, type="ok", invoked=1, completed=10)
    new = Operation(process=1, f="write", key="x", value=2, type="ok", invoked=invoked, completed=completed)
    read = Operation(process=2, f="read", key="x", value=1, type="ok", invoked=14, completed=16)
    old_fact, *rest = beginning([old, new, read], 16 + 1)
    assert remains_true(rest, [old_fact], False) is certain


class Dice:
    """A linear congruential generator (Knuth's MMIX constants): the same histories everywhere."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, n: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def played(seed, count, processes, values=5, functions=("read", "write", "cas"), crashes_percent=0.0):
    """What clients of a real register see: each operation takes effect at one moment, if at all, between invoke and completion."""
    dice, position, state, found, open_ = Dice(seed), 0, None, [], {}
    invokes = 0
    while invokes < count or open_:
        position += 1
        process = dice.below(processes)
        if process not in open_:
            if invokes < count:
                invokes += 1
                f = functions[dice.below(len(functions))]
                argument = None if f == "read" else [dice.below(values), dice.below(values)] if f == "cas" else dice.below(values)
                open_[process] = [f, str(argument) if f == "append" else argument, position, None]
            continue
        f, argument, invoked, effect = open_[process]
        crashed = dice.below(100_000) < crashes_percent * 1000
        if effect is None and not crashed:
            if dice.below(2):
                done, then = after(state, Operation(process=0, f=f, value=argument, invoked=0)) if f != "read" else (True, state)
                open_[process][3] = (done, state if f == "read" else argument)
                state = then if done else state
            continue
        del open_[process]
        if crashed:
            value = None if f == "read" else argument
            found.append(Operation(process=process, f=f, key="x", value=value, type="info", invoked=invoked))
        else:
            kind = "ok" if effect[0] else "fail"
            found.append(Operation(process=process, f=f, key="x", value=effect[1], type=kind, invoked=invoked, completed=position))
    return sorted(found, key=lambda operation: operation.invoked)


def with_a_wrong_read(operations, value):
    """The history with an `ok` read in its middle that read something else."""
    place = next(i for i in range(len(operations) // 2, len(operations)) if operations[i].f == "read" and operations[i].type == "ok")
    wrong = operations[place]
    changed = msgspec.structs.replace(wrong, value=value)
    return [*operations[:place], changed, *operations[place + 1 :]], changed


# The steps are several times what is needed: a history that takes more has met a search that lost its way.
@pytest.mark.parametrize(
    ("processes", "values", "functions", "crashes_percent"),
    [
        (5, 5, ("read", "write"), 0),
        (20, 5, ("read", "write", "cas"), 0),
        (20, 10**9, ("read", "write"), 0),
        (5, 5, ("read", "write", "cas"), 0.1),
        (10, 8, ("append",) * 3000 + ("read",), 0.1),
    ],
)
def test_a_hundred_thousand_operations_are_checked(processes, values, functions, crashes_percent):
    operations = played(7, 100_000, processes, values, functions, crashes_percent)
    assert check_history(operations, budget=Budget(steps=1_000_000)).kind == "linearizable"


@pytest.mark.parametrize("processes", [5, 20])
def test_one_wrong_read_among_a_hundred_thousand_operations_is_found(processes):
    operations, wrong = with_a_wrong_read(played(7, 100_000, processes), 77)
    verdict = check_history(operations, budget=Budget(steps=1_000_000))
    assert verdict.kind == "not linearizable"
    assert verdict.operations == (wrong,)


def test_one_stale_read_among_a_hundred_thousand_operations_is_found_and_shown_small():
    operations = played(7, 100_000, 5, 10**9, ("read", "write"))
    old = next(o for o in operations if o.f == "write" and o.invoked > 1000)
    operations, wrong = with_a_wrong_read(operations, old.value)
    verdict = check_history(operations, budget=Budget(steps=1_000_000))
    assert verdict.kind == "not linearizable"
    assert wrong in verdict.operations
    assert old in verdict.operations
    assert len(verdict.operations) <= 4


@pytest.mark.parametrize("seed", range(20))
def test_a_hundred_operations_with_crashed_clients_are_decided_both_ways(seed):
    operations = played(seed, 100, 10, crashes_percent=3)
    assert sum(operation.type == "info" for operation in operations) >= 3
    assert check_history(operations, budget=Budget(steps=50_000)).kind == "linearizable"
    wrong, _ = with_a_wrong_read(operations, 77)
    assert check_history(wrong, budget=Budget(steps=50_000)).kind == "not linearizable"
