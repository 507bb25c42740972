"""What a Raft server keeps, and what all its parts need: its log behind a snapshot, its configuration, its term.

Indices count from 1 over the whole history; `disk.log` holds those after `disk.snapshot.last_included_index` (§7).
"""

from __future__ import annotations

import msgspec

from labs.catalog.raft.messages import Entry, RaftConfig, Snapshot
from labs.engine.node import Context, Node

LEADER, CANDIDATE, PRE_CANDIDATE, FOLLOWER = "leader", "candidate", "pre-candidate", "follower"
MEMBERS = "members "


class Read(msgspec.Struct, frozen=True, array_like=True):
    """§8: a read that waits until `read_index` is applied and a majority has answered broadcast `round`."""

    client: str
    serial: int
    key: str
    read_index: int
    round: int


class RaftState(Node):
    config: RaftConfig

    class Disk(msgspec.Struct):
        current_term: int = 0
        voted_for: str | None = None  # in current_term
        snapshot: Snapshot = Snapshot()
        log: tuple[Entry, ...] = ()

    class Memory(msgspec.Struct):
        """Dicts and tuples are replaced, never changed in place."""

        role: str = FOLLOWER
        leader_id: str | None = None
        heard_us: int = -1  # when the leader last spoke, on the stopwatch; -1: not since the start
        votes: tuple[str, ...] = ()
        transfer: bool = False  # this candidacy was asked for by the leader
        members: tuple[str, ...] = ()  # the newest configuration in the log, committed or not (dissertation §4.1)
        members_index: int = 0
        commit_index: int = 0
        last_applied: int = 0  # <= commit_index
        store: dict[str, str] = {}  # the state machine
        sessions: dict[str, tuple[int, str | None]] = {}  # client -> its last serial and answer
        # Leaders only
        next_index: dict[str, int] = {}
        match_index: dict[str, int] = {}  # match_index < next_index
        round: int = 0
        acked_round: dict[str, int] = {}
        round_sent_us: dict[int, int] = {}  # the newest rounds, on the stopwatch
        reads: tuple[Read, ...] = ()
        learner: str | None = None  # catches up before it is added
        transfer_to: str | None = None  # while set, no client is served
        handed_over: bool = False  # in this term somebody was told to stand: followers no longer shield this leader

    disk: Disk
    memory: Memory

    # The log

    @property
    def last_index(self) -> int:
        return self.disk.snapshot.last_included_index + len(self.disk.log)

    def term_at(self, index: int) -> int:
        """The term of the entry at `index`; 0 before the first, -1 for one that is not there or compacted away."""
        disk = self.disk
        base, log = disk.snapshot.last_included_index, disk.log
        if base < index <= base + len(log):
            return log[index - base - 1].term
        return disk.snapshot.last_included_term if index == base else -1

    def entry_at(self, index: int) -> Entry:
        return self.disk.log[index - self.disk.snapshot.last_included_index - 1]

    # Configuration

    def find_members(self) -> None:
        """The newest configuration there is: in the log, else in the snapshot, else the first one."""
        base, log = self.disk.snapshot.last_included_index, self.disk.log
        for offset in range(len(log) - 1, -1, -1):
            if log[offset].command.startswith(MEMBERS):
                self.memory.members = tuple(log[offset].command.removeprefix(MEMBERS).split())
                self.memory.members_index = base + offset + 1
                return
        self.memory.members = self.disk.snapshot.members or self.config.servers
        self.memory.members_index = base

    def others(self, ctx: Context) -> tuple[str, ...]:
        return tuple(id for id in self.memory.members if id != ctx.me)

    def is_majority(self, ids: tuple[str, ...] | list[str]) -> bool:
        """Whether these are a majority of the configuration. The switch shows what half would do."""
        members = self.memory.members
        inside = sum(id in members for id in ids)
        return inside >= len(members) // 2 + 1 if self.config.majority else inside >= max(1, len(members) // 2)

    def may_stand(self, me: str) -> bool:
        """Dissertation §4.2.2: members, and one that leaves until that is committed: it may be needed to commit it."""
        memory = self.memory
        return me in memory.members or memory.members_index > memory.commit_index

    # Terms and roles

    def become_follower(self, term: int, ctx: Context) -> None:
        """§5.1: a newer term is known; whatever this server was, it follows now."""
        disk, memory = self.disk, self.memory
        if memory.role == LEADER:
            ctx.note("stepped_down", term=disk.current_term, newer=term)
        disk.current_term, disk.voted_for = term, None
        if self.config.sync_before_vote:
            ctx.sync()
        self.follow(None, ctx)

    def follow(self, leader: str | None, ctx: Context) -> None:
        """Follow in the current term; what only a leader or candidate needs is gone."""
        memory = self.memory
        if memory.role == LEADER:
            ctx.cancel_timer("heartbeat")
            ctx.cancel_timer("transfer")
            memory.next_index, memory.match_index, memory.acked_round, memory.round_sent_us = {}, {}, {}, {}
            memory.reads, memory.learner, memory.transfer_to = (), None, None
            self.restart_election_timer(ctx)
        if memory.role != FOLLOWER:
            memory.role, memory.votes, memory.transfer = FOLLOWER, (), False
        memory.leader_id = leader

    def restart_election_timer(self, ctx: Context) -> None:
        low, high = self.config.election_us_min, self.config.election_us_max
        ctx.set_timer("election", ctx.random(low, high) if self.config.randomised_timeouts else (low + high) // 2)

    def log_is_up_to_date(self, last_log_index: int, last_log_term: int) -> bool:
        """§5.4.1: of two logs the one whose last entry has the later term is more up to date, or the longer one in the same term."""
        if not self.config.log_check:
            return True
        return (last_log_term, last_log_index) >= (self.term_at(self.last_index), self.last_index)

    def heard_lately(self, ctx: Context) -> bool:
        """Whether a leader spoke within the shortest election time-out (dissertation §4.2.3, §6.4.1)."""
        heard_us = self.memory.heard_us
        return heard_us >= 0 and ctx.monotonic_us - heard_us < self.config.election_us_min
