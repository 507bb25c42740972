"""What the store promises, judged on the real disks of all shards and on every answer that clients got."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from labs.catalog.sharding.client import LOADED, ShardingClient
from labs.catalog.sharding.coordinator import IDLE, Coordinator
from labs.catalog.sharding.keys import names
from labs.catalog.sharding.layout import table
from labs.catalog.sharding.shard import Shard
from labs.engine.checkers import Invariant, Violation
from labs.engine.process import UP, Process
from labs.engine.simulation import Simulation

TICK_US = 500_000
PATIENCE_US = 5_000_000  # without a single key that moved


def shards(simulation: Simulation) -> list[tuple[Process, Shard]]:
    return [(p, p.node) for p in simulation.processes.values() if isinstance(p.node, Shard)]


def clients(simulation: Simulation) -> list[tuple[Process, ShardingClient]]:
    return [(p, p.node) for p in simulation.processes.values() if isinstance(p.node, ShardingClient)]


def coordinator(simulation: Simulation) -> tuple[Process, Coordinator]:
    process = simulation.processes["m1"]
    assert isinstance(process.node, Coordinator)
    return process, process.node


class NoKeyLost(Invariant):
    name = "no-key-lost"
    title = "No key lost"
    text = "every key stands on some disk, no older than what was acknowledged"
    watches: ClassVar[frozenset[str]] = frozenset()
    every_us = TICK_US

    def tick(self, simulation: Simulation) -> Violation | None:
        newest: dict[str, int] = {}
        for _, shard in shards(simulation):
            for key, item in shard.disk.data.items():
                if item.version > newest.get(key, 0):
                    newest[key] = item.version
        keys = names(simulation.parameters["keys"])
        if len(newest) < len(keys):
            lost = [key for key in keys if key not in newest]
            return self.found(f"{len(lost)} keys stand on no disk any more, {lost[0]} among them.", simulation)
        for process, client in clients(simulation):
            for key, version in client.memory.acked.items():
                if newest[key] < version:
                    text = f"{process.id} was told that {key} was written as version {version}; the newest on any disk is {newest[key]}."
                    return self.found(text, simulation)
        return None

    def found(self, text: str, simulation: Simulation) -> Violation:
        return Violation(text, [], [process.state_seq for process, _ in shards(simulation)])


class OneOwner(Invariant):
    name = "one-owner"
    title = "One owner"
    text = "no key stands where it does not belong, by the coordinator's map"
    watches = frozenset({"keys", "epoch", "phase"})
    every_us = TICK_US

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        return self.look(process, simulation)

    def tick(self, simulation: Simulation) -> Violation | None:
        found = (self.look(process, simulation) for process, _ in shards(simulation))
        return next((violation for violation in found if violation), None)

    def look(self, process: Process, simulation: Simulation) -> Violation | None:
        """While keys move, both ends may hold them."""
        if not isinstance(process.node, Shard):
            return None
        map = coordinator(simulation)[1].disk.map
        if not map.epoch:
            return None  # the run begins at this moment
        new, old = table(map.layout), table(map.before or map.layout)
        for key in process.node.disk.data:
            if process.id not in new[key] and process.id not in old[key]:
                others = ", ".join(new[key])
                text = f"{key} belongs to {others} since epoch {map.epoch}, and {process.id} has it too."
                return Violation(text, [process.id, *new[key]], [process.state_seq])
        return None


class NoStaleRead(Invariant):
    name = "no-stale-read"
    title = "No stale read"
    text = "a read is never older than what was acknowledged before it began, and a write is newer"
    watches = frozenset({"stale"})

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        if not isinstance(process.node, ShardingClient) or not process.node.memory.stale:
            return None
        first = process.node.memory.stale[0]
        got = f"version {first.version}" if first.version else "nothing"
        did = "read" if first.f == "read" else "wrote"
        wrote = "it existed from the start" if first.floor == LOADED else f"version {first.floor} had been acknowledged"
        text = f"{process.id} {did} {first.key} and got {got} from {first.shard}, although {wrote}."
        return Violation(text, [process.id, first.shard], [max(first.trace, 0) or process.state_seq, process.state_seq])


class MigrationEnds(Invariant):
    name = "migration-ends"
    title = "A migration ends"
    text = f"while nothing is broken, keys that must move do so: never {PATIENCE_US // 1_000_000} s without one"
    watches: ClassVar[frozenset[str]] = frozenset()
    every_us = TICK_US

    class State(msgspec.Struct):
        since_us: int = 0
        epoch: int = 0
        left: int = -1

    state: State

    def tick(self, simulation: Simulation) -> Violation | None:
        state, (process, node) = self.state, coordinator(simulation)
        left = sum(node.memory.left.values())
        if node.disk.phase == IDLE or not self.calm(simulation) or (node.disk.map.epoch, left) != (state.epoch, state.left):
            state.since_us, state.epoch, state.left = simulation.now_us, node.disk.map.epoch, left
            return None
        if simulation.now_us - state.since_us <= PATIENCE_US:
            return None
        text = f"The change to epoch {state.epoch} stands still since {state.since_us / 1e6:.1f} s, {left} keys before its end."
        return Violation(text, [process.id], [process.state_seq])

    def calm(self, simulation: Simulation) -> bool:
        """Everybody is up, and every link is as configured."""
        ups = all(process.status == UP for process in simulation.processes.values())
        return ups and all(link.nominal for _, _, link in simulation.network.pairs())


INVARIANTS = (NoKeyLost, OneOwner, NoStaleRead, MigrationEnds)
