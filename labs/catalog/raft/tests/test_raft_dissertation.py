"""One test for a sentence of the dissertation (§3.10, §4, §6.4, §9.6) or of the extended paper's §7 and §8, quoted with its section.

Pre-vote is on here, as it is in the lab; elections and replication without it are in `test_raft_paper`.
"""

import msgspec
import pytest

from labs.catalog.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    ClientReply,
    ClientRequest,
    Entry,
    InstallSnapshot,
    PreVote,
    PreVoteReply,
    RaftConfig,
    RequestVote,
    RequestVoteReply,
    Snapshot,
    TimeoutNow,
)
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE
from labs.engine.testing import RecordingContext, receive

SERVERS = ("n1", "n2", "n3", "n4", "n5")
CONFIG = RaftConfig(servers=SERVERS, election_us_min=150_000, election_us_max=300_000, heartbeat_us=50_000, reads="read_index")
LONG_AGO_US = 1_000_000  # when the tests begin: the last start is long past


@pytest.fixture
def ctx() -> RecordingContext:
    return RecordingContext("n1", SERVERS[1:])


@pytest.fixture
def node(ctx: RecordingContext) -> RaftNode:
    return start(CONFIG, ctx)


def start(config: RaftConfig, ctx: RecordingContext) -> RaftNode:
    node = RaftNode(config)
    node.on_start(ctx)
    ctx.clock_us += LONG_AGO_US
    return node


def log_of(*terms: int) -> tuple[Entry, ...]:
    return tuple(Entry(term, f"x={i}") for i, term in enumerate(terms, 1))


def lead(node: RaftNode, ctx: RecordingContext) -> RaftNode:
    """Win an election; nothing of the new term is committed yet."""
    node.on_timer("election", ctx)
    for voter in ("n2", "n3"):
        node.on_message(voter, PreVoteReply(node.disk.current_term + 1, True), ctx)
    for voter in ("n2", "n3"):
        node.on_message(voter, RequestVoteReply(node.disk.current_term, True), ctx)
    ctx.taken()
    assert node.memory.role == LEADER
    return node


def acknowledge(node: RaftNode, ctx: RecordingContext, *followers: str) -> list[tuple[str, object]]:
    """Let these followers acknowledge all there is; what the leader sent then."""
    sent = []
    for follower in followers or ("n2", "n3"):
        sent += receive(node, ctx, follower, AppendEntriesReply(node.disk.current_term, True, node.last_index, node.memory.round))
    return sent


def lead_and_commit(node: RaftNode, ctx: RecordingContext) -> RaftNode:
    lead(node, ctx)
    acknowledge(node, ctx)
    assert node.memory.commit_index == node.last_index
    return node


def to(client: str, sent: list[tuple[str, object]]) -> list[object]:
    return [body for dst, body in sent if dst == client]


def hear_leader(node: RaftNode, ctx: RecordingContext, term: int = 1) -> None:
    receive(node, ctx, "n2", AppendEntries(term, "n2", 0, 0, (), 0))


# Dissertation §9.6: pre-vote


def test_9_6_a_candidate_only_increments_its_term_if_it_first_learns_that_a_majority_would_grant_their_votes(node, ctx):
    node.on_timer("election", ctx)
    assert ctx.taken() == [(peer, PreVote(1, "n1", 0, 0)) for peer in SERVERS[1:]]
    node.on_message("n2", PreVoteReply(1, True), ctx)
    assert (node.memory.role, node.disk.current_term, node.disk.voted_for) == (PRE_CANDIDATE, 0, None)
    node.on_message("n3", PreVoteReply(1, True), ctx)
    assert (node.memory.role, node.disk.current_term, node.disk.voted_for) == (CANDIDATE, 1, "n1")
    assert ctx.taken() == [(peer, RequestVote(1, "n1", 0, 0)) for peer in SERVERS[1:]]


