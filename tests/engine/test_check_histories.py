"""Known histories, most of them from the papers, and what the checker must say of each.

A history is drawn as its events in order: `A>write 1` is A's invoke, `A.` its ok, `A=1` its ok read of 1, `A!` its fail, `A?` its info.
"""

from __future__ import annotations

import json

import msgspec
import pytest

from labs.engine.events import NoteEvent, OperationEvent
from labs.engine.histories import Budget, HistoryError, Operation, Verdict, check_history, from_events, read_history


def history(text: str, key: str | None = "x") -> list[Operation]:
    lines, invoked = [], {}
    for event in text.split(";"):
        process, sign, rest = event.strip()[0], event.strip()[1], event.strip()[2:]
        if sign == ">":
            f, *arguments = rest.split()
            values = [json.loads(argument) for argument in arguments]
            invoked[process] = f
            entry = {"type": "invoke", "value": values if f == "cas" else values[0] if values else None}
        else:
            kind = {".": "ok", "=": "ok", "!": "fail", "?": "info"}[sign]
            entry = {"type": kind, "value": json.loads(rest) if sign == "=" else None}
        lines.append(json.dumps({"process": process, "f": invoked[process], "key": key, **entry}).encode())
    return read_history(lines, "kv")


def check(text: str) -> Verdict:
    return check_history(history(text))


LINEARIZABLE = {
    "an empty register reads null": "A>read; A=null",
    "a read after a write": "A>write 1; A.; B>read; B=1",
    "a read beside a write may be old": "A>write 1; B>read; B=null; A.",
    "a read beside a write may be new": "A>write 1; B>read; B=1; A.",
    "overlapping writes in either order": "A>write 0; A.; B>write 1; A>read; A=1; C>write 0; B.; A>read; A=0; C.",
    "two reads see two overlapping writes": "A>write 1; B>write 2; C>read; C=1; C>read; C=2; A.; B.",
    "a write hidden under another is never read": "A>write 1; B>write 2; A.; B.; C>read; C=2; C>read; C=2",
    "a crashed write that takes effect later": "A>write 1; A.; B>write 2; B?; C>read; C=1; C>read; C=2",
    "a crashed write that takes effect after others": "B>write 2; B?; A>write 1; A.; C>read; C=1; A>write 3; A.; C>read; C=2",
    "a crashed write that never does": "A>write 1; A.; B>write 2; B?; C>read; C=1; C>read; C=1",
    "a write without completion that takes effect": "A>write 1; B>read; B=1",
    "a process goes on after info": "A>write 1; A?; A>read; A=null; A>read; A=1",
    "a crashed cas that takes effect": "A>cas null 1; A?; B>read; B=1",
    "a failed write did not happen": "A>write 1; A!; B>read; B=null",
    "a failed cas is no observation": "A>cas null 1; A!; B>read; B=null",
    "cas race with one winner": "A>write 0; A.; A>cas 0 1; B>cas 0 2; A.; B!; C>read; C=1",
    "cas chain in the only possible order": "A>cas 2 3; B>cas 1 2; C>cas null 1; A.; B.; C.; D>read; D=3",
    "cas back and forth": "A>cas null 1; A.; A>cas 1 2; B>cas 2 1; A.; B.; C>read; C=1",
    "cas from a value to itself is a read": "A>write 1; A.; A>cas 1 1; A.",
    "the same write is needed twice": "A>write 1; B>write 2; C>write 1; D>read; D=1; D>read; D=2; D>read; D=1; A.; B.; C.",
    "appends in one order": 'A>append "a"; B>append "b"; A.; B.; C>read; C="ba"',
    "an append whose completion came after the next was read": 'A>append "a"; B>append "b"; B.; C>read; C="b"; C>read; C="ba"; A.',
    "a crashed append between two": 'A>append "a"; A.; B>append "b"; B?; C>append "c"; C.; D>read; D="abc"',
    "a crashed append after all": 'A>append "a"; A.; B>append "b"; B?; C>append "c"; C.; D>read; D="ac"; D>read; D="acb"',
    "append to what was written": 'A>write "w"; A.; A>append "a"; A.; A>read; A="wa"',
    "append, cas and write together": 'A>append "a"; A.; B>cas "a" "b"; C>append "c"; B.; C.; D>read; D="bc"; D>write ""; D.; D>read; D=""',
    "appending nothing makes the empty text": 'A>append ""; A.; A>read; A=""',
    "a write that hid must still be there to be read": (
        "A>write 1; D>read; B>cas 1 3; C>write 1; A.; A>write 2; E>read; D=null; F>cas 1 3; A.; G>write 2; B.; E=2; G.; C.; F."
    ),
    "a cas has to come before the write that hides": "E>cas null 3; B>cas 3 1; A>write 3; B.; C>write 2; A.; C.; E.",
    "one and one point nothing are one number": "A>write 1; A.; A>read; A=1.0",
}

