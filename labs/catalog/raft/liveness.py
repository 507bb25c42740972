"""What a healthy cluster should do in time. Judged only while the cluster is calm: nothing else could be blamed."""

from __future__ import annotations

import msgspec

from labs.catalog.raft.invariants import raft
from labs.catalog.raft.state import LEADER
from labs.engine.checkers import Invariant, Violation
from labs.engine.process import UP, Process
from labs.engine.simulation import Simulation

TICK_US = 100_000
PATIENCE = 10  # election time-outs without a leader
SETTLED = 2  # election time-outs after which a leader counts as stable


def newest_leader(simulation: Simulation) -> Process | None:
    leading = [simulation.processes[id] for id in simulation.servers if raft(simulation.processes[id]).memory.role == LEADER]
    return max(leading, key=lambda process: raft(process).disk.current_term, default=None)


def in_time(simulation: Simulation) -> bool:
    """Whether the settings leave a heartbeat time to arrive before patience ends."""
    p = simulation.parameters
    slow_ms = 2 * p["heartbeat_ms"] + 2 * p["latency_ms"] + 8 * p["jitter_ms"] + 4 * p["sync_ms"]
    return not p["loss_percent"] and slow_ms <= min(p["election_ms_min"], p["election_ms_max"])


def well(simulation: Simulation) -> list[str]:
    """The members that are up and keep time."""
    members = raft(simulation.processes[simulation.servers[0]]).config.servers
    return [id for id in members if simulation.processes[id].status == UP and not simulation.processes[id].drift_ppm]


def hearing(simulation: Simulation, leader: Process) -> list[str]:
    """The members that are well and joined to the leader by links as configured, itself included; none where the leader is not well."""
    links, ids = simulation.network.links, well(simulation)
    if leader.id not in ids:
        return []
    return [id for id in ids if id == leader.id or (links[id][leader.id].nominal and links[leader.id][id].nominal)]


def is_majority(simulation: Simulation, ids: list[str]) -> bool:
    return len(ids) > simulation.parameters["nodes"] // 2


def is_calm(simulation: Simulation) -> bool:
    """Whether a majority is well and nothing is wrong with any link among them."""
    links, ids = simulation.network.links, well(simulation)
    return is_majority(simulation, ids) and all(links[a][b].nominal for a in ids for b in ids if a != b)


class LeaderInTime(Invariant):
    name = "leader-in-time"
    title = "A leader in time"
    text = f"a healthy majority has a leader within {PATIENCE} election time-outs"
    watches = frozenset()
    every_us = TICK_US

    class State(msgspec.Struct):
        since_us: int = 0  # calm and without a leader since

    state: State

    def tick(self, simulation: Simulation) -> Violation | None:
        leader = newest_leader(simulation)
        if (leader is not None and leader.status == UP) or not (in_time(simulation) and is_calm(simulation)):
            self.state.since_us = simulation.now_us
            return None
        patience_us = PATIENCE * 1000 * max(simulation.parameters["election_ms_min"], simulation.parameters["election_ms_max"])
        waited_us = simulation.now_us - self.state.since_us
        if waited_us <= patience_us:
            return None
        evidence = [simulation.processes[id].state_seq for id in simulation.servers]
        text = f"For {waited_us / 1e6:.1f} s, {PATIENCE} election time-outs, a healthy majority found no leader."
        return Violation(text, list(simulation.servers), evidence)


class StableLeader(Invariant):
    name = "stable-leader"
    title = "A stable leader stays"
    text = "a leader that a healthy majority hears is not deposed"
    watches = frozenset({"role"})
    every_us = TICK_US

    class State(msgspec.Struct):
        leader: str = ""
        term: int = 0
        seq: int = 0
        since_us: int = 0  # this leader, heard by these, since
        heard_by: tuple[str, ...] = ()

    state: State

    def tick(self, simulation: Simulation) -> Violation | None:
        leader, state = newest_leader(simulation), self.state
        if leader is None or not in_time(simulation):
            state.leader = ""
            return None
        heard_by, term = hearing(simulation, leader), raft(leader).disk.current_term
        still = [id for id in state.heard_by if id in heard_by]
        if (leader.id, term) != (state.leader, state.term) or not is_majority(simulation, still) or raft(leader).memory.transfer_to:
            state.leader, state.term, state.seq = leader.id, term, leader.state_seq
            state.since_us, still = simulation.now_us, heard_by
        state.heard_by = tuple(still)
        return None

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        state = self.state
        if process.id != state.leader or raft(process).memory.role == LEADER:
            return None
        state.leader = ""
        p = simulation.parameters
        settled = simulation.now_us - state.since_us > SETTLED * 1000 * max(p["election_ms_min"], p["election_ms_max"])
        still = [id for id in state.heard_by if id in hearing(simulation, process)]
        left = process.id not in raft(process).memory.members
        if not settled or left or not is_majority(simulation, still):
            return None
        newer = raft(process).disk.current_term
        text = f"{process.id} led term {state.term} with a healthy majority behind it, and was deposed by term {newer}."
        return Violation(text, [process.id], [state.seq, process.state_seq])


LIVENESS: tuple[type[Invariant], ...] = (LeaderInTime, StableLeader)
