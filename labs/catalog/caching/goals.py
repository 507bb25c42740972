"""When a challenge is met. Each goal judges what was measured of every request, and the nodes' real state."""

from __future__ import annotations

import msgspec

from labs.catalog.caching.client import CacheClient
from labs.catalog.caching.content import Content
from labs.catalog.caching.invariants import caches, database
from labs.catalog.caching.settings import BACK
from labs.engine.events import CheckEvent, Event, MetricEvent, NodeEvent, NoteEvent
from labs.engine.goals import Goal
from labs.engine.simulation import Simulation

WINDOWS = 10  # of half a second: what is held for so long is held
HIT_PERCENT = 68
SMALL_KB = 240
RATE_PER_S = 1_000
CALM_MS = 300
DIRTY = 3
AHEAD_PERCENT = 5


def rate_per_s(simulation: Simulation) -> int:
    """What the clients send in all."""
    nodes = [process.node for process in simulation.processes.values()]
    return sum(node.memory.rate_per_s for node in nodes if isinstance(node, CacheClient))


class SmallestCache(Goal):
    start = f"No {WINDOWS // 2} s in a row measured yet"
    watches = (MetricEvent,)

    class State(msgspec.Struct):
        permille: tuple[int, ...] = ()  # hit ratios of the last windows
        seqs: tuple[int, ...] = ()
        total_kb: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, MetricEvent)
        if event.name != "hit_percent.cache":
            return
        state = self.state
        total_kb = sum(node.settings.capacity_bytes for _, node in caches(simulation)) // 1000
        if total_kb != state.total_kb or rate_per_s(simulation) < RATE_PER_S:
            state.total_kb, state.permille, state.seqs = total_kb, (), ()
        state.permille = (*state.permille, round(10 * event.value))[-WINDOWS:]
        state.seqs = (*state.seqs, event.seq)[-WINDOWS:]
        mean = sum(state.permille) / len(state.permille) / 10
        if len(state.permille) < WINDOWS:
            return
        text = (
            f"{mean:.0f} % hits over {WINDOWS // 2} s with {total_kb} kB in all; {HIT_PERCENT} % with at most {SMALL_KB} kB are asked for"
        )
        small, often = total_kb <= SMALL_KB, mean >= HIT_PERCENT
        if small and often:
            self.reach(100, text, state.seqs[0], state.seqs[-1])
        else:
            self.fall_back(50 if small or often else 0, text)


class SurviveStampede(Goal):
    start = "The hottest key was not taken out of the caches yet"
    watches = (NoteEvent, MetricEvent)

    class State(msgspec.Struct):
        seq: int = 0  # of the note that says the key is gone
        windows: int = 0  # since

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, NoteEvent):
            gone = event.name == "emptied" or (event.name == "invalidated" and event.fields["key"] == hottest(simulation))
            if gone and hottest(simulation) and rate_per_s(simulation) >= RATE_PER_S:
                state.seq, state.windows = event.seq, 0
                self.fall_back(25, "The hottest key is gone; the database must not feel it")
        elif isinstance(event, MetricEvent) and state.seq and event.name == "ok.read_us.p99":
            self.judge(event, simulation)

    def judge(self, event: MetricEvent, simulation: Simulation) -> None:
        state = self.state
        overloaded = any(i.violated for i in simulation.invariants if i.name == "database-overload")
        if overloaded or event.value > CALM_MS * 1000 or rate_per_s(simulation) < RATE_PER_S:
            state.seq = 0
            self.fall_back(0, f"The stampede was felt: one read in a hundred took {event.value / 1000:.0f} ms or longer; start anew")
            return
        state.windows += 1
        if state.windows > WINDOWS // 2:
            self.reach(100, f"Nobody felt it: 99 % of the reads took less than {CALM_MS} ms all the time", state.seq, event.seq)


def hottest(simulation: Simulation) -> str:
    """The key that takes half of the requests or more; empty where none does."""
    for process in simulation.processes.values():
        if isinstance(process.node, CacheClient):
            popularity = process.node.memory.popularity
            if popularity is not None and popularity.kind == "hot" and popularity.hot_percent >= 50:
                return f"k{process.node.memory.shift % popularity.keys}"
    return ""


class LoseWrite(Goal):
    start = "Every acknowledged write is safe so far"
    watches = (CheckEvent,)

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, CheckEvent)
        if event.checker == "lost-writes" and not event.holds and simulation.parameters["writes"] == BACK:
            self.reach(100, event.text, *event.evidence, event.seq)