def test_9_6_the_same_server_would_vote_only_once_and_an_answer_for_an_earlier_term_is_none(node, ctx):
    node.on_timer("election", ctx)
    for term in (1, 1, 0):
        node.on_message("n2", PreVoteReply(term, True), ctx)
    node.on_message("n3", PreVoteReply(0, True), ctx)
    assert node.memory.role == PRE_CANDIDATE


def test_9_6_a_server_says_yes_without_changing_its_term_or_its_vote(node, ctx):
    assert receive(node, ctx, "n3", PreVote(1, "n3", 0, 0)) == [("n3", PreVoteReply(1, True))]
    assert receive(node, ctx, "n4", PreVote(1, "n4", 0, 0)) == [("n4", PreVoteReply(1, True))], "it may say so to many"
    assert (node.disk.current_term, node.disk.voted_for) == (0, None)


def test_9_6_a_server_says_yes_only_if_it_has_not_heard_from_a_valid_leader_for_at_least_a_baseline_election_time_out(node, ctx):
    hear_leader(node, ctx)
    ctx.clock_us += CONFIG.election_us_min - 1
    assert receive(node, ctx, "n3", PreVote(2, "n3", 0, 0)) == [("n3", PreVoteReply(1, False))]
    ctx.clock_us += 1
    assert receive(node, ctx, "n3", PreVote(2, "n3", 0, 0)) == [("n3", PreVoteReply(2, True))]


def test_9_6_a_server_says_yes_only_if_the_candidates_log_is_up_to_date_enough(node, ctx):
    node.disk.log = log_of(1, 1)
    assert receive(node, ctx, "n3", PreVote(3, "n3", 1, 1)) == [("n3", PreVoteReply(0, False))]
    assert receive(node, ctx, "n3", PreVote(3, "n3", 2, 1)) == [("n3", PreVoteReply(3, True))]


def test_9_6_a_server_that_was_cut_off_does_not_disturb_the_leader_when_it_comes_back(node, ctx):
    lead_and_commit(node, ctx)
    assert receive(node, ctx, "n5", PreVote(2, "n5", 9, 1)) == [("n5", PreVoteReply(1, False))]
    assert (node.memory.role, node.disk.current_term) == (LEADER, 1)


def test_9_6_who_is_refused_learns_of_a_newer_term(node, ctx):
    node.on_timer("election", ctx)
    receive(node, ctx, "n2", PreVoteReply(7, False))
    assert (node.memory.role, node.disk.current_term) == (FOLLOWER, 7)


# Dissertation §4.2.3: disruptive servers


def test_4_2_3_a_request_within_the_minimum_election_time_out_of_hearing_a_leader_changes_neither_term_nor_vote(node, ctx):
    hear_leader(node, ctx)
    ctx.clock_us += CONFIG.election_us_min - 1
    assert receive(node, ctx, "n3", RequestVote(9, "n3", 9, 9)) == []
    assert (node.disk.current_term, node.disk.voted_for) == (1, None)
    ctx.clock_us += 1
    assert receive(node, ctx, "n3", RequestVote(9, "n3", 9, 9)) == [("n3", RequestVoteReply(9, True))]


def test_4_2_3_a_leader_is_not_deposed_by_a_server_that_lost_patience_alone(node, ctx):
    lead(node, ctx)
    assert receive(node, ctx, "n3", RequestVote(9, "n3", 9, 9)) == []
    assert (node.memory.role, node.disk.current_term) == (LEADER, 1)


def test_4_2_3_a_request_that_the_leader_asked_for_is_heard_at_once(node, ctx):
    hear_leader(node, ctx)
    assert receive(node, ctx, "n3", RequestVote(2, "n3", 9, 9, transfer=True)) == [("n3", RequestVoteReply(2, True))]


def test_6_4_1_a_server_that_starts_again_shields_the_leader_it_may_have_heard_before(node, ctx):
    node.on_start(ctx)
    assert receive(node, ctx, "n3", RequestVote(9, "n3", 9, 9)) == []


# Figure 2: what is on disk


