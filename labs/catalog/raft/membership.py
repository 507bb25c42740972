"""Dissertation §3.10, §4: one server joins or leaves at a time, and a leader can hand over.

A server that joins first catches up without a vote (§4.2.1). A configuration counts as soon as it is in the log; the
next change waits until this one is committed, and until the leader has committed an entry of its own term (the
correction of 2015). A leader that is no longer a member steps down once that is committed (§4.2.2).
"""

from __future__ import annotations

from labs.catalog.raft.messages import Entry, TimeoutNow
from labs.catalog.raft.service import Service
from labs.catalog.raft.state import LEADER, MEMBERS
from labs.engine.node import Context


class Membership(Service):
    def change_refused(self) -> str:
        """Why no change can begin now; empty where one can."""
        memory = self.memory
        if memory.role != LEADER:
            return "it does not lead"
        if memory.members_index > memory.commit_index or memory.learner is not None:
            return "the last change is not finished"
        if not self.knows_commit():
            return "it has not yet committed an entry of its own term"
        return ""

    def add_server(self, id: str, ctx: Context) -> str:
        """Begin to bring a server in. Returns why not, or nothing."""
        refused = self.change_refused() or ("it is a member already" if id in self.memory.members else "")
        if not refused:
            self.memory.learner = id
            self.watch_members(ctx)
            self.memory.next_index = {**self.memory.next_index, id: 1}
            self.replicate(ctx)
        return refused

    def remove_server(self, id: str, ctx: Context) -> str:
        """Take a server out. Returns why not, or nothing."""
        memory = self.memory
        refused = self.change_refused() or ("" if id in memory.members else "it is not a member")
        if not refused and len(memory.members) == 2:
            refused = "only two are left, and one alone has nobody to acknowledge what it writes"
        if not refused:
            self.append_members(tuple(member for member in memory.members if member != id), ctx)
        return refused

    def append_members(self, members: tuple[str, ...], ctx: Context) -> None:
        self.append(Entry(self.disk.current_term, MEMBERS + " ".join(members)), ctx)
        self.replicate(ctx)

    def on_progress(self, src: str, ctx: Context) -> None:
        """A follower or learner has come further."""
        memory = self.memory
        if memory.role != LEADER:
            return
        if src == memory.learner and memory.match_index[src] >= memory.commit_index:
            memory.learner = None
            self.append_members((*memory.members, src), ctx)
        if src == memory.transfer_to and memory.match_index.get(src) == self.last_index:
            memory.handed_over = True
            ctx.send(src, TimeoutNow(self.disk.current_term))

    def on_commit(self, ctx: Context) -> None:
        memory = self.memory
        if memory.role == LEADER and ctx.me not in memory.members and memory.commit_index >= memory.members_index:
            ctx.note("left", term=self.disk.current_term)
            self.follow(None, ctx)

    def transfer_leadership(self, id: str, ctx: Context) -> str:
        """Hand over to a member. Clients wait meanwhile; if it does not work within an election time-out, this leader goes on (§3.10)."""
        memory = self.memory
        if memory.role != LEADER or id == ctx.me or id not in memory.members:
            return "only a leader can hand over, and only to another member"
        memory.transfer_to = id
        ctx.set_timer("transfer", self.config.election_us_max)
        self.bring_up(id, ctx)
        self.on_progress(id, ctx)
        return ""
