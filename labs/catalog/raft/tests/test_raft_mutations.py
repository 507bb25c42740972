"""Mistakes that implementers of Raft make: each is caught by a named checker, not by an exception, within 50 seeds.

A mistake is a replacement for one method of the node. The table printed with `-s` is the mutation table of the docs.
"""

import pytest

from labs.catalog.raft import LAB
from labs.catalog.raft.messages import AppendEntriesReply, ClientReply, RequestVoteReply
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import CANDIDATE, LEADER, PRE_CANDIDATE
from labs.engine.testing import play

SEEDS = 50
CHAOS = [(100_000, "chaos", {"per_minute": 120, "kind": "everything"})]
CUTS = [(100_000, "chaos", {"per_minute": 120, "kind": "partition"})]
CUT_AND_HEAL = [(2_000_000, "partition", {"nodes": ["leader", "any-follower"]}), (5_000_000, "heal", {})]
PAIRS = [(f"n{a}", f"n{b}") for a in range(1, 6) for b in range(a + 1, 6)]
LEADER_AGAIN_AND_AGAIN = [
    entry
    for second in range(1, 14, 2)
    for entry in ((second * 1_000_000, "crash", {"node": "leader"}), (second * 1_000_000 + 1_000_000, "restart_all", {}))
]
TWICE = [*((0, "duplicating_link", {"a": a, "b": b, "percent": 100}) for a, b in PAIRS), *LEADER_AGAIN_AND_AGAIN]
REORDER = [(0, "reordering_link", {"a": a, "b": b, "ms": 60}) for a, b in PAIRS]
RESTARTS = LEADER_AGAIN_AND_AGAIN + [
    entry
    for second in range(1, 14, 2)
    for i in range(20)
    for at_us in [second * 1_000_000 + 150_000 + i * 6_000]
    for entry in ((at_us, "crash", {"node": f"n{i % 5 + 1}"}), (at_us + 1_000, "restart", {"node": f"n{i % 5 + 1}"}))
]
FAST = {"think_ms": 50, "clients": 5}
TIGHT = {**FAST, "election_ms_max": 160, "pre_vote": False}

MISTAKES = {}


def mistake(checker, method, parameters=FAST, script=CHAOS, until_s=15):
    """Register a replacement for `RaftNode.<method>` and the checker that must fire."""

    def register(replacement):
        MISTAKES[replacement.__name__] = (checker, method, replacement, parameters, script, until_s * 1_000_000)
        return replacement

    return register


@mistake("election-safety", "on_request_vote_reply", TIGHT, TWICE)
def counts_a_vote_twice(self, src, body, ctx):
    memory = self.memory
    if memory.role == CANDIDATE and body.term == self.disk.current_term and body.vote_granted:
        memory.votes = (*memory.votes, src)
        if len(memory.votes) > len(memory.members) // 2:
            self.become_leader(ctx)


@mistake("election-safety", "on_request_vote_reply", TIGHT, [*REORDER, *LEADER_AGAIN_AND_AGAIN])
def counts_votes_of_earlier_terms(self, src, body, ctx):
    memory = self.memory
    if memory.role == CANDIDATE and body.vote_granted and src not in memory.votes:
        memory.votes = (*memory.votes, src)
        if self.is_majority(memory.votes):
            self.become_leader(ctx)


@mistake("election-safety", "on_request_vote", TIGHT, CUTS)
def votes_for_everyone_who_asks(self, src, body, ctx):
    self.meet_term(body.term, ctx)
    granted = body.term == self.disk.current_term and self.log_is_up_to_date(body.last_log_index, body.last_log_term)
    if granted:
        self.restart_election_timer(ctx)
    ctx.send(src, RequestVoteReply(self.disk.current_term, granted))


@mistake("election-safety", "on_start", TIGHT, RESTARTS)
def forgets_its_vote_when_it_restarts(self, ctx):
    self.disk.voted_for = None
    self.find_members()
    self.restore(ctx)
    self.restart_election_timer(ctx)


@mistake("election-safety", "on_pre_vote_reply")
def takes_pre_votes_for_votes(self, src, body, ctx):
    memory = self.memory
    if body.vote_granted and memory.role == PRE_CANDIDATE and src not in memory.votes:
        memory.votes = (*memory.votes, src)
        if self.is_majority(memory.votes):
            self.disk.current_term += 1
            self.become_leader(ctx)


@mistake("leader-completeness", "log_is_up_to_date", FAST, CHAOS, 25)
def compares_logs_by_length_alone(self, last_log_index, last_log_term):
    return last_log_index >= self.last_index


@mistake("leader-completeness", "log_is_up_to_date", FAST, CHAOS, 25)
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