NOT_LINEARIZABLE = {
    "a violation in the first operation": ("A>read; A=1", 1),
    "stale read": ("A>write 1; A.; A>write 2; A.; B>read; B=1", 3),
    "stale null": ("A>write 1; A.; B>read; B=null", 2),
    "lost update": ("A>cas null 1; A.; B>cas null 2; B.", 2),
    "lost write": ("A>write 1; A.; B>write 2; B.; C>read; C=2; C>read; C=1", 3),
    "new-old inversion": ("A>write 1; A.; A>write 2; B>read; B=2; C>read; C=1; A.", 4),
    "two reads disagree about the order of two writes": ("A>write 1; B>write 2; A.; B.; C>read; C=1; D>read; D=2; C>read; C=1", 5),
    "a read from the future": ("A>read; A=1; B>write 1; B.", 1),
    "a failed write was read": ("A>write 1; A!; B>read; B=1", 1),
    "a crashed write takes effect once": ("A>write 1; A?; B>read; B=1; B>write 2; B.; B>read; B=1", 4),
    "a crashed write does not come and go": ("A>write 1; A.; B>write 2; B?; C>read; C=2; C>read; C=1", 4),
    "a crashed write does not take effect before it was invoked": ("C>read; C=2; B>write 2; B?", 1),
    "cas race with two winners": ("A>write 0; A.; A>cas 0 1; B>cas 0 2; A.; B.", 3),
    "a cas found what was not there": ("A>write 1; A.; B>cas 2 3; B.", 1),
    "a lost append": ('A>append "a"; A.; B>append "b"; B.; C>read; C="b"', 3),
    "appends swapped": ('A>append "a"; A.; B>append "b"; B.; C>read; C="ba"', 3),
    "an append doubled": ('A>append "a"; A.; C>read; C="aa"', 2),
    "two reads disagree about appends": ('A>append "a"; B>append "b"; A.; B.; C>read; C="ab"; D>read; D="ba"', 4),
    "null is not the empty text": ('A>append ""; A.; A>read; A=null', 2),
    "true is not one": ("A>write 1; A.; A>read; A=true", 1),
}


@pytest.mark.parametrize("text", LINEARIZABLE.values(), ids=LINEARIZABLE)
def test_a_linearizable_history_is_accepted(text):
    assert check(text) == Verdict(kind="linearizable", text="")


@pytest.mark.parametrize(("text", "operations"), NOT_LINEARIZABLE.values(), ids=NOT_LINEARIZABLE)
def test_a_history_that_is_not_linearizable_is_refused_with_few_operations(text, operations):
    verdict = check(text)
    assert verdict.kind == "not linearizable"
    assert verdict.key == "x"
    assert len(verdict.operations) <= operations
    assert check_history(verdict.operations).kind == "not linearizable"


def test_an_empty_history_is_linearizable():
    assert check_history([]).kind == "linearizable"


def test_a_stale_read_is_shown_with_the_write_it_missed_and_the_write_it_saw():
    filler = "; ".join(f"D>write {n}; D.; E>read; E={n}" for n in range(10, 60))
    verdict = check(f"{filler}; A>write 1; A.; C>read; C=1; A>write 2; A.; {filler}; A>write 3; A.; B>read; B=1; {filler}")
    assert [(o.process, o.words(), o.value) for o in verdict.operations] == [("A", "write 1", 1), ("A", "write 3", 3), ("B", "read", 1)]


