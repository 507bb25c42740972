"""Faults, and what the engine gives busy labs: on a small store of two servers and an open-loop client."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from labs.engine import limits
from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.definition import Lab, Parameter, Scenario, Setup
from labs.engine.dump import dump, load
from labs.engine.events import (
    FaultEvent,
    FlowEvent,
    GoalEvent,
    LinksEvent,
    MessageEvent,
    MetricEvent,
    NodeEvent,
    OperationEvent,
    StateEvent,
)
from labs.engine.faults import FAULTS, zone_faults
from labs.engine.goals import Challenge, Goal
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.regions import NAMES, ROUND_TRIP_MS, link
from labs.engine.simulation import Simulation
from labs.engine.workload import OpenLoopClient, OpenLoopConfig, Popularity


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="Ask"):
    trace: int
    key: str


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="Answer"):
    trace: int


class Store(Node):
    class Disk(msgspec.Struct):
        asked: int = 0

    class Memory(msgspec.Struct):
        clock_ms: int = 0

    def on_start(self, ctx):
        ctx.set_timer("tick", 100_000)

    def on_message(self, src, body, ctx):
        self.disk.asked += 1
        if self.disk.asked % 100 == 0:
            ctx.sync()
        ctx.send(src, Answer(body.trace))

    def on_timer(self, timer, ctx):
        self.memory.clock_ms = ctx.now_us // 1000
        ctx.measure("queue_length", 3)
        ctx.set_timer("tick", 100_000)

    def snapshot(self):
        return {"asked": self.disk.asked, "clock_ms": self.memory.clock_ms}


class Asker(OpenLoopClient):
    def ask(self, id, operation, ctx):
        ctx.send(self.config.servers[id % 2], Ask(id, operation.key))

    def on_message(self, src, body, ctx):
        self.finish(body.trace, "ok", None, ctx)


class TenAnswers(Goal):
    start = "None yet"
    watches = (OperationEvent,)

    class State(msgspec.Struct):
        count: int = 0

    def observe(self, event, simulation):
        if event.type == "ok" and self.state.count < 10:
            self.state.count += 1
            self.reach(10 * self.state.count, f"{self.state.count} answers", event.seq)


def setup(parameters: Mapping[str, Any]) -> Setup:
    popularity = Popularity(kind=parameters["popularity"], keys=50)
    config = OpenLoopConfig(servers=("n1", "n2"), rate_per_s=parameters["rate"], timeout_us=500_000, popularity=popularity)
    spec = LinkSpec(latency_us=10_000, bytes_per_s=parameters["bytes_per_s"])
    return Setup(
        nodes={"n1": Store(), "n2": Store(), "c1": Asker(config)},
        link=spec,
        sync_us=5_000,
        zones={"a": ("n1",), "b": ("n2",)},
        metrics_us=1_000_000,
        sample_every=parameters["sample_every"],
    )


STORE = Lab(
    slug="store",
    title="Store",
    version=1,
    summary="",
    lessons=(),
    parameters=(
        Parameter(name="rate", type="int", label="Rate", default=50, min=1, max=5000),
        Parameter(name="sample_every", type="int", label="Sample", default=1, min=1, max=1000),
        Parameter(name="bytes_per_s", type="int", label="Bandwidth", default=0, min=0, max=10_000_000),
        Parameter(name="popularity", type="choice", label="Popularity", default="uniform", choices=("uniform", "zipf", "hot")),
    ),
    scenarios=(Scenario(name="plain", title="Plain", why="", seed=1),),
    actions=(*FAULTS, *zone_faults(("a", "b"))),
    steps=(),
    invariants=(),
    messages={Ask: {}, Answer: {}},
    notes={},
    topology={},
    panels=(),
    setup=setup,
    challenges=(Challenge(name="ten", title="Ten", brief="", goal=TenAnswers, hints=(), scenario="plain"),),
)


def play(until_us=4_000_000, log=(), seed=1, **parameters):
    run, events = Run(Simulation(STORE, parameters, seed)), []
    commands = [Command(i + 1, *entry) for i, entry in enumerate(log)]
    while run.frontier_us < until_us:
        run.next_chunk(commands)
        events += run.simulation.events
    return run, events


def of(kind, events):
    return [e for e in events if isinstance(e, kind)]


def flights(events, src, dst, after_us=0):
    return [e for e in of(MessageEvent, events) if (e.src, e.dst) == (src, dst) and e.t_us > after_us]


def test_a_power_loss_takes_back_what_was_not_synced():
    run, _ = play(2_000_000, [(1_500_000, "power_loss", {"node": "n1"})])
    crashed, _ = play(2_000_000, [(1_500_000, "crash", {"node": "n1"})])
    assert run.simulation.processes["n1"].node.disk.asked == 0
    assert crashed.simulation.processes["n1"].node.disk.asked > 0


def test_what_waits_for_the_disk_is_lost_with_the_power():
    log = [(1_000_000, "power_loss", {"node": "n1"})]
    run, _ = play(1_000_000, rate=2000)
    assert run.simulation.processes["n1"].synced.asked % 100 == 0 < run.simulation.processes["n1"].synced.asked
    after, _ = play(2_000_000, log, rate=2000)
    assert after.simulation.processes["n1"].node.disk.asked % 100 == 0


def test_a_wiped_disk_is_empty():
    run, _ = play(2_000_000, [(1_500_000, "disk_loss", {"node": "n1"})], rate=2000)
    assert run.simulation.processes["n1"].node.disk.asked == 0


def test_a_one_way_cut_lets_the_other_direction_through():
    _, events = play(2_000_000, [(500_000, "cut_one_way", {"a": "c1", "b": "n1"})])
    assert {e.fate for e in flights(events, "c1", "n1", 500_000)} == {"cut"}
    assert of(LinksEvent, events)[-1].links == [["c1", "n1", {"cut": True}]]


def test_a_slow_a_lossy_a_duplicating_and_a_reordering_link_do_as_they_say_and_are_mended():
    ends = {"a": "c1", "b": "n1"}
    log = [
        (500_000, "slow_link", {**ends, "ms": 200}),
        (1_000_000, "lossy_link", {**ends, "percent": 100}),
        (1_500_000, "mend_link", ends),
        (2_000_000, "duplicating_link", {**ends, "percent": 100}),
        (2_500_000, "mend_link", ends),
        (3_000_000, "reordering_link", {**ends, "ms": 100}),
        (3_500_000, "heal", {}),
    ]
    _, events = play(5_000_000, log, rate=200)

    def between(from_us, to_us):
        return [e for e in flights(events, "c1", "n1") if from_us < e.t_us < to_us]

    assert {e.arrives_us - e.t_us for e in between(500_000, 1_000_000)} == {210_000}
    assert {e.fate for e in between(1_000_000, 1_500_000)} == {"lost"}
    assert {e.arrives_us - e.t_us for e in between(1_500_000, 2_000_000)} == {10_000}
    assert [e.fate for e in between(2_000_000, 2_500_000)].count("duplicate") == len(between(2_000_000, 2_500_000)) / 2
    arrivals = [e.arrives_us for e in between(3_000_000, 3_500_000)]
    assert arrivals != sorted(arrivals)
    assert {e.arrives_us - e.t_us for e in between(3_500_000, 5_000_000)} == {10_000}


def test_a_link_with_a_bandwidth_makes_messages_wait_for_each_other():
    _, events = play(1_000_000, bytes_per_s=1000, rate=300)
    waits = [e.arrives_us - e.t_us for e in flights(events, "c1", "n1")]
    assert waits[0] < waits[-1]
    assert waits[-1] > 1_000_000


def test_a_clock_can_be_set_and_can_drift_and_timers_drift_with_it():
    run, events = play(
        10_000_000, [(1_000_000, "clock_skew", {"node": "n1", "ms": 5_000}), (1_000_000, "clock_drift", {"node": "n2", "percent": 100})]
    )
    shown = {id: run.simulation.processes[id].clock_us(10_000_000) for id in ("n1", "n2")}
    assert shown == {"n1": 15_000_000, "n2": 19_000_000}
    assert run.simulation.processes["n1"].monotonic_us(10_000_000) == 10_000_000, "a stopwatch is never set"
    ticks = [e.t_us for e in of(StateEvent, events) if e.node == "n2" and "clock_ms" in e.changed and e.t_us > 1_200_000]
    assert {b - a for a, b in itertools.pairwise(ticks)} == {50_000}


def test_a_zone_falls_and_rises_together():
    _, events = play(3_000_000, [(1_000_000, "zone_down", {"zone": "a"}), (2_000_000, "zone_up", {"zone": "a"})])
    assert [(e.t_us, e.node, e.status) for e in of(NodeEvent, events)] == [(1_000_000, "n1", "down"), (2_000_000, "n1", "up")]


def test_chaos_strikes_and_heals_and_ends_and_another_node_rolls_the_same_dice():
    log = [(1_000_000, "chaos", {"per_minute": 300, "kind": "everything"}), (11_000_000, "chaos", {"per_minute": 0, "kind": "everything"})]
    run, events = play(20_000_000, log)
    strikes = [e for e in of(FaultEvent, events) if e.command == 1 and e.name != "chaos"]
    assert 20 < len(strikes) < 200
    assert {e.name for e in strikes} >= {"crash", "restart", "pause", "resume", "partition", "heal"}
    assert all(e.t_us < 14_100_000 for e in strikes), "what was struck before the end is healed after it, and nothing new comes"
    assert all(p.status == "up" for p in run.simulation.processes.values())
    _, quiet = play(1_000_000)
    assert [e for e in events if e.t_us < 1_000_000] == [e for e in quiet if e.t_us < 1_000_000]


def test_percentiles_come_from_every_request():
    _, events = play(4_000_000)
    metrics = {(e.t_us, e.name): e.value for e in of(MetricEvent, events)}
    done = [e for e in of(OperationEvent, events) if e.type == "ok" and e.f == "read" and e.t_us < 1_000_000]
    assert metrics[1_000_000, "ok.read_us.count"] == len(done)
    assert metrics[1_000_000, "ok.read_us.p50"] == 20_000
    assert metrics[1_000_000, "queue_length.p99"] == 3


def test_a_busy_lab_tells_flows_and_shows_whole_traces_of_a_sample():
    _, all_shown = play(4_000_000, rate=1000)
    _run, events = play(4_000_000, rate=1000, sample_every=20)
    counted = sum(e.count for e in of(FlowEvent, events) if e.src == "c1")
    assert abs(counted - len([e for e in of(MessageEvent, all_shown) if e.src == "c1"])) < 300
    assert len(events) < len(all_shown) / 4
    asked = [e.body.trace for e in of(MessageEvent, events) if e.src == "c1"]
    assert 100 < len(asked) < 400
    answered = {e.body.trace for e in of(MessageEvent, events) if e.dst == "c1"}
    shown = {e.operation for e in of(OperationEvent, events)}
    assert set(asked[:-50]) <= answered <= shown, "a sampled request is shown with all its messages"
    assert sum(e.value for e in of(MetricEvent, events) if e.name == "ok.read_us.count") > 3 * len(asked), "metrics count every request"


def test_a_busy_run_can_be_dumped_and_loaded_in_the_middle():
    run, _ = play(2_000_000, rate=1000, sample_every=20)
    again = load(STORE, dump(run))
    assert [again.next_chunk([]).frame(0) for _ in range(2)] == [run.next_chunk([]).frame(0) for _ in range(2)]


def test_a_goal_makes_progress_once_and_names_its_evidence():
    _, events = play(4_000_000)
    progress = of(GoalEvent, events)
    assert [e.progress for e in progress] == [i / 10 for i in range(1, 11)]
    ok = [e.seq for e in of(OperationEvent, events) if e.type == "ok"]
    assert progress[-1].evidence == ok[:10]


class Stopped(Goal):
    watches = (FaultEvent,)

    def observe(self, event, simulation):
        self.reach(100, "somebody acted", event.seq)


def test_a_goal_sees_what_a_student_did():
    lab = replace(STORE, challenges=(Challenge(name="act", title="Act", brief="", goal=Stopped, hints=(), scenario="plain"),))
    run, events = Run(Simulation(lab, {}, 1)), []
    for _ in range(2):
        run.next_chunk([Command(1, 1_000_000, "crash", {"node": "n1"})])
        events += run.simulation.events
    [fault], [goal] = of(FaultEvent, events), of(GoalEvent, events)
    assert (goal.progress, goal.evidence, goal.t_us) == (1, [fault.seq], fault.t_us)
    assert [e.seq for e in events] == sorted(e.seq for e in events)


@pytest.mark.parametrize(("kind", "least", "most"), [("uniform", 0, 5), ("zipf", 18, 28), ("hot", 45, 57)])
def test_keys_are_asked_for_as_their_popularity_says(kind, least, most):
    _, events = play(20_000_000, rate=100, popularity=kind)
    keys = [e.key for e in of(OperationEvent, events) if e.type == "invoke"]
    assert least <= 100 * keys.count("k0") / len(keys) <= most


def test_an_open_loop_does_not_wait_for_answers():
    _run, events = play(4_000_000, [(1_000_000, "pause", {"node": "n1"}), (1_000_000, "pause", {"node": "n2"})])
    invoked = [e for e in of(OperationEvent, events) if e.type == "invoke" and e.t_us > 1_100_000]
    assert 100 < len(invoked) < 200
    assert [e for e in of(OperationEvent, events) if e.type == "info"], "what is not answered in time is given up"


def test_regions_are_as_far_apart_as_their_source_says():
    assert all(len(row) == len(NAMES) and row[i] == 0 for i, row in enumerate(ROUND_TRIP_MS.values()))
    assert link("frankfurt", "tokyo").latency_us == 114_000
    assert link("london", "london").latency_us == 1_000


def test_the_table_of_flows_is_told_once_a_window():
    _, events = play(1_000_000, rate=1000, sample_every=20)
    assert {e.t_us % limits.FLOW_US for e in of(FlowEvent, events)} == {0}