def test_figure_2_persistent_state_is_updated_on_stable_storage_before_responding_also_after_a_restart(node, ctx):
    node.disk.current_term, node.disk.log = 1, log_of(1)
    node.on_start(ctx)
    assert ctx.syncs == 1, "a crash may have come between the write and the end of its sync"


# §7: log compaction

STORE = (("x", "9"),)


def snapshot_to(index: int, term: int, members: tuple[str, ...] = SERVERS) -> Snapshot:
    return Snapshot(index, term, members, STORE, (("c1", (4, "9")),))


def test_7_a_server_takes_a_snapshot_of_what_is_committed_and_discards_the_log_up_to_there(ctx):
    node = start(msgspec.structs.replace(CONFIG, compact_entries=2), ctx)
    log = (Entry(1, "members n1 n2 n3 n4"), Entry(1, "x=2", "c1", 5), Entry(1, "x=3"))
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, log, 2))
    assert node.disk.snapshot == Snapshot(2, 1, ("n1", "n2", "n3", "n4"), (("x", "2"),), (("c1", (5, "2")),))
    assert node.disk.log == log[2:]
    assert node.memory.members == ("n1", "n2", "n3", "n4")


def test_7_the_leader_sends_its_snapshot_to_a_follower_when_it_has_discarded_the_next_entry(node, ctx):
    node.disk.snapshot, node.disk.current_term = snapshot_to(3, 1), 1
    node.on_start(ctx)
    ctx.clock_us += LONG_AGO_US
    lead(node, ctx)
    sent = receive(node, ctx, "n4", AppendEntriesReply(2, False, 1))
    assert sent == [("n4", InstallSnapshot(2, "n1", node.disk.snapshot))]
    [(_, body)] = receive(node, ctx, "n4", AppendEntriesReply(2, True, 3))
    assert (body.prev_log_index, body.prev_log_term, body.entries) == (3, 1, (Entry(2, ""),))


def test_7_entries_following_the_snapshot_are_retained_where_the_log_has_its_last_entry(node, ctx):
    node.disk.log, node.disk.current_term = log_of(1, 1, 1), 1
    assert receive(node, ctx, "n2", InstallSnapshot(1, "n2", snapshot_to(2, 1))) == [("n2", AppendEntriesReply(1, True, 2))]
    assert (node.disk.snapshot, node.disk.log, node.last_index) == (snapshot_to(2, 1), log_of(1, 1, 1)[2:], 3)


@pytest.mark.parametrize("log", [log_of(1, 1, 1), log_of(1)])
def test_7_the_entire_log_is_discarded_where_it_does_not_have_the_snapshots_last_entry(node, ctx, log):
    node.disk.log, node.disk.current_term = log, 2
    receive(node, ctx, "n2", InstallSnapshot(2, "n2", snapshot_to(2, 2)))
    assert (node.disk.log, node.last_index, node.term_at(2)) == ((), 2, 2)


def test_7_the_state_machine_is_reset_using_the_snapshots_contents_and_its_configuration_is_loaded(node, ctx):
    receive(node, ctx, "n2", InstallSnapshot(1, "n2", snapshot_to(2, 1, ("n1", "n2", "n6"))))
    memory = node.memory
    assert (memory.store, memory.sessions) == (dict(STORE), {"c1": (4, "9")})
    assert (memory.commit_index, memory.last_applied, memory.members) == (2, 2, ("n1", "n2", "n6"))


def test_7_a_snapshot_that_describes_less_than_the_server_has_is_ignored(node, ctx):
    receive(node, ctx, "n2", InstallSnapshot(1, "n2", snapshot_to(4, 1)))
    before = msgspec.structs.replace(node.disk)
    late = Snapshot(2, 1, SERVERS, (("x", "0"),))
    assert receive(node, ctx, "n2", InstallSnapshot(1, "n2", late)) == [("n2", AppendEntriesReply(1, True, 4))]
    assert (node.disk, node.memory.store) == (before, dict(STORE))


