"""The checkers of weaker consistency against their definitions, tried out by brute force on small histories; and long histories."""

from __future__ import annotations

from itertools import pairwise, permutations

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from labs.engine.histories import CHECKERS, Budget, Operation

SESSIONS = ["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"]


def same(a, b):
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def after(held, operation):
    value = operation.value
    match operation.f:
        case "read":
            return same(held, value), held
        case "write":
            return True, value
        case "append":
            return True, (held or "") + value
    return same(held, value[0]), value[1]


def need(o):
    return o.value if o.f == "read" else o.value[0]


def put(o):
    return o.value if o.f == "write" else o.value[1]


def program_order(operations):
    """What happened, and for each what its process had done before."""
    found = [o for o in operations if o.type != "fail" and (o.f != "read" or o.type == "ok")]
    return found, {
        o.invoked: {p.invoked for p in found if p.process == o.process and p.invoked < o.invoked and p.type == "ok"} for o in found
    }


def has_order(operations, before, explained):
    """One order of all that keeps `before`, and in which those to be explained find what they saw. What is `info` may be left out."""
    failed = set()

    def place(done, held):
        position = done, repr(sorted(held.items()))  # in Python True is 1
        if position in failed:
            return False
        if all(o.invoked in done or o.type == "info" for o in operations):
            return True
        for o in operations:
            if o.invoked in done or not before[o.invoked] <= done:
                continue
            possible, then = after(held.get(o.key), o)
            if not possible and o.invoked not in explained:
                possible, then = True, held.get(o.key) if o.f == "read" else put(o)
            if possible and place(done | {o.invoked}, {**held, o.key: then}):
                return True
        failed.add(position)
        return False

    return place(frozenset(), {})


def is_sequential(operations):
    found, before = program_order(operations)
    return has_order(found, before, {o.invoked for o in found})


def without_unseen(operations):
    """Less those of unknown outcome that nobody saw. (Two that saw each other alone may both never have happened.)"""
    kept = [o for o in operations if o.type == "ok"]
    while True:
        seen = {(o.key, need(o)) for o in kept if o.f != "write"}
        more = [o for o in operations if o not in kept and (o.key, put(o)) in seen]
        if not more:
            return sorted(kept, key=lambda o: o.invoked)
        kept += more


def causal_order(operations):
    """What happened and, for each, all that comes before; None if that goes round in a circle, or something came from nowhere."""
    found = without_unseen(program_order(operations)[0])
    _, before = program_order(found)
    writers = {(o.key, put(o)): o.invoked for o in found if o.f != "read"}
    for o in found:
        if o.f != "write" and need(o) is not None:
            if (o.key, need(o)) not in writers:
                return found, None
            before[o.invoked].add(writers[o.key, need(o)])
    for middle in before:
        for late in before:
            if middle in before[late]:
                before[late] |= before[middle]
    for _ in before:
        for late in before:
            before[late] |= set().union(*(before[early] for early in before[late]))
    return found, None if any(o in before[o] for o in before) else before


def is_causal(operations):
    """Causal memory, by its definition: for every operation an order of its past in which its process's own reads find what they saw."""
    found, before = causal_order(operations)
    if before is None:
        return False
    _, program = program_order(found)
    for o in found:
        past = [p for p in found if p.invoked in before[o.invoked] or p is o]
        must = [msgspec.structs.replace(p, type="ok") for p in past]
        inside = {p.invoked: before[p.invoked] & {q.invoked for q in past} for p in past}
        if not has_order(must, inside, program[o.invoked] | {o.invoked}):
            return False
    return True


def floors(name, o, found, program, before):
    """The writes that a read must not be older than."""
    by = {p.invoked: p for p in found}
    writers = {(p.key, put(p)): p for p in found if p.f != "read"}
    mine = [by[p] for p in program[o.invoked]]
    seen = [writers[p.key, need(p)] for p in mine if p.f != "write" and need(p) is not None]
    if name == "read-your-writes":
        writes = [p for p in mine if p.f != "read"]
    elif name == "monotonic-reads":
        writes = seen
    elif name == "monotonic-writes":
        writes = [by[p] for w in seen for p in program[w.invoked] if by[p].f != "read"]
    else:
        reads = [by[p] for w in seen for p in program[w.invoked] if by[p].f != "write"]
        writes = [writers[p.key, need(p)] for p in reads if need(p) is not None]
    return {w.invoked for w in writes if w.key == o.key}


