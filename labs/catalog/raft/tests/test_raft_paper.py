"""One test for a sentence of the extended paper, quoted with its section."""

import pytest

from labs.catalog.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    ClientReply,
    ClientRequest,
    Entry,
    RaftConfig,
    RequestVote,
    RequestVoteReply,
)
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import CANDIDATE, FOLLOWER, LEADER
from labs.engine.testing import RecordingContext, receive

SERVERS = ("n1", "n2", "n3", "n4", "n5")
CONFIG = RaftConfig(servers=SERVERS, election_us_min=150_000, election_us_max=300_000, heartbeat_us=50_000, pre_vote=False)


@pytest.fixture
def ctx() -> RecordingContext:
    return RecordingContext("n1", SERVERS[1:])


@pytest.fixture
def node(ctx: RecordingContext) -> RaftNode:
    node = RaftNode(CONFIG)
    node.on_start(ctx)
    return node


def log_of(*terms: int) -> tuple[Entry, ...]:
    return tuple(Entry(term, f"x={i}") for i, term in enumerate(terms, 1))


def lead(node: RaftNode, ctx: RecordingContext) -> RaftNode:
    node.on_timer("election", ctx)
    for voter in ("n2", "n3"):
        node.on_message(voter, RequestVoteReply(node.disk.current_term, True), ctx)
    ctx.taken()
    return node


def test_5_1_a_server_with_a_stale_term_updates_it_to_the_larger_value(node, ctx):
    receive(node, ctx, "n2", RequestVote(7, "n2", 0, 0))
    assert node.disk.current_term == 7


def test_5_1_a_candidate_or_leader_that_finds_its_term_out_of_date_reverts_to_follower(node, ctx):
    lead(node, ctx)
    receive(node, ctx, "n2", AppendEntriesReply(9, False, 0))
    assert (node.memory.role, node.disk.current_term, node.disk.voted_for) == (FOLLOWER, 9, None)
    assert "heartbeat" not in ctx.timers
    assert "election" in ctx.timers


def test_5_1_a_request_with_a_stale_term_is_rejected(node, ctx):
    node.disk.current_term = 3
    assert receive(node, ctx, "n2", RequestVote(2, "n2", 9, 2)) == [("n2", RequestVoteReply(3, False))]
    assert receive(node, ctx, "n2", AppendEntries(2, "n2", 0, 0, (), 0)) == [("n2", AppendEntriesReply(3, False, 0))]
    assert node.memory.leader_id is None


def test_5_2_servers_begin_as_followers(node, ctx):
    assert node.memory.role == FOLLOWER
    assert "election" in ctx.timers


def test_5_2_a_candidate_increments_its_term_votes_for_itself_and_asks_all_others(node, ctx):
    node.on_timer("election", ctx)
    assert (node.memory.role, node.disk.current_term, node.disk.voted_for) == (CANDIDATE, 1, "n1")
    assert ctx.taken() == [(peer, RequestVote(1, "n1", 0, 0)) for peer in SERVERS[1:]]


def test_5_2_a_candidate_wins_with_votes_from_a_majority_for_the_same_term(node, ctx):
    node.on_timer("election", ctx)
    node.on_message("n2", RequestVoteReply(1, True), ctx)
    assert node.memory.role == CANDIDATE
    node.on_message("n3", RequestVoteReply(1, True), ctx)
    assert node.memory.role == LEADER


def test_5_2_a_vote_is_counted_once(node, ctx):
    node.on_timer("election", ctx)
    for _ in range(3):
        node.on_message("n2", RequestVoteReply(1, True), ctx)
    assert node.memory.role == CANDIDATE


def test_5_2_a_vote_for_an_earlier_term_does_not_count(node, ctx):
    node.on_timer("election", ctx)
    node.on_timer("election", ctx)
    for voter in ("n2", "n3"):
        node.on_message(voter, RequestVoteReply(1, True), ctx)
    assert (node.memory.role, node.disk.current_term) == (CANDIDATE, 2)


def test_5_2_each_server_votes_for_at_most_one_candidate_in_a_term_first_come_first_served(node, ctx):
    assert receive(node, ctx, "n2", RequestVote(1, "n2", 0, 0)) == [("n2", RequestVoteReply(1, True))]
    assert receive(node, ctx, "n3", RequestVote(1, "n3", 0, 0)) == [("n3", RequestVoteReply(1, False))]
    assert receive(node, ctx, "n2", RequestVote(1, "n2", 0, 0)) == [("n2", RequestVoteReply(1, True))], "the same candidate may ask again"


def test_5_2_a_leader_sends_heartbeats_to_all_others_to_establish_its_authority(node, ctx):
    node.on_timer("election", ctx)
    ctx.taken()
    for voter in ("n2", "n3"):
        node.on_message(voter, RequestVoteReply(1, True), ctx)
    assert [(dst, type(body)) for dst, body in ctx.taken()] == [(peer, AppendEntries) for peer in SERVERS[1:]]
    assert ctx.timers["heartbeat"] == CONFIG.heartbeat_us


