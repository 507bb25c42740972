"""A Raft server: elections, and how its parts hang together.

Theory in three sentences. Time is divided into terms with at most one leader each; a server votes once a term, first
come first served, and only for a candidate whose log is at least as up to date as its own (§5.2, §5.4.1). The leader
appends commands to its log and replicates them; a follower accepts entries only where its log matches just before them
(§5.3). An entry of the leader's own term that stands on a majority is committed, with everything before it, and every
server applies committed entries in order (§5.4.2).

Parts, each standing on the one before: `messages`, `state`, `replication`, `service`, `membership`, and elections here.

Sources: Diego Ongaro and John Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014
(section numbers alone); Diego Ongaro, "Consensus: Bridging Theory and Practice", dissertation, 2014 (named as such).
"""

from __future__ import annotations

from typing import Any

from labs.catalog.raft.membership import Membership
from labs.catalog.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    ClientRequest,
    Entry,
    InstallSnapshot,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)
from labs.catalog.raft.state import CANDIDATE, LEADER, PRE_CANDIDATE
from labs.engine.node import Context

LOG_SHOWN_MIN = 32  # the newest entries a snapshot shows; the window moves on in steps, so that an append is a small change
LOG_SHOWN_STEP = 16


class RaftNode(Membership):
    """Timers: `election` (patience with a silent leader), `heartbeat`, `transfer` (patience with a successor)."""

    def on_start(self, ctx: Context) -> None:
        self.find_members()
        self.restore(ctx)
        if self.disk.current_term:
            ctx.sync()  # a crash leaves writes behind that no sync has finished: they count only from now on
        # It may have heard a leader just before it stopped: it shields that leader as if it had (dissertation §6.4.1).
        self.memory.heard_us = ctx.monotonic_us
        self.restart_election_timer(ctx)

    # Message handlers

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        if isinstance(body, AppendEntries):
            self.meet_term(body.term, ctx)
            self.on_append_entries(src, body, ctx)
        elif isinstance(body, AppendEntriesReply):
            self.meet_term(body.term, ctx)
            self.on_append_entries_reply(src, body, ctx)
        elif isinstance(body, ClientRequest):
            self.on_client_request(src, body, ctx)
        else:
            self.on_election_message(src, body, ctx)

    def on_election_message(self, src: str, body: Any, ctx: Context) -> None:
        match body:
            case PreVote():
                self.on_pre_vote(src, body, ctx)
            case PreVoteReply():
                self.on_pre_vote_reply(src, body, ctx)
            case RequestVote():
                self.on_request_vote(src, body, ctx)
            case RequestVoteReply():
                self.meet_term(body.term, ctx)
                self.on_request_vote_reply(src, body, ctx)
            case InstallSnapshot():
                self.meet_term(body.term, ctx)
                self.on_install_snapshot(src, body, ctx)
            case TimeoutNow():
                self.meet_term(body.term, ctx)
                self.on_timeout_now(src, body, ctx)

    def meet_term(self, term: int, ctx: Context) -> None:
        """§5.1: a server that sees a larger term takes it and follows."""
        if term > self.disk.current_term:
            self.become_follower(term, ctx)

    def on_pre_vote(self, src: str, body: PreVote, ctx: Context) -> None:
        """Dissertation §9.6: yes, if the log is up to date and no leader was heard lately. Nothing changes here."""
        granted = (
            body.term > self.disk.current_term
            and self.memory.role != LEADER
            and not self.heard_lately(ctx)
            and self.log_is_up_to_date(body.last_log_index, body.last_log_term)
        )
        ctx.send(src, PreVoteReply(body.term if granted else self.disk.current_term, granted))

    def on_pre_vote_reply(self, src: str, body: PreVoteReply, ctx: Context) -> None:
        memory = self.memory
        if not body.vote_granted:
            self.meet_term(body.term, ctx)
        elif memory.role == PRE_CANDIDATE and body.term == self.disk.current_term + 1 and src not in memory.votes:
            memory.votes = (*memory.votes, src)
            if self.is_majority(memory.votes):
                self.become_candidate(ctx)

    def on_request_vote(self, src: str, body: RequestVote, ctx: Context) -> None:
        """§5.2: one vote a term. §5.4.1: none for a candidate whose log is behind."""
        # With pre-vote nobody stands while a leader is heard, unless that leader asked for it (dissertation §4.2.3).
        if self.config.pre_vote and not body.transfer and (self.memory.role == LEADER or self.heard_lately(ctx)):
            return
        self.meet_term(body.term, ctx)
        disk = self.disk
        granted = (
            body.term == disk.current_term
            and disk.voted_for in (None, src)
            and self.log_is_up_to_date(body.last_log_index, body.last_log_term)
        )
        if granted:
            disk.voted_for = src
            if self.config.sync_before_vote:
                ctx.sync()
            self.restart_election_timer(ctx)
        ctx.send(src, RequestVoteReply(disk.current_term, granted))

    def on_request_vote_reply(self, src: str, body: RequestVoteReply, ctx: Context) -> None:
        memory = self.memory
        if memory.role != CANDIDATE or body.term != self.disk.current_term or not body.vote_granted or src in memory.votes:
            return
        memory.votes = (*memory.votes, src)
        if self.is_majority(memory.votes):
            self.become_leader(ctx)

    def on_timeout_now(self, src: str, body: TimeoutNow, ctx: Context) -> None:
        if body.term == self.disk.current_term and ctx.me in self.memory.members:
            self.memory.transfer = True
            self.become_candidate(ctx)

    # Timer handlers

    def on_timer(self, timer: str, ctx: Context) -> None:
        memory = self.memory
        if timer == "heartbeat" and memory.role == LEADER:
            self.replicate(ctx)
        elif timer == "transfer":
            memory.transfer_to = None
        elif timer == "election" and memory.role != LEADER:
            if not self.may_stand(ctx.me):
                self.restart_election_timer(ctx)  # a server outside the configuration only listens
            elif self.config.pre_vote:
                self.become_pre_candidate(ctx)
            else:
                self.become_candidate(ctx)

    # Roles

    def become_pre_candidate(self, ctx: Context) -> None:
        """Dissertation §9.6: ask first, so that a server that was cut off does not depose a leader when it comes back."""
        memory = self.memory
        memory.role, memory.leader_id, memory.votes, memory.transfer = PRE_CANDIDATE, None, (ctx.me,), False
        ctx.note("lost_patience", term=self.disk.current_term)
        self.restart_election_timer(ctx)
        body = PreVote(self.disk.current_term + 1, ctx.me, self.last_index, self.term_at(self.last_index))
        for peer in self.others(ctx):
            ctx.send(peer, body)
        if self.is_majority(memory.votes):
            self.become_candidate(ctx)

    def become_candidate(self, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        disk.current_term += 1
        disk.voted_for = ctx.me
        memory.role, memory.leader_id, memory.votes = CANDIDATE, None, (ctx.me,)
        ctx.note("election_started", term=disk.current_term)
        if self.config.sync_before_vote:
            ctx.sync()
        self.restart_election_timer(ctx)
        body = RequestVote(disk.current_term, ctx.me, self.last_index, self.term_at(self.last_index), memory.transfer)
        for peer in self.others(ctx):
            ctx.send(peer, body)
        if self.is_majority(memory.votes):
            self.become_leader(ctx)

    def become_leader(self, ctx: Context) -> None:
        memory = self.memory
        memory.role, memory.leader_id = LEADER, ctx.me
        memory.next_index, memory.match_index, memory.acked_round, memory.round_sent_us = {}, {}, {}, {}
        memory.reads, memory.learner, memory.transfer_to, memory.transfer, memory.handed_over = (), None, None, False, False
        self.watch_members(ctx)
        ctx.cancel_timer("election")
        ctx.note("became_leader", term=self.disk.current_term, votes=", ".join(sorted(memory.votes)))
        # §8: only an entry of its own term tells a leader what is committed, so it opens the term with one that does nothing.
        self.append(Entry(self.disk.current_term, ""), ctx)
        self.replicate(ctx)
        self.advance_commit(ctx)

    # Snapshot

    # No state: the log and the part of it that was shown last. As long as it is the same object, nobody compares its entries.
    shown: tuple[tuple[Entry, ...] | None, tuple[Entry, ...]] = None, ()

    def snapshot(self) -> dict[str, Any]:
        disk, memory = self.disk, self.memory
        log = disk.log
        skipped = 0
        if len(log) > LOG_SHOWN_MIN + LOG_SHOWN_STEP:
            skipped = (len(log) - LOG_SHOWN_MIN) // LOG_SHOWN_STEP * LOG_SHOWN_STEP
            if self.shown[0] is not log:
                self.shown = log, log[skipped:]
            log = self.shown[1]
        return {
            "role": memory.role,
            "term": disk.current_term,
            "voted_for": disk.voted_for,
            "leader": memory.leader_id,
            "votes": memory.votes,
            "commit_index": memory.commit_index,
            "last_applied": memory.last_applied,
            "match_index": memory.match_index,
            "log_first": disk.snapshot.last_included_index + skipped + 1,
            "log": log,
            "compacted": disk.snapshot.last_included_index,
            "members": memory.members,
            "store": memory.store,
        }