def guarantees(name, operations):
    """For each process and key an order of the key's writes, causes first, in which no read is older than it may be.

    None: there is no causal order.
    """
    found, before = causal_order(operations)
    if before is None:
        return None
    _, program = program_order(found)
    writers = {(p.key, put(p)): p.invoked for p in found if p.f != "read"}
    for process in {o.process for o in found}:
        for key in {o.key for o in found}:
            reads = [o for o in found if o.process == process and o.key == key and o.f != "write" and o.type == "ok"]
            writes = [o.invoked for o in found if o.key == key and o.f != "read"]
            claims = [(writers.get((key, need(o)), -1), f) for o in reads for f in floors(name, o, found, program, before)]
            orders = ({w: place for place, w in enumerate(order)} | {-1: -1} for order in permutations(writes))
            good = (order for order in orders if all(order[a] < order[b] for b in writes for a in before[b] if a in order))
            if not any(all(order[read] >= order[f] for read, f in claims) for order in good):
                return False
    return True


@st.composite
def histories(draw, count_max=8, differentiated=True, overlapping=False, appends=False):
    """A few processes, each step whole after the other unless `overlapping`; reads of what somebody puts, mostly."""
    count = draw(st.integers(1, count_max))
    keys = draw(st.sampled_from(["x", "xy", "xxy"]))
    processes = draw(st.integers(1, 4))
    functions = draw(st.sampled_from([["read", "write"], ["read", "read", "write"], ["read", "read", "write", "cas"]]))
    plan = []
    values = {key: [None] for key in keys}
    for number in range(1, count + 1):
        f, key = draw(st.sampled_from(functions)), draw(st.sampled_from(keys))
        value = number if differentiated else draw(st.sampled_from([1, 2, True]))
        if f != "read":
            values[key].append(value)
        plan.append((draw(st.integers(0, processes - 1)), f, key, value))
    found, last = [], {}
    for number, (process, f, key, value) in enumerate(plan):
        kind = draw(st.sampled_from(["ok"] * 8 + ["info", "fail"]))
        if f == "read":
            value = draw(st.sampled_from(values[key])) if kind == "ok" else None
        elif f == "cas":
            value = (draw(st.sampled_from([known for known in values[key] if not same(known, value)])), value)
        start = 10 * number + 1
        if overlapping:
            start = max(draw(st.integers(0, start)), last.get(process, 0) + 1)
            while any(start in (o.invoked, o.completed) for o in found):
                start += 1
        end = start + 5
        while overlapping and any(end in (o.invoked, o.completed) for o in found):
            end += 1
        last[process] = end
        done = None if kind == "info" else end
        found.append(Operation(process=process, f=f, key=key, value=value, type=kind, invoked=start, completed=done))
    return sorted(found, key=lambda o: o.invoked)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(differentiated=False) | histories())
def test_sequential_agrees_with_brute_force_and_so_does_its_evidence(operations):
    verdict = CHECKERS["sequential"].check(operations, Budget())
    event(verdict.outcome)
    assert verdict.outcome == ("holds" if is_sequential(operations) else "violated")
    assert verdict.outcome == "holds" or not is_sequential(verdict.operations)
    keys = [[o for o in operations if o.key == key] for key in {o.key for o in operations}]
    each = CHECKERS["sequential-per-key"].check(operations, Budget())
    assert each.outcome == ("holds" if all(map(is_sequential, keys)) else "violated")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", "ab", None, "ba", "", "aab"]), st.booleans()), max_size=6))
def test_sequential_agrees_with_brute_force_on_texts(steps):
    operations = [
        Operation(
            process=p,
            f="read" if read or text is None else "append",
            key="x",
            value=text,
            type="ok",
            invoked=2 * n + 1,
            completed=2 * n + 2,
        )
        for n, (p, text, read) in enumerate(steps)
    ]
    verdict = CHECKERS["sequential"].check(operations, Budget())
    assert verdict.outcome == ("holds" if is_sequential(operations) else "violated")
    assert verdict.outcome == "holds" or not is_sequential(verdict.operations)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_causal_agrees_with_the_definition_of_causal_memory_and_so_does_its_evidence(operations):
    verdict = CHECKERS["causal"].check(operations, Budget())
    event(verdict.pattern or verdict.outcome)
    assert verdict.outcome == ("holds" if is_causal(operations) else "violated")
    if verdict.outcome == "violated":
        assert not is_causal(verdict.operations)
        assert CHECKERS["causal"].check(verdict.operations, None).pattern == verdict.pattern