def test_7_a_snapshot_of_an_earlier_term_is_refused(node, ctx):
    node.disk.current_term = 3
    assert receive(node, ctx, "n2", InstallSnapshot(2, "n2", snapshot_to(2, 1))) == [("n2", AppendEntriesReply(3, False, 0))]
    assert node.disk.snapshot == Snapshot()


def test_7_entries_that_the_snapshot_covers_match_without_being_looked_at(node, ctx):
    receive(node, ctx, "n2", InstallSnapshot(1, "n2", snapshot_to(2, 1)))
    [(_, reply)] = receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, log_of(1, 1, 1), 0))
    assert (reply.success, reply.match_index, node.disk.log) == (True, 3, log_of(1, 1, 1)[2:])


# §8: client sessions


def test_8_a_command_whose_serial_number_was_executed_is_answered_at_once_without_executing_it_again(node, ctx):
    lead_and_commit(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x=4", 1))
    acknowledge(node, ctx)
    last_index = node.last_index
    assert receive(node, ctx, "c1", ClientRequest("x=4", 1)) == [("c1", ClientReply(1, True, "4", "n1"))]
    assert node.last_index == last_index


def test_8_a_command_that_waits_in_the_log_is_not_appended_again(node, ctx):
    lead_and_commit(node, ctx)
    for _ in range(2):
        receive(node, ctx, "c1", ClientRequest("x=4", 1))
    assert [entry.command for entry in node.disk.log] == ["", "x=4"]


def test_8_a_command_that_stands_in_the_log_twice_takes_effect_once(node, ctx):
    log = (Entry(1, "x=1", "c1", 1), Entry(1, "x=2", "c2", 1), Entry(1, "x=1", "c1", 1))
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, log, 3))
    assert (node.memory.store, node.memory.last_applied) == ({"x": "2"}, 3)


# §8: reads


def test_8_a_leader_answers_a_read_only_after_it_has_exchanged_heartbeats_with_a_majority(node, ctx):
    lead_and_commit(node, ctx)
    earlier = node.memory.round
    asked = receive(node, ctx, "c1", ClientRequest("x?", 1))
    assert [type(body) for _, body in asked] == [AppendEntries] * 4
    assert node.disk.log == (Entry(1, ""),), "the read takes no place in the log"
    for follower in ("n2", "n3", "n4"):
        assert receive(node, ctx, follower, AppendEntriesReply(1, True, 1, earlier)) == [], "a heartbeat of before proves nothing"
    assert receive(node, ctx, "n2", AppendEntriesReply(1, True, 1, node.memory.round)) == []
    assert receive(node, ctx, "n3", AppendEntriesReply(1, True, 1, node.memory.round)) == [("c1", ClientReply(1, True, None, "n1"))]


