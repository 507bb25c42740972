"""Acting on single messages and timers, and timers as the browser is told of them: on two nodes that ping each other, and on Raft."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.catalog.raft import LAB as RAFT
from labs.engine.by_hand import BY_HAND
from labs.engine.chunks import Run, keyframe_of
from labs.engine.commands import Command, apply
from labs.engine.definition import Lab, Parameter, Scenario, Setup
from labs.engine.dump import dump, load
from labs.engine.errors import ParameterError
from labs.engine.events import FaultEvent, MessageDroppedEvent, MessageEvent, MessageMovedEvent, NodeEvent, StateEvent, TimerEvent
from labs.engine.faults import FAULTS
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.simulation import Simulation


class Ping(msgspec.Struct, frozen=True, array_like=True, tag="Ping"):
    trace: int


class Pinger(Node):
    """n1 pings n2 every 100 ms; both write down what came, and n2 winds its patience up with every ping."""

    class Disk(msgspec.Struct):
        pass

    class Memory(msgspec.Struct):
        sent: int = 0
        came: tuple[tuple[int, int], ...] = ()
        ran_out: tuple[int, ...] = ()

    def on_start(self, ctx):
        ctx.set_timer("patience", 900_000)
        if ctx.me == "n1":
            ctx.set_timer("ping", 100_000)
            ctx.cancel_timer("patience")

    def on_message(self, src, body, ctx):
        self.memory.came = (*self.memory.came, (body.trace, ctx.now_us))
        ctx.set_timer("patience", 900_000)

    def on_timer(self, timer, ctx):
        if timer == "patience":
            self.memory.ran_out = (*self.memory.ran_out, ctx.now_us)
            return
        self.memory.sent += 1
        ctx.send("n2", Ping(self.memory.sent))
        ctx.set_timer("ping", 100_000)

    def snapshot(self):
        return {"came": self.memory.came, "ran_out": self.memory.ran_out}


def setup(parameters: Mapping[str, Any]) -> Setup:
    link = LinkSpec(latency_us=60_000, loss_ppm=parameters["loss_ppm"])
    return Setup(nodes={"n1": Pinger(), "n2": Pinger()}, link=link, sample_every=parameters["sample_every"])


PINGS = Lab(
    slug="pings",
    title="Pings",
    version=1,
    summary="",
    lessons=(),
    parameters=(
        Parameter(name="loss_ppm", type="int", label="Loss", default=0, min=0, max=1_000_000),
        Parameter(name="sample_every", type="int", label="Sample", default=1, min=1, max=100),
    ),
    scenarios=(Scenario(name="plain", title="Plain", why="", seed=1),),
    actions=(*FAULTS, *BY_HAND),
    steps=(),
    invariants=(),
    messages={Ping: {}},
    notes={},
    topology={},
    panels=(),
    setup=setup,
)
NOW_US = 130_000  # the first ping left at 100 ms and is halfway less a bit: it comes at 160 ms


def play(log=(), until_us=2_000_000, **parameters):
    run, events = Run(Simulation(PINGS, parameters, 1)), []
    commands = [Command(i + 1, *entry) for i, entry in enumerate(log)]
    while run.frontier_us < until_us:
        run.next_chunk(commands)
        events += run.simulation.events
    return run.simulation, events


def of(kind, events):
    return [e for e in events if isinstance(e, kind)]


def first_ping(**parameters):
    return of(MessageEvent, play(**parameters)[1])[0].seq


def came(simulation, node="n2"):
    return dict(simulation.processes[node].node.memory.came)


def text(events):
    return of(FaultEvent, events)[-1].text


def test_a_message_delivered_by_hand_comes_at_that_moment_and_only_once():
    simulation, events = play([(NOW_US, "deliver_message", {"message": first_ping()})])
    times = [t_us for trace, t_us in simulation.processes["n2"].node.memory.came if trace == 1]
    assert times == [NOW_US]
    [moved] = of(MessageMovedEvent, events)
    assert (moved.t_us, moved.arrives_us, moved.way_ppm) == (NOW_US, NOW_US, 500_000)
    assert text(events) == "Ping from n1 to n2 was delivered at once"


def test_one_delivered_to_a_stopped_node_is_lost_and_to_a_paused_one_waits():
    ping = first_ping()
    simulation, events = play([(110_000, "crash", {"node": "n2"}), (NOW_US, "deliver_message", {"message": ping})])
    assert came(simulation) == {}
    assert of(MessageDroppedEvent, events)[0].reason == "down"
    assert text(events).endswith("n2 is stopped: it is lost")
    simulation, events = play(
        [(110_000, "pause", {"node": "n2"}), (NOW_US, "deliver_message", {"message": ping}), (150_000, "resume", {"node": "n2"})]
    )
    assert came(simulation)[1] == 150_000


def test_a_message_dropped_by_hand_never_comes():
    simulation, events = play([(NOW_US, "drop_message", {"message": first_ping()})])
    assert 1 not in came(simulation)
    assert 2 in came(simulation)
    assert [(e.t_us, e.reason) for e in of(MessageDroppedEvent, events)] == [(NOW_US, "by hand")]


def test_a_message_duplicated_by_hand_comes_twice():
    simulation, events = play([(NOW_US, "duplicate_message", {"message": first_ping()})])
    times = [t_us for trace, t_us in simulation.processes["n2"].node.memory.came if trace == 1]
    assert times == [160_000, NOW_US + 60_000]
    assert [e.fate for e in of(MessageEvent, events)][:2] == ["delivered", "duplicate"]


def test_a_delayed_message_comes_so_much_later_and_others_overtake_it():
    ping = first_ping()
    late = {"message": ping, "ms": 100}
    simulation, events = play([(NOW_US, "delay_message", late), (140_000, "delay_message", late)])
    assert [trace for trace, _ in simulation.processes["n2"].node.memory.came][:4] == [2, 1, 3, 4]
    assert came(simulation)[1] == 360_000
    first, second = of(MessageMovedEvent, events)
    assert (first.way_ppm, first.arrives_us) == (500_000, 260_000)
    assert second.way_ppm == 500_000 + 500_000 * 10 // 130, "it goes on from where it was, more slowly"


def test_a_delayed_message_can_still_be_delivered_dropped_and_copied():
    ping = first_ping()
    for action in ("deliver_message", "drop_message", "duplicate_message"):
        simulation, events = play([(NOW_US, "delay_message", {"message": ping, "ms": 500}), (300_000, action, {"message": ping})])
        assert not text(events).startswith("Nothing")
        times = [t_us for trace, t_us in simulation.processes["n2"].node.memory.came if trace == 1]
        assert times == {"deliver_message": [300_000], "drop_message": [], "duplicate_message": [360_000, 660_000]}[action]


def test_a_timer_fired_by_hand_runs_out_at_that_moment_and_not_again():
    simulation, events = play([(NOW_US, "fire_timer", {"node": "n2", "timer": "patience"})])
    assert simulation.processes["n2"].node.memory.ran_out == (NOW_US,)
    assert (NOW_US, "n2", "patience", None) in [(e.t_us, e.node, e.name, e.due_us) for e in of(TimerEvent, events)]
    assert text(events) == "The timer patience of n2 fired at once"


def test_a_timer_that_its_handler_sets_again_is_due_from_then_on():
    _simulation, events = play([(NOW_US, "fire_timer", {"node": "n1", "timer": "ping"})])
    assert [e.t_us for e in of(MessageEvent, events)][:3] == [100_000, NOW_US, NOW_US + 100_000]


def test_a_timer_fired_in_a_paused_node_waits_until_it_is_resumed():
    log = [(110_000, "pause", {"node": "n2"}), (NOW_US, "fire_timer", {"node": "n2", "timer": "patience"})]
    simulation, events = play([*log, (400_000, "resume", {"node": "n2"})])
    assert simulation.processes["n2"].node.memory.ran_out == (400_000,)
    assert [e.t_us for e in of(TimerEvent, events) if e.due_us is None] == [NOW_US], "it is known at once that it no longer runs"


@pytest.mark.parametrize(
    ("action", "args", "words"),
    [
        ("deliver_message", {"message": 999_999}, "Nothing done: message 999999 is not in flight"),
        ("drop_message", {"message": 1}, "Nothing done: message 1 is not in flight"),
        ("fire_timer", {"node": "n2", "timer": "ping"}, "Nothing done: n2 has no timer ping set"),
        ("fire_timer", {"node": "n1", "timer": "patience"}, "Nothing done: n1 has no timer patience set"),
    ],
)
def test_what_is_not_pending_gets_a_sentence_and_changes_nothing(action, args, words):
    plain = play()[1]
    _, events = play([(NOW_US, action, args)])
    assert text(events).startswith(words)
    rest = [e for e in events if not isinstance(e, FaultEvent)]
    assert [(type(e), e.t_us) for e in rest] == [(type(e), e.t_us) for e in plain]


def test_a_message_that_has_come_or_was_not_sent_yet_is_not_in_flight():
    ping = first_ping()
    for at_us in (100_000, 160_001):  # a command comes before what happens at its moment
        assert text(play([(at_us, "drop_message", {"message": ping})])[1]).startswith("Nothing done")
    for at_us in (100_001, 160_000):
        assert not text(play([(at_us, "drop_message", {"message": ping})])[1]).startswith("Nothing done")


def test_a_message_that_will_be_lost_can_be_acted_on_until_it_vanishes():
    ping = first_ping(loss_ppm=1_000_000)
    simulation, events = play([(120_000, "deliver_message", {"message": ping})], loss_ppm=1_000_000)
    assert came(simulation) == {1: 120_000}
    simulation, events = play([(120_000, "delay_message", {"message": ping, "ms": 40})], loss_ppm=1_000_000)
    assert came(simulation) == {}
    simulation, events = play([(120_000, "drop_message", {"message": ping})], loss_ppm=1_000_000)
    assert of(MessageDroppedEvent, events)[0].message == ping
    _, events = play([(130_000, "deliver_message", {"message": ping})], loss_ppm=1_000_000)
    assert text(events).startswith("Nothing done"), "halfway it has visibly vanished"


def test_a_message_saved_from_being_lost_is_in_flight_no_longer():
    ping = first_ping(loss_ppm=1_000_000)
    late, now = {"message": ping, "ms": 5000}, {"message": ping}
    for action in ("deliver_message", "drop_message"):
        simulation, events = play(
            [(110_000, "delay_message", late), (120_000, action, now), (120_000, "drop_message", now)], loss_ppm=1_000_000
        )
        assert ping not in [message.seq for message in keyframe_of(simulation, 2_000_000)["messages"]]
        assert text(events).startswith("Nothing done")
    simulation, _ = play([(110_000, "delay_message", late)], loss_ppm=1_000_000)
    assert ping in [message.seq for message in keyframe_of(simulation, 2_000_000)["messages"]]
    assert [moved.message for moved in keyframe_of(simulation, 2_000_000)["moved"]] == [ping]


@pytest.mark.parametrize(
    ("action", "args", "words"),
    [
        ("drop_message", {}, "number of a message"),
        ("drop_message", {"message": 0}, "number of a message"),
        ("drop_message", {"message": -4}, "number of a message"),
        ("drop_message", {"message": True}, "number of a message"),
        ("drop_message", {"message": "7"}, "number of a message"),
        ("drop_message", {"message": 2**53}, "number of a message"),
        ("delay_message", {"message": 7, "ms": 0}, "whole number from 1 to 10000"),
        ("delay_message", {"message": 7, "ms": 10_001}, "whole number from 1 to 10000"),
        ("fire_timer", {"node": "n1"}, "name of a timer"),
        ("fire_timer", {"node": "n1", "timer": ""}, "name of a timer"),
        ("fire_timer", {"node": "n1", "timer": "x" * 41}, "name of a timer"),
        ("fire_timer", {"node": "n1", "timer": "a\nb"}, "name of a timer"),
        ("fire_timer", {"node": "n9", "timer": "ping"}, "one of n1, n2"),
        ("fire_timer", {"timer": "ping"}, "one of n1, n2"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused_with_what_was_expected(action, args, words):
    with pytest.raises(ParameterError, match=words):
        PINGS.check_action(action, args, PINGS.check_parameters({}))


def test_a_client_has_timers_too_and_they_can_be_fired():
    parameters = RAFT.check_parameters({})
    assert RAFT.check_action("fire_timer", {"node": "c1", "timer": "think"}, parameters)["node"] == "c1"
    with pytest.raises(ParameterError):
        RAFT.check_action("crash", {"node": "c1"}, parameters)
    run = Run(Simulation(RAFT, {}, 7))
    run.next_chunk([Command(1, 200_000, "fire_timer", {"node": "c1", "timer": "think"})])
    assert next(e.t_us for e in run.simulation.events if getattr(e, "process", "") == "c1") == 200_000


# Timers as they are told


def told(events, t_us):
    """What a reader of the events knows of the timers at a moment."""
    timers: dict[str, dict[str, int]] = {}
    for event in events:
        if isinstance(event, NodeEvent) and event.status == "down":
            timers[event.node] = {}
        elif isinstance(event, TimerEvent):
            mine = timers.setdefault(event.node, {})
            if event.due_us is None:
                del mine[event.name]
            else:
                mine[event.name] = event.due_us
    return {id: set_ for id, all_ in timers.items() if (set_ := {name: due for name, due in all_.items() if due > t_us})}


def test_at_every_moment_the_events_tell_exactly_the_timers_that_are_set():
    log = [
        Command(1, 2_500_000, "crash", {"node": "leader"}),
        Command(2, 3_000_000, "pause", {"node": "any-follower"}),
        Command(3, 3_500_000, "clock_drift", {"node": "n1", "percent": 50}),
        Command(4, 4_200_000, "fire_timer", {"node": "any-follower", "timer": "election"}),
        Command(5, 4_500_000, "restart_all", {}),
        Command(6, 5_000_000, "resume", {"node": "n2"}),
        Command(7, 5_100_000, "write", {"key": "x", "value": "1"}),
        Command(8, 6_000_000, "transfer", {"node": "any-follower"}),
    ]
    simulation, applied, events, looked, changes = Simulation(RAFT, {}, 7), 0, [], 0, set()
    simulation.start()

    for t_us in range(10_000, 8_000_000, 1_700):
        while applied < len(log) and log[applied].at_us <= t_us:
            simulation.run_until(log[applied].at_us)
            simulation.now_us = log[applied].at_us
            apply(simulation, log[applied])
            applied += 1
        simulation.run_until(t_us + 1)
        events += simulation.events
        simulation.events = []
        timers = {id: {n: due for n, due in p.timers.items() if due > t_us} for id, p in simulation.processes.items() if p.timers}
        assert told(events, t_us) == {id: mine for id, mine in timers.items() if mine}, t_us
        looked += 1
        changes |= {(e.node, e.name) for e in events[-20:] if isinstance(e, TimerEvent)}
    assert looked > 4000
    assert {name for _, name in changes} >= {"election", "heartbeat", "think", "timeout"}


def test_a_node_that_stops_and_starts_in_one_moment_tells_its_timers_anew():
    _, events = play([(0, "crash", {"node": "n2"}), (0, "restart", {"node": "n2"})])
    assert told([e for e in events if e.t_us < 50_000], 50_000)["n2"] == {"patience": 900_000}


def test_the_timers_of_a_keyframe_say_when_they_were_set_and_when_they_are_due():
    run, events = Run(Simulation(RAFT, {}, 7)), []
    for _ in range(4):
        run.next_chunk([Command(1, 2_500_000, "crash", {"node": "leader"})])
        events += run.simulation.events
        keyframe = keyframe_of(run.simulation, run.frontier_us)
        shown = {id: {name: due for name, (_, due) in timers.items()} for id, timers in keyframe["timers"].items()}
        assert shown == told(events, run.frontier_us - 1)
        newest = {(e.node, e.name): (e.t_us, e.due_us) for e in of(TimerEvent, events)}
        assert all(tuple(both) == newest[id, name] for id, timers in keyframe["timers"].items() for name, both in timers.items())


def test_a_busy_lab_does_not_tell_its_timers():
    simulation, events = play(sample_every=10)
    assert of(TimerEvent, events) == []
    assert keyframe_of(simulation, 2_000_000)["timers"] is None


def test_a_timer_set_to_the_moment_it_was_due_anyway_is_not_told_again():
    _simulation, events = play()
    rows = [(e.t_us, e.node, e.name) for e in of(TimerEvent, events)]
    assert len(rows) == len(set(rows))
    assert (0, "n1", "patience") not in rows, "set and cancelled in one handler"


# Any command at any moment


def pending(simulation):
    messages = [*simulation.flights, *(e.seq for e in simulation.vanishing)]
    timers = [(id, timer) for id, p in simulation.processes.items() for timer in sorted(p.timers)]
    return sorted(messages), timers


def aimed(draw, seed, parameters):
    """A log of commands by hand, each at something that is pending at its moment under those before it."""
    log, at_us = [], 0
    for seq in range(1, draw(st.integers(1, 7)) + 1):
        at_us += draw(st.integers(1, 900_000))
        run = Run(Simulation(RAFT, parameters, seed))
        probe = Command(seq, at_us, "heal", {})
        while run.frontier_us <= at_us:
            before = load(RAFT, dump(run))
            run.next_chunk([*log, probe])
        # As far as the moment itself, with the engine's own loop.
        simulation = before.simulation
        simulation.events = []
        if before.index == 0:
            simulation.start()
        for command in log[simulation.applied :]:
            simulation.run_until(command.at_us)
            simulation.now_us = command.at_us

            apply(simulation, command)
        simulation.run_until(at_us)
        messages, timers = pending(simulation)
        if messages and draw(st.booleans()):
            action = draw(st.sampled_from(["deliver_message", "drop_message", "duplicate_message", "delay_message"]))
            args: dict[str, Any] = {"message": draw(st.sampled_from(messages))}
            if action == "delay_message":
                args["ms"] = draw(st.sampled_from([1, 30, 2500, 10_000]))
        else:
            node, timer = draw(st.sampled_from(timers))
            action, args = "fire_timer", {"node": node, "timer": timer}
        log.append(Command(seq, at_us, action, RAFT.check_action(action, args, parameters)))
    return log


@settings(max_examples=30, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1))
def test_with_commands_by_hand_a_run_survives_dump_and_load_and_rewinds_byte_for_byte(data, seed):
    parameters = RAFT.check_parameters({"loss_percent": 10, "latency_ms": 40, "jitter_ms": 20})
    log = aimed(data.draw, seed, parameters)
    end_us = log[-1].at_us + 3_000_000
    whole, saved = Run(Simulation(RAFT, parameters, seed)), []
    frames = []
    while whole.frontier_us < end_us:
        saved.append(dump(whole))
        frames.append(whole.next_chunk(log).frame(0))
    for i, data_ in enumerate(saved):
        again = load(RAFT, data_)
        assert dump(again) == data_
        assert [again.next_chunk(log).frame(0) for _ in frames[i:]] == frames[i:]
    # Live: each command arrives when the two seconds after it are computed already, and they are thrown away.
    known, live = [], load(RAFT, saved[0])
    starts, dumps = [0], [saved[0]]
    for command in log:
        while live.frontier_us < command.at_us + 2_000_000:
            live.next_chunk(known)
            starts.append(live.frontier_us)
            dumps.append(dump(live))
        known.append(command)
        keep = max(i for i, start in enumerate(starts) if start <= command.at_us)
        del starts[keep + 1 :], dumps[keep + 1 :]
        live = load(RAFT, dumps[keep])
    while live.frontier_us < whole.frontier_us:
        live.next_chunk(known)
    assert live.digest == whole.digest


def test_the_aimed_commands_do_something():
    """The property above is worth what its commands change: here are some by hand that do, on its own kind of run."""
    parameters = RAFT.check_parameters({"loss_percent": 10, "latency_ms": 40, "jitter_ms": 20})
    run = Run(Simulation(RAFT, parameters, 3))
    run.next_chunk([])
    run.simulation.events = []
    run.simulation.run_until(2_500_000)
    messages, timers = pending(run.simulation)
    assert messages
    assert timers
    texts = []
    for action, args in [
        ("fire_timer", {"node": timers[0][0], "timer": timers[0][1]}),
        ("delay_message", {"message": next(iter(run.simulation.flights)), "ms": 500}),
    ]:
        again = Run(Simulation(RAFT, parameters, 3))
        for _ in range(2):
            again.next_chunk([Command(1, 2_500_000, action, args)])
        texts += [e.text for e in again.simulation.events if isinstance(e, FaultEvent)]
    assert len(texts) == 2
    assert not any(text.startswith("Nothing") for text in texts)


def test_state_changes_of_a_delivery_by_hand_stand_at_its_moment():
    _, events = play([(NOW_US, "deliver_message", {"message": first_ping()})])
    assert next(e.t_us for e in of(StateEvent, events) if e.node == "n2" and e.changed.get("came")) == NOW_US
