"""Challenges: things to bring about, judged on events and on the nodes' real state at each window of the metrics."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from labs.catalog.sharding.invariants import clients, coordinator, shards
from labs.catalog.sharding.layout import servers
from labs.engine.events import CheckEvent, Event, MetricEvent, NoteEvent
from labs.engine.goals import Challenge, Goal
from labs.engine.simulation import Simulation

P99 = "ok.read_us.p99"


def loads(simulation: Simulation) -> list[int]:
    """Requests a second of every shard that takes part."""
    taken = servers(coordinator(simulation)[1].disk.map.layout)
    return [node.memory.rate_per_s for process, node in shards(simulation) if process.id in taken]


def skew_percent(simulation: Simulation) -> int:
    """The busiest shard's load as a percentage of the mean: 100 is even. 0 while nothing is asked for."""
    rates = loads(simulation)
    return max(rates) * len(rates) * 100 // sum(rates) if sum(rates) else 0


def asked_per_s(simulation: Simulation) -> int:
    return sum(client.memory.rate_per_s or client.config.rate_per_s for _, client in clients(simulation))


def asked_kind(simulation: Simulation) -> str:
    client = clients(simulation)[0][1]
    return client.memory.popularity or client.config.popularity.kind


class FirstMove(Goal):
    start = "No key has moved yet"
    watches = (NoteEvent,)

    class State(msgspec.Struct):
        failed: int = 0
        began: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        """Between the beginning of a change and its cut-over, no request may fail."""
        if not isinstance(event, NoteEvent) or event.name not in ("migration_began", "cut_over"):
            return
        failed = sum(client.memory.failed for _, client in clients(simulation))
        if event.name == "migration_began":
            self.state.failed, self.state.began = failed, event.seq
            self.reach(50, "Keys are on the move", event.seq)
        elif self.state.began and event.fields["keys"] > 0:
            lost = failed - self.state.failed
            if lost:
                self.fall_back(0, f"{lost} requests failed while keys moved: try again")
            else:
                self.reach(100, f"{event.fields['keys']} keys moved under traffic, and no request failed", event.seq)


class JoinCheaply(Goal):
    SHARE_PERCENT: ClassVar[int] = 12
    start = "Nine shards: bring in the tenth"
    watches = (NoteEvent,)

    class State(msgspec.Struct):
        began: int = 0  # seq of the change that brings in the tenth; 0: another change

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        if not isinstance(event, NoteEvent):
            return
        map = coordinator(simulation)[1].disk.map
        if event.name == "migration_began":
            joins = map.before is not None and len(servers(map.before)) == 9 and len(servers(map.layout)) == 10
            self.state.began = event.seq if joins else 0
        elif event.name == "cut_over" and self.state.began:
            keys = simulation.parameters["keys"]
            moved = event.fields["keys"]
            text = f"The tenth shard joined, and {moved} of {keys} keys moved: {100 * moved / keys:.1f} %"
            if 0 < moved * 100 < self.SHARE_PERCENT * keys:
                self.reach(100, text, self.state.began, event.seq)
            else:
                self.fall_back(0, f"{text}. Take it out again, and find another way")


