"""A run cut into chunks: keyframe, events, digest. The same log always gives the same chunks.

A chunk is a half-open span of virtual time, ended by length or by event count, whichever comes first; where it ends
depends on the log alone, never on how far somebody asked. The digest is a BLAKE2b over the encoded events, chained from
chunk to chunk; keyframes and revisions are not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from labs.engine import limits
from labs.engine.commands import Command, apply
from labs.engine.simulation import Simulation

_json = msgspec.json.Encoder()


class Chunk(msgspec.Struct, frozen=True):
    """One computed chunk. `events` and `keyframe` are JSON bytes; `index` counts from 1; times in virtual microseconds."""

    index: int
    from_us: int
    to_us: int
    keyframe: bytes
    events: bytes
    digest: str

    def frame(self, revision: int) -> bytes:
        """The JSON text that is stored, and sent to the browser untouched."""
        head = f'{{"kind":"chunk","revision":{revision},"index":{self.index},"from_us":{self.from_us},"to_us":{self.to_us},"keyframe":'
        return b"".join((head.encode(), self.keyframe, b',"events":', self.events, b',"digest":"', self.digest.encode(), b'"}'))


class Run:
    """A simulation that is read chunk by chunk. `index` is the number of the last chunk, `frontier_us` its end."""

    def __init__(self, simulation: Simulation, *, index: int = 0, frontier_us: int = 0, digest: str = "") -> None:
        self.simulation = simulation
        self.index = index
        self.frontier_us = frontier_us
        self.digest = digest

    @property
    def finished(self) -> bool:
        return self.simulation.halted or self.frontier_us >= limits.RUN_US_MAX

    def next_chunk(self, commands: Sequence[Command]) -> Chunk:
        """Simulate one chunk further under this log."""
        simulation, from_us = self.simulation, self.frontier_us
        first = self.index == 0
        keyframe = _json.encode(keyframe_of(simulation, from_us))
        simulation.events = []
        if first:
            simulation.start()
        to_us = self._advance(commands, min(from_us + limits.CHUNK_US, limits.RUN_US_MAX))
        if simulation.flows is not None:
            simulation.flows.look(simulation)
        events = _json.encode(simulation.events)
        self.digest = blake2b(self.digest.encode() + events, digest_size=16).hexdigest()
        self.index += 1
        self.frontier_us = simulation.now_us = to_us
        simulation.vanishing = [event for event in simulation.vanishing if event.arrives_us > to_us]
        if simulation.moved:
            pending = simulation.flights.keys() | {event.seq for event in simulation.vanishing}
            simulation.moved = {seq: moved for seq, moved in simulation.moved.items() if seq in pending}
        return Chunk(self.index, from_us, to_us, keyframe, events, self.digest)

    def _advance(self, commands: Sequence[Command], to_us: int) -> int:
        """Run the heap and the commands due before `to_us`; return where the chunk ends."""
        simulation, events_max = self.simulation, limits.CHUNK_EVENTS_MAX
        while True:
            command = commands[simulation.applied] if simulation.applied < len(commands) else None
            stop_us = to_us if command is None else min(command.at_us, to_us)
            if not simulation.run_until(stop_us, events_max):
                # Full: finish this instant, since a chunk ends between instants, and then end.
                to_us, events_max = simulation.now_us + 1, 1 << 62
                continue
            if command is None or command.at_us >= to_us:
                return to_us
            simulation.now_us = command.at_us
            simulation.applied += 1
            apply(simulation, command)


def keyframe_of(simulation: Simulation, at_us: int) -> dict[str, Any]:
    """The whole visible state, as the browser rebuilds it from events."""
    zones = {id: {"zone": zone} for zone, ids in simulation.zones.items() for id in ids}
    return {
        "seq": simulation.seq,
        "nodes": {
            id: {"kind": process.node.kind, "status": process.status, "state": process.snapshot} | zones.get(id, {})
            for id, process in simulation.processes.items()
        },
        "links": simulation.network.conditions(),
        "messages": sorted(
            [*(e for e in simulation.flights.values() if e.seq > 0), *(e for e in simulation.vanishing if e.arrives_us > at_us)],
            key=lambda e: e.seq,
        ),
        "moved": list(simulation.moved.values()),
        "timers": {
            id: {name: process.told[name] for name in sorted(process.timers) if name in process.told}
            for id, process in simulation.processes.items()
            if process.timers
        }
        if simulation.tells_timers
        else None,
        "operations": [e for e in simulation.operations.values() if e.seq > 0],
        "sample_every": simulation.flows.sample_every if simulation.flows else 1,
        "checks": {
            i.name: {"holds": True, "text": i.summary(), "nodes": [], "evidence": []}
            if i.violated is None
            else {"holds": False, "text": i.violated.text, "nodes": i.violated.nodes, "evidence": i.violated.evidence}
            for i in simulation.invariants
        },
        "goals": {
            name: {"progress": goal.percent / 100, "text": goal.text, "evidence": goal.evidence} for name, goal in simulation.goals.items()
        },
    }
