"""Whole Raft clusters: what the scenarios promise, and that each invariant can fire."""

import pytest

from labs.catalog.raft import LAB
from labs.catalog.raft.messages import AppendEntriesReply, RequestVoteReply
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import FOLLOWER, LEADER
from labs.engine.chunks import Run
from labs.engine.commands import Command
from labs.engine.events import CheckEvent, FaultEvent, NoteEvent, OperationEvent
from labs.engine.process import UP
from labs.engine.simulation import Simulation


def play(until_us, log=(), parameters=None, seed=7):
    """Run to `until_us`; the run and all its events."""
    run, events = Run(Simulation(LAB, parameters or {}, seed)), []
    commands = [Command(i + 1, *entry) for i, entry in enumerate(log)]
    while run.frontier_us < until_us and not run.finished:
        run.next_chunk(commands)
        events += run.simulation.events
    return run, events


def notes(events, name):
    return [e for e in events if isinstance(e, NoteEvent) and e.name == name]


def violations(events):
    return [e.checker for e in events if isinstance(e, CheckEvent) and not e.holds]


def test_the_steady_scenario_shows_one_candidate_and_one_clean_election():
    scenario = LAB.scenario("steady")
    _, events = play(4_000_000, parameters=scenario.parameters, seed=scenario.seed)
    assert len(notes(events, "election_started")) == 1
    [won] = notes(events, "became_leader")
    assert won.t_us < 700_000
    assert notes(events, "committed")[0].t_us < 1_000_000


def test_the_leader_crash_scenario_shows_a_second_leader_of_a_higher_term():
    scenario = LAB.scenario("leader-crash")
    _, events = play(6_000_000, scenario.script, scenario.parameters, scenario.seed)
    first, second = notes(events, "became_leader")
    [fault] = [e for e in events if isinstance(e, FaultEvent)]
    assert fault.text == f"{first.node} was stopped"
    assert second.fields["term"] > first.fields["term"]
    assert second.node != first.node


@pytest.mark.parametrize("seed", range(20))
def test_a_stopped_leader_is_replaced_and_writes_go_on(seed):
    _, events = play(6_000_000, [(2_000_000, "crash", {"node": "leader"})], seed=seed)
    assert violations(events) == []
    done = [e for e in events if isinstance(e, OperationEvent) and e.type == "ok" and e.f == "write"]
    assert done[-1].t_us > 4_000_000


@pytest.mark.parametrize("seed", range(10))
def test_a_leader_in_a_minority_accepts_a_write_that_never_commits_there(seed):
    run, events = play(5_000_000, [(2_000_000, "partition", {"nodes": ["leader", "any-follower"]})], seed=seed)
    [fault] = [e for e in events if isinstance(e, FaultEvent)]
    inside = fault.args["nodes"]
    committed_inside = [e for e in notes(events, "committed") if e.node in inside and e.t_us > 2_020_000]
    assert committed_inside == []
    leaders = [id for id, p in run.simulation.processes.items() if isinstance(p.node, RaftNode) and p.node.memory.role == LEADER]
    assert len(leaders) == 2, "the old one still believes it leads"
    assert violations(events) == []


@pytest.mark.parametrize("seed", range(15))
def test_random_faults_break_no_promise_and_a_healed_cluster_goes_on(seed):
    log = []
    for i in range(8):
        at_us = 1_000_000 + i * 900_000
        log.append((at_us, *[("crash", {"node": "leader"}), ("partition", {"nodes": ["leader", "any-follower"]})][(seed + i) % 2]))
        log.append((at_us + 600_000, *[("restart_all", {}), ("heal", {}), ("pause", {"node": "any-follower"})][(seed + i) % 3]))
    log += [(8_500_000, "heal", {}), (8_500_000, "restart_all", {})] + [(8_500_000, "resume", {"node": f"n{i}"}) for i in range(1, 6)]
    run, events = play(14_000_000, log, {"loss_percent": seed % 5, "jitter_ms": 5}, seed)
    assert violations(events) == []
    assert all(p.status == UP for p in run.simulation.processes.values())
    assert [e for e in notes(events, "committed") if e.t_us > 10_000_000]


def test_election_safety_fires_when_a_vote_is_given_twice(monkeypatch):
    def vote_for_all(self, src, body, ctx):
        ctx.send(src, RequestVoteReply(self.disk.current_term, body.term == self.disk.current_term))

    monkeypatch.setattr(RaftNode, "on_request_vote", vote_for_all)
    assert "election-safety" in some_violation({"election_ms_min": 150, "election_ms_max": 160})


def test_log_matching_fires_when_the_check_before_an_append_is_skipped(monkeypatch):
    def append_blindly(self, src, body, ctx):
        self.memory.role, self.memory.leader_id = FOLLOWER, src
        self.restart_election_timer(ctx)
        self.disk.log += body.entries
        ctx.send(src, AppendEntriesReply(self.disk.current_term, True, body.prev_log_index + len(body.entries)))

    monkeypatch.setattr(RaftNode, "on_append_entries", append_blindly)
    assert "log-matching" in some_violation({"loss_percent": 20, "think_ms": 50})


def test_state_machine_safety_fires_when_a_minority_may_commit(monkeypatch):
    def commit_alone(self, ctx):
        self.commit(len(self.disk.log), ctx)

    monkeypatch.setattr(RaftNode, "advance_commit", commit_alone)
    log = [(2_000_000, "partition", {"nodes": ["leader", "any-follower"]}), (5_000_000, "heal", {})]
    assert "state-machine-safety" in some_violation({"think_ms": 50}, log)


def some_violation(parameters, log=()):
    """The checkers that fire in one of 50 seeds."""
    for seed in range(50):
        _, events = play(8_000_000, log, parameters, seed)
        if found := violations(events):
            return found
    return []
