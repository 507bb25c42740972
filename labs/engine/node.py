"""What node code sees: its own state, one input at a time, and a context. Nothing else.

Rules that everything else rests on:
- A node's whole state is `disk` and `memory`. Nothing hides in attributes or closures; `config` never changes.
- State holds ints, strings, booleans, None, tuples, dicts with string keys and frozen Structs. No sets, no floats, no
  lists shared between fields, no integer over 64 bits: a dump would not give back the same bytes. On disk only
  immutable values: a sync remembers them by reference.
- `snapshot()` returns a flat dict, the same keys each time, of values that are never changed in place afterwards.
- Handlers run to completion, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from labs.engine.process import Process
    from labs.engine.simulation import Simulation


class Node:
    """Base of every node. `config` is the lab's immutable settings for it."""

    kind: ClassVar[str] = "server"

    class Disk(msgspec.Struct):
        """Survives a crash; a power loss takes back what was not synced."""

    class Memory(msgspec.Struct):
        """Gone after a crash."""

    disk: Any
    memory: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config
        self.disk = self.Disk()
        self.memory = self.Memory()

    def on_start(self, ctx: Context) -> None:
        """The process starts: at the beginning of the run and after each restart."""

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        """A message from `src` arrived."""

    def on_timer(self, timer: str, ctx: Context) -> None:
        """A timer set by `set_timer` is due."""

    def snapshot(self) -> dict[str, Any]:
        """What panels show: flat and small."""
        return {}


class Context:
    """A node's view of the world, valid inside a handler."""

    __slots__ = ("_process", "_simulation", "me", "peers")

    def __init__(self, simulation: Simulation, process: Process, peers: tuple[str, ...]) -> None:
        self._simulation = simulation
        self._process = process
        self.me = process.id
        self.peers = peers  # the other servers, in order

    @property
    def now_us(self) -> int:
        """The node's wall clock in microseconds; it may be skewed and drift."""
        return self._process.clock_us(self._simulation.now_us)

    @property
    def monotonic_us(self) -> int:
        """The node's stopwatch in microseconds: for measuring spans. It may drift, but it is never set."""
        return self._process.monotonic_us(self._simulation.now_us)

    def random(self, low: int, high: int) -> int:
        """An integer in [low, high] from the node's own dice."""
        return self._process.dice.between(low, high)

    def send(self, dst: str, body: Any) -> None:
        """Send a message. After a `sync()` it leaves only when the disk is done."""
        process = self._process
        if process.outbox or process.sync_due_us > self._simulation.now_us:
            process.outbox.append((process.sync_due_us, dst, body))
        else:
            self._simulation.send(process.id, dst, body)

    def set_timer(self, timer: str, delay_us: int) -> None:
        """(Re)start a named timer, `delay_us` on the node's own clock from now."""
        self._simulation.set_timer(self._process, timer, delay_us)

    def cancel_timer(self, timer: str) -> None:
        self._simulation.cancel_timer(self._process, timer)

    def sync(self) -> None:
        """Bring what is on disk to the platter: what is sent from here on waits for it, and a power loss before takes both back."""
        self._simulation.sync(self._process)

    def note(self, name: str, **fields: Any) -> None:
        """Tell the timeline that something of the domain happened."""
        self._simulation.note(self._process.id, name, fields)

    def measure(self, name: str, value: int) -> None:
        """A number for the charts; end the name with its unit (`queue_length`, `wait_us`)."""
        self._simulation.metrics.measure(name, value)

    def share(self, name: str, part: int, whole: int) -> None:
        """So many of so many (hits of requests), told as a percentage of the window; end the name with `_percent`, then perhaps `.kind`."""
        self._simulation.metrics.share(name, part, whole)

    def invoke(self, f: str, key: str, value: Any) -> int:
        """A client begins an operation; returns its id for `complete`."""
        return self._simulation.invoke(self._process.id, f, key, value)

    def complete(self, operation: int, outcome: str, value: Any = None) -> None:
        """The operation ended: ok, fail (it did not happen) or info (nobody knows)."""
        self._simulation.complete(operation, outcome, value)
