"""Mistakes that implementers of Raft make: each is caught by a named checker, not by an exception, within 50 seeds.

A mistake is a replacement for one method of the node, with the parameters and the script that bring it to light. The
table printed with `-s` is the mutation table of the docs. The same runs without the mistake break nothing.
"""

import pytest

from labs.catalog.raft import LAB
from labs.catalog.raft.messages import AppendEntriesReply, ClientReply, RequestVoteReply
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import CANDIDATE, LEADER, PRE_CANDIDATE
from labs.engine.testing import play_until

SEEDS = 50
SWITCHES = {switch.name: switch for switch in LAB.switches}
CHAOS = [(100_000, "chaos", {"per_minute": 120, "kind": "everything"})]
CUT_AND_HEAL = [(2_000_000, "partition", {"nodes": ["leader", "any-follower"]}), (5_000_000, "heal", {})]
PAIRS = [(f"n{a}", f"n{b}") for a in range(1, 6) for b in range(a + 1, 6)]
REORDER = [(0, "reordering_link", {"a": a, "b": b, "ms": 60}) for a, b in PAIRS]
FAST = {"think_ms": 50, "clients": 5}
READS = {"think_ms": 20, "clients": 5}

# Duels: n1 and n2 lose patience in the same millisecond, at 200 ms, and the others never in time. Nothing is left to
# chance, so one seed shows what happens: who hears whom, and when, is in the script.
DUEL = {
    "nodes": 3, "clients": 0, "latency_ms": 10, "jitter_ms": 0, "heartbeat_ms": 20, "sync_ms": 0,
    "election_ms_min": 200, "election_ms_max": 201, "pre_vote": False,
}  # fmt: skip
# n1 hears n3 and n4, a majority; n2 hears n5 alone, but twice.
SAID_TWICE = [
    *((0, "crash", {"node": id}) for id in ("n3", "n4", "n5")),
    (0, "partition", {"nodes": ["n2", "n5"]}),
    (0, "duplicating_link", {"a": "n2", "b": "n5", "percent": 100}),
    (100_000, "restart_all", {}),
    (300_000, "heal", {}),
]
# n3 votes for n2 in term 1, but the answer reaches n2 only in term 2, in which n3 votes for n1.
SAID_LATE = [
    (0, "crash", {"node": "n3"}),
    (0, "cut", {"a": "n1", "b": "n2"}),
    (0, "cut", {"a": "n1", "b": "n3"}),
    (0, "slow_link", {"a": "n2", "b": "n3", "ms": 100}),
    (150_000, "restart", {"node": "n3"}),
    (390_000, "mend_link", {"a": "n1", "b": "n3"}),
    (450_000, "heal", {}),
]


def stopped_between_two_requests(how, at_us):
    """n3 votes for n1, stops, starts again, and is asked by n2 for the same term."""
    return [
        (0, "crash", {"node": "n3"}),
        (0, "cut", {"a": "n1", "b": "n2"}),
        (0, "slow_link", {"a": "n2", "b": "n3", "ms": 10}),
        (100_000, "restart", {"node": "n3"}),
        (at_us, how, {"node": "n3"}),
        (at_us + 1_000, "restart", {"node": "n3"}),
        (310_000, "heal", {}),
    ]


# n2 stops while it writes the entry n1 sent, starts again with it, and is asked for it once more; then it loses power
# before anything was synced, n1 stops for good, and n2 leads with n3, which has seen nothing.
STOPPED_WHILE_IT_WRITES = [
    (0, "crash", {"node": "n2"}),
    (0, "crash", {"node": "n3"}),
    (100_000, "restart", {"node": "n2"}),
    (400_000, "crash", {"node": "n2"}),
    (401_000, "restart", {"node": "n2"}),
    (430_000, "power_loss", {"node": "n2"}),
    (430_000, "crash", {"node": "n1"}),
    (431_000, "restart", {"node": "n2"}),
    (531_000, "restart", {"node": "n3"}),
]
# The old leader goes on alone, with many entries of its own; a new one commits a few of a later term and stops with
# one that has them too. Of the three that are left, each vote is needed, and the old leader has the longest log.
LONG_AND_OLD = [
    (2_000_000, "partition", {"nodes": ["leader"]}),
    (2_500_000, "crash", {"node": "leader"}),
    (2_500_000, "crash", {"node": "any-follower"}),
    (2_500_000, "heal", {}),
]
ALL_STOP_NOW_AND_THEN = [
    (second * 1_000_000, how, args)
    for second in range(1, 8)
    for how, args in (("crash", {"node": "leader"}), ("crash", {"node": "two-followers"}), ("restart_all", {}))
]

