"""Whole runs: the golden trace, what scenarios and switches show, and that faults break no promise."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from labs.catalog.sharding import LAB
from labs.catalog.sharding.invariants import coordinator
from labs.engine.chunks import Run
from labs.engine.events import FlowEvent, MessageEvent, MetricEvent, OperationEvent, StateEvent
from labs.engine.simulation import Simulation
from labs.engine.testing import play

ROOT = Path(__file__).resolve().parents[4]
S = 1_000_000


def scenario(name, until_us, **parameters):
    found = LAB.scenario(name)
    return play(LAB, until_us, found.script, {**found.parameters, **parameters}, found.seed)


def series(played, name):
    return [int(e.value) for e in played.events if isinstance(e, MetricEvent) and e.name == name]


def test_the_trace_is_the_golden_one():
    """Rewriting it is deliberate: the file is the output of the command in its first line."""
    command, _, trace = Path(__file__).with_name("golden-lose-ring.txt").read_text().partition("\n")
    argv = [sys.executable, *command.removeprefix("# python ").split()]
    assert subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout == trace


# Scenarios


def test_two_schemes_that_lose_the_same_server_move_a_quarter_and_three_quarters_of_the_keys():
    ring, modulo = (scenario(name, 4 * S).notes("fenced")[0].fields["keys"] for name in ("lose-ring", "lose-modulo"))
    assert 100 * ring // 600 in range(18, 32)
    assert 100 * modulo // 600 in range(68, 82)


def test_the_tenth_shard_costs_modulo_nine_keys_of_ten_and_a_ring_one():
    ring, modulo = (scenario(name, 4 * S).notes("fenced")[0].fields["keys"] for name in ("tenth-ring", "tenth-modulo"))
    assert 100 * ring // 2000 in range(7, 13)
    assert 100 * modulo // 2000 in range(87, 93)


def test_half_the_alphabet_is_not_half_the_load():
    rates = {id: p.node.memory.rate_per_s for id, p in scenario("alphabet", 4 * S).simulation.processes.items() if id[0] == "s"}
    assert rates["s1"] > 1.7 * rates["s2"]
    assert rates["s3"] == rates["s4"] == 0


def test_a_celebrity_fills_the_queue_of_its_shard():
    assert series(scenario("celebrity", 4 * S), "ok.read_us.p99")[-1] > 400_000


def test_keys_at_home_are_nearer_than_keys_anywhere():
    home, anywhere = (series(scenario(name, 4 * S), "ok.read_us.p50")[-1] for name in ("oceans", "oceans-ring"))
    assert home < 5_000
    assert anywhere > 60_000


def test_moving_without_a_throttle_is_felt_and_with_one_it_is_not():
    calm = scenario("rebalance", 8 * S, keys_per_s=50, batch_keys=2)
    assert max(series(calm, "ok.read_us.p99")) < 25_000
    assert max(series(scenario("rebalance", 4 * S), "ok.read_us.p99")) > 200_000


# Busy labs


def test_percentiles_come_from_every_request_and_only_a_sample_is_shown():
    played = scenario("steady", 4 * S)
    client = played.simulation.processes["c1"].node.memory
    told = sum(sum(series(played, f"ok.{f}_us.count")) for f in ("read", "write"))
    assert client.done - 0.6 * 2000 < told <= client.done
    shown = {e.operation for e in played.events if isinstance(e, OperationEvent)}
    assert 0.01 < len(shown) / client.arrived < 0.04
    assert {e.body.trace for e in played.events if isinstance(e, MessageEvent) and e.src == "c1"} <= shown
    flowed = sum(e.count for e in played.events if isinstance(e, FlowEvent) and e.src == "c1")
    assert client.arrived - 300 < flowed <= client.arrived


def test_every_nodes_state_is_known_from_the_first_moment():
    played = scenario("steady", S)
    assert {e.node for e in played.events if isinstance(e, StateEvent) and e.t_us == 0} == set(played.simulation.processes)


def test_twelve_shards_with_128_virtual_nodes_each_fit_in_small_frames():
    """Flat fields instead of 1,536 points: the key space is one character for each of 720 cells, told once a change."""
    run = Run(Simulation(LAB, {"rate_per_s": 2000, "shards": 12, "spares": 0, "keys": 2000}, 7))
    frames = [run.next_chunk([]) for _ in range(3)]
    state = msgspec.json.decode(frames[-1].keyframe)["nodes"]["m1"]["state"]
    assert len(state["owners"]) == 720
    assert len(msgspec.json.encode(state)) < 1500
    assert max(len(chunk.frame(0)) for chunk in frames) < 400_000


# Promises


@pytest.mark.parametrize("switch", LAB.switches, ids=lambda switch: switch.name)
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_what_shows_a_rule_is_a_change_that_comes_to_its_cut_over(switch, on):
    assert play(LAB, switch.until_us, switch.script, {**switch.parameters, switch.name: on}, switch.seed).notes("cut_over")


@pytest.mark.parametrize("seed", range(12))
def test_keys_move_through_random_faults_without_loss_and_every_change_ends(seed):
    schemes = ("ring", "jump", "modulo", "range", "rendezvous", "geo")
    script = [
        (300_000, "chaos", {"per_minute": 90, "kind": "everything"}),
        (800_000, "add_shard", {"node": "s5"}),
        (3 * S, "spread", {"key": "hot", "holders": 2 + seed % 3}),
        (5 * S, "split", {"node": "s1", "to": "s6", "at": "d"}),
        (6_500_000, "rescheme", {"scheme": schemes[(seed + 1) % 6]}),
        (8 * S, "remove_shard", {"node": "s2"}),
        (9 * S, "chaos", {"per_minute": 0}),
        (12_100_000, "heal", {}),
        (12_100_000, "restart_all", {}),
    ]
    parameters = {"scheme": schemes[seed % 6], "rate_per_s": 200, "reads_percent": 60, "keys_per_s": 100, "popularity": "hot"}
    played = play(LAB, 18 * S, script, parameters, seed)
    assert played.violations() == {}
    assert played.notes("failed") == []
    assert coordinator(played.simulation)[1].disk.phase == "idle"
    assert played.notes("cut_over")


def test_a_shard_that_is_down_is_not_taken_out_since_its_keys_have_no_other_copy():
    played = play(LAB, 4 * S, [(S, "crash", {"node": "s2"}), (2 * S, "remove_shard", {"node": "s2"})])
    assert [note.fields["missing"] for note in played.notes("change_refused")] == ["s2"]
    assert played.violations() == {}


def test_a_router_that_heard_of_no_change_learns_from_the_shards_and_no_request_is_lost():
    script = [(500_000, "cut_one_way", {"a": "m1", "b": "r2"}), (S, "add_shard", {"node": "s5"}), (2 * S, "heal", {})]
    played = play(LAB, 6 * S, script, {"rate_per_s": 300})
    assert played.violations() == {}
    router = played.simulation.processes["r2"].node.memory
    assert router.map.epoch == 3
    assert router.parked == []
