"""A Raft server: leader election and log replication, by the extended paper.

Theory in three sentences. Time is divided into terms with at most one leader each; a server votes once a term, first
come first served, and only for a candidate whose log is at least as up to date as its own (§5.2, §5.4.1). The leader
appends commands to its log and replicates them; a follower accepts entries only where its log matches just before them
(§5.3). An entry of the leader's own term that stands on a majority is committed, with everything before it, and every
server applies committed entries in order (§5.4.2).

Source: Diego Ongaro and John Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014.
Section numbers below are of that paper.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.engine.node import Context, Node

LEADER, CANDIDATE, FOLLOWER = "leader", "candidate", "follower"

ENTRIES_PER_MESSAGE_MAX = 20
LOG_SHOWN_MIN = 32  # the newest entries a snapshot shows; the window moves on in steps, so that an append is a small change
LOG_SHOWN_STEP = 16


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One slot of the log. `command` is `x=4` (write), `x?` (read) or empty (the no-op that opens a term, §8)."""

    term: int
    command: str
    client: str = ""
    serial: int = 0


# Messages


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of what servers and clients exchange."""


class RequestVote(Message, tag="RequestVote", frozen=True, gc=False):
    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class RequestVoteReply(Message, tag="RequestVoteReply", frozen=True, gc=False):
    term: int
    vote_granted: bool


class AppendEntries(Message, tag="AppendEntries", frozen=True, gc=False):
    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


class AppendEntriesReply(Message, tag="AppendEntriesReply", frozen=True, gc=False):
    """`match_index`: on success the last entry known to match; else the follower's last index, where the leader may look next."""

    term: int
    success: bool
    match_index: int


class ClientRequest(Message, tag="ClientRequest", frozen=True, gc=False):
    command: str
    serial: int


class ClientReply(Message, tag="ClientReply", frozen=True, gc=False):
    """Without `ok` the command was not taken; `leader` is who may take it."""

    serial: int
    ok: bool
    value: str | None
    leader: str | None


# Timers: `election` (patience with a silent leader), `heartbeat`


class RaftConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Election time-outs are drawn anew from [min, max] each time (§5.2)."""

    servers: tuple[str, ...]
    election_us_min: int
    election_us_max: int
    heartbeat_us: int


class RaftNode(Node):
    config: RaftConfig

    class Disk(msgspec.Struct):
        current_term: int = 0
        voted_for: str | None = None  # in current_term
        log: tuple[Entry, ...] = ()  # indices count from 1

    class Memory(msgspec.Struct):
        role: str = FOLLOWER
        leader_id: str | None = None
        commit_index: int = 0
        last_applied: int = 0  # <= commit_index
        votes: tuple[str, ...] = ()
        next_index: dict[str, int] = {}
        match_index: dict[str, int] = {}  # match_index < next_index
        store: dict[str, str] = {}  # the state machine; dicts here are replaced, never changed in place

    disk: Disk
    memory: Memory

    def on_start(self, ctx: Context) -> None:
        self.restart_election_timer(ctx)

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, ClientRequest):
            self.on_client_request(src, body, ctx)
            return
        if body.term > self.disk.current_term:
            self.become_follower(body.term, ctx)
        match body:
            case AppendEntries():
                self.on_append_entries(src, body, ctx)
            case AppendEntriesReply():
                self.on_append_entries_reply(src, body, ctx)
            case RequestVote():
                self.on_request_vote(src, body, ctx)
            case RequestVoteReply():
                self.on_request_vote_reply(src, body, ctx)

    # Message handlers

    def on_request_vote(self, src: str, body: RequestVote, ctx: Context) -> None:
        """§5.2: one vote a term. §5.4.1: none for a candidate whose log is behind."""
        disk = self.disk
        granted = (
            body.term == disk.current_term
            and disk.voted_for in (None, src)
            and (body.last_log_term, body.last_log_index) >= (self.term_at(len(disk.log)), len(disk.log))
        )
        if granted:
            disk.voted_for = src
            ctx.sync()
            self.restart_election_timer(ctx)
        ctx.send(src, RequestVoteReply(disk.current_term, granted))

    def on_request_vote_reply(self, src: str, body: RequestVoteReply, ctx: Context) -> None:
        memory = self.memory
        if memory.role != CANDIDATE or body.term != self.disk.current_term or not body.vote_granted or src in memory.votes:
            return
        memory.votes = (*memory.votes, src)
        if len(memory.votes) > len(self.config.servers) // 2:
            self.become_leader(ctx)

    def on_append_entries(self, src: str, body: AppendEntries, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        if body.term < disk.current_term:
            ctx.send(src, AppendEntriesReply(disk.current_term, False, 0))
            return
        memory.role, memory.leader_id = FOLLOWER, src
        self.restart_election_timer(ctx)
        if body.prev_log_index > len(disk.log) or self.term_at(body.prev_log_index) != body.prev_log_term:
            hint = min(len(disk.log), body.prev_log_index - 1)
            ctx.send(src, AppendEntriesReply(disk.current_term, False, hint))
            return
        if body.entries:
            self.store_entries(body.prev_log_index, body.entries, ctx)
        match_index = body.prev_log_index + len(body.entries)
        self.commit(min(body.leader_commit, match_index), ctx)
        ctx.send(src, AppendEntriesReply(disk.current_term, True, match_index))

    def on_append_entries_reply(self, src: str, body: AppendEntriesReply, ctx: Context) -> None:
        memory = self.memory
        if memory.role != LEADER or body.term != self.disk.current_term:
            return
        if not body.success:
            memory.next_index = {**memory.next_index, src: max(1, min(memory.next_index[src] - 1, body.match_index + 1))}
            ctx.send(src, self.append_entries_for(src))
        elif body.match_index > memory.match_index[src]:
            memory.match_index = {**memory.match_index, src: body.match_index}
            memory.next_index = {**memory.next_index, src: max(memory.next_index[src], body.match_index + 1)}
            self.advance_commit(ctx)
            if memory.next_index[src] <= len(self.disk.log):
                ctx.send(src, self.append_entries_for(src))

    def on_client_request(self, src: str, body: ClientRequest, ctx: Context) -> None:
        if self.memory.role != LEADER:
            ctx.send(src, ClientReply(body.serial, False, None, self.memory.leader_id))
            return
        self.append((Entry(self.disk.current_term, body.command, src, body.serial),), ctx)
        self.replicate(ctx)

    # Timer handlers

    def on_timer(self, timer: str, ctx: Context) -> None:
        if timer == "election" and self.memory.role != LEADER:
            self.become_candidate(ctx)
        elif timer == "heartbeat" and self.memory.role == LEADER:
            self.replicate(ctx)

    # Roles

    def become_follower(self, term: int, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        if memory.role == LEADER:
            ctx.note("stepped_down", term=disk.current_term, newer=term)
            ctx.cancel_timer("heartbeat")
            self.restart_election_timer(ctx)
        disk.current_term, disk.voted_for = term, None
        ctx.sync()
        memory.role, memory.leader_id, memory.votes = FOLLOWER, None, ()
        memory.next_index, memory.match_index = {}, {}

    def become_candidate(self, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        disk.current_term += 1
        disk.voted_for = ctx.me
        memory.role, memory.leader_id, memory.votes = CANDIDATE, None, (ctx.me,)
        ctx.note("election_started", term=disk.current_term)
        ctx.sync()
        self.restart_election_timer(ctx)
        body = RequestVote(disk.current_term, ctx.me, len(disk.log), self.term_at(len(disk.log)))
        for peer in ctx.peers:
            ctx.send(peer, body)

    def become_leader(self, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        memory.role, memory.leader_id = LEADER, ctx.me
        memory.next_index = dict.fromkeys(ctx.peers, len(disk.log) + 1)
        memory.match_index = dict.fromkeys(ctx.peers, 0)
        ctx.cancel_timer("election")
        ctx.note("became_leader", term=disk.current_term, votes=", ".join(sorted(memory.votes)))
        # §8: only an entry of its own term tells a leader what is committed, so it opens the term with one that does nothing.
        self.append((Entry(disk.current_term, ""),), ctx)
        self.replicate(ctx)

    # The log

    def term_at(self, index: int) -> int:
        return self.disk.log[index - 1].term if index else 0

    def append(self, entries: tuple[Entry, ...], ctx: Context) -> None:
        """The leader appends to its own log. What it sends next waits for the sync, so its own copy counts from the
        first acknowledgement on.
        """
        self.disk.log += entries
        ctx.sync()

    def store_entries(self, prev_log_index: int, entries: tuple[Entry, ...], ctx: Context) -> None:
        """§5.3: an existing entry of another term goes, with all that follow it; what already matches stays (the
        message may be an old one).
        """
        disk = self.disk
        for offset, entry in enumerate(entries):
            index = prev_log_index + offset + 1
            if index > len(disk.log) or self.term_at(index) != entry.term:
                disk.log = disk.log[: index - 1] + entries[offset:]
                ctx.sync()
                return

    def append_entries_for(self, peer: str) -> AppendEntries:
        disk = self.disk
        prev_log_index = self.memory.next_index[peer] - 1
        entries = disk.log[prev_log_index : prev_log_index + ENTRIES_PER_MESSAGE_MAX]
        return AppendEntries(
            disk.current_term, self.memory.leader_id or "", prev_log_index, self.term_at(prev_log_index), entries, self.memory.commit_index
        )

    def replicate(self, ctx: Context) -> None:
        """Send each follower what it lacks; a heartbeat where it lacks nothing."""
        for peer in ctx.peers:
            ctx.send(peer, self.append_entries_for(peer))
        ctx.set_timer("heartbeat", self.config.heartbeat_us)

    def advance_commit(self, ctx: Context) -> None:
        """§5.3, §5.4.2: what stands on a majority is committed, but only an entry of the current term is counted."""
        disk = self.disk
        indices = sorted([*self.memory.match_index.values(), len(disk.log)], reverse=True)
        index = indices[len(self.config.servers) // 2]
        if index > self.memory.commit_index and self.term_at(index) == disk.current_term:
            ctx.note("committed", index=index, command=disk.log[index - 1].command or "no-op")
            self.commit(index, ctx)

    def commit(self, index: int, ctx: Context) -> None:
        memory = self.memory
        memory.commit_index = max(memory.commit_index, index)
        while memory.last_applied < memory.commit_index:
            memory.last_applied += 1
            entry = self.disk.log[memory.last_applied - 1]
            value = self.apply(entry)
            if memory.role == LEADER and entry.client and entry.term == self.disk.current_term:
                ctx.send(entry.client, ClientReply(entry.serial, True, value, ctx.me))

    def apply(self, entry: Entry) -> str | None:
        key, write, value = entry.command.partition("=")
        if write:
            self.memory.store = {**self.memory.store, key: value}
            return value
        return self.memory.store.get(entry.command.removesuffix("?"))

    def restart_election_timer(self, ctx: Context) -> None:
        ctx.set_timer("election", ctx.random(self.config.election_us_min, self.config.election_us_max))

    # Snapshot

    def snapshot(self) -> dict[str, Any]:
        disk, memory = self.disk, self.memory
        skipped = max(0, (len(disk.log) - LOG_SHOWN_MIN) // LOG_SHOWN_STEP * LOG_SHOWN_STEP)
        return {
            "role": memory.role,
            "term": disk.current_term,
            "voted_for": disk.voted_for,
            "leader": memory.leader_id,
            "votes": memory.votes,
            "commit_index": memory.commit_index,
            "last_applied": memory.last_applied,
            "match_index": memory.match_index,
            "log_first": skipped + 1,
            "log": disk.log[skipped:] if skipped else disk.log,
            "store": memory.store,
        }