MISTAKES = {}


def mistake(checker, method, parameters=FAST, script=CHAOS, until_s=10):
    """Register a replacement for `RaftNode.<method>` and the checker that must fire."""

    def register(replacement):
        MISTAKES[replacement.__name__] = (checker, method, replacement, parameters, script, until_s * 1_000_000)
        return replacement

    return register


def under(switch):
    """The parameters and script that expose the missing rule to a switch's checker, for a mistake of the same kind."""
    return SWITCHES[switch].exposed_by, SWITCHES[switch].parameters, SWITCHES[switch].script


@mistake("election-safety", "on_request_vote_reply", {**DUEL, "nodes": 5}, SAID_TWICE, 1)
def counts_a_vote_twice(self, src, body, ctx):
    memory = self.memory
    if memory.role == CANDIDATE and body.term == self.disk.current_term and body.vote_granted:
        memory.votes = (*memory.votes, src)
        if len(memory.votes) > len(memory.members) // 2:
            self.become_leader(ctx)


@mistake("election-safety", "on_request_vote_reply", DUEL, SAID_LATE, 1)
def counts_votes_of_earlier_terms(self, src, body, ctx):
    memory = self.memory
    if memory.role == CANDIDATE and body.vote_granted and src not in memory.votes:
        memory.votes = (*memory.votes, src)
        if self.is_majority(memory.votes):
            self.become_leader(ctx)


@mistake("election-safety", "on_request_vote", DUEL, stopped_between_two_requests("crash", 215_000)[:4], 1)
def votes_for_everyone_who_asks(self, src, body, ctx):
    self.meet_term(body.term, ctx)
    granted = body.term == self.disk.current_term and self.log_is_up_to_date(body.last_log_index, body.last_log_term)
    if granted:
        self.restart_election_timer(ctx)
    ctx.send(src, RequestVoteReply(self.disk.current_term, granted))


@mistake("election-safety", "on_start", DUEL, stopped_between_two_requests("crash", 215_000), 1)
def forgets_its_vote_when_it_restarts(self, ctx):
    self.disk.voted_for = None
    on_start(self, ctx)


@mistake("election-safety", "on_request_vote", {**DUEL, "sync_ms": 2}, stopped_between_two_requests("power_loss", 218_000), 1)
def forgets_to_sync_its_vote(self, src, body, ctx):
    self.meet_term(body.term, ctx)
    disk = self.disk
    granted = (
        body.term == disk.current_term and disk.voted_for in (None, src) and self.log_is_up_to_date(body.last_log_index, body.last_log_term)
    )
    if granted:
        disk.voted_for = src
        self.restart_election_timer(ctx)
    ctx.send(src, RequestVoteReply(disk.current_term, granted))


@mistake("election-safety", "on_pre_vote_reply")
def takes_pre_votes_for_votes(self, src, body, ctx):
    memory = self.memory
    if body.vote_granted and memory.role == PRE_CANDIDATE and src not in memory.votes:
        memory.votes = (*memory.votes, src)
        if self.is_majority(memory.votes):
            self.disk.current_term += 1
            self.become_leader(ctx)


@mistake("leader-completeness", "log_is_up_to_date", FAST, LONG_AND_OLD, 4)
def compares_logs_by_length_alone(self, last_log_index, last_log_term):
    return last_log_index >= self.last_index


@mistake("leader-completeness", "log_is_up_to_date", FAST, LONG_AND_OLD, 4)
def votes_without_looking_at_the_log(self, last_log_index, last_log_term):
    return True


