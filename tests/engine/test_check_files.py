"""`python -m labs.engine.check FILE`: what it prints, what it exits with, and how it refuses a file it cannot read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from labs.engine.check import main

WRITE = {"process": 0, "type": "invoke", "f": "write", "key": "x", "value": 1}
WRITTEN = {"process": 0, "type": "ok", "f": "write", "key": "x", "value": 1}
READ = {"process": 1, "type": "invoke", "f": "read", "key": "x", "value": None}
READ_1 = {"process": 1, "type": "ok", "f": "read", "key": "x", "value": 1}
READ_2 = {"process": 1, "type": "ok", "f": "read", "key": "x", "value": 2}


@pytest.fixture
def run(tmp_path, capsys):
    def run(lines, *options, model="kv"):
        path = tmp_path / "history.jsonl"
        if isinstance(lines, list):
            lines = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
        path.write_bytes(lines)
        code = main([str(path), "--model", model, *options])
        out, err = capsys.readouterr()
        return code, out, err.replace(str(path), "FILE")

    return run


def test_a_linearizable_history_prints_that_and_exits_with_0(run):
    assert run([WRITE, READ, WRITTEN, READ_1]) == (0, "linearizable\n", "")


def test_a_violation_prints_key_and_operations_and_exits_with_1(run):
    code, out, err = run([WRITE, WRITTEN, READ, READ_2])
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "not linearizable"
    assert 'key "x"' in out
    assert "3       4         1        read       ok 2" in out


def test_a_spent_budget_prints_unknown_and_exits_with_2(run):
    code, out, err = run([WRITE, READ, WRITTEN, READ_2], "--budget", "0")
    assert (code, out.splitlines()[0], err) == (2, "unknown", "")


def test_an_empty_file_is_linearizable(run):
    assert run([]) == (0, "linearizable\n", "")


def test_blank_lines_and_further_fields_are_passed_over(run):
    assert run(["", {**WRITE, "time": 3, "index": 0}, "  ", WRITTEN, ""])[0] == 0


def test_a_completion_may_leave_out_the_key_and_an_append_may_answer_anything(run):
    append = {"process": 0, "f": "append"}
    assert run([{**append, "type": "invoke", "key": "x", "value": "a"}, {**append, "type": "ok", "value": "a"}])[0] == 0


def test_model_register_takes_a_history_without_keys(run):
    lines = [{k: v for k, v in line.items() if k != "key"} for line in (WRITE, WRITTEN, READ, READ_2)]
    code, out, _ = run(lines, model="register")
    assert code == 1
    assert "the register: " in out


def test_model_register_takes_several_keys_as_several_registers(run):
    other = [{**READ, "key": "y"}, {**READ_1, "key": "y", "value": None}]
    assert run([WRITE, WRITTEN, *other], model="register")[0] == 0


MALFORMED = {
    "not JSON": ([WRITE, "{"], 2, "not JSON: Expecting property name enclosed in double quotes at column 2"),
    "NaN": (['{"process": 0, "type": "invoke", "f": "write", "key": "x", "value": NaN}'], 1, "not JSON: NaN is not a JSON number"),
    "an array": (["[]"], 1, "not a JSON object"),
    "no process": ([{"type": "invoke", "f": "read"}], 1, "process is missing"),
    "no type": ([{"process": 0, "f": "read"}], 1, "type is missing"),
    "no f": ([{"process": 0, "type": "invoke"}], 1, "f is missing"),
    "process of another kind": ([{**WRITE, "process": 1.5}], 1, "process is a whole number or text"),
    "unknown type": ([{**WRITE, "type": "done"}], 1, 'type is one of invoke, ok, fail, info; got "done"'),
    "unknown f": ([{**WRITE, "f": "delete"}], 1, 'f is one of read, write, cas, append; got "delete"'),
    "f of another kind": ([{**WRITE, "f": 1}], 1, "f is text"),
    "key of another kind": ([{**WRITE, "key": []}], 1, "key is null, a truth value, a number or text"),
    "no key": ([WRITE, WRITTEN, {"process": 0, "type": "invoke", "f": "read"}], 3, "model kv wants a key in every invoke"),
    "a write of a list": ([{**WRITE, "value": [1]}], 1, "the value of a write is null, a truth value, a number or text; got [1]"),
    "a read of an object": ([READ, {**READ_1, "value": {}}], 2, "the value of a read is null, a truth value, a number or text; got {}"),
    "a cas without a pair": ([{**WRITE, "f": "cas", "value": 1}], 1, "the value of a cas is [from, to], two scalars; got 1"),
    "a cas of lists": ([{**WRITE, "f": "cas", "value": [[1], 2]}], 1, "the value of a cas is [from, to], two scalars; got [[1],2]"),
    "append of a number": ([{**WRITE, "f": "append"}], 1, "append takes text; got 1"),
    "append beside numbers": (
        [WRITE, WRITTEN, {**WRITE, "f": "append", "value": "a"}],
        1,
        'key "x" is appended to, so it holds text; got 1',
    ),
    "two outstanding": ([WRITE, READ, {**WRITE, "value": 2}], 3, "process 0 is still waiting for its write 1 of 1"),
    "nothing outstanding": ([WRITE, WRITTEN, "", WRITTEN], 4, "process 0 completes an operation it has not invoked"),
    "ok after info": ([WRITE, {**WRITTEN, "type": "info"}, WRITTEN], 3, "process 0 completes an operation it has not invoked"),
    "another f": ([WRITE, {**WRITTEN, "f": "read"}], 2, "process 0 completes a read; it invoked a write at 1"),
    "another key": ([WRITE, {**WRITTEN, "key": "y"}], 2, 'process 0 completes on key "y"; it invoked on "x"'),
}


@pytest.mark.parametrize(("lines", "number", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_with_line_and_reason_and_exits_with_3(run, lines, number, reason):
    assert run(lines) == (3, "", f"FILE, line {number}: {reason}\n")


def test_a_file_that_is_not_utf_8_is_refused(run):
    code, out, err = run(b'{"process": "\xff"}\n')
    assert (code, out, err) == (3, "", "FILE, line 1: not UTF-8: invalid start byte at byte 14\n")


def test_deep_nesting_and_endless_numbers_are_refused(run):
    assert run(["[" * 100_000])[0] == 3
    assert run(['{"process": ' + "9" * 5000 + "}"])[0] == 3


def test_a_file_that_is_not_there_exits_with_3(tmp_path, capsys):
    assert main([str(tmp_path / "none"), "--model", "kv"]) == 3
    assert main([str(tmp_path), "--model", "kv"]) == 3
    assert capsys.readouterr().err.splitlines() == [f"{tmp_path / 'none'}: No such file or directory", f"{tmp_path}: Is a directory"]


@pytest.mark.parametrize("options", [[], ["--model", "queue"], ["--model", "kv", "--budget", "-1"], ["--model", "kv", "--budget", "nan"]])
def test_wrong_options_are_not_mistaken_for_a_verdict(options, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["-", *options])
    assert caught.value.code == 64


def test_it_runs_as_a_module_from_standard_input():
    text = "".join(json.dumps(line) + "\n" for line in (WRITE, WRITTEN, READ, READ_2))
    command = [sys.executable, "-m", "labs.engine.check", "-", "--model", "kv"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("not linearizable\n")
