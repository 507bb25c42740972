"""§8 and dissertation §6.4: clients. Writes go through the log; reads through the log, by read index, or under a lease."""

from __future__ import annotations

from labs.catalog.raft.messages import ClientReply, ClientRequest, Entry
from labs.catalog.raft.replication import Replication
from labs.catalog.raft.state import LEADER, Read
from labs.engine.node import Context

DRIFT_BOUND_PERCENT = 10  # a lease is shorter than an election time-out by so much: what clocks may drift apart


class Service(Replication):
    def on_client_request(self, src: str, body: ClientRequest, ctx: Context) -> None:
        memory = self.memory
        if memory.role != LEADER or memory.transfer_to is not None:
            ctx.send(src, ClientReply(body.serial, False, None, memory.leader_id if memory.role != LEADER else None))
            return
        serial, value = memory.sessions.get(src, (0, None))
        if body.serial <= serial:
            ctx.send(src, ClientReply(body.serial, True, value, ctx.me))  # asked before, applied before
        elif body.command.endswith("?") and not (self.config.safe_reads and self.config.reads == "log"):
            self.read(src, body, ctx)
        elif not any(e.client == src and e.serial == body.serial for e in self.disk.log):
            self.append(Entry(self.disk.current_term, body.command, src, body.serial), ctx)
            self.replicate(ctx)

    def read(self, src: str, body: ClientRequest, ctx: Context) -> None:
        """A read that needs no place in the log: only the proof that this server still leads."""
        memory = self.memory
        key = body.command.removesuffix("?")
        if not self.config.safe_reads or (self.config.reads == "lease" and self.has_lease(ctx)):
            ctx.send(src, ClientReply(body.serial, True, memory.store.get(key), ctx.me))
            return
        self.replicate(ctx)
        memory.reads = (*memory.reads, Read(src, body.serial, key, memory.commit_index, memory.round))

    def knows_commit(self) -> bool:
        """§8: a leader knows what is committed once an entry of its own term is."""
        return self.term_at(self.memory.commit_index) == self.disk.current_term

    def has_lease(self, ctx: Context) -> bool:
        """Dissertation §6.4.1: while a majority heard this leader less than an election time-out ago, nobody else can have been elected."""
        memory = self.memory
        span_us = self.config.election_us_min * (100 - DRIFT_BOUND_PERCENT) // 100
        if memory.handed_over:
            return False  # a successor it named may be elected at any time of this term, however late it hears of it
        return self.knows_commit() and any(
            ctx.monotonic_us - sent_us < span_us and self.confirmed(round) for round, sent_us in memory.round_sent_us.items()
        )

    def confirmed(self, round: int) -> bool:
        """Whether a majority has answered this broadcast or a later one, counting the leader itself."""
        memory = self.memory
        return self.is_majority([memory.leader_id or "", *(id for id, acked in memory.acked_round.items() if acked >= round)])

    def answer_reads(self, ctx: Context) -> None:
        memory = self.memory
        if not self.knows_commit():
            return
        waiting: list[Read] = []
        for read in memory.reads:
            if self.confirmed(read.round) and memory.last_applied >= read.read_index:
                ctx.send(read.client, ClientReply(read.serial, True, memory.store.get(read.key), ctx.me))
            else:
                waiting.append(read)
        if len(waiting) < len(memory.reads):
            memory.reads = tuple(waiting)
