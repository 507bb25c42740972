"""What Raft promises (figure 3 of the paper), watched as the run goes."""

from __future__ import annotations

import msgspec

from labs.catalog.raft.node import LEADER, Entry, RaftNode
from labs.engine.checkers import Invariant, Violation
from labs.engine.process import Process
from labs.engine.simulation import Simulation

REMEMBERED_MAX = 256  # terms or indices an invariant remembers
TAIL = 64  # entries of two logs compared; what came before was compared when it was the tail


def raft(process: Process) -> RaftNode:
    assert isinstance(process.node, RaftNode)
    return process.node


def forget_oldest(remembered: dict[int, object]) -> None:
    while len(remembered) > REMEMBERED_MAX:
        del remembered[next(iter(remembered))]


def told(entry: Entry) -> str:
    return f"{entry.command or 'a no-op'} of term {entry.term}"


class ElectionSafety(Invariant):
    name = "election-safety"
    title = "Election safety"
    text = "at most one leader in each term"
    watches = frozenset({"role", "term"})

    class State(msgspec.Struct):
        leaders: dict[int, tuple[str, int]] = {}  # term -> its leader, and the event that told

    state: State

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        node = raft(process) if process.node.kind == "server" else None
        if node is None or node.memory.role != LEADER:
            return None
        term = node.disk.current_term
        leader, seq = self.state.leaders.setdefault(term, (process.id, process.state_seq))
        forget_oldest(self.state.leaders)  # type: ignore[arg-type]
        if leader == process.id:
            return None
        return Violation(f"Term {term} has two leaders: {leader} and {process.id}.", [leader, process.id], [seq, process.state_seq])

    def summary(self) -> str:
        terms = len(self.state.leaders)
        return f"one leader in each of {terms} terms" if terms > 1 else self.text


class LogMatching(Invariant):
    name = "log-matching"
    title = "Log matching"
    text = "logs with the same term at an index are the same up to there"
    watches = frozenset({"log"})

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        log = raft(process).disk.log
        for id in simulation.servers:
            other = simulation.processes[id]
            if other is process:
                continue
            index = self.first_difference(log, raft(other).disk.log)
            if index:
                return Violation(
                    f"{process.id} and {id} have an entry of the same term in common after index {index}, but differ at index {index}.",
                    [process.id, id],
                    [process.state_seq, other.state_seq],
                )
        return None

    @staticmethod
    def first_difference(a: tuple[Entry, ...], b: tuple[Entry, ...]) -> int:
        """The index of an entry that differs at or before the last one whose terms agree; 0 for none."""
        last = min(len(a), len(b))
        while last and a[last - 1].term != b[last - 1].term:
            last -= 1
        start = max(0, last - TAIL)
        if a[start:last] == b[start:last]:
            return 0
        return next(i + 1 for i in range(start, last) if a[i] != b[i])


class StateMachineSafety(Invariant):
    name = "state-machine-safety"
    title = "State machine safety"
    text = "no two servers apply different commands at one index"
    watches = frozenset({"last_applied"})

    class State(msgspec.Struct):
        applied: dict[int, tuple[Entry, str, int]] = {}  # index -> what was applied, first by whom, and the event that told
        seen: dict[str, int] = {}  # how far each server was checked

    state: State

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        node, state = raft(process), self.state
        last_applied = node.memory.last_applied
        start = state.seen.get(process.id, 0)
        if last_applied < start:
            start = 0  # it restarted and applies from the beginning again
        state.seen[process.id] = last_applied
        for index in range(start + 1, last_applied + 1):
            entry = node.disk.log[index - 1]
            if state.applied and index not in state.applied and index < next(iter(state.applied)):
                continue  # older than what is remembered
            first, who, seq = state.applied.setdefault(index, (entry, process.id, process.state_seq))
            if first != entry:
                text = f"At index {index}, {who} applied {told(first)}, but {process.id} {told(entry)}."
                return Violation(text, [who, process.id], [seq, process.state_seq])
        forget_oldest(state.applied)  # type: ignore[arg-type]
        return None
