"""What must hold of every lab in the catalogue: one file tests them all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.catalog import find, slugs
from labs.engine import events, limits
from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.dump import dump, load
from labs.engine.schema import javascript
from labs.engine.simulation import Simulation
from labs.engine.testing import attempt, play

ROOT = Path(__file__).resolve().parents[2]
LABS = slugs()
SECONDS = 8


def command_log(lab, draw):
    """A few random acts at rising times, every one of which the lab accepts."""
    parameters = lab.check_parameters({})
    nodes = [id for id, node in lab.setup(parameters).nodes.items() if node.kind == "server"]
    targets = st.sampled_from(nodes + list(lab.selectors))
    everybody = list(lab.setup(parameters).nodes)
    started = Simulation(lab, parameters, 1, record=False)
    started.start()
    timers = sorted({timer for process in started.processes.values() for timer in process.timers} | {"unheard-of"})
    at_us, log = 0, []
    for seq in range(1, draw(st.integers(0, 6)) + 1):
        at_us += draw(st.integers(0, 2_500_000))
        action = draw(st.sampled_from(lab.actions))
        args = {}
        for arg in action.args:
            if arg.type == "node":
                args[arg.name] = draw(targets)
            elif arg.type == "nodes":
                args[arg.name] = draw(st.lists(targets, min_size=1, max_size=3))
            elif arg.type == "process":
                args[arg.name] = draw(st.sampled_from(everybody))
            elif arg.type == "message":
                args[arg.name] = draw(st.integers(1, 3000))
            elif arg.type == "timer":
                args[arg.name] = draw(st.sampled_from(timers))
        log.append(Command(seq, at_us, action.name, lab.check_action(action.name, args, parameters)))
    return log


def chunks_of(run, log, until_us=SECONDS * 1_000_000):
    chunks = []
    while run.frontier_us < until_us and not run.finished:
        chunks.append(run.next_chunk(log))
    return chunks


@pytest.mark.parametrize("slug", LABS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1), at=st.integers(0, 3))
def test_dump_and_load_at_any_moment_leaves_the_rest_unchanged_byte_for_byte(slug, data, seed, at):
    lab = find(slug)
    log = command_log(lab, data.draw)
    whole = chunks_of(Run(Simulation(lab, {}, seed)), log)
    run = Run(Simulation(lab, {}, seed))
    for _ in range(at):
        run.next_chunk(log)
    saved = dump(run)
    loaded = load(lab, saved)
    assert dump(loaded) == saved
    assert [c.frame(0) for c in chunks_of(loaded, log)] == [c.frame(0) for c in whole[at:]]


@pytest.mark.parametrize("slug", LABS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1))
def test_a_run_played_live_with_rewinds_has_the_digest_of_its_log_replayed_at_once(slug, data, seed):
    """Live, a command arrives when the chunks after it are already computed: they are thrown away and computed again."""
    lab = find(slug)
    log = command_log(lab, data.draw)
    saved = [dump(Run(Simulation(lab, {}, seed)))]  # saved[i]: before chunk i + 1
    starts = [0]
    known: list[Command] = []
    live = load(lab, saved[0])
    for command in [*log, None]:
        until_us = SECONDS * 1_000_000 if command is None else min(command.at_us + 3_000_000, SECONDS * 1_000_000)
        while live.frontier_us < until_us:
            live.next_chunk(known)
            saved.append(dump(live))
            starts.append(live.frontier_us)
        if command is not None:
            known.append(command)
            keep = max(i for i, start in enumerate(starts) if start <= command.at_us)
            del saved[keep + 1 :], starts[keep + 1 :]
            live = load(lab, saved[keep])
    replayed = Run(Simulation(lab, {}, seed))
    chunks_of(replayed, log)
    assert live.digest == replayed.digest


@pytest.mark.parametrize("slug", LABS)
def test_two_processes_under_different_hash_seeds_give_the_same_digest(slug):
    command = [sys.executable, "-m", "labs.catalog", slug, "--seed", "7", "--until", "20s", "--digest"]
    digests = {
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 32


@pytest.mark.parametrize("slug", LABS)
def test_every_scenario_gives_events_of_the_schema_within_the_limits(slug):
    lab = find(slug)
    for scenario in lab.scenarios:
        log = [Command(i + 1, *entry) for i, entry in enumerate(scenario.script)]
        for chunk in chunks_of(Run(Simulation(lab, scenario.parameters, scenario.seed)), log):
            rows = msgspec.json.decode(chunk.events, type=list[events.AnyEvent])
            assert 0 < len(rows) <= limits.CHUNK_EVENTS_MAX
            assert all(chunk.from_us <= row.t_us < chunk.to_us for row in rows)
            assert json.loads(chunk.frame(3))["revision"] == 3


@pytest.mark.parametrize("slug", LABS)
def test_every_pointer_in_a_definition_resolves(slug):
    lab = find(slug)
    info = json.loads(json.dumps(lab.info()))
    first = Run(Simulation(lab, {}, lab.scenarios[0].seed))
    states = [p.node.snapshot() for p in first.simulation.processes.values() if p.node.kind == "server"]
    fields = set().union(*states)
    assert {s["action"] for s in info["steps"]} <= {a["name"] for a in info["actions"]}
    assert info["topology"]["role"] in fields
    for panel in info["panels"]:
        assert {panel[k] for k in ("entries", "first", "commit", "applied") if k in panel} <= fields
        assert {f["name"] for f in panel.get("fields", ())} <= fields
        assert panel.get("panel") != "state-machine" or panel["field"] in fields
    assert all(s["why"] for s in info["scenarios"]), "a scenario says why its seed was chosen"
    keys = [a["key"] for a in info["actions"] if a["key"]]
    assert len(keys) == len(set(keys))


def test_the_browsers_copy_of_the_schema_is_the_generated_one():
    assert (ROOT / "static" / "player" / "schema.js").read_text() == javascript()


SWITCHES = [(slug, switch) for slug in LABS for switch in find(slug).switches]
by_name = pytest.mark.parametrize(("slug", "switch"), SWITCHES, ids=[f"{slug}-{switch.name}" for slug, switch in SWITCHES])


@by_name
def test_without_a_rule_that_can_be_turned_off_its_checker_fires(slug, switch):
    played = play(find(slug), switch.until_us, switch.script, {**switch.parameters, switch.name: False}, switch.seed)
    assert switch.exposed_by in played.violations()
    assert not played.notes("failed")


@by_name
def test_with_the_rule_the_same_run_keeps_every_promise(slug, switch):
    played = play(find(slug), switch.until_us, switch.script, switch.parameters, switch.seed)
    assert played.violations() == {}
    assert not played.notes("failed")


CHALLENGES = [(slug, challenge) for slug in LABS for challenge in find(slug).challenges]
AFTER_US = 12_000_000
OTHER_SEEDS = (5, 6)


@pytest.mark.parametrize(("slug", "challenge"), CHALLENGES, ids=lambda one: getattr(one, "name", one))
def test_a_challenge_has_a_solution_that_meets_it_under_more_seeds_than_its_own(slug, challenge):
    assert challenge.solution
    moments = [at_us for at_us, _, _ in challenge.solution]
    assert moments == sorted(moments)
    for seed in (None, *OTHER_SEEDS):
        assert attempt(find(slug), challenge, challenge.solution, moments[-1] + AFTER_US, seed) == 1, seed


@pytest.mark.parametrize(("slug", "challenge"), CHALLENGES, ids=lambda one: getattr(one, "name", one))
def test_a_challenge_is_not_met_by_nothing_or_by_half_of_its_solution(slug, challenge):
    """One may be met early: votes that nearly split can do so at the first crash."""
    half = challenge.solution[: len(challenge.solution) // 2]
    for deeds in ([], [] if challenge.name == "three-split-votes" else half):
        assert attempt(find(slug), challenge, deeds, 8_000_000) < 1, deeds


def test_no_browser_is_told_a_solution():
    for slug in LABS:
        assert "solution" not in msgspec.json.encode(find(slug).info()).decode(), slug
