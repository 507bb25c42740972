"""Histories from papers and textbooks, and what each checker must say of them.

A history is drawn as its steps in order: `A: x=1` writes 1, `A: x?1` reads 1, `A: x?-` reads null, `A: x:1>2` is a cas, `A! x=1` fails, and
of `A~ x=1` nobody knows the outcome. One step follows the other, so of two steps the earlier one is over before the other begins.
"""

from __future__ import annotations

import json
import re

import pytest

from labs.engine.histories import CHECKERS, Budget, HistoryError, Operation

STEP = re.compile(r"(\w+)([:!~]) (\w+)(=|\?|:|\+)(\S+)")
OUTCOMES = {":": "ok", "!": "fail", "~": "info"}
OF_OPERATIONS = [name for name, checker in CHECKERS.items() if checker.wants is None]
SESSIONS = ["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"]


def value_of(text):
    return None if text == "-" else json.loads(text)


def history(text: str) -> list[Operation]:
    found = []
    for step in filter(None, map(str.strip, text.split(";"))):
        process, sign, key, what, rest = STEP.fullmatch(step).groups()
        kind = OUTCOMES[sign]
        f = {"=": "write", "?": "read", ":": "cas", "+": "append"}[what]
        value = [value_of(part) for part in rest.split(">")] if f == "cas" else value_of(rest) if f != "append" else rest
        at = 2 * len(found) + 1
        done = None if kind == "info" else at + 1
        found.append(Operation(process=process, f=f, key=key, value=value, type=kind, invoked=at, completed=done))
    return found


def verdicts(text):
    return {name: CHECKERS[name].check(history(text), Budget()) for name in OF_OPERATIONS}


# Each with the checkers that refuse it, of those that look at operations.
REFUSED = {
    "nothing happened": ("", ""),
    "what one process wrote it reads": ("A: x=1; A: x?1", ""),
    "null before the first write": ("A: x?-; B: x=1; A: x?1", ""),
    # Lamport (1979); Tanenbaum and van Steen, "Distributed systems", figure 7.5 (a) and (b).
    "a stale read is sequential": ("A: x=1; B: x?-; B: x?1", "linearizable"),
    "all see two writes in the same order": ("A: x=1; B: x=2; C: x?2; C: x?1; D: x?2; D: x?1", "linearizable"),
    "two see two writes in different orders": (
        "A: x=1; B: x=2; C: x?2; C: x?1; D: x?1; D: x?2",
        "linearizable sequential sequential-per-key",
    ),
    # Attiya and Welch, "Sequential consistency versus linearizability" (1994), section 2; store buffering.
    "each misses the other's write": ("A: x=1; B: y=1; A: y?-; B: x?-", "linearizable sequential"),
    # Tanenbaum and van Steen, figure 7.9 (a): causal order from the read of 1 to the write of 2.
    "an answer seen before the question": (
        "A: x=1; B: x?1; B: x=2; C: x?2; C: x?1; D: x?1; D: x?2",
        "linearizable sequential sequential-per-key causal monotonic-reads",
    ),
    # The same, figure 7.9 (b): without that read the two writes are independent.
    "writes that do not depend on each other": (
        "A: x=1; B: x=2; C: x?2; C: x?1; D: x?1; D: x?2; A: y=1",
        "linearizable sequential sequential-per-key",
    ),
    # Ahamad and others (1995), section 1: two keys, the cause is missing.
    "an effect without its cause": (
        "A: x=1; B: x?1; B: y=2; C: y?2; C: x?-",
        "linearizable sequential causal writes-follow-reads",
    ),
    # Bouajjani and others (2017), figure 3: not CM, and CC, since each read alone can be explained.
    "one process flips between two writes": (
        "A: x=1; B: x=2; C: x?1; C: x?2; C: x?1",
        "linearizable sequential sequential-per-key causal monotonic-reads",
    ),
    # Terry and others (1994), section 3.
    "the password was changed and is not": ("A: x=1; A: x=2; A: x?1", "all read-your-writes"),
    "its own write is missing": ("A: x=1; A: x?-", "all read-your-writes"),
    "the calendar goes back": ("A: x=1; A: x=2; B: x?2; B: x?1", "all monotonic-reads"),
    "the calendar goes back to nothing": ("A: x=1; B: x?1; B: x?-", "all monotonic-reads"),
    "the library lacks what the new version needs": ("A: x=1; A: y=1; B: y?1; B: x?-", "linearizable sequential causal monotonic-writes"),
    "a reply without the article": (
        "A: x=1; B: x?1; B: y=1; C: y?1; C: x?-",
        "linearizable sequential causal writes-follow-reads",
    ),
    # Edges.
    "out of thin air": ("A: x?7", "all read-your-writes monotonic-reads monotonic-writes writes-follow-reads"),
    "a failed write was read": ("A! x=1; B: x?1", "all read-your-writes monotonic-reads monotonic-writes writes-follow-reads"),
    "a read of the future, which real time alone forbids": ("B: x?1; A: x=1", "linearizable"),
    "a write of unknown outcome is seen": ("A~ x=1; B: x?1", ""),
    "and then no more": ("A~ x=1; B: x?1; B: x?-", "all monotonic-reads"),
    "a write of unknown outcome takes effect late": ("A~ x=1; A: x?-; A: x?-; B: x?1", ""),
    "after a write of unknown outcome its process is not bound": ("A: x=1; A~ x=2; A: x?1; B: x?2", ""),
    "what an unknown write stands on is": (
        "A: x=1; A~ y=2; B: y?2; B: x?-",
        "linearizable sequential causal monotonic-writes",
    ),
    "two cas from one value": ("A: x:->1; B: x:->2", "linearizable sequential sequential-per-key"),
    "a cas sees what is old": ("A: x=1; A: x=2; B: x?2; B: x:1>3", "all monotonic-reads"),
    "true is not one": ("A: x=1; A: x=true; A: x?1", "all read-your-writes"),
}
ALL = "linearizable sequential sequential-per-key causal"


