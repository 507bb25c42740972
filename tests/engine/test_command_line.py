"""`python -m labs.catalog`: what a person or a script gets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    [raft] = json.loads(catalog("--list").stdout)
    assert raft["slug"] == "raft"
    assert {"nodes", "latency_ms"} <= {p["name"] for p in raft["parameters"]}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nothing"], "name a lab, one of: raft"),
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
