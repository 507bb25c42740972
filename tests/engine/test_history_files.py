"""`python -m labs.engine.check FILE --consistency NAME`, and how a lab names the checkers of its histories."""

from __future__ import annotations

import dataclasses
import json

import pytest

from labs.catalog import find
from labs.catalog.__main__ import verdicts
from labs.engine import testing
from labs.engine.check import main
from labs.engine.errors import DefinitionError
from labs.engine.events import NoteEvent, OperationEvent
from labs.engine.histories import CHECKERS, check_run

OF_OPERATIONS = [name for name, checker in CHECKERS.items() if checker.wants is None]
OF_EFFECTS = [name for name, checker in CHECKERS.items() if checker.wants is not None]


@pytest.fixture
def run(tmp_path, capsys):
    def run(lines, consistency, *options):
        path = tmp_path / "history.jsonl"
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
        model = ["--model", "kv"] if consistency in OF_OPERATIONS else []
        code = main([str(path), *model, "--consistency", consistency, *options])
        out, err = capsys.readouterr()
        return code, out, err.replace(str(path), "FILE")

    return run


def steps(*entries):
    lines = []
    for process, f, key, value in entries:
        lines.append({"process": process, "type": "invoke", "f": f, "key": key, "value": None if f == "read" else value})
        lines.append({"process": process, "type": "ok", "f": f, "key": key, "value": value})
    return lines


STALE = steps(("A", "write", "x", 1), ("B", "read", "x", None))
BACK = steps(("A", "write", "x", 1), ("B", "read", "x", 1), ("B", "read", "x", None))
EFFECT = {"type": "effect", "operation": "a", "process": "A", "token": 1}
INVOKE = {"type": "invoke", "operation": "a", "process": "A"}


@pytest.mark.parametrize("name", CHECKERS)
def test_an_empty_file_holds(run, name):
    assert run([], name) == (0, f"{name}\n", "")


def test_a_history_is_sequential_and_not_linearizable(run):
    assert run(STALE, "linearizable")[0] == 1
    assert run(STALE, "sequential") == (0, "sequential\n", "")


@pytest.mark.parametrize("name", ["sequential", "sequential-per-key", "causal", "causal-convergence", "monotonic-reads"])
def test_a_violation_prints_why_and_exits_with_1(run, name):
    code, out, err = run(BACK, name)
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == f"not {name}"
    assert "5       6         B        read       ok null" in out


def test_what_cannot_be_told_exits_with_2(run):
    twice = steps(("A", "write", "x", 1), ("B", "write", "x", 2), ("E", "write", "x", 1), ("A", "write", "y", 1))
    reads = steps(*((p, "read", "x", v) for p, v in (("C", 2), ("C", 1), ("C", 2), ("D", 1), ("D", 2), ("D", 1))))
    code, out, _ = run([*twice, *reads], "causal")
    assert (code, out.splitlines()[0]) == (2, "unknown")
    assert "was written to key" in out
    assert run(BACK, "causal", "--budget", "0")[0] == 2


@pytest.mark.parametrize("name", OF_OPERATIONS)
def test_a_process_with_two_operations_under_way_is_refused_with_its_line(run, name):
    lines = [{"process": 0, "type": "invoke", "f": "read", "key": key} for key in "xy"]
    assert run(lines, name) == (3, "", "FILE, line 2: process 0 is still waiting for its read of 1\n")


@pytest.mark.parametrize("name", OF_EFFECTS)
def test_effects_are_read_without_a_model(run, name):
    assert run([INVOKE, "", {**EFFECT, "time": 3}], name) == (0, f"{name}\n", "")


def test_effects_in_violation_are_printed_with_their_lines(run):
    code, out, _ = run([INVOKE, EFFECT, EFFECT], "exactly-once")
    assert code == 1
    assert out.splitlines() == [
        "not exactly-once",
        'operation "a" took effect twice: at 2 and at 3.',
        "",
        "  line  type    process  operation  token",
        "  1     invoke  A        a",
        "  2     effect  A        a          1",
        "  3     effect  A        a          1",
    ]