class WindowsInRow(Goal):
    """Something holds at the end of so many windows of the metrics, one after the other."""

    ROW: ClassVar[int] = 6
    watches = (MetricEvent,)

    class State(msgspec.Struct):
        row: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        if not isinstance(event, MetricEvent) or event.name != P99:
            return
        why_not, text = self.judge(int(event.value), simulation)
        if why_not:
            if self.state.row:
                self.fall_back(0, why_not)
            self.state.row = 0
            return
        self.state.row += 1
        self.reach(min(100, 100 * self.state.row // self.ROW), text, event.seq)

    def judge(self, p99_us: int, simulation: Simulation) -> tuple[str, str]:
        """What is wrong, or nothing and what is right."""
        raise NotImplementedError


class TameCelebrity(WindowsInRow):
    P99_US: ClassVar[int] = 20_000
    start = "One key takes half of all requests"

    def judge(self, p99_us: int, simulation: Simulation) -> tuple[str, str]:
        if asked_kind(simulation) != "hot" or asked_per_s(simulation) < 1900:
            return "The celebrity must stay one, at 2,000 requests a second", ""
        skew = skew_percent(simulation)
        if p99_us > self.P99_US or not 0 < skew <= 150:
            return f"p99 is {p99_us / 1000:.0f} ms, and the busiest shard has {skew / 100:.2f} times the mean", ""
        return "", f"p99 is {p99_us / 1000:.1f} ms, and the busiest shard has {skew / 100:.2f} times the mean"


class SplitRange(WindowsInRow):
    SKEW_PERCENT: ClassVar[int] = 130
    start = "Two shards hold the alphabet, two hold nothing"

    def judge(self, p99_us: int, simulation: Simulation) -> tuple[str, str]:
        node, skew = coordinator(simulation)[1], skew_percent(simulation)
        if node.disk.map.layout.scheme != "range" or asked_per_s(simulation) < 1100:
            return "Keep the range scheme, and 1,200 requests a second", ""
        if len(loads(simulation)) < 4 or not 0 < skew < self.SKEW_PERCENT:
            return f"The busiest shard has {skew / 100:.2f} times the mean load", ""
        return "", f"Four ranges; the busiest has {skew / 100:.2f} times the mean load"


class RebalanceCalmly(Goal):
    P99_US: ClassVar[int] = 25_000
    KEYS_MIN: ClassVar[int] = 300
    start = "Four shards, and a fifth to come"
    watches = (NoteEvent, MetricEvent)

    class State(msgspec.Struct):
        began: int = 0  # seq of the change under way, 0: none that counts
        worst_us: int = 0  # p99 of its windows
        ended: int = 0  # seq of its cut-over: one more window is looked at
        keys: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, NoteEvent):
            if event.name == "migration_began":
                map = coordinator(simulation)[1].disk.map
                more = map.before is not None and len(servers(map.layout)) > len(servers(map.before))
                state.began, state.worst_us, state.ended = event.seq if more else 0, 0, 0
            elif event.name == "cut_over" and state.began:
                state.ended, state.keys = event.seq, event.fields["keys"]
        elif isinstance(event, MetricEvent) and event.name == P99 and state.began:
            self.weigh(int(event.value), event.seq, simulation)

    def weigh(self, p99_us: int, seq: int, simulation: Simulation) -> None:
        state = self.state
        state.worst_us = max(state.worst_us, p99_us)
        worst = f"{state.worst_us / 1000:.1f} ms"
        if asked_per_s(simulation) < 1900:
            state.began = 0
            self.fall_back(0, "Keep 2,000 requests a second while keys move")
        elif state.worst_us > self.P99_US:
            state.began = 0
            allowed = f"{self.P99_US // 1000} ms were allowed"
            self.fall_back(0, f"p99 went up to {worst} while keys moved; {allowed}. Take the shard out and try again")
        elif state.ended and state.keys >= self.KEYS_MIN:
            self.reach(100, f"{state.keys} keys moved, and p99 never passed {worst}", state.began, state.ended, seq)
        elif not self.percent:
            self.reach(30, "Keys move, and p99 holds so far", seq)


class StaleRead(Goal):
    start = "Every read is fresh"
    watches = (CheckEvent,)

    def observe(self, event: Event, simulation: Simulation) -> None:
        if isinstance(event, CheckEvent) and event.checker == "no-stale-read" and not event.holds:
            self.reach(100, event.text, *event.evidence, event.seq)


CHALLENGES = (
    Challenge(
        name="first-move", title="Move house", scenario="steady", goal=FirstMove,
        brief="Bring a spare shard in while 2,000 requests a second go on, without a single one that fails.",
        hints=("Select a spare server, drawn as a square.", "Add it, and watch the keys move until the cut-over."),
        solution=((1_000_000, "add_shard", {"node": "spare"}),),
    ),
    Challenge(
        name="join-under-12", title="The tenth shard", scenario="steady", goal=JoinCheaply,
        parameters={"scheme": "modulo", "shards": 9, "spares": 1, "keys": 2000},
        brief="Nine shards by modulo hash. Bring in the tenth so that its joining moves less than 12 % of the keys.",
        hints=(
            "What would modulo do? The table shows the share each scheme would move.",
            "A tenth of the keys must move in any case: choose a scheme that moves hardly more, before the tenth joins.",
            "Changing the scheme moves nearly everything, once. Only the joining counts here.",
        ),
        solution=(
            (1_000_000, "throttle", {"keys_per_s": 500, "batch_keys": 10}), (1_000_000, "rescheme", {"scheme": "jump"}),
            (5_000_000, "add_shard", {}),
        ),
    ),
    Challenge(
        name="tame-celebrity", title="Tame the celebrity", scenario="celebrity", goal=TameCelebrity,
        brief="One key takes half of all requests. Bring p99 of reads under 20 ms, no shard above 1.5 times the mean, for three seconds.",
        hints=(
            "More shards, splits and weights move keys about; but this is one key.",
            "Most requests are reads, and a read can be answered by a copy.",
            "Spread the key `hot` over all shards.",
        ),
        solution=((1_000_000, "spread", {"key": "hot", "holders": 4}),),
    ),
    Challenge(
        name="split-range", title="Where to cut the alphabet", scenario="alphabet", goal=SplitRange,
        brief="Names are not spread evenly over the alphabet. Split the ranges so that four shards share the load, "
        "the busiest with less than 1.3 times the mean, for three seconds.",
        hints=(
            "A-M has about two thirds of the keys. Look at the keys of each shard after a cut.",
            "A quarter of the keys lies before d, another from d to h. What is left of A-M is a little short of a quarter.",
            "The quarter marks lie near d, i and q. The end of a range may go to the server that holds the next one.",
        ),
        solution=(
            (1_000_000, "split", {"node": "s2", "to": "s3", "at": "q"}), (3_000_000, "split", {"node": "s1", "to": "s4", "at": "d"}),
            (6_000_000, "split", {"node": "s4", "to": "s2", "at": "i"}),
        ),
    ),
    Challenge(
        name="rebalance-calmly", title="Quietly, please", scenario="rebalance", goal=RebalanceCalmly,
        brief="Bring in another shard with p99 of reads never over 25 ms while keys move. The throttle is in your hands.",
        hints=(
            "Keys that move stand in the same queues as the requests.",
            "A batch is one piece of work: with fifty keys of a millisecond each, every request behind it waits for fifty milliseconds.",
            "Set the throttle first, with few keys in a batch; then let the spare shard join.",
        ),
        solution=((1_000_000, "throttle", {"keys_per_s": 50, "batch_keys": 2}), (2_000_000, "add_shard", {})),
    ),
    Challenge(
        name="stale-read", title="The router that did not hear", scenario="steady", goal=StaleRead,
        parameters={"fencing": False, "rate_per_s": 500},
        brief="Shards in this cluster take whatever they are asked. Make a client read something older than what it was told is written.",
        hints=(
            "A router goes by the newest map it has heard of. What if it hears of none?",
            "Cut the link between one router and the coordinator, then let keys move.",
        ),
        solution=((1_000_000, "cut", {"a": "r2", "b": "m1"}), (2_000_000, "add_shard", {})),
    ),
)  # fmt: skip