def test_8_a_leader_does_not_know_what_is_committed_until_an_entry_of_its_term_is(node, ctx):
    node.disk.log, node.disk.current_term = log_of(1), 1  # committed by the leader before, though nobody has said so here
    lead(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x?", 1))
    for follower in ("n2", "n3"):
        assert to("c1", receive(node, ctx, follower, AppendEntriesReply(2, True, 1, node.memory.round))) == []
    assert to("c1", acknowledge(node, ctx)) == [ClientReply(1, True, "1", "n1")]


def test_8_a_leader_that_was_replaced_answers_no_read_that_waits(node, ctx):
    lead_and_commit(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x?", 1))
    sent = receive(node, ctx, "n2", AppendEntriesReply(2, False, 0, node.memory.round))
    sent += receive(node, ctx, "n3", AppendEntriesReply(1, True, 1, node.memory.round))
    assert to("c1", sent) == []
    assert node.memory.reads == ()


def test_6_4_reads_that_go_through_the_log_wait_for_their_entry(ctx):
    node = lead_and_commit(start(msgspec.structs.replace(CONFIG, reads="log"), ctx), ctx)
    assert to("c1", receive(node, ctx, "c1", ClientRequest("x?", 1))) == []
    assert node.disk.log[-1] == Entry(1, "x?", "c1", 1)
    assert to("c1", acknowledge(node, ctx)) == [ClientReply(1, True, None, "n1")]


# Dissertation §6.4.1: the lease


@pytest.fixture
def lessee(ctx: RecordingContext) -> RaftNode:
    """A leader whose lease began just now."""
    node = start(msgspec.structs.replace(CONFIG, reads="lease"), ctx)
    lead_and_commit(node, ctx)
    node.on_timer("heartbeat", ctx)
    acknowledge(node, ctx)
    return node


def test_6_4_1_while_its_lease_lasts_a_leader_answers_reads_without_any_message(lessee, ctx):
    ctx.clock_us += CONFIG.election_us_min * 9 // 10 - 1
    assert receive(lessee, ctx, "c1", ClientRequest("x?", 1)) == [("c1", ClientReply(1, True, None, "n1"))]


def test_6_4_1_the_lease_ends_before_an_election_time_out_by_what_clocks_may_drift_apart(lessee, ctx):
    ctx.clock_us += CONFIG.election_us_min * 9 // 10
    assert to("c1", receive(lessee, ctx, "c1", ClientRequest("x?", 1))) == []
    assert to("c1", acknowledge(lessee, ctx)) == [ClientReply(1, True, None, "n1")], "the read index serves in its place"


def test_6_4_1_the_lease_begins_when_the_heartbeat_was_sent_not_when_it_was_answered(lessee, ctx):
    ctx.clock_us += 100_000
    acknowledge(lessee, ctx)
    ctx.clock_us += 40_000
    assert to("c1", receive(lessee, ctx, "c1", ClientRequest("x?", 1))) == []


def test_6_4_1_there_is_no_lease_before_an_entry_of_the_term_is_committed(ctx):
    node = lead(start(msgspec.structs.replace(CONFIG, reads="lease"), ctx), ctx)
    for follower in ("n2", "n3"):
        receive(node, ctx, follower, AppendEntriesReply(1, False, 0, node.memory.round))
    assert to("c1", receive(node, ctx, "c1", ClientRequest("x?", 1))) == []


def test_6_4_1_a_lease_ends_with_a_transfer_since_that_election_does_not_wait_for_a_time_out(lessee, ctx):
    assert lessee.transfer_leadership("n2", ctx) == ""
    lessee.on_timer("transfer", ctx)  # it came to nothing, as far as this leader knows
    lessee.on_timer("heartbeat", ctx)
    acknowledge(lessee, ctx)
    assert to("c1", receive(lessee, ctx, "c1", ClientRequest("x?", 1))) == []


# Dissertation §3.10: leadership transfer


def test_3_10_the_prior_leader_stops_accepting_client_requests(node, ctx):
    lead_and_commit(node, ctx)
    node.transfer_leadership("n2", ctx)
    for command in ("x=4", "x?"):
        assert receive(node, ctx, "c1", ClientRequest(command, 1)) == [("c1", ClientReply(1, False, None, None))]
    assert node.last_index == 1


def test_3_10_it_brings_the_target_up_to_date_and_only_then_tells_it_to_stand(node, ctx):
    lead_and_commit(node, ctx)
    node.transfer_leadership("n4", ctx)
    assert [type(body) for _, body in ctx.taken()] == [AppendEntries]
    assert receive(node, ctx, "n4", AppendEntriesReply(1, True, 1)) == [("n4", TimeoutNow(1))]


def test_3_10_the_target_stands_at_once_and_says_that_it_was_asked_to(node, ctx):
    hear_leader(node, ctx)
    assert receive(node, ctx, "n2", TimeoutNow(1)) == [(peer, RequestVote(2, "n1", 0, 0, transfer=True)) for peer in SERVERS[1:]]
    assert (node.memory.role, node.disk.current_term) == (CANDIDATE, 2)


def test_3_10_an_order_of_an_earlier_term_is_not_obeyed(node, ctx):
    hear_leader(node, ctx, term=2)
    assert receive(node, ctx, "n2", TimeoutNow(1)) == []
    assert node.memory.role == FOLLOWER


def test_3_10_if_it_does_not_complete_after_about_an_election_time_out_the_leader_resumes(node, ctx):
    lead_and_commit(node, ctx)
    node.transfer_leadership("n4", ctx)
    assert ctx.timers["transfer"] == CONFIG.election_us_max
    node.on_timer("transfer", ctx)
    receive(node, ctx, "c1", ClientRequest("x=4", 1))
    assert node.disk.log[-1] == Entry(1, "x=4", "c1", 1)


@pytest.mark.parametrize("id", ["n1", "n6"])
def test_3_10_only_another_member_can_take_over(node, ctx, id):
    lead_and_commit(node, ctx)
    assert node.transfer_leadership(id, ctx) == "only a leader can hand over, and only to another member"


# Dissertation §4: membership


def test_4_1_a_server_always_uses_the_latest_configuration_in_its_log_committed_or_not(node, ctx):
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (Entry(1, "members n1 n2 n3"),), 0))
    assert (node.memory.members, node.memory.commit_index) == (("n1", "n2", "n3"), 0)