@pytest.mark.parametrize(("text", "refusing"), REFUSED.values(), ids=REFUSED)
def test_each_checker_says_what_the_book_says(text, refusing):
    found = verdicts(text)
    del found["causal-convergence"]  # see below
    assert {name for name, verdict in found.items() if verdict.outcome == "violated"} == set(refusing.replace("all", ALL).split())
    assert not [name for name, verdict in found.items() if verdict.outcome == "unknown"]


# The bad patterns of Bouajjani and others (2017), table 2, each with the fewest operations that show it.
PATTERNS = {
    "CyclicCO": ("A: x?1; A: y=1; B: y?1; B: x=1; C: z=1", 4),
    "ThinAirRead": ("C: z=1; A: x?1", 1),
    "WriteCOInitRead": ("C: z=1; A: x=1; A: y=1; B: y?1; B: x?-", 4),
    "WriteCORead": ("A: x=1; A: x=2; A: y=1; B: y?1; C: z=1; B: x?1", 5),
    # C has y 2 (since it read w 1), and later y 1 (since it read v 1) but still reads y 2: so y 1 came first, and with it x 1.
    "WriteHBInitRead": ("A: x=1; A: y=1; A: v=1; B: y=2; B: w=1; C: w?1; C: z=1; C: x?-; C: v?1; C: y?2", 9),
    "CyclicHB": ("A: x=1; B: x=2; C: x?1; C: z=1; C: x?2; C: x?1", 5),
}


def test_causal_memory_and_causal_convergence_do_not_imply_each_other():
    different_orders = "A: x=1; B: x=2; C: x?2; C: x?1; D: x?1; D: x?2"
    last_writer_wins = PATTERNS["WriteHBInitRead"][0]  # replicas that keep the write with the later stamp do this
    assert CHECKERS["causal"].check(history(different_orders), None).outcome == "holds"
    verdict = CHECKERS["causal-convergence"].check(history(different_orders), None)
    assert (verdict.kind, verdict.pattern, len(verdict.operations)) == ("not causal-convergence", "CyclicCF", 6)
    assert CHECKERS["causal"].check(history(last_writer_wins), None).outcome == "violated"
    assert CHECKERS["causal-convergence"].check(history(last_writer_wins), None).outcome == "holds"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_bad_pattern_is_named_and_shown_with_as_few_operations_as_there_can_be(pattern):
    text, count = PATTERNS[pattern]
    verdict = CHECKERS["causal"].check(history(text), None)
    assert (verdict.outcome, verdict.pattern) == ("violated", pattern)
    assert f"({pattern} of Bouajjani" in verdict.text
    assert len(verdict.operations) == count
    assert "z" not in {operation.key for operation in verdict.operations}
    assert CHECKERS["causal"].check(verdict.operations, None).pattern == pattern


