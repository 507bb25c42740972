"""Exactly-once effect, per-key order and mutual exclusion: what each rule allows and forbids, and both against plain restatements of it.

Rows are drawn as words: `>7` operation 7 is invoked, `.7` acknowledged, `!7` fails, `?7` is unknown, `*7` takes effect; `>7@A/x` by
process A about key x, `*7#p` at place p. For locks `+A 33` is an acquire with token 33 and `*A 33` an effect.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from labs.engine.events import NoteEvent, OperationEvent
from labs.engine.histories import CHECKERS, Budget, HistoryError, Row, rows_from_events
from labs.engine.histories.exactly_once import check as exactly_once
from labs.engine.histories.key_order import check as order
from labs.engine.histories.mutual_exclusion import check as mutual_exclusion

KINDS = {">": "invoke", ".": "ok", "!": "fail", "?": "info", "*": "effect", "+": "acquire"}
CALL = re.compile(r"(.)(\d+)(?:@(\w+))?(?:/(\w+))?(?:#(\w+))?")
LOCK = re.compile(r"(.)(\w+)(?: (\d+))?(?:/(\w+))?")


def rows(text):
    found = []
    for n, word in enumerate(text.split(), start=1):
        sign, operation, process, key, at = CALL.fullmatch(word).groups()
        found.append(Row(position=n, type=KINDS[sign], operation=int(operation), process=process, key=key, at=at))
    return found


def lock(text):
    found = []
    for n, word in enumerate(filter(None, map(str.strip, text.split(";"))), start=1):
        sign, process, token, key = LOCK.fullmatch(word).groups()
        found.append(Row(position=n, type=KINDS[sign], process=process, key=key, token=token and int(token)))
    return found


ONCE = {
    "nothing": "",
    "acknowledged after its effect": ">1 *1 .1",
    "acknowledged before its effect": ">1 .1 *1",
    "unknown with an effect": ">1 ?1 *1",
    "unknown without": ">1 ?1",
    "still under way": ">1 *1 >2",
    "failed without": ">1 !1",
    "two operations": ">1 >2 *2 *1 .1 .2",
    "once at each copy": ">1 *1#p *1#q .1",
}
NOT_ONCE = {
    "in the first row": ("*1", "operation 1 took effect out of thin air: nobody had asked for it", [1]),
    "before it was asked for": ("*1 >1 .1", "out of thin air", [1]),
    "twice": (">1 *1 .1 *1", "operation 1 took effect twice: at 2 and at 4", [1, 2, 3, 4]),
    "twice at one copy": (">1 *1#p *1#q *1#p", 'twice at "p": at 2 and at 4', [1, 2, 3, 4]),
    "unknown twice": (">1 *1 ?1 *1", "twice", [1, 2, 3, 4]),
    "failed and then done": (">1 !1 *1", "operation 1 failed, and yet it took effect", [1, 2, 3]),
    "done and then failed": (">1 *1 !1", "failed, and yet", [1, 2, 3]),
    "lost": (">2 *2 >1 .1 .2", "operation 1 was acknowledged at 4, and never took effect", [3, 4]),
}


@pytest.mark.parametrize("text", ONCE.values(), ids=ONCE)
def test_effects_that_are_exactly_once(text):
    assert exactly_once(rows(text)).kind == "exactly-once"


@pytest.mark.parametrize(("text", "words", "evidence"), NOT_ONCE.values(), ids=NOT_ONCE)
def test_effects_that_are_not(text, words, evidence):
    verdict = exactly_once(rows(text))
    assert (verdict.kind, verdict.outcome) == ("not exactly-once", "violated")
    assert words in verdict.text
    assert verdict.evidence == evidence
    assert exactly_once(verdict.rows).outcome == "violated"


def test_where_a_run_was_cut_off_late_acknowledgements_are_not_held_to():
    assert exactly_once(rows(">1 .1 >2 .2 *1"), owed_until=3).outcome == "holds"
    assert exactly_once(rows(">1 .1 >2 .2 *2"), owed_until=3).outcome == "violated"


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["effect", "effect", "ok", "fail", "info"]), st.integers(0, 2), st.sampled_from([None, "p"])), max_size=8
    )
)
def test_exactly_once_is_what_it_says(steps):
    asked = [Row(position=n, type="invoke", operation=n) for n in range(2)]  # nobody asks for 2
    done, found = set(), list(asked)
    for kind, operation, at in steps:
        if kind == "effect" or (operation < 2 and operation not in done):
            found.append(Row(position=len(found), type=kind, operation=operation, at=at if kind == "effect" else None))
            done |= set() if kind == "effect" else {operation}
    effects = [(row.operation, row.at) for row in found if row.type == "effect"]
    outcome = {row.operation: row.type for row in found if row.type in ("ok", "fail", "info")}
    places = {operation: [at for other, at in effects if other == operation] for operation in range(3)}
    fine = not places[2] and all(len(at) == len(set(at)) for at in places.values())
    fine = fine and all(places[o] if kind == "ok" else not places[o] if kind == "fail" else True for o, kind in outcome.items())
    event(str(fine))
    assert exactly_once(found).outcome == ("holds" if fine else "violated")


IN_ORDER = {
    "nothing": "",
    "as sent": ">1@A/x >2@A/x *1 *2",
    "two producers": ">1@A/x >2@B/x *2 *1",
    "two keys": ">1@A/x >2@A/y *2 *1",
    "a gap": ">1@A/x >2@A/x >3@A/x *1 *3",
    "the same again": ">1@A/x >2@A/x *1 *1 *2",
    "copies at different points": ">1@A/x >2@A/x *1#p *2#p *1#q *2#q",
    "no producer and no key": ">1 >2 *1 *2",
}
OUT_OF_ORDER = {
    "in the first row": ("*1", "operation 1 took effect, and nobody had sent it", [1]),
    "swapped": (">1@A/x >2@A/x *2 *1", 'after operation 2; both are of key "x", and process "A" sent 1 before 2', [1, 2, 3, 4]),
    "an old one again": (">1@A/x >2@A/x *1 *2 *1", "operation 1 took effect after operation 2", [1, 2, 4, 5]),
    "at one copy": (">1@A/x >2@A/x *1#p *2#q *2#p *1#q", 'took effect at "q" after operation 2', [1, 2, 4, 6]),
    "no producer and no key": (">1 >2 *2 *1", "both are of one key, and their producer sent 1 before 2", [1, 2, 3, 4]),
}


@pytest.mark.parametrize("text", IN_ORDER.values(), ids=IN_ORDER)
def test_effects_in_the_order_they_were_sent(text):
    assert order(rows(text)).kind == "order"


@pytest.mark.parametrize(("text", "words", "evidence"), OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
def test_effects_out_of_order(text, words, evidence):
    verdict = order(rows(text))
    assert verdict.kind == "not order"
    assert words in verdict.text
    assert verdict.evidence == evidence
    assert order(verdict.rows).outcome == "violated"


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xy")), max_size=5), st.data())
def test_order_is_what_it_says(sent, data):
    found = [Row(position=n, type="invoke", operation=n, process=p, key=k) for n, (p, k) in enumerate(sent)]
    if sent:
        for operation in data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=6)):
            found.append(Row(position=len(found), type="effect", operation=operation))
    effects = [row.operation for row in found if row.type == "effect"]
    fine = all(not (b < a and sent[a] == sent[b]) for n, a in enumerate(effects) for b in effects[n:])
    event(str(fine))
    assert order(found).outcome == ("holds" if fine else "violated")


EXCLUSIVE = {
    "nothing": "",
    "one after the other": "+A 33; *A 33; *A 33; +B 34; *B 34",
    "both believe they hold it, and fencing keeps the first out": "+A 33; *A 33; +B 34; *B 34; *B 34",
    "late, but before the next one's first effect": "+A 33; +B 34; *A 33; *B 34",
    "the same one again": "+A 33; *A 33; +B 34; *B 34; +A 35; *A 35",
    "without acquires": "*A 33; *B 34; *A 35",
    "without tokens": "+A; *A; +B; *B; +A; *A",
    "two locks": "+A 33/x; +B 1/y; *A 33/x; *B 1/y; *A 33/x",
}
OVERLAPPING = {
    "an effect without the lock": (
        "+B 2; *A 1",
        'the storage let process "A" through, which had not been given the lock with token 1',
        [2],
    ),
    # Kleppmann (2016): a pause outlasts the lease, and the write comes after that of the next holder.
    "a late write after a pause": (
        "+A 33; +B 34; *B 34; *A 33",
        'the storage let process "A" through with token 33, after process "B" with token 34.',
        [1, 2, 3, 4],
    ),
    "overlapping sections": ("+A 33; *A 33; +B 34; *B 34; *A 33", "their critical sections overlap", [1, 2, 3, 4, 5]),
    "overlapping, told by tokens alone": ("*A 33; *B 34; *A 33", "their critical sections overlap", [1, 2, 3]),
    "a late write without tokens": ("+A; +B; *B; *A", 'through after process "B", to which the lock had been given since', [1, 2, 3, 4]),
    "overlapping without tokens": ("+A; *A; +B; *B; *A", "their critical sections overlap", [1, 2, 3, 4, 5]),
    "a token for two": ("+A 33; +B 33", 'token 33 belongs to process "A" and to process "B"', [1, 2]),
    "a token for two, at the storage": ("*A 33; *B 33", "token 33 belongs to", [1, 2]),
    "somebody else's token": ("+A 33; +B 34; *B 33", "had not been given the lock with token 33", [3]),
    "one of two locks": ("+A 1/x; +B 2/x; *B 2/x; *A 1/x", 'lock "x": ', [1, 2, 3, 4]),
}


@pytest.mark.parametrize("text", EXCLUSIVE.values(), ids=EXCLUSIVE)
def test_critical_sections_that_exclude_each_other(text):
    assert mutual_exclusion(lock(text)).kind == "mutual-exclusion"


@pytest.mark.parametrize(("text", "words", "evidence"), OVERLAPPING.values(), ids=OVERLAPPING)
def test_critical_sections_that_do_not(text, words, evidence):
    verdict = mutual_exclusion(lock(text))
    assert verdict.kind == "not mutual-exclusion"
    assert words in verdict.text
    assert verdict.evidence == evidence


def test_an_effect_whose_section_nobody_can_tell_is_refused():
    with pytest.raises(HistoryError) as caught:
        mutual_exclusion(lock("*A"))
    assert caught.value.position == 1


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 4), max_size=8))
def test_accepted_tokens_never_go_backwards(tokens):
    found = [Row(position=n, type="effect", process=f"p{token}", token=token) for n, token in enumerate(tokens)]
    assert mutual_exclusion(found).outcome == ("holds" if tokens == sorted(tokens) else "violated")


@pytest.mark.parametrize("name", ["exactly-once", "order", "mutual-exclusion"])
def test_a_hundred_thousand_rows_and_a_spent_budget(name):
    made = [Row(position=2 * n, type="invoke", operation=n, process="A", key="x") for n in range(50_000)]
    made += [Row(position=2 * n + 1, type="effect", operation=n, process="A", key="x", token=n) for n in range(50_000)]
    made.sort(key=lambda row: row.position)
    assert CHECKERS[name].check(made, Budget()).outcome == "holds"
    assert CHECKERS[name].check(made, Budget(steps=10)).outcome == "unknown"


def test_a_run_s_events_become_rows_and_reads_and_other_notes_are_passed_over():
    events = [
        OperationEvent(1, 10, "alice", 1, "invoke", "write", "x", "1"),
        OperationEvent(2, 11, "bob", 2, "invoke", "read", "x", None),
        NoteEvent(3, 12, "n1", "applied", {"operation": 1, "index": 4}),
        NoteEvent(4, 13, "n1", "became_leader", {}),
        OperationEvent(5, 14, "bob", 2, "ok", "read", "x", "1"),
        OperationEvent(6, 15, "alice", 1, "ok", "write", "x", None),
    ]
    wants = CHECKERS["exactly-once"].wants
    assert rows_from_events(events, {"applied": "effect"}, wants) == [
        Row(position=1, type="invoke", process="alice", operation=1, key="x"),
        Row(position=3, type="effect", process="n1", operation=1),
        Row(position=6, type="ok", process="alice", operation=1, key="x"),
    ]
    with pytest.raises(HistoryError) as caught:
        rows_from_events([NoteEvent(7, 12, "n1", "applied", {"index": 4})], {"applied": "effect"}, wants)
    assert (caught.value.position, caught.value.reason) == (7, "operation is missing: this checker wants it in every effect")