def test_4_1_a_server_must_be_prepared_to_fall_back_to_the_previous_configuration_in_its_log(node, ctx):
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (*log_of(1), Entry(1, "members n1 n2 n3")), 0))
    receive(node, ctx, "n3", AppendEntries(2, "n3", 1, 1, (Entry(2, ""),), 0))
    assert (node.memory.members, node.memory.members_index) == (SERVERS, 0)


def test_4_1_the_new_configuration_counts_for_the_leader_as_soon_as_it_is_appended(node, ctx):
    lead_and_commit(node, ctx)
    assert node.remove_server("n5", ctx) == ""
    assert sorted(dst for dst, _ in ctx.taken()) == ["n2", "n3", "n4"]
    acknowledge(node, ctx, "n5")
    acknowledge(node, ctx, "n2")
    assert node.memory.commit_index == 1, "two of four are no majority, and who is out does not count"
    acknowledge(node, ctx, "n3")
    assert node.memory.commit_index == 2


def test_4_1_the_next_change_can_begin_only_once_the_last_one_is_committed(node, ctx):
    lead_and_commit(node, ctx)
    node.remove_server("n5", ctx)
    assert node.remove_server("n4", ctx) == node.add_server("n6", ctx) == "the last change is not finished"
    acknowledge(node, ctx, "n2", "n3")
    assert node.remove_server("n4", ctx) == ""


def test_4_1_no_change_begins_before_the_leader_has_committed_an_entry_of_its_term(node, ctx):
    lead(node, ctx)
    assert node.remove_server("n5", ctx) == "it has not yet committed an entry of its own term"


def test_4_1_only_a_leader_changes_the_configuration_and_only_by_a_server_it_concerns(node, ctx):
    assert node.remove_server("n5", ctx) == node.add_server("n6", ctx) == "it does not lead"
    lead_and_commit(node, ctx)
    assert node.remove_server("n6", ctx) == "it is not a member"
    assert node.add_server("n5", ctx) == "it is a member already"


def test_4_1_the_last_but_one_server_stays_since_one_alone_gets_no_acknowledgement(node, ctx):
    lead_and_commit(node, ctx)
    for id in ("n5", "n4", "n3"):
        assert node.remove_server(id, ctx) == ""
        acknowledge(node, ctx, *node.memory.match_index)
    assert node.remove_server("n2", ctx).startswith("only two are left")
    assert node.memory.members == ("n1", "n2")