def test_the_text_shows_the_operations_and_the_first_completion_that_has_no_order():
    verdict = check("A>write 1; A.; C>read; A>write 2; A.; B>read; B=1; B>read; C=2; B=1")
    assert verdict.text.splitlines() == [
        'key "x": these 3 of its 5 operations have no order in which each takes effect between its invoke and its completion',
        "and every read and cas finds what was there.",
        "",
        "  invoke  complete  process  operation  outcome",
        "  1       2         A        write 1    ok",
        "  4       5         A        write 2    ok",
        "  6       7         B        read       ok 1",
        "",
        'What came before 7 has such an order; there process "B" completes its read, and none is left.',
    ]


def test_what_an_unanswered_read_brings_along_is_not_taken_for_what_it_read():
    lines = [b'{"process": 0, "type": "invoke", "f": "read", "key": "x", "value": 5}']
    assert read_history(lines, "kv")[0].value is None
    assert read_history([*lines, b'{"process": 0, "type": "info", "f": "read", "value": 5}'], "kv")[0].value is None


def test_keys_are_independent_registers():
    parts = history("A>write 1; A.; B>read; B=1", "x") + history("A>write 2; A.; B>read; B=2", "y")
    apart = [part if part.key == "x" else _later(part) for part in parts]
    assert check_history(apart).kind == "linearizable"


def test_of_keys_in_violation_the_one_with_fewest_operations_is_named_then_the_first_by_name():
    bad, longer = "A>read; A=1", "A>write 1; A.; A>read; A=2"
    assert check_history(history(longer, "a") + history(bad, "c") + history(bad, "b")).key == "b"


def test_a_hard_key_does_not_keep_a_violation_in_another_from_being_found():
    hard = _hard()
    bad = [_later(operation) for operation in history(f"A>write 1; A.; {'A>read; A=1; ' * 100} A>read; A=2", "z")]
    assert len(bad) > len(hard)
    assert check_history(hard + bad, budget=Budget(steps=300_000)).key == "z"


def test_a_budget_that_runs_out_is_unknown_never_an_answer():
    assert check_history(_hard(), budget=Budget(steps=20_000)).kind == "unknown"
    assert check_history(history("A>write 1; B>write 2; C>cas 1 3; C.; A.; B."), budget=Budget(steps=0)).kind == "unknown"
    assert check_history(history("A>write 1; B>write 2; C>cas 1 3; C.; A.; B."), budget=Budget(spent=lambda: True)).kind == "unknown"


def test_a_run_s_events_become_a_history():
    events = [
        OperationEvent(1, 10, "alice", 1, "invoke", "write", "x", "1"),
        NoteEvent(2, 11, "n1", "became_leader", {}),
        OperationEvent(3, 12, "bob", 3, "invoke", "read", "x", None),
        OperationEvent(4, 13, "carol", 4, "invoke", "write", "x", "2"),
        OperationEvent(5, 14, "bob", 3, "ok", "read", "x", "1"),
        OperationEvent(6, 15, "alice", 1, "info", "write", "x", None),
    ]
    operations = from_events(events)
    assert operations == [
        Operation(process="alice", f="write", key="x", value="1", type="info", invoked=1),
        Operation(process="bob", f="read", key="x", value="1", type="ok", invoked=3, completed=5),
        Operation(process="carol", f="write", key="x", value="2", type="info", invoked=4),
    ]
    assert check_history(operations).kind == "linearizable"


def test_a_completion_without_an_invoke_is_refused_with_its_seq():
    with pytest.raises(HistoryError) as caught:
        from_events([OperationEvent(7, 10, "alice", 3, "ok", "write", "x", "1")])
    assert caught.value.position == 7


def _later(operation: Operation) -> Operation:
    end = operation.completed and operation.completed + 1000
    return msgspec.structs.replace(operation, invoked=operation.invoked + 1000, completed=end)


def _hard() -> list[Operation]:
    """Overlapping cas, one between any two of seven values, and two more: an order would be a path over all edges of that graph.

    There is none, since more than two of its vertices have more edges out than in, or in than out (Euler); the search has to try them.
    """
    edges = [(a, b) for a in (None, 1, 2, 3, 4, 5, 6) for b in (None, 1, 2, 3, 4, 5, 6) if a != b] + [(1, 2), (3, 4)]
    return [Operation(process=n, f="cas", key="h", value=edge, type="ok", invoked=n, completed=100 + n) for n, edge in enumerate(edges)]