class KeepWrites(Goal):
    start = "No cache node stopped with unsaved writes yet"
    watches = (NodeEvent, CheckEvent, MetricEvent)

    class State(msgspec.Struct):
        node: str = ""
        owed: dict[str, int] = {}  # key -> version that was dirty when the node stopped
        count: int = 0
        seq: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, CheckEvent):
            if event.checker == "lost-writes" and not event.holds:
                state.node, state.owed = "", {}
                self.fall_back(0, "A write was lost: start the run anew")
        elif isinstance(event, NodeEvent):
            self.stopped(event, simulation)
        elif state.node:
            held = database(simulation)
            state.owed = {key: version for key, version in state.owed.items() if held.version(key) < version}
            lost = any(i.violated for i in simulation.invariants if i.name == "lost-writes")
            if not state.owed and not lost:
                self.reach(100, f"All {state.count} writes that {state.node} still owed reached the database", state.seq, event.seq)

    def stopped(self, event: NodeEvent, simulation: Simulation) -> None:
        node = simulation.processes[event.node].node
        if event.status != "down" or not isinstance(node, Content) or simulation.parameters["writes"] != BACK:
            return
        owed = {key: version for key, version in node.disk.journal.items() if database(simulation).version(key) < version}
        if len(owed) < DIRTY:
            self.fall_back(0, f"{event.node} stopped with {len(owed)} unsaved writes on its disk; at least {DIRTY} are asked for")
            return
        self.state.node, self.state.owed, self.state.count, self.state.seq = event.node, owed, len(owed), event.seq
        self.fall_back(50, f"{event.node} stopped with {len(owed)} writes the database does not have; bring them home")


class BeatLru(Goal):
    start = "No scan has begun yet"
    watches = (NoteEvent, MetricEvent)

    class State(msgspec.Struct):
        seq: int = 0  # of the scan's beginning
        permille: dict[str, int] = {}  # sums of the windows' hit ratios
        windows: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, NoteEvent):
            if event.name == "scan_began" and event.fields["keys"] >= RATE_PER_S:
                state.seq, state.permille, state.windows = event.seq, {}, 0
                self.fall_back(25, "The scan has begun; hits are counted")
        elif isinstance(event, MetricEvent) and state.seq and event.name in ("hit_percent.cache", "hit_percent.lru"):
            state.permille = {**state.permille, event.name: state.permille.get(event.name, 0) + round(10 * event.value)}
            if event.name == "hit_percent.lru":
                self.judge(event)

    def judge(self, event: MetricEvent) -> None:
        state = self.state
        state.windows += 1
        ahead = (state.permille.get("hit_percent.cache", 0) - state.permille["hit_percent.lru"]) / state.windows / 10
        text = f"{ahead:+.1f} points against LRU since the scan began, {AHEAD_PERCENT} over {WINDOWS // 2} s are asked for"
        if state.windows < WINDOWS:
            self.fall_back(min(90, 25 + 6 * state.windows), text)
            return
        if ahead >= AHEAD_PERCENT:
            self.reach(100, text, state.seq, event.seq)
        else:
            self.fall_back(0, text)
        state.seq = 0


class SmoothExpiry(Goal):
    start = "Every expiry of the hot key is felt"
    watches = (MetricEvent,)

    class State(msgspec.Struct):
        windows: int = 0  # in a row without a wait worth speaking of
        seq: int = 0  # of the first

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, MetricEvent)
        if event.name != "ok.read_us.p99":
            return
        state, needed = self.state, 2 * WINDOWS
        rules_off = all(not node.settings.single_flight for _, node in caches(simulation))
        short = simulation.parameters["ttl_ms"] <= 2_000
        if event.value >= 50_000 or not rules_off or not short or not hottest(simulation) or rate_per_s(simulation) < RATE_PER_S:
            state.windows = 0
            self.fall_back(0, f"99 % of the reads within {event.value / 1000:.0f} ms in the last window; less than 50 ms are asked for")
            return
        state.seq = state.seq if state.windows else event.seq
        state.windows += 1
        text = f"99 % of the reads within 50 ms for {state.windows / 2:.0f} of {needed // 2} s"
        if state.windows >= needed:
            self.reach(100, text, state.seq, event.seq)
        elif state.windows > 1:
            self.fall_back(100 * state.windows // needed, text)
