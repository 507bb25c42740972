"""What Raft promises (figure 3 of the paper), watched as the run goes. All of it is bounded: the newest terms and
indices are remembered.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.catalog.raft.messages import Entry
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import LEADER
from labs.engine.checkers import Invariant, Violation
from labs.engine.process import Process
from labs.engine.simulation import Simulation

REMEMBERED_MAX = 256
TAIL = 64  # entries of two logs compared; what came before was compared when it was the tail


def raft(process: Process) -> RaftNode:
    assert isinstance(process.node, RaftNode)
    return process.node


def forget_oldest(remembered: dict[int, Any]) -> None:
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
        if process.node.kind != "server" or raft(process).memory.role != LEADER:
            return None
        term = raft(process).disk.current_term
        leader, seq = self.state.leaders.setdefault(term, (process.id, process.state_seq))
        forget_oldest(self.state.leaders)
        if leader == process.id:
            return None
        return Violation(f"Term {term} has two leaders: {leader} and {process.id}.", [leader, process.id], [seq, process.state_seq])

    def summary(self) -> str:
        terms = len(self.state.leaders)
        return f"one leader in each of {terms} terms" if terms > 1 else self.text


class LeaderAppendOnly(Invariant):
    name = "leader-append-only"
    title = "Leader append-only"
    text = "a leader never overwrites or deletes entries of its log"
    watches = frozenset({"log", "role", "term"})

    class State(msgspec.Struct):
        last: dict[str, tuple[int, int, int, int]] = {}  # leader -> its term, last index, that entry's term, the event that told

    state: State

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        if process.node.kind != "server":
            return None
        node, last = raft(process), self.state.last
        if node.memory.role != LEADER:
            last.pop(process.id, None)
            return None
        term, index = node.disk.current_term, node.last_index
        before = last.get(process.id)
        last[process.id] = (term, index, node.term_at(index), process.state_seq)
        if before is None or before[0] != term:
            return None
        if index < before[1] or node.term_at(before[1]) not in (before[2], -1):
            text = f"{process.id}, leader of term {term}, changed its own log at or before index {before[1]}."
            return Violation(text, [process.id], [before[3], process.state_seq])
        return None


class LogMatching(Invariant):
    name = "log-matching"
    title = "Log matching"
    text = "logs with the same term at an index are the same up to there"
    watches = frozenset({"log"})

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        mine = raft(process)
        for id in simulation.servers:
            other = simulation.processes[id]
            if other is process:
                continue
            index = self.first_difference(mine, raft(other))
            if index:
                text = f"{process.id} and {id} have an entry of the same term in common after index {index}, but differ at index {index}."
                return Violation(text, [process.id, id], [process.state_seq, other.state_seq])
        return None

    @staticmethod
    def first_difference(a: RaftNode, b: RaftNode) -> int:
        """The index of an entry that differs at or before the last one whose terms agree; 0 for none."""
        start_a, start_b = a.disk.snapshot.last_included_index, b.disk.snapshot.last_included_index
        first = max(start_a, start_b)  # entries up to here are in one of the snapshots
        logs = a.disk.log[first - start_a :], b.disk.log[first - start_b :]
        last = min(map(len, logs))
        while last and logs[0][last - 1].term != logs[1][last - 1].term:
            last -= 1
        start = max(0, last - TAIL)
        if logs[0][start:last] == logs[1][start:last]:
            return 0
        return first + next(i + 1 for i in range(start, last) if logs[0][i] != logs[1][i])


class LeaderCompleteness(Invariant):
    name = "leader-completeness"
    title = "Leader completeness"
    text = "an entry committed in some term is in the logs of all later leaders"
    watches = frozenset({"commit_index", "role"})

    class State(msgspec.Struct):
        committed: dict[int, tuple[Entry, int, str, int]] = {}  # index -> entry, in which term committed, by whom, the event that told

    state: State

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        node, committed = raft(process), self.state.committed
        if node.memory.role != LEADER:
            return None
        term, base = node.disk.current_term, node.disk.snapshot.last_included_index
        for index, (entry, committed_in, who, seq) in committed.items():
            missing = index > node.last_index or (index > base and node.entry_at(index) != entry)
            if committed_in < term and missing:
                text = (
                    f"{process.id} leads term {term} without {told(entry)}, which {who} committed at index {index} in term {committed_in}."
                )
                return Violation(text, [who, process.id], [seq, process.state_seq])
        for index in range(max(base, *committed, 0) + 1 if committed else base + 1, node.memory.commit_index + 1):
            committed[index] = (node.entry_at(index), term, process.id, process.state_seq)
        forget_oldest(committed)
        return None


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
        last_applied, base = node.memory.last_applied, node.disk.snapshot.last_included_index
        start = state.seen.get(process.id, 0)
        if last_applied < start:
            start = 0  # it restarted and applies from the beginning again
        state.seen[process.id] = last_applied
        oldest = next(iter(state.applied), 0)
        for index in range(max(start, base) + 1, last_applied + 1):
            if index < oldest:
                continue
            entry = node.entry_at(index)
            first, who, seq = state.applied.setdefault(index, (entry, process.id, process.state_seq))
            if first != entry:
                text = f"At index {index}, {who} applied {told(first)}, but {process.id} {told(entry)}."
                return Violation(text, [who, process.id], [seq, process.state_seq])
        forget_oldest(state.applied)
        return None


SAFETY: tuple[type[Invariant], ...] = (ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety)