@mistake("leader-completeness", "on_append_entries_reply")
def credits_one_followers_acknowledgement_to_all(self, src, body, ctx):
    memory = self.memory
    if memory.role != LEADER or body.term != self.disk.current_term or not body.success:
        return
    memory.match_index = {id: max(match, body.match_index) for id, match in memory.match_index.items()}
    memory.next_index = {**memory.next_index, src: body.match_index + 1}
    self.advance_commit(ctx)


@mistake("leader-completeness", "advance_commit")
def commits_when_it_has_appended(self, ctx):
    self.commit(self.last_index, ctx)


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


@mistake("leader-completeness", "store_entries", {**FAST, "heartbeat_ms": 20}, [*REORDER, *CHAOS], 25)
def lets_an_old_message_cut_the_log(self, prev_log_index, entries, ctx):
    kept = self.disk.log[: prev_log_index - self.disk.snapshot.last_included_index]
    self.disk.log = kept + entries
    self.find_members()
    ctx.sync()


@mistake("leader-append-only", "on_append_entries_reply", FAST, CUT_AND_HEAL)
def leader_cuts_its_log_to_a_followers(self, src, body, ctx):
    if self.memory.role == LEADER and not body.success and body.term == self.disk.current_term:
        self.disk.log = self.disk.log[: max(0, body.match_index - self.disk.snapshot.last_included_index)]
    on_append_entries_reply(self, src, body, ctx)


@mistake("linearizability", "apply", {**FAST, "loss_percent": 10}, CUT_AND_HEAL)
def applies_a_repeated_request_again(self, entry):
    key, write, value = entry.command.partition("=")
    if write:
        self.memory.store = {**self.memory.store, key: value}
        return value
    return self.memory.store.get(entry.command.removesuffix("?"))


@mistake("linearizability", "confirmed", {"think_ms": 20, "clients": 5}, CUT_AND_HEAL, 8)
def answers_reads_without_asking_whether_it_still_leads(self, round):
    return True


@mistake("linearizability", "has_lease", {"think_ms": 20, "clients": 5, "reads": "lease"}, CUT_AND_HEAL, 8)
def believes_in_its_lease_for_ever(self, ctx):
    return self.knows_commit()


@mistake("linearizability", "on_client_request", {"think_ms": 20, "clients": 5}, CUT_AND_HEAL, 8)
def lets_followers_answer_reads(self, src, body, ctx):
    if body.command.endswith("?"):
        ctx.send(src, ClientReply(body.serial, True, self.memory.store.get(body.command[:-1]), ctx.me))
    else:
        on_client_request(self, src, body, ctx)


@mistake("linearizability", "on_client_request", FAST, CUT_AND_HEAL, 8)
def answers_a_write_before_it_is_committed(self, src, body, ctx):
    on_client_request(self, src, body, ctx)
    if self.memory.role == LEADER and not body.command.endswith("?"):
        ctx.send(src, ClientReply(body.serial, True, body.command.partition("=")[2], ctx.me))


@mistake("leader-in-time", "restart_election_timer", {"jitter_ms": 0, "clients": 0}, [])
def waits_equally_long_everywhere(self, ctx):
    ctx.set_timer("election", self.config.election_us_max)


@mistake("stable-leader", "heard_lately", {}, [(2_000_000, "partition", {"nodes": ["any-follower"]}), (4_000_000, "heal", {})])
def does_not_shield_a_leader_that_is_well(self, ctx):
    return False


on_client_request, on_append_entries_reply = RaftNode.on_client_request, RaftNode.on_append_entries_reply


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_caught_by_a_named_checker_within_50_seeds(name, monkeypatch):
    checker, method, replacement, parameters, script, until_us = MISTAKES[name]
    monkeypatch.setattr(RaftNode, method, replacement)
    failed = 0
    for seed in range(SEEDS):
        played = play(LAB, until_us, script, parameters, seed)
        failed += len(played.notes("failed"))
        if checker in played.violations():
            print(f"| {name.replace('_', ' ')} | {checker} | {seed + 1} |")
            return
    pytest.fail(f"{checker} did not fire in {SEEDS} seeds; {failed} handlers raised an exception")


@pytest.mark.parametrize("name", MISTAKES)
def test_without_the_mistake_the_same_runs_break_nothing(name):
    _, _, _, parameters, script, until_us = MISTAKES[name]
    by_another_rule = {"stable-leader"} if parameters.get("pre_vote") is False else set()
    for seed in range(3):
        assert set(play(LAB, until_us, script, parameters, seed).violations()) <= by_another_rule


def test_at_least_fifteen_mistakes_are_caught():
    assert len(MISTAKES) >= 15
