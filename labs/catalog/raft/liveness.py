"""What a healthy cluster should do in time. Judged only while the cluster is calm: nothing else could be blamed."""

from __future__ import annotations

import msgspec

from labs.catalog.raft.invariants import raft
from labs.catalog.raft.state import LEADER
from labs.engine.checkers import Invariant, Violation
from labs.engine.process import DOWN, UP, Process
from labs.engine.simulation import Simulation

TICK_US = 100_000
PATIENCE = 10  # election time-outs without a leader
SETTLED = 2  # election time-outs after which a leader counts as stable


def newest_leader(simulation: Simulation) -> Process | None:
    leading = [simulation.processes[id] for id in simulation.servers if raft(simulation.processes[id]).memory.role == LEADER]
    return max(leading, key=lambda process: raft(process).disk.current_term, default=None)


def newest_term(simulation: Simulation) -> int:
    """The highest term any server knows of, running or not."""
    return max(raft(simulation.processes[id]).disk.current_term for id in simulation.servers)


def longest_us(simulation: Simulation) -> int:
    """The longest election time-out that is drawn."""
    longest_ms: int = max(simulation.parameters["election_ms_min"], simulation.parameters["election_ms_max"])
    return 1000 * longest_ms


def in_time(simulation: Simulation) -> bool:
    """Whether the settings leave a heartbeat time to arrive before patience ends, behind all that may wait for the disk."""
    p = simulation.parameters
    disk_ms = p["sync_ms"] * (4 + 2 * p["clients"])  # a request is appended, and perhaps compacted away, by a sync of its own
    slow_ms = p["heartbeat_ms"] + 2 * p["latency_ms"] + 10 * p["jitter_ms"] + disk_ms
    return not p["loss_percent"] and slow_ms <= min(p["election_ms_min"], p["election_ms_max"])


def apart(simulation: Simulation) -> bool:
    """Whether random time-outs lie so far apart that a candidate is nearly always heard before the next one stands (dissertation §9.3)."""
    p = simulation.parameters
    return not p["randomised_timeouts"] or abs(p["election_ms_max"] - p["election_ms_min"]) >= 10 * p["latency_ms"]


def well(simulation: Simulation, ids: tuple[str, ...]) -> list[str]:
    """Those that are up and keep time."""
    return [id for id in ids if simulation.processes[id].status == UP and not simulation.processes[id].drift_ppm]


def configurations(simulation: Simulation) -> list[tuple[str, ...]]:
    """Every configuration by which some server might be elected. While one is on its way through the cluster there are two."""
    running = [(id, raft(p)) for id in simulation.servers if (p := simulation.processes[id]).status != DOWN]
    return list(dict.fromkeys(node.memory.members for id, node in running if node.may_stand(id)))


def hearing(simulation: Simulation, leader: Process) -> list[str]:
    """The members that are well and joined to the leader by links as configured, itself included; none where the leader is not well."""
    links, ids = simulation.network.links, well(simulation, raft(leader).memory.members)
    if leader.id not in ids:
        return []
    return [id for id in ids if id == leader.id or (links[id][leader.id].nominal and links[leader.id][id].nominal)]


def is_majority(ids: list[str], members: tuple[str, ...]) -> bool:
    return sum(id in ids for id in members) > len(members) // 2


def is_calm(simulation: Simulation) -> bool:
    """Whether a majority is well, whichever configuration counts, and nothing is wrong with any link among them."""
    links, known = simulation.network.links, configurations(simulation)
    ids = well(simulation, tuple(dict.fromkeys(id for members in known for id in members)))
    if not known or not all(is_majority(ids, members) for members in known):
        return False
    return all(links[a][b].nominal for a in ids for b in ids if a != b)


class LeaderInTime(Invariant):
    name = "leader-in-time"
    title = "A leader in time"
    text = f"a healthy majority has a leader within {PATIENCE} election time-outs"
    watches = frozenset({"members"})  # gone when a server stops, and found again when it starts
    every_us = TICK_US

    class State(msgspec.Struct):
        since_us: int = 0  # calm and without a leader since

    state: State

    def tick(self, simulation: Simulation) -> Violation | None:
        leader = newest_leader(simulation)
        led = leader is not None and leader.status == UP
        if led or not (in_time(simulation) and apart(simulation) and is_calm(simulation)):
            self.state.since_us = simulation.now_us
            return None
        waited_us = simulation.now_us - self.state.since_us
        if waited_us <= PATIENCE * longest_us(simulation):
            return None
        evidence = [simulation.processes[id].state_seq for id in simulation.servers]
        text = f"For {waited_us / 1e6:.1f} s, {PATIENCE} election time-outs, a healthy majority found no leader."
        return Violation(text, list(simulation.servers), evidence)

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        """A server that stopped and started again within a tick was not well either: its patience began anew."""
        self.state.since_us = simulation.now_us
        return None


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
        known_term: int = 0  # the newest term anywhere when it settled: who holds one may still depose it

    state: State

    def tick(self, simulation: Simulation) -> Violation | None:
        leader, state = newest_leader(simulation), self.state
        if leader is None or not in_time(simulation):
            state.leader = ""
            return None
        node = raft(leader)
        heard_by, term = hearing(simulation, leader), node.disk.current_term
        still = [id for id in state.heard_by if id in heard_by]
        if (leader.id, term) != (state.leader, state.term) or not is_majority(still, node.memory.members):
            state.leader, state.term, state.seq = leader.id, term, leader.state_seq
            state.since_us, still = simulation.now_us, heard_by
        if not self.settled(simulation):
            state.known_term = newest_term(simulation)
        state.heard_by = tuple(still)
        return None

    def settled(self, simulation: Simulation) -> bool:
        return simulation.now_us - self.state.since_us > SETTLED * longest_us(simulation)

    def check(self, process: Process, simulation: Simulation) -> Violation | None:
        state = self.state
        if process.id != state.leader or raft(process).memory.role == LEADER:
            return None
        state.leader = ""
        memory, newer = raft(process).memory, raft(process).disk.current_term
        still = [id for id in state.heard_by if id in hearing(simulation, process)]
        went = memory.handed_over or process.id not in memory.members
        if went or newer <= state.known_term or not self.settled(simulation) or not is_majority(still, memory.members):
            return None
        text = f"{process.id} led term {state.term} with a healthy majority behind it, and was deposed by term {newer}."
        return Violation(text, [process.id], [state.seq, process.state_seq])


LIVENESS: tuple[type[Invariant], ...] = (LeaderInTime, StableLeader)
