"""What a cache may promise. Staleness and lost writes are judged on every operation, from what clients were told."""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.caching.content import Content
from labs.catalog.caching.database import Database
from labs.catalog.caching.messages import Write
from labs.catalog.caching.settings import DATABASE
from labs.engine.checkers import Invariant, Violation
from labs.engine.events import OperationEvent
from labs.engine.process import DOWN, UP, Process
from labs.engine.simulation import Simulation

LOST_US = 1_000_000  # nobody holds a write for so long: what is on its way has arrived by then


def database(simulation: Simulation) -> Database:
    node = simulation.processes[DATABASE].node
    assert isinstance(node, Database)
    return node


def caches(simulation: Simulation) -> list[tuple[str, Content]]:
    return [(id, node) for id in simulation.servers if isinstance(node := simulation.processes[id].node, Content)]


class StalenessBound(Invariant):
    """How stale a read is: the time from when a newer write was acknowledged to when the read began. Judged from outside, so
    a read beside a write under way may give either value. (Delta-atomicity: Golab, Li, Shah, "Analyzing Consistency
    Properties for Fun and Profit", PODC 2011.) It also gives the staleness chart its numbers.
    """

    name = "staleness-bound"
    title = "Staleness bound"
    text = "no read returns a value that was overwritten, and that acknowledged, longer ago than the bound"
    watches = frozenset()
    operations = True

    class State(msgspec.Struct):
        written: dict[str, list[tuple[int, int]]] = {}  # key -> (version, acknowledged at); both rise

    state: State

    def ended(self, invoked: OperationEvent, outcome: str, value: Any, simulation: Simulation) -> Violation | None:
        if outcome != "ok":
            return None
        bound_us = simulation.parameters["bound_ms"] * 1000
        if invoked.f == "write":
            self.acknowledged(invoked.key, value, simulation.now_us, bound_us)
            return None
        stale_us = self.stale_us(invoked, value)
        simulation.metrics.measure("stale_us", stale_us)
        simulation.metrics.share("stale_percent", stale_us > 0, 1)
        if stale_us <= bound_us:
            return None
        nodes = [id for id, node in caches(simulation) if invoked.key in node.memory.entries]
        evidence = [seq for seq in (invoked.operation, *(simulation.processes[id].state_seq for id in nodes)) if seq > 0]
        text = f"{invoked.process} read {invoked.key} {stale_us / 1e6:.1f} s after a newer value was acknowledged, and got the old one."
        return Violation(text, nodes, evidence)

    def acknowledged(self, key: str, version: int, now_us: int, bound_us: int) -> None:
        """Remember a write: those it makes needless are forgotten, and those that are out of bounds but for the last."""
        written = self.state.written.setdefault(key, [])
        if written and written[-1][0] >= version:
            return
        written.append((version, now_us))
        while len(written) > 1 and written[1][1] < now_us - bound_us:
            written.pop(0)

    def stale_us(self, invoked: OperationEvent, version: int) -> int:
        for newer, acknowledged_us in self.state.written.get(invoked.key, ()):
            if newer > version:
                return max(0, invoked.t_us - acknowledged_us)
        return 0


class LostWrites(Invariant):
    name = "lost-writes"
    title = "No write is lost"
    text = "every acknowledged write is in the database, or in a node that will bring it there"
    watches = frozenset()
    operations = True
    every_us = 250_000

    class State(msgspec.Struct):
        owed: dict[str, int] = {}  # key -> newest acknowledged version the database was not seen to have
        missing_us: dict[str, int] = {}  # of these, since when nobody has it

    state: State

    def ended(self, invoked: OperationEvent, outcome: str, value: Any, simulation: Simulation) -> Violation | None:
        if outcome == "ok" and invoked.f == "write":
            self.state.owed[invoked.key] = max(value, self.state.owed.get(invoked.key, 0))
        return None

    def tick(self, simulation: Simulation) -> Violation | None:
        state, node = self.state, database(simulation)
        state.owed = {key: version for key, version in state.owed.items() if node.version(key) < version}
        held = [cache.disk.journal if simulation.processes[id].status == DOWN else cache.memory.dirty for id, cache in caches(simulation)]
        held.append(waiting(node))
        since_us = state.missing_us
        state.missing_us = {
            key: since_us.get(key, simulation.now_us)
            for key, version in state.owed.items()
            if all(kept.get(key, 0) < version for kept in held)
        }
        lost = [key for key, us in state.missing_us.items() if simulation.now_us - us >= LOST_US]
        if not lost:
            return None
        seqs = [simulation.processes[id].state_seq for id in simulation.servers]
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        text = f"The write of {lost[0]}{more} was acknowledged, but neither the database nor any cache node has it."
        return Violation(text, list(simulation.servers), [seq for seq in seqs if seq > 0])


def waiting(node: Database) -> dict[str, int]:
    """Key -> newest version among the writes that stand in the database's queue."""
    jobs = [*node.memory.queue, *(job for job, _ in node.memory.busy.values())]
    found: dict[str, int] = {}
    for job in jobs:
        if isinstance(job.body, Write):
            found[job.body.key] = max(job.body.version, found.get(job.body.key, 0))
    return found


class DatabaseOverload(Invariant):
    name = "database-overload"
    title = "The database keeps up"
    text = "no request waits for the database longer than the limit"
    watches = frozenset()
    every_us = 100_000

    def tick(self, simulation: Simulation) -> Violation | None:
        process, limit_ms = simulation.processes[DATABASE], simulation.parameters["overload_ms"]
        queue = database(simulation).memory.queue
        if process.status != UP or not queue:
            return None
        waited_us = process.monotonic_us(simulation.now_us) - queue[0].came_us
        if waited_us <= limit_ms * 1000:
            return None
        text = f"{len(queue)} requests queue for the database, the first for {waited_us // 1000} ms; the limit is {limit_ms} ms."
        return Violation(text, [DATABASE], [process.state_seq])


class Capacity(Invariant):
    name = "capacity"
    title = "Capacity"
    text = "no cache node holds more bytes than it may, or other keys than its policy knows"
    watches = frozenset({"used_bytes", "objects", "capacity_bytes"})

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        node = process.node
        if not isinstance(node, Content) or node.memory.policy is None:
            return None
        policy, entries = node.memory.policy, node.memory.entries
        used = sum(node.size_bytes(key) for key in entries)
        if used <= node.settings.capacity_bytes and used == policy.used and policy.sizes.keys() == entries.keys():
            return None
        counted = f"it may hold {node.settings.capacity_bytes}, and its policy counts {policy.used}"
        text = f"{process.id} holds {len(entries)} values of {used} bytes; {counted}."
        return Violation(text, [process.id], [process.state_seq])


INVARIANTS: tuple[type[Invariant], ...] = (StalenessBound, LostWrites, DatabaseOverload, Capacity)