def test_evidence_shows_that_what_was_never_answered_happened():
    operations = [
        Operation(process=1, f="write", key="x", value=1, type="ok", invoked=1, completed=6),
        Operation(process=0, f="read", key="x", value=3, type="ok", invoked=11, completed=16),
        Operation(process=1, f="cas", key="x", value=(None, 3), type="info", invoked=21, completed=None),
    ]
    for name, holds in (("causal", is_causal), ("causal-convergence", is_convergent), ("sequential", is_sequential)):
        verdict = CHECKERS[name].check(operations, Budget())
        assert verdict.outcome == "violated" and not holds(verdict.operations)


def is_convergent(operations):
    """One order of each key's writes for everybody, causes first, in which every read finds the last write of its past."""
    found, before = causal_order(operations)
    if before is None:
        return False
    by = {o.invoked: o for o in found}
    writes = [o.invoked for o in found if o.f != "read"]

    def last(o, order):
        past = [w for w in before[o.invoked] if w in order and by[w].key == o.key]
        return put(by[max(past, key=order.index)]) if past else None

    orders = (order for order in permutations(writes) if not any(b in before[a] for n, a in enumerate(order) for b in order[n:]))
    return any(all(last(o, order) == need(o) for o in found if o.f != "write") for order in orders)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(count_max=7))
def test_causal_convergence_agrees_with_its_definition_and_so_does_its_evidence(operations):
    verdict = CHECKERS["causal-convergence"].check(operations, Budget())
    event(verdict.pattern or verdict.outcome)
    assert verdict.outcome == ("holds" if is_convergent(operations) else "violated")
    assert verdict.outcome == "holds" or not is_convergent(verdict.operations)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.sampled_from(SESSIONS))
def test_a_session_guarantee_agrees_with_its_definition_and_so_does_its_evidence(operations, name):
    verdict = CHECKERS[name].check(operations, Budget())
    holds = guarantees(name, operations)
    event(f"{name} {verdict.outcome}")
    if holds is None:  # causes go round in a circle, or out of thin air
        assert verdict.outcome in ("unknown", "violated")
        return
    assert verdict.outcome == ("holds" if holds else "violated")
    assert holds or guarantees(name, verdict.operations) is False


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(overlapping=True) | histories(overlapping=True, differentiated=False))
def test_what_is_stronger_implies_what_is_weaker(operations):
    found = {name: checker.check(operations, Budget()).outcome for name, checker in CHECKERS.items() if checker.wants is None}
    event(" ".join(name for name, outcome in found.items() if outcome == "holds") or "none")
    chain = ["linearizable", "sequential", "causal"]
    for strong, weak in [
        *pairwise(chain),
        ("sequential", "causal-convergence"),
        *(("causal-convergence", name) for name in SESSIONS),
        ("sequential", "sequential-per-key"),
        *(("causal", name) for name in SESSIONS),
    ]:
        assert found[strong] != "holds" or found[weak] == "holds", (strong, weak)
        assert found[weak] != "violated" or found[strong] == "violated", (strong, weak)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(differentiated=False))
def test_doubtful_values_never_lead_to_a_wrong_answer(operations):
    """Whatever each value's reads saw: give every write a value of its own in all ways that fit, and see if one is causal."""
    verdict = CHECKERS["causal"].check(operations, Budget())
    event(verdict.outcome)
    if verdict.outcome != "unknown":
        assert (verdict.outcome == "holds") == any(map(is_causal, told_apart(operations)))