def test_5_2_a_candidate_that_hears_from_a_leader_of_its_term_returns_to_follower(node, ctx):
    node.on_timer("election", ctx)
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (), 0))
    assert (node.memory.role, node.memory.leader_id) == (FOLLOWER, "n2")


def test_5_3_a_follower_refuses_entries_where_its_log_does_not_match_before_them(node, ctx):
    node.disk.log = log_of(1, 1)
    node.disk.current_term = 2
    [(_, reply)] = receive(node, ctx, "n2", AppendEntries(2, "n2", 3, 2, log_of(2), 0))
    assert not reply.success
    [(_, reply)] = receive(node, ctx, "n2", AppendEntries(2, "n2", 2, 2, log_of(2), 0))
    assert not reply.success
    assert node.disk.log == log_of(1, 1)


def test_5_3_a_conflicting_entry_is_deleted_with_all_that_follow_it(node, ctx):
    node.disk.log = log_of(1, 2, 2)
    node.disk.current_term = 3
    entry = Entry(3, "y=9")
    [(_, reply)] = receive(node, ctx, "n2", AppendEntries(3, "n2", 1, 1, (entry,), 0))
    assert node.disk.log == (*log_of(1), entry)
    assert (reply.success, reply.match_index) == (True, 2)


def test_5_3_an_old_message_does_not_truncate_what_already_matches(node, ctx):
    node.disk.log = log_of(1, 1, 1)
    node.disk.current_term = 1
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, log_of(1), 0))
    assert node.disk.log == log_of(1, 1, 1)


def test_5_3_after_a_rejection_the_leader_decrements_next_index_and_retries(node, ctx):
    node.disk.log = log_of(1, 1, 1)
    node.disk.current_term = 1
    lead(node, ctx)
    before = node.memory.next_index["n2"]
    [(dst, retry)] = receive(node, ctx, "n2", AppendEntriesReply(2, False, 1))
    assert dst == "n2"
    assert node.memory.next_index["n2"] == 2 < before
    assert retry.prev_log_index == 1
    assert [e.term for e in retry.entries] == [1, 1, 2]


def test_5_3_a_follower_applies_what_the_leader_says_is_committed_but_not_beyond_what_it_was_sent(node, ctx):
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, log_of(1), 5))
    assert (node.memory.commit_index, node.memory.last_applied) == (1, 1)
    assert node.memory.store == {"x": "1"}


@pytest.mark.parametrize(
    ("last_log_index", "last_log_term", "granted"), [(2, 2, True), (3, 2, True), (1, 3, True), (1, 2, False), (9, 1, False)]
)
def test_5_4_1_a_voter_denies_its_vote_if_its_own_log_is_more_up_to_date(node, ctx, last_log_index, last_log_term, granted):
    node.disk.log = log_of(1, 2)
    [(_, reply)] = receive(node, ctx, "n2", RequestVote(5, "n2", last_log_index, last_log_term))
    assert reply.vote_granted is granted


def test_5_4_2_only_entries_from_the_leaders_current_term_are_committed_by_counting_replicas(node, ctx):
    node.disk.log = log_of(1)
    node.disk.current_term = 1
    lead(node, ctx)
    for follower in ("n2", "n3"):
        receive(node, ctx, follower, AppendEntriesReply(2, True, 1))
    assert node.memory.commit_index == 0
    for follower in ("n2", "n3"):
        receive(node, ctx, follower, AppendEntriesReply(2, True, 2))
    assert node.memory.commit_index == 2


def test_5_3_an_entry_is_committed_once_it_is_on_a_majority_and_the_client_is_answered_after_it_is_applied(node, ctx):
    lead(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x=4", 1))
    assert receive(node, ctx, "n2", AppendEntriesReply(1, True, 2)) == []
    assert ("c1", ClientReply(1, True, "4", "n1")) in receive(node, ctx, "n3", AppendEntriesReply(1, True, 2))


def test_5_3_one_followers_acknowledgement_is_not_counted_twice(node, ctx):
    lead(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x=4", 1))
    for _ in range(4):
        receive(node, ctx, "n2", AppendEntriesReply(1, True, 2))
    assert node.memory.commit_index == 0


def test_5_6_the_vote_is_synced_before_it_is_answered(node, ctx):
    class Watching(RecordingContext):
        def send(self, dst, body):
            super().send(dst, (self.syncs, body))

    watching = Watching("n1", SERVERS[1:])
    node.on_message("n2", RequestVote(1, "n2", 0, 0), watching)
    assert watching.sent == [("n2", (2, RequestVoteReply(1, True)))], "the new term and the vote reach the disk first"


def test_8_a_server_that_does_not_lead_refuses_the_client_and_names_the_leader(node, ctx):
    receive(node, ctx, "n3", AppendEntries(1, "n3", 0, 0, (), 0))
    assert receive(node, ctx, "c1", ClientRequest("x=4", 8)) == [("c1", ClientReply(8, False, None, "n3"))]


def test_8_a_leader_opens_its_term_with_a_no_op(node, ctx):
    lead(node, ctx)
    assert node.disk.log == (Entry(1, ""),)