@mistake("log-matching", "on_append_entries", FAST, CUT_AND_HEAL)
def appends_without_looking_at_what_comes_before(self, src, body, ctx):
    if body.term < self.disk.current_term:
        ctx.send(src, AppendEntriesReply(self.disk.current_term, False, 0, body.round))
        return
    self.hear_leader(src, ctx)
    kept = self.disk.log[: max(0, body.prev_log_index - self.disk.snapshot.last_included_index)]
    if body.entries:
        self.disk.log = kept + body.entries
        ctx.sync()
    match_index = body.prev_log_index + len(body.entries)
    self.commit(min(body.leader_commit, self.last_index), ctx)
    ctx.send(src, AppendEntriesReply(self.disk.current_term, True, match_index, body.round))


@mistake("log-matching", "store_entries", FAST, CUT_AND_HEAL)
def replaces_a_conflicting_entry_but_keeps_what_follows_it(self, prev_log_index, entries, ctx):
    at = prev_log_index - self.disk.snapshot.last_included_index
    self.disk.log = self.disk.log[:at] + entries + self.disk.log[at + len(entries) :]
    self.find_members()
    ctx.sync()


@mistake("leader-completeness", "on_append_entries_reply", FAST, CUT_AND_HEAL, 6)
def credits_one_followers_acknowledgement_to_another_as_well(self, src, body, ctx):
    on_append_entries_reply(self, src, body, ctx)
    memory = self.memory
    if memory.role == LEADER and body.term == self.disk.current_term and body.success:
        another = next((id for id in memory.match_index if id != src), src)
        memory.match_index = {**memory.match_index, another: max(memory.match_index[another], body.match_index)}
        self.advance_commit(ctx)


@mistake("leader-completeness", "advance_commit", FAST, CUT_AND_HEAL, 6)
def commits_when_it_has_appended(self, ctx):
    self.commit(self.last_index, ctx)


@mistake(SWITCHES["current_term_commit"].exposed_by, "advance_commit", *under("current_term_commit")[1:], 6)
def commits_an_entry_of_an_old_term_by_counting(self, ctx):
    memory = self.memory
    for index in range(self.last_index, memory.commit_index, -1):
        holders = [id for id, match_index in memory.match_index.items() if match_index >= index]
        if self.is_majority([*holders, ctx.me]):
            self.commit(index, ctx)
            return


@mistake("state-machine-safety", "commit", FAST, CUT_AND_HEAL)
def follower_commits_its_own_entries_up_to_the_leaders_index(self, index, ctx):
    memory = self.memory
    memory.commit_index = max(memory.commit_index, index)
    if memory.role != LEADER:
        memory.commit_index = self.last_index
    while memory.last_applied < memory.commit_index:
        memory.last_applied += 1
        entry = self.entry_at(memory.last_applied)
        value = self.apply(entry)
        if memory.role == LEADER and entry.client:
            ctx.send(entry.client, ClientReply(entry.serial, True, value, ctx.me))


@mistake("leader-completeness", "store_entries", {**FAST, "heartbeat_ms": 20}, [*REORDER, *CHAOS], 20)
def lets_an_old_message_cut_the_log(self, prev_log_index, entries, ctx):
    kept = self.disk.log[: prev_log_index - self.disk.snapshot.last_included_index]
    self.disk.log = kept + entries
    self.find_members()
    ctx.sync()


@mistake("leader-completeness", "on_start", {**DUEL, "sync_ms": 40}, STOPPED_WHILE_IT_WRITES, 1)
def answers_after_a_restart_for_entries_that_were_never_synced(self, ctx):
    self.find_members()
    self.restore(ctx)
    self.memory.heard_us = ctx.monotonic_us
    self.restart_election_timer(ctx)


# One follower is down while entries come, then the leader stops: to the next one the first follower's log is too short.
@mistake(
    "leader-append-only", "on_append_entries_reply", FAST,
    [(1_000_000, "crash", {"node": "any-follower"}), (2_000_000, "crash", {"node": "leader"}), (3_000_000, "restart_all", {})], 5,
)  # fmt: skip
def leader_cuts_its_log_to_a_followers(self, src, body, ctx):
    if self.memory.role == LEADER and not body.success and body.term == self.disk.current_term:
        self.disk.log = self.disk.log[: max(0, body.match_index - self.disk.snapshot.last_included_index)]
    on_append_entries_reply(self, src, body, ctx)


