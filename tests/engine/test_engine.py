"""The simulator with the smallest lab that can show it: nodes that pass a token."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from labs.engine import limits
from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.definition import Lab, Parameter, Scenario, Setup
from labs.engine.errors import ParameterError
from labs.engine.events import LimitEvent, LinksEvent, MessageDroppedEvent, MessageEvent, NodeEvent, NoteEvent, StateEvent
from labs.engine.faults import FAULTS
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.simulation import Simulation


class Token(msgspec.Struct, frozen=True, array_like=True, tag="Token"):
    count: int


class TokenNode(Node):
    """n1 starts the token; everyone passes it on, having written its count down."""

    class Disk(msgspec.Struct):
        written: int = 0

    class Memory(msgspec.Struct):
        seen: tuple[int, ...] = ()
        ticks: int = 0

    def on_start(self, ctx):
        if self.config == "spin":
            ctx.set_timer("spin", 0)
        elif ctx.me == "n1" and not self.disk.written:
            ctx.send("n2", Token(1))
        ctx.set_timer("tick", 100_000)

    def on_message(self, src, body, ctx):
        if self.config == "fail" and body.count == 3:
            raise RuntimeError("a bug in node code")
        self.disk.written = body.count
        ctx.sync()
        self.memory.seen = (*self.memory.seen, body.count)[-5:]
        ctx.send(ctx.peers[0] if ctx.me != "n2" else ctx.peers[-1], Token(body.count + 1))

    def on_timer(self, timer, ctx):
        self.memory.ticks += 1
        ctx.set_timer(timer, 0 if timer == "spin" else 100_000)

    def snapshot(self):
        return {"written": self.disk.written, "seen": self.memory.seen, "ticks": self.memory.ticks}


def setup(parameters: Mapping[str, Any]) -> Setup:
    nodes = {f"n{i + 1}": TokenNode(parameters["mode"]) for i in range(3)}
    link = LinkSpec(latency_us=10_000, jitter_us=1000, loss_ppm=parameters["loss_ppm"], duplicate_ppm=parameters["duplicate_ppm"])
    return Setup(nodes=nodes, link=link, sync_us=2_000)


TOKEN = Lab(
    slug="token",
    title="Token",
    version=1,
    summary="",
    lessons=(),
    parameters=(
        Parameter(name="mode", type="choice", label="Mode", default="plain", choices=("plain", "fail", "spin")),
        Parameter(name="loss_ppm", type="int", label="Loss", default=0, min=0, max=1_000_000),
        Parameter(name="duplicate_ppm", type="int", label="Duplicates", default=0, min=0, max=1_000_000),
    ),
    scenarios=(Scenario(name="plain", title="Plain", why="", seed=1),),
    actions=FAULTS,
    steps=(),
    invariants=(),
    messages={Token: {}},
    notes={},
    topology={},
    panels=(),
    setup=setup,
)


def play(until_us=2_000_000, log=(), seed=1, **parameters):
    run, events = Run(Simulation(TOKEN, parameters, seed)), []
    commands = [Command(i + 1, *entry) for i, entry in enumerate(log)]
    while run.frontier_us < until_us and not run.finished:
        run.next_chunk(commands)
        events += run.simulation.events
    return run, events


def of(kind, events):
    return [e for e in events if isinstance(e, kind)]


def test_seq_counts_every_event_from_one_and_time_never_falls():
    _, events = play()
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert [e.t_us for e in events] == sorted(e.t_us for e in events)


def test_what_is_sent_after_a_sync_leaves_when_the_disk_is_done():
    _, events = play()
    first, second = of(MessageEvent, events)[:2]
    assert second.t_us == first.arrives_us + 2_000


def test_a_crash_keeps_what_was_written_and_takes_memory_and_timers():
    run, events = play(log=[(500_000, "crash", {"node": "n2"})])
    node = run.simulation.processes["n2"].node
    assert node.disk.written > 0
    assert node.memory == TokenNode.Memory()
    assert [(e.node, e.status) for e in of(NodeEvent, events)] == [("n2", "down")]
    assert {e.reason for e in of(MessageDroppedEvent, events)} == {"down"}


def test_a_restarted_node_runs_on_start_with_its_disk():
    run, _ = play(log=[(500_000, "crash", {"node": "n2"}), (900_000, "restart", {"node": "n2"})])
    process = run.simulation.processes["n2"]
    assert process.status == "up"
    assert process.node.memory.ticks == 10
    assert process.node.disk.written > 0


def test_a_paused_node_answers_nothing_and_then_takes_what_waited():
    _run, events = play(1_000_000, log=[(500_000, "pause", {"node": "n2"}), (1_500_000, "resume", {"node": "n2"})])
    assert [e.t_us for e in of(StateEvent, events) if e.node == "n2" and 500_000 < e.t_us < 1_500_000] == []
    resumed = [e for e in of(StateEvent, events) if e.node == "n2" and e.t_us == 1_500_000]
    assert resumed, "the token and the timer were waiting"


def test_a_cut_takes_what_is_in_flight_and_lets_nothing_through_until_it_is_mended():
    log = [(500_000, "partition", {"nodes": ["n2"]}), (800_000, "heal", {})]
    _, events = play(log=log)
    [cut, healed] = of(LinksEvent, events)
    assert sorted((src, dst) for src, dst, _ in cut.links) == [("n1", "n2"), ("n2", "n1"), ("n2", "n3"), ("n3", "n2")]
    assert healed.links == []
    arrived = {e.dst for e in of(MessageEvent, events) if e.t_us >= 500_000 and e.fate == "delivered"}
    assert "n2" not in arrived


def test_loss_and_duplication_come_as_often_as_configured():
    _, lossy = play(20_000_000, loss_ppm=1_000_000)
    assert {e.fate for e in of(MessageEvent, lossy)} == {"lost"}
    _, doubled = play(200_000, duplicate_ppm=1_000_000)
    assert [e.fate for e in of(MessageEvent, doubled)[:2]] == ["delivered", "duplicate"]


def test_node_code_that_fails_takes_its_process_down_and_not_the_run():
    run, events = play(mode="fail")
    [note] = of(NoteEvent, events)
    assert note.name == "failed"
    assert "a bug in node code" in note.fields["error"]
    assert run.simulation.processes[note.node].status == "down"
    assert run.frontier_us == 2_000_000


def test_a_timer_of_zero_cannot_stop_time():
    run, _events = play(mode="spin")
    assert run.frontier_us > 0
    assert run.index > 1, "a busy chunk is cut by its event count"
    assert run.simulation.events
    assert len(run.simulation.events) <= limits.CHUNK_EVENTS_MAX + 10


def test_more_messages_than_the_limit_are_lost_with_one_word_about_it(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGES_IN_FLIGHT_MAX", 3)
    _, events = play(duplicate_ppm=1_000_000)
    assert len(of(LimitEvent, events)) == 1
    assert of(LimitEvent, events)[0].name == "messages_in_flight"


def test_a_run_ends_at_its_limit(monkeypatch):
    monkeypatch.setattr(limits, "RUN_US_MAX", 5_000_000)
    run, _ = play(60_000_000)
    assert run.finished
    assert run.frontier_us == 5_000_000


def test_a_selector_or_node_that_does_not_exist_is_refused_with_what_does():
    with pytest.raises(ParameterError, match="one of n1, n2, n3"):
        TOKEN.check_action("crash", {"node": "n9"}, TOKEN.check_parameters({}))


@pytest.mark.parametrize("value", ["5", True, None, -1, 2_000_000, 1.5])
def test_a_parameter_out_of_bounds_is_refused_with_what_was_expected(value):
    with pytest.raises(ParameterError, match="whole number from 0 to 1000000"):
        TOKEN.check_parameters({"loss_ppm": value})


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(ParameterError, match="no parameter 'lots'"):
        TOKEN.check_parameters({"lots": 1})
