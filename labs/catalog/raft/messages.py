"""What Raft servers and clients say to each other, and what they keep. Names are the paper's."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One slot of the log.

    `command` is `x=4` (write), `x?` (read), `members n1 n2 n3` (configuration) or empty (the no-op that opens a term,
    §8). `client` and `serial` name the request it came from (§8: sessions).
    """

    term: int
    command: str
    client: str = ""
    serial: int = 0


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """§7: everything up to `last_included_index`, applied. Pairs instead of dicts: a snapshot never changes."""

    last_included_index: int = 0
    last_included_term: int = 0
    members: tuple[str, ...] = ()
    store: tuple[tuple[str, str], ...] = ()
    sessions: tuple[tuple[str, tuple[int, str | None]], ...] = ()


class RaftConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a server. Election time-outs are drawn anew from [min, max] each time (§5.2); the bools are the lab's safety switches."""

    servers: tuple[str, ...]  # the first configuration
    election_us_min: int
    election_us_max: int
    heartbeat_us: int
    batch_entries: int = 20  # in one AppendEntries at most
    compact_entries: int = 0  # §7: a snapshot once so many entries are applied; 0: never
    reads: str = "log"  # how reads are answered: log, read_index or lease
    randomised_timeouts: bool = True
    current_term_commit: bool = True
    sync_before_vote: bool = True
    log_check: bool = True
    pre_vote: bool = True
    majority: bool = True
    safe_reads: bool = True


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all messages."""


class PreVote(Message, tag="PreVote", frozen=True, gc=False):
    """Dissertation §9.6: would you vote for me in `term`? Nobody's term changes by asking."""

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class PreVoteReply(Message, tag="PreVoteReply", frozen=True, gc=False):
    """`term` is the term asked for where granted, else the voter's own."""

    term: int
    vote_granted: bool


class RequestVote(Message, tag="RequestVote", frozen=True, gc=False):
    """`transfer`: the leader itself asked for this election, so its followers need not shield it."""

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int
    transfer: bool = False


class RequestVoteReply(Message, tag="RequestVoteReply", frozen=True, gc=False):
    term: int
    vote_granted: bool


class AppendEntries(Message, tag="AppendEntries", frozen=True, gc=False):
    """`round` counts the leader's broadcasts; an echo of it proves that the follower still followed then (§8)."""

    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int
    round: int = 0


class AppendEntriesReply(Message, tag="AppendEntriesReply", frozen=True, gc=False):
    """`match_index`: on success the last entry known to match; else where the leader may look next."""

    term: int
    success: bool
    match_index: int
    round: int = 0


class InstallSnapshot(Message, tag="InstallSnapshot", frozen=True, gc=False):
    """§7, the snapshot in one piece: it is small here, so the paper's offsets are left out."""

    term: int
    leader_id: str
    snapshot: Snapshot


class TimeoutNow(Message, tag="TimeoutNow", frozen=True, gc=False):
    """Dissertation §3.10: stand for election at once."""

    term: int


class ClientRequest(Message, tag="ClientRequest", frozen=True, gc=False):
    """The same `serial` again is the same request (§8)."""

    command: str
    serial: int


class ClientReply(Message, tag="ClientReply", frozen=True, gc=False):
    """Without `ok` the command was not taken; `leader` is who may take it."""

    serial: int
    ok: bool
    value: str | None
    leader: str | None