def told_apart(operations):
    renamed = [
        o if o.f == "read" else msgspec.structs.replace(o, value=o.invoked if o.f == "write" else (o.value[0], o.invoked))
        for o in operations
    ]
    ways = [[]]
    for o, new in zip(operations, renamed, strict=True):
        if o.f == "write" or (o.f == "read" and o.type != "ok"):
            ways = [[*way, new] for way in ways]
            continue
        fits = [
            w.invoked for w in operations if w.f != "read" and w.type != "fail" and w.key == o.key and w is not o and same(put(w), need(o))
        ]
        fits += [None] * (need(o) is None)
        fits = fits if o.type != "fail" else [None]
        seen = [msgspec.structs.replace(new, value=fit if o.f == "read" else (fit, o.invoked)) for fit in fits or [-1]]
        ways = [[*way, one] for way in ways for one in seen][:3000]
    return ways


class Dice:
    """A linear congruential generator (Knuth's MMIX constants): the same histories everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def from_replicas(count, processes, keys, convergent, seed=7):
    """What clients of replicas see, one each, that spread writes in causal order; the last writer wins by Lamport clock, or by arrival."""
    dice = Dice(seed)
    held = [{} for _ in range(processes)]
    clocks = [0] * processes
    applied = [[0] * processes for _ in range(processes)]  # by replica, of each origin
    log = [[] for _ in range(processes)]  # by origin: what it had applied, key, stamp, value
    found = []
    for number in range(1, count + 1):
        me = dice.below(processes)
        for origin in range(processes):
            if origin != me and dice.below(3) == 0:
                for past, key, stamp, value in log[origin][applied[me][origin] :][:4]:
                    if all(applied[me][other] >= past[other] for other in range(processes) if other != origin):
                        applied[me][origin] += 1
                        clocks[me] = max(clocks[me], stamp[0])
                        held[me][key] = max(held[me].get(key, ((0, 0), None)), (stamp, value)) if convergent else (stamp, value)
                    else:
                        break
        key = f"k{dice.below(keys)}"
        f = ("read", "write")[dice.below(2)]
        value = held[me].get(key, (None, None))[1]
        if f == "write":
            clocks[me] += 1
            value = number
            log[me].append((list(applied[me]), key, (clocks[me], me), value))
            applied[me][me] += 1
            held[me][key] = ((clocks[me], me), value)
        found.append(Operation(process=me, f=f, key=key, value=value, type="ok", invoked=2 * number - 1, completed=2 * number))
    return found


@pytest.fixture(scope="module")
def long():
    return from_replicas(100_000, 5, 10, True)


# The steps are several times what is needed.
def test_a_hundred_thousand_operations_of_a_causal_memory_are_checked():
    operations = from_replicas(100_000, 5, 10, False)
    assert CHECKERS["causal"].check(operations, Budget(steps=5_000_000)).outcome == "holds"
    assert CHECKERS["causal-convergence"].check(operations, Budget(steps=5_000_000)).pattern == "CyclicCF"


@pytest.mark.parametrize("name", ["causal-convergence", *SESSIONS])
def test_a_hundred_thousand_operations_of_a_causal_store_are_checked(long, name):
    assert CHECKERS["linearizable"].check(long, Budget()).outcome == "violated"
    assert CHECKERS[name].check(long, Budget(steps=5_000_000)).outcome == "holds"


@pytest.mark.parametrize(("name", "count"), [("causal", 12), ("causal-convergence", 12), ("monotonic-reads", 12), ("sequential", 20)])
def test_one_wrong_read_among_a_hundred_thousand_is_found_and_shown_small(long, name, count):
    place, wrong = next((n, o) for n, o in enumerate(long) if n > 50_000 and o.f == "read")
    old = next(o for o in long if n_key(o) == ("write", wrong.key) and o.invoked > 1000)
    operations = [*long[:place], msgspec.structs.replace(wrong, value=old.value), *long[place + 1 :]]
    verdict = CHECKERS[name].check(operations, Budget(steps=20_000_000))
    assert verdict.outcome == "violated"
    assert len(verdict.operations) <= count
    assert name in ("sequential", "causal") or wrong.invoked in verdict.evidence


def n_key(operation):
    return operation.f, operation.key


def test_a_violation_in_the_first_operation_of_many_is_found(long):
    first = Operation(process=9, f="read", key="k0", value=-1, type="ok", invoked=-1, completed=0)
    for name in ("sequential", "causal", *SESSIONS):
        assert CHECKERS[name].check([first, *long[:20_000]], Budget()).operations == (first,)