MALFORMED = {
    "not JSON": ("order", ["{"], 1, "not JSON: Expecting property name enclosed in double quotes at column 2"),
    "an array": ("order", ["[]"], 1, "not a JSON object"),
    "no type": ("order", [INVOKE, {}], 2, "type is missing"),
    "unknown type": (
        "order",
        [{"type": "done"}],
        1,
        'type is one of invoke, ok, fail, info, effect, acquire, release, refused; got "done"',
    ),
    "no operation": ("exactly-once", [{"type": "effect"}], 1, "operation is missing: this checker wants it in every effect"),
    "no process": ("mutual-exclusion", [{"type": "acquire"}], 1, "process is missing: this checker wants it in every acquire"),
    "no section": (
        "mutual-exclusion",
        ["", {"type": "effect", "process": 1}],
        2,
        "an effect wants a token, or an acquire before it: else nobody can tell its critical section",
    ),
    "operation of another kind": ("order", [{**INVOKE, "operation": 1.5}], 1, "operation is a whole number or text; got 1.5"),
    "process of another kind": ("order", [{**INVOKE, "process": True}], 1, "process is a whole number or text; got true"),
    "key of another kind": ("order", [{**INVOKE, "key": [1]}], 1, "key is null, a truth value, a number or text; got [1]"),
    "token of another kind": ("mutual-exclusion", [{**EFFECT, "token": "1"}], 1, 'token is a whole number; got "1"'),
    "invoked twice": ("exactly-once", [INVOKE, INVOKE], 2, 'operation "a" is invoked again; it was at 1'),
    "completed without an invoke": ("exactly-once", [{**INVOKE, "type": "ok"}], 1, 'operation "a" is completed, but was not invoked'),
    "completed twice": (
        "order",
        [INVOKE, {**INVOKE, "type": "ok"}, {**INVOKE, "type": "fail"}],
        3,
        'operation "a" is completed again; it was at 2',
    ),
}


@pytest.mark.parametrize(("name", "lines", "number", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_of_effects_is_refused_with_line_and_reason(run, name, lines, number, reason):
    assert run(lines, name) == (3, "", f"FILE, line {number}: {reason}\n")


@pytest.mark.parametrize("options", [["--consistency", "causal"], ["--consistency", "strict", "--model", "kv"]])
def test_wrong_options_are_not_mistaken_for_a_verdict(options, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["-", *options])
    assert caught.value.code == 64


def changed(**fields):
    return dataclasses.replace(find("raft"), **fields)


def test_a_lab_with_a_model_is_held_to_linearizability_unless_it_names_something_else():
    assert find("raft").history_checkers() == ("linearizable",)
    assert changed(history="").history_checkers() == ()
    assert changed(consistency=("sequential", "read-your-writes")).history_checkers() == ("sequential", "read-your-writes")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"history": "queue"}, "model is one of register, kv"),
        ({"consistency": ("strict",)}, "There is no history checker 'strict'"),
        ({"history": "", "consistency": ("causal",)}, "causal needs the model"),
        ({"consistency": ("exactly-once",)}, "exactly-once needs a note that says what took effect"),
        ({"effects": {"unheard_of": "effect"}}, "got 'unheard_of': 'effect'"),
        ({"effects": {"became_leader": "crowned"}}, "got 'became_leader': 'crowned'"),
    ],
)
def test_a_definition_that_names_checkers_it_cannot_feed_is_refused(fields, words):
    with pytest.raises(DefinitionError, match=words):
        changed(**fields)


EVENTS = [
    OperationEvent(1, 10, "alice", 1, "invoke", "write", "x", "1"),
    NoteEvent(2, 11, "n1", "became_leader", {"operation": 1}),
    OperationEvent(3, 12, "alice", 1, "ok", "write", "x", None),
    NoteEvent(4, 13, "n2", "became_leader", {"operation": 1}),
    OperationEvent(5, 14, "bob", 5, "invoke", "read", "x", None),
    OperationEvent(6, 15, "bob", 5, "ok", "read", "x", None),
]


def test_a_run_s_events_are_given_to_a_checker_by_name():
    verdict, looked_at = check_run("exactly-once", EVENTS, {"became_leader": "effect"})
    assert (verdict.outcome, verdict.evidence, looked_at) == ("violated", [1, 2, 3, 4], 4)
    assert check_run("linearizable", EVENTS, {})[0].outcome == "violated"
    assert check_run("sequential", EVENTS, {})[0].outcome == "holds"


def test_the_command_line_and_the_tests_of_labs_show_every_checker_that_a_lab_names(capsys):
    lab = changed(consistency=("linearizable", "sequential", "exactly-once"), effects={"became_leader": "effect"})
    played = testing.play(lab, 1)
    verdicts(lab, played.simulation, EVENTS)
    said = capsys.readouterr().out
    assert "VIOLATED  Linearizability: key" in said
    assert "holds     Sequential consistency: 2 client operations, each with its place" in said
    assert "VIOLATED  Exactly-once effect: operation 1 took effect twice: at 2 and at 4." in said
    found = dataclasses.replace(played, events=EVENTS).violations()
    assert set(found) == {"linearizability", "exactly-once effect"}
