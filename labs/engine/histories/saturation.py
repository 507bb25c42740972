"""The edges that reads force upon an order of all steps, added until there are no more, or until two contradict each other.

Let a read r have seen the write w of a key, and v be another write of that key.

- Rule A: if v comes before r, v comes before w; else r would have seen v. (If r saw the beginning, v cannot come before it.)
- Rule B, where one order serves every process: if w comes before v, r comes before v. (If r saw the beginning, r comes before every v.)

Rule A for the reads of one process is the relation HB of Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal
consistency" (POPL 2017), section 5. Both for all reads are necessary for sequential consistency, not sufficient: Gibbons
and Korach, "Testing shared memories" (1997); Zennou and others, "Gradual consistency checking" (CAV 2019).

Only steps with `known` sources are looked at: what the others saw may add edges and contradictions, never take any away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from labs.engine.histories.order import Edge, Order, Writes
from labs.engine.histories.sessions import NOTHING, Step


class Contradiction:
    """The read (or write) at which it came out, the write in the way, and every step that plays a part."""

    __slots__ = ("obstacle", "step", "steps")

    def __init__(self, step: Step, obstacle: Step, steps: set[Step]) -> None:
        self.step, self.obstacle, self.steps = step, obstacle, steps


class Saturation:
    """`reads` follow rule A; with `one_order` rule B holds of all steps too. `run` may raise Spent."""

    def __init__(self, order: Order, writes: Writes, reads: Iterable[Step], *, one_order: bool = False) -> None:
        self.order, self.writes, self.one_order = order, writes, one_order
        self.reads = dict.fromkeys(step for step in reads if step.known)
        self.queue: deque[Step] = deque(self.reads)
        self.queued = set(self.queue)
        self.from_start: dict[str, list[Step]] = {}  # key -> steps that saw its beginning
        if one_order:
            for step in self.reads:
                if step.source is None:
                    self.from_start.setdefault(step.key, []).append(step)
            for step in order.sessions.steps:
                self._learned(step)

    def run(self) -> Contradiction | None:
        """None: the reads do not contradict each other by these rules."""
        if self.one_order:
            found = self._beginnings()
            if found is not None:
                return found
        while self.queue:
            step = self.queue.popleft()
            self.queued.discard(step)
            self.order.meter.use(1)
            found = self._rule_a(step) if step in self.reads else None
            if found is None and self.one_order and step.put is not NOTHING:
                found = self._rule_b(step)
            if found is not None:
                return found
        return None

    def _learned(self, step: Step) -> None:
        if step not in self.queued and (step in self.reads or (self.one_order and step.put is not NOTHING)):
            self.queued.add(step)
            self.queue.append(step)

    def _rule_a(self, read: Step) -> Contradiction | None:
        for write in self.writes.last(read, self.order.clock(read)):
            if write is read.source or write is read:
                continue
            if read.source is None:
                return self._contradiction(read, write, self.order.explain(write, read))
            edge = Edge(write, read.source, (write, read), read)
            if not self.order.add(edge, self._learned):
                return self._contradiction(read, write, self._cycle(edge))
        return None

    def _rule_b(self, write: Step) -> Contradiction | None:
        for earlier in self.writes.last(write, self.order.clock(write)):
            for read in earlier.readers:
                edge = Edge(read, write, (earlier, write), earlier)
                if read is not write and not self.order.add(edge, self._learned):
                    return self._contradiction(read, write, self._cycle(edge))
        return None

    def _beginnings(self) -> Contradiction | None:
        for key, reads in self.from_start.items():
            for read in reads:
                for write in self.writes.first(key):
                    edge = Edge(read, write, (read, read), read)
                    if write is not read and not self.order.add(edge, self._learned):
                        return self._contradiction(read, write, self._cycle(edge))
        return None

    def _cycle(self, edge: Edge) -> set[Step]:
        """Why the edge is forced, and why it cannot be."""
        return self.order.explain(*edge.reason) | self.order.explain(edge.head, edge.tail) | {edge.reads}

    def _contradiction(self, step: Step, obstacle: Step, steps: set[Step]) -> Contradiction:
        return Contradiction(step, obstacle, steps | {step, obstacle} | ({step.source} if step.source is not None else set()))
