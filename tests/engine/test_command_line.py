"""`python -m labs.catalog`: what a person or a script gets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labs.catalog import find, slugs
from labs.engine.dump import load

ROOT = Path(__file__).resolve().parents[2]


def catalog(*args):
    return subprocess.run([sys.executable, "-m", "labs.catalog", *args], cwd=ROOT, capture_output=True, text=True)


def test_the_trace_is_the_golden_one():
    """Seed 7: one candidate, one round of votes, then writes. Rewrite the file on purpose, with the command in its first line."""
    golden = (ROOT / "labs" / "catalog" / "raft" / "tests" / "golden-steady.txt").read_text()
    command, _, trace = golden.partition("\n")
    result = catalog(*command.split()[4:])
    assert command.startswith("# python -m labs.catalog ")
    assert result.stdout == trace


def test_json_gives_one_event_a_line_with_kind_seq_and_time():
    rows = [json.loads(line) for line in catalog("raft", "--seed", "7", "--until", "1s", "--json").stdout.splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert {"message", "state", "note", "operation"} <= {row["kind"] for row in rows}
    assert all(0 <= row["t_us"] < 1_000_000 for row in rows)


def test_the_list_is_the_catalogue_as_json():
    listed = {lab["slug"]: lab for lab in json.loads(catalog("--list").stdout)}
    assert tuple(listed) == slugs()
    raft = listed["raft"]
    assert {"nodes", "latency_ms"} <= {p["name"] for p in raft["parameters"]}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nothing"], "name a lab, one of: " + ", ".join(slugs())),
        (["raft", "--until", "soon"], "expected a time such as 20s"),
        (["raft", "--until", "9999s"], "at most 600s"),
        (["raft", "--scenario", "no"], "it has steady"),
        (["raft", "--param", "nodes=4"], "one of 3, 5, 7"),
        (["raft", "--param", "nodes"], "name=value"),
        (["raft", "--param", "size=4"], "no parameter 'size'"),
    ],
)
def test_nonsense_gets_one_sentence_and_exit_code_2(args, words):
    result = catalog(*args)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_script_is_played_and_the_run_can_be_dumped(tmp_path):
    script, saved = tmp_path / "script.json", tmp_path / "run.bin"
    script.write_text(json.dumps([{"at": "3s", "action": "restart_all"}, {"at": "2s", "action": "crash", "args": {"node": "leader"}}]))
    result = catalog("raft", "--until", "4s", "--script", str(script), "--dump", str(saved))
    assert result.returncode == 0
    assert "! n3 was stopped" in result.stdout
    assert "holds     Linearizability:" in result.stdout
    assert "100 %  A new leader after a crash" in result.stdout
    assert load(find("raft"), saved.read_bytes()).frontier_us == 4_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expected a list such as"),
        ('[{"at": "2s"}]', "Expected a list such as"),
        ('[{"at": "2s", "action": "explode"}]', "entry 1: There is no action 'explode'"),
        ('[{"at": "soon", "action": "heal"}]', "entry 1: expected a time such as 20s"),
        ('[{"at": "2s", "action": "crash", "args": {"node": "n9"}}]', "entry 1: Node must be one of n1"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_with_its_entry(tmp_path, text, words):
    script = tmp_path / "script.json"
    script.write_text(text)
    result = catalog("raft", "--script", str(script))
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
