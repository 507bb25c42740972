"""Busy labs: thousands of requests a second are told as flows, with a seeded sample of single requests and all their messages.

An operation is sampled when it is invoked: its id is then the seq of its event, else a negative number that no event
has. A message belongs to the operation that its body names in `trace`, and is shown exactly when that id is positive;
every message of the lab counts in its link's flow. A message of no operation says by a `trace` of its class whether it
is shown (1) or not (0).
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any

import msgspec

from labs.engine import limits
from labs.engine.dice import Dice, seed_of
from labs.engine.events import FlowEvent, MessageEvent
from labs.engine.heap import DELIVER

if TYPE_CHECKING:
    from labs.engine.simulation import Simulation

_encode = msgspec.msgpack.Encoder().encode


class FlowsDump(msgspec.Struct, array_like=True):
    dice: int
    last_id: int
    touched: list[str]
    counts: list[tuple[str, str, int, int, int]]


class Flows:
    """What went over each link in the window that is open now."""

    def __init__(self, sample_every: int, seed: int) -> None:
        self.sample_every = sample_every
        self.sample_ppm = 1_000_000 // sample_every
        self.dice = Dice(seed_of(seed, "sample"))
        self.last_id = 0
        self.touched: dict[str, None] = {}  # nodes whose state may have changed
        self.counts: dict[tuple[str, str], list[int]] = {}  # link -> messages, bytes, errors

    def sample(self) -> bool:
        return self.dice.chance(self.sample_ppm)

    def hidden_id(self) -> int:
        self.last_id -= 1
        return self.last_id

    def shows(self, simulation: Simulation, src: str, dst: str, delay_us: int, lost: bool, body: Any) -> bool:
        """Count a message. True where it is shown on its own; else it is sent from here without an event."""
        link = simulation.network.links[src][dst]
        size_bytes = len(_encode(body))
        count = self.counts.setdefault((src, dst), [0, 0, 0])
        count[0] += 1
        count[1] += size_bytes
        count[2] += lost
        if body.trace > 0:
            return True
        if link.bytes_per_s:
            delay_us += link.queue_us(simulation.now_us, size_bytes)
        if not lost and len(simulation.flights) < limits.MESSAGES_IN_FLIGHT_MAX:
            id, arrives_us = self.hidden_id(), simulation.now_us + delay_us
            simulation.flights[id] = MessageEvent(id, simulation.now_us, src, dst, arrives_us, "delivered", body)
            simulation.order += 1
            heappush(simulation.heap, (arrives_us, simulation.order, DELIVER, id, None))
        return False

    def close_window(self, simulation: Simulation) -> None:
        """Tell what flowed, look at the nodes, and open the next window."""
        for (src, dst), (count, size_bytes, errors) in sorted(self.counts.items()):
            simulation.emit(FlowEvent, src, dst, limits.FLOW_US, count, size_bytes, errors)
        self.counts = {}
        self.look(simulation)

    def look(self, simulation: Simulation) -> None:
        """Record what changed in the nodes since the last look: once a window, and at a chunk's end, so that its
        keyframe tells the truth.
        """
        touched, self.touched = self.touched, {}
        if simulation.record:
            for id in touched:
                simulation.observe(simulation.processes[id])

    def dump(self) -> FlowsDump:
        counts = [(src, dst, *numbers) for (src, dst), numbers in self.counts.items()]
        return FlowsDump(self.dice.state, self.last_id, list(self.touched), counts)  # type: ignore[arg-type]

    def load(self, dump: FlowsDump) -> None:
        self.dice.state, self.last_id = dump.dice, dump.last_id
        self.touched = dict.fromkeys(dump.touched)
        self.counts = {(src, dst): list(numbers) for src, dst, *numbers in dump.counts}