def test_the_evidence_gives_positions_in_order_and_the_text_shows_the_operations():
    verdict = CHECKERS["monotonic-reads"].check(history("C: y=1; A: x=1; B: x?1; C: y?1; B: x?-"), None)
    assert verdict.kind == "not monotonic-reads"
    assert verdict.key == "x"
    assert verdict.evidence == [3, 4, 5, 6, 9, 10]
    assert verdict.text.splitlines() == [
        'process "B" read null of key "x" at 10: that is older than what it had read before.',
        "",
        "  invoke  complete  process  operation  outcome",
        "  3       4         A        write 1    ok",
        "  5       6         B        read       ok 1",
        "  9       10        B        read       ok null",
    ]


@pytest.mark.parametrize("name", ["causal", *SESSIONS])
def test_a_value_written_twice_and_read_makes_the_verdict_unknown_with_the_reason(name):
    """Two see the writes of 1 and 2 in different orders, or C sees the second write of 1: nobody can tell."""
    text = "A: x=1; B: x=2; E: x=1; C: x?2; C: x?1; D: x?1; D: x?2; F: y=1; G: y=2; C: y?1; C: y?2; D: y?2; D: y?1"
    verdict = CHECKERS[name].check(history(text), Budget())
    assert verdict.outcome == "unknown"
    assert '1 was written to key "x" more than once, so the read of process "C" at 9 does not tell which write it saw' in verdict.text


@pytest.mark.parametrize("name", ["causal", "causal-convergence", *SESSIONS])
def test_a_value_written_twice_does_no_harm_where_nobody_read_it_or_more_is_known(name):
    assert CHECKERS[name].check(history("A: x=1; A: x=1; B: x=2; C: x?2; A: y=5; C: y?5; B: y?-"), Budget()).outcome == "holds"
    assert CHECKERS[name].check(history("A: x=1; A: x=1; B: x?1"), Budget()).outcome == "holds"  # linearizable
    assert CHECKERS[name].check(history("A: x=1; A: x=1; B: x?-; B: x?1"), Budget()).outcome == "holds"  # sequential


def test_a_violation_that_needs_no_doubtful_read_is_found_all_the_same():
    verdict = CHECKERS["causal"].check(history("A: x=1; A: x=1; B: x?1; A: y=1; A: y=2; B: y?2; B: y?1"), Budget())
    assert verdict.outcome == "violated"
    assert {operation.key for operation in verdict.operations} == {"y"}


def test_null_that_was_written_is_not_told_from_null_that_was_there():
    text = "A: x=1; A: x=-; B: x?1; B: x?-; C: y=1; C: y=2; D: y?2; E: z=1; F: z=2; D: z?1; D: z?2; B: z?2; B: z?1"
    verdict = CHECKERS["causal"].check(history(text), Budget())
    assert verdict.outcome == "unknown"
    assert 'null was written to key "x", which held null from the start' in verdict.text


def test_texts_that_were_appended_to_tell_nothing_to_the_causal_checkers_and_all_to_the_sequential_one():
    text = 'A: x+a; B: x+b; C: x?"ba"; D: x?"ab"'
    found = verdicts(text)
    assert found["sequential"].outcome == "violated"
    assert found["causal"].outcome == "unknown"
    assert 'key "x" is appended to' in found["causal"].text
    assert CHECKERS["sequential"].check(history('A: x+a; B: x+b; C: x?"b"; C: x?"ba"'), Budget()).outcome == "holds"


@pytest.mark.parametrize("name", [name for name in OF_OPERATIONS if name != "linearizable"])
def test_a_process_with_two_operations_under_way_is_refused_with_the_place(name):
    operations = [
        Operation(process="A", f="write", key="x", value=1, type="ok", invoked=3, completed=8),
        Operation(process="A", f="read", key="y", value=None, type="ok", invoked=5, completed=6),
    ]
    with pytest.raises(HistoryError) as caught:
        CHECKERS[name].check(operations, Budget())
    assert (caught.value.position, caught.value.reason) == (5, 'process "A" is still waiting for its write 1 of 3')


@pytest.mark.parametrize("name", [name for name in OF_OPERATIONS if name != "linearizable"])
def test_a_spent_budget_is_unknown_never_an_answer(name):
    text = ";".join(f"A: x={n}; B: x=-{n}; C: x?-{n}; C: x?{n}; D: x?-{n}; D: x?{n}" for n in range(1, 60))
    assert CHECKERS[name].check(history(text), Budget(steps=5)).outcome == "unknown"
    assert CHECKERS[name].check(history(text), Budget(spent=lambda: True)).outcome == "unknown"