def test_4_2_1_a_new_server_first_joins_as_a_non_voting_member_and_catches_up(node, ctx):
    lead_and_commit(node, ctx)
    receive(node, ctx, "c1", ClientRequest("x=4", 1))
    assert node.add_server("n6", ctx) == ""
    [first] = to("n6", ctx.taken())
    assert (first.prev_log_index, len(first.entries)) == (0, 2)
    acknowledge(node, ctx, "n2")
    assert node.memory.commit_index == 1
    receive(node, ctx, "n6", AppendEntriesReply(1, False, 0, node.memory.round))
    assert node.memory.commit_index == 1
    assert node.memory.members == SERVERS


def test_4_2_1_once_it_has_caught_up_the_configuration_with_it_is_appended(node, ctx):
    lead_and_commit(node, ctx)
    node.add_server("n6", ctx)
    receive(node, ctx, "n6", AppendEntriesReply(1, True, 1))
    assert node.disk.log[-1] == Entry(1, "members n1 n2 n3 n4 n5 n6")
    assert (node.memory.members, node.memory.learner) == ((*SERVERS, "n6"), None)


def test_4_2_2_a_leader_that_is_removed_does_not_count_itself_and_steps_down_once_that_is_committed(node, ctx):
    lead_and_commit(node, ctx)
    assert node.remove_server("n1", ctx) == ""
    acknowledge(node, ctx, "n2", "n3")
    assert (node.memory.role, node.memory.commit_index) == (LEADER, 1), "two of the four that stay"
    acknowledge(node, ctx, "n4")
    assert (node.memory.role, node.memory.commit_index) == (FOLLOWER, 2)


def test_4_2_2_a_server_that_is_not_part_of_its_latest_configuration_still_stands_until_that_is_committed(node, ctx):
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (Entry(1, "members n2 n3 n4 n5"),), 0))
    node.on_timer("election", ctx)
    assert node.memory.role == PRE_CANDIDATE
    node.on_message("n2", PreVoteReply(2, True), ctx)
    node.on_message("n3", PreVoteReply(2, True), ctx)
    assert node.memory.role == PRE_CANDIDATE, "it does not count its own vote"
    node.on_message("n4", PreVoteReply(2, True), ctx)
    assert node.memory.role == CANDIDATE


def test_4_2_2_once_that_is_committed_it_only_listens(node, ctx):
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (Entry(1, "members n2 n3 n4 n5"),), 1))
    node.on_timer("election", ctx)
    assert (node.memory.role, ctx.taken()) == (FOLLOWER, [])


def test_4_1_only_members_stand_for_election():
    ctx = RecordingContext("n6", SERVERS)
    spare = start(CONFIG, ctx)
    ctx.timers.clear()
    spare.on_timer("election", ctx)
    assert (spare.memory.role, ctx.taken()) == (FOLLOWER, [])
    assert "election" in ctx.timers, "it goes on listening"
    receive(spare, ctx, "n2", AppendEntries(1, "n2", 0, 0, (), 0))
    receive(spare, ctx, "n2", TimeoutNow(1))
    assert spare.memory.role == FOLLOWER


def test_4_2_1_a_server_outside_the_configuration_still_votes(node, ctx):
    """Its own configuration may be an old one: a candidate that needs its vote knows better."""
    receive(node, ctx, "n2", AppendEntries(1, "n2", 0, 0, (Entry(1, "members n2 n3 n4"),), 1))
    ctx.clock_us += LONG_AGO_US
    assert receive(node, ctx, "n3", RequestVote(2, "n3", 1, 1)) == [("n3", RequestVoteReply(2, True))]


# §5.3, where messages come late or twice


def test_5_3_a_refusal_that_comes_again_is_not_answered_again(node, ctx):
    node.disk.log, node.disk.current_term = log_of(1, 1, 1), 1
    lead(node, ctx)
    assert len(receive(node, ctx, "n2", AppendEntriesReply(2, False, 1))) == 1
    assert receive(node, ctx, "n2", AppendEntriesReply(2, False, 1)) == []
    assert receive(node, ctx, "n2", AppendEntriesReply(2, False, 2)) == [], "nor one from before"
    assert len(receive(node, ctx, "n2", AppendEntriesReply(2, False, 0))) == 1