# Answers are lost, so requests are repeated; compaction takes away the entries by which a leader would know them.
@mistake("linearizability", "apply", {**READS, "loss_percent": 15, "compact_entries": 2}, [], 8)
def applies_a_repeated_request_again(self, entry):
    key, write, value = entry.command.partition("=")
    if write:
        self.memory.store = {**self.memory.store, key: value}
        return value
    return self.memory.store.get(entry.command.removesuffix("?"))


@mistake("linearizability", "restore", {**READS, "nodes": 3, "loss_percent": 15, "compact_entries": 2}, ALL_STOP_NOW_AND_THEN, 8)
def leaves_the_sessions_out_of_its_snapshot(self, ctx):
    restore(self, ctx)
    self.memory.sessions = {}


@mistake("linearizability", "confirmed", READS, CUT_AND_HEAL, 6)
def answers_reads_without_asking_whether_it_still_leads(self, round):
    return True


@mistake("linearizability", "has_lease", {**READS, "reads": "lease"}, CUT_AND_HEAL, 6)
def believes_in_its_lease_for_ever(self, ctx):
    return self.knows_commit()


@mistake("linearizability", "on_client_request", READS, CUT_AND_HEAL, 6)
def lets_followers_answer_reads(self, src, body, ctx):
    if body.command.endswith("?"):
        ctx.send(src, ClientReply(body.serial, True, self.memory.store.get(body.command[:-1]), ctx.me))
    else:
        on_client_request(self, src, body, ctx)


@mistake("linearizability", "on_client_request", FAST, CUT_AND_HEAL, 6)
def answers_a_write_before_it_is_committed(self, src, body, ctx):
    on_client_request(self, src, body, ctx)
    if self.memory.role == LEADER and not body.command.endswith("?"):
        ctx.send(src, ClientReply(body.serial, True, body.command.partition("=")[2], ctx.me))


@mistake("leader-in-time", "restart_election_timer", {"jitter_ms": 0, "clients": 0}, [], 8)
def waits_equally_long_everywhere(self, ctx):
    ctx.set_timer("election", self.config.election_us_max)


# One follower no longer hears the leader, but everybody hears it.
@mistake("stable-leader", "heard_lately", {"clients": 0}, [(2_000_000, "cut_one_way", {"a": "leader", "b": "any-follower"})], 4)
def does_not_shield_a_leader_that_is_well(self, ctx):
    return False


on_start, restore = RaftNode.on_start, RaftNode.restore
on_client_request, on_append_entries_reply = RaftNode.on_client_request, RaftNode.on_append_entries_reply


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_caught_by_a_named_checker_within_50_seeds(name, monkeypatch):
    checker, method, replacement, parameters, script, until_us = MISTAKES[name]
    monkeypatch.setattr(RaftNode, method, replacement)
    failed = 0
    for seed in range(SEEDS):
        fired, exceptions = play_until(checker, LAB, until_us, script, parameters, seed)
        failed += exceptions
        if checker in fired:
            print(f"| {name.replace('_', ' ')} | {checker} | {seed + 1} |")
            return
    pytest.fail(f"{checker} did not fire in {SEEDS} seeds; {failed} handlers raised an exception")


@pytest.mark.parametrize("name", MISTAKES)
def test_without_the_mistake_the_same_runs_break_nothing(name):
    _, _, _, parameters, script, until_us = MISTAKES[name]
    for seed in range(3):
        assert play_until("", LAB, until_us, script, parameters, seed) == (set(), 0)


def test_at_least_twenty_mistakes_are_caught_by_every_kind_of_checker():
    assert len(MISTAKES) >= 20
    assert {checker for checker, *_ in MISTAKES.values()} == {invariant.name for invariant in LAB.invariants} | {"linearizability"}
