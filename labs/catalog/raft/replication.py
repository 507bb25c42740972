"""§5.3, §5.4.2, §7: the leader appends, replicates, commits and compacts; followers accept only what fits, and apply in order."""

from __future__ import annotations

from labs.catalog.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    ClientReply,
    Entry,
    InstallSnapshot,
    Snapshot,
)
from labs.catalog.raft.state import LEADER, MEMBERS, RaftState
from labs.engine.node import Context

ROUNDS_REMEMBERED = 8


class Replication(RaftState):
    # Followers

    def on_append_entries(self, src: str, body: AppendEntries, ctx: Context) -> None:
        disk, memory = self.disk, self.memory
        if body.term < disk.current_term:
            ctx.send(src, AppendEntriesReply(disk.current_term, False, 0, body.round))
            return
        self.hear_leader(src, ctx)
        base = disk.snapshot.last_included_index
        prev_log_index, entries = body.prev_log_index, body.entries
        if prev_log_index < base:  # what the snapshot holds is committed, so it matches
            entries, prev_log_index = entries[base - prev_log_index :], base
        elif prev_log_index > self.last_index or self.term_at(prev_log_index) != body.prev_log_term:
            hint = min(self.last_index, prev_log_index - 1)
            ctx.send(src, AppendEntriesReply(disk.current_term, False, hint, body.round))
            return
        if entries:
            self.store_entries(prev_log_index, entries, ctx)
        match_index = max(prev_log_index + len(entries), base)
        if body.leader_commit > memory.commit_index:
            self.commit(min(body.leader_commit, match_index), ctx)
        ctx.send(src, AppendEntriesReply(disk.current_term, True, match_index, body.round))

    def hear_leader(self, src: str, ctx: Context) -> None:
        memory = self.memory
        memory.heard_us = ctx.monotonic_us
        if memory.leader_id != src or memory.votes:
            self.follow(src, ctx)
        self.restart_election_timer(ctx)

    def store_entries(self, prev_log_index: int, entries: tuple[Entry, ...], ctx: Context) -> None:
        """§5.3: an entry of another term goes, with all that follow it; what already matches stays (the message may be an old one)."""
        disk = self.disk
        for offset, entry in enumerate(entries):
            index = prev_log_index + offset + 1
            if index > self.last_index or self.term_at(index) != entry.term:
                kept = disk.log[: index - disk.snapshot.last_included_index - 1]
                truncated = len(kept) < len(disk.log)
                disk.log = kept + entries[offset:]
                if truncated or any(e.command.startswith(MEMBERS) for e in entries[offset:]):
                    self.find_members()
                ctx.sync()
                return

    def on_install_snapshot(self, src: str, body: InstallSnapshot, ctx: Context) -> None:
        disk, snapshot = self.disk, body.snapshot
        if body.term < disk.current_term:
            ctx.send(src, AppendEntriesReply(disk.current_term, False, 0))
            return
        self.hear_leader(src, ctx)
        index = snapshot.last_included_index
        if index > disk.snapshot.last_included_index:
            # §7: entries that follow the snapshot are kept where the log has its last entry, else the whole log goes.
            kept = disk.log[index - disk.snapshot.last_included_index :] if self.term_at(index) == snapshot.last_included_term else ()
            disk.snapshot, disk.log = snapshot, kept
            ctx.sync()
            self.find_members()
            if index > self.memory.last_applied:
                self.restore(ctx)
                ctx.note("installed_snapshot", index=index, src=src)
        ctx.send(src, AppendEntriesReply(disk.current_term, True, max(index, disk.snapshot.last_included_index)))

    def restore(self, ctx: Context) -> None:
        """Take the state machine from the snapshot."""
        snapshot, memory = self.disk.snapshot, self.memory
        memory.store, memory.sessions = dict(snapshot.store), dict(snapshot.sessions)
        memory.last_applied = snapshot.last_included_index
        memory.commit_index = max(memory.commit_index, memory.last_applied)

    # Leaders

    def append(self, entry: Entry, ctx: Context) -> None:
        """The leader appends to its own log. What it sends next waits for the sync, so its own copy counts from the
        first acknowledgement on.
        """
        self.disk.log = (*self.disk.log, entry)
        if entry.command.startswith(MEMBERS):
            self.find_members()
            self.watch_members(ctx)
        ctx.sync()

    def watch_members(self, ctx: Context) -> None:
        """Know how far each server of the configuration, and the learner, has come; forget the others."""
        memory = self.memory
        watched = [*self.others(ctx), *([memory.learner] if memory.learner and memory.learner not in memory.members else [])]
        memory.next_index = {id: memory.next_index.get(id, self.last_index + 1) for id in watched}
        memory.match_index = {id: memory.match_index.get(id, 0) for id in watched}
        memory.acked_round = {id: memory.acked_round.get(id, 0) for id in watched}

    def replicate(self, ctx: Context) -> None:
        """Send each server what it lacks; a heartbeat where it lacks nothing."""
        memory = self.memory
        memory.round += 1
        sent = {**memory.round_sent_us, memory.round: ctx.monotonic_us}
        memory.round_sent_us = {r: sent[r] for r in list(sent)[-ROUNDS_REMEMBERED:]} if len(sent) > ROUNDS_REMEMBERED else sent
        for id in memory.next_index:
            self.bring_up(id, ctx)
        ctx.set_timer("heartbeat", self.config.heartbeat_us)

    def bring_up(self, id: str, ctx: Context) -> None:
        """Send one server the entries from its next_index on, or the snapshot where they are compacted away."""
        disk, memory = self.disk, self.memory
        prev_log_index = memory.next_index[id] - 1
        base = disk.snapshot.last_included_index
        if prev_log_index < base:
            ctx.send(id, InstallSnapshot(disk.current_term, ctx.me, disk.snapshot))
            return
        entries = disk.log[prev_log_index - base : prev_log_index - base + self.config.batch_entries]
        prev_log_term = self.term_at(prev_log_index)
        body = AppendEntries(disk.current_term, ctx.me, prev_log_index, prev_log_term, entries, memory.commit_index, memory.round)
        ctx.send(id, body)

    def on_append_entries_reply(self, src: str, body: AppendEntriesReply, ctx: Context) -> None:
        memory = self.memory
        if memory.role != LEADER or body.term != self.disk.current_term or src not in memory.next_index:
            return
        if body.round > memory.acked_round[src]:
            memory.acked_round = {**memory.acked_round, src: body.round}
            if memory.reads:
                self.answer_reads(ctx)
        if not body.success:
            next_index = max(body.match_index, memory.match_index[src]) + 1
            if next_index < memory.next_index[src]:  # else a late or repeated refusal: answering each would breed messages
                memory.next_index = {**memory.next_index, src: next_index}
                self.bring_up(src, ctx)
        elif body.match_index > memory.match_index[src]:
            memory.match_index = {**memory.match_index, src: body.match_index}
            memory.next_index = {**memory.next_index, src: max(memory.next_index[src], body.match_index + 1)}
            self.advance_commit(ctx)
            if memory.role == LEADER and memory.next_index.get(src, self.last_index + 1) <= self.last_index:
                self.bring_up(src, ctx)
            self.on_progress(src, ctx)

    def advance_commit(self, ctx: Context) -> None:
        """§5.3, §5.4.2: what stands on a majority is committed, but only an entry of the current term is counted."""
        memory = self.memory
        for index in range(self.last_index, memory.commit_index, -1):
            if self.config.current_term_commit and self.term_at(index) != self.disk.current_term:
                return
            holders = [id for id, match_index in memory.match_index.items() if match_index >= index]
            if self.is_majority([*holders, ctx.me]):
                ctx.note("committed", index=index, command=self.entry_at(index).command or "no-op")
                self.commit(index, ctx)
                return

    # Both

    def commit(self, index: int, ctx: Context) -> None:
        memory = self.memory
        memory.commit_index = max(memory.commit_index, index)
        while memory.last_applied < memory.commit_index:
            memory.last_applied += 1
            entry = self.entry_at(memory.last_applied)
            value = self.apply(entry)
            if memory.role == LEADER and entry.client:
                ctx.send(entry.client, ClientReply(entry.serial, True, value, ctx.me))
        if memory.reads:
            self.answer_reads(ctx)
        if self.config.compact_entries and len(self.disk.log) - (self.last_index - memory.last_applied) >= self.config.compact_entries:
            self.compact(ctx)
        self.on_commit(ctx)

    def apply(self, entry: Entry) -> str | None:
        """§8: a request that was applied before is answered as before, and has no second effect."""
        memory = self.memory
        serial, value = memory.sessions.get(entry.client, (0, None))
        if entry.client and entry.serial <= serial:
            return value
        key, write, written = entry.command.partition("=")
        if write:
            memory.store = {**memory.store, key: written}
            value = written
        else:
            value = memory.store.get(entry.command.removesuffix("?"))
        if entry.client:
            memory.sessions = {**memory.sessions, entry.client: (entry.serial, value)}
        return value

    def compact(self, ctx: Context) -> None:
        """§7: a snapshot of what is applied takes the place of the entries it covers."""
        disk, memory = self.disk, self.memory
        index = memory.last_applied
        covered = index - disk.snapshot.last_included_index
        members = disk.snapshot.members or self.config.servers
        for entry in disk.log[:covered]:
            if entry.command.startswith(MEMBERS):
                members = tuple(entry.command.removeprefix(MEMBERS).split())
        disk.snapshot = Snapshot(index, self.term_at(index), members, tuple(memory.store.items()), tuple(memory.sessions.items()))
        disk.log = disk.log[covered:]
        ctx.sync()
        ctx.note("compacted", index=index)

    # What the parts above add

    def answer_reads(self, ctx: Context) -> None:
        raise NotImplementedError

    def on_commit(self, ctx: Context) -> None:
        raise NotImplementedError

    def on_progress(self, src: str, ctx: Context) -> None:
        raise NotImplementedError
