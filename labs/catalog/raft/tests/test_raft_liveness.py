"""What the liveness checkers must not take for an illness. That they fire is shown by the mutations and the switches."""

import pytest

from labs.catalog.raft import LAB
from labs.catalog.raft.actions import leader
from labs.engine.process import UP
from labs.engine.testing import play

S = 1_000_000
SEEDS = range(3)
LIVENESS = {"leader-in-time", "stable-leader"}


def alarms(played):
    return LIVENESS & set(played.violations())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leader_that_hands_over_was_not_deposed(seed):
    played = play(LAB, 6 * S, [(at * S, "transfer", {"node": "any-follower"}) for at in (2, 3, 4, 5)], seed=seed)
    assert len(played.notes("became_leader")) == 5
    assert alarms(played) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_successor_that_hears_late_of_its_call_does_not_depose_either(seed):
    parameters = {"nodes": 5, "clients": 0}
    first = leader(play(LAB, 2 * S, parameters=parameters, seed=seed).simulation)[0]
    follower = next(id for id in ("n1", "n2") if id != first)
    script = [
        (2 * S, "slow_link", {"a": first, "b": follower, "ms": 2_000}),
        (2 * S, "transfer", {"node": follower}),
        (2_100_000, "heal", {}),
    ]
    played = play(LAB, 6 * S, script, parameters, seed)
    [stepped_down] = played.notes("stepped_down")
    assert stepped_down.t_us > 4 * S, "long after the leader had given up"
    assert alarms(played) == set()


@pytest.mark.parametrize("seed", [1, 2, 3])  # nobody else stands in the meantime
def test_a_server_that_stood_while_the_leader_was_silent_may_depose_it_later(seed):
    """Its vote for itself is on disk: when it is heard again, its newer term ends the leader's, which is nobody's fault."""
    parameters = {"clients": 0, "election_ms_max": 1_000}
    silent = [(2 * S, "pause", {"node": "leader"})]
    earlier = play(LAB, 4 * S, silent, parameters, seed)
    stood = next(note for note in earlier.notes("election_started") if note.t_us > 2 * S)
    first = next(note.node for note in earlier.notes("became_leader"))
    script = [
        *silent,
        (stood.t_us + 1_000, "partition", {"nodes": [stood.node]}),
        (stood.t_us + 1_000, "resume", {"node": first}),
        (7 * S, "heal", {}),
    ]
    played = play(LAB, 10 * S, script, parameters, seed)
    assert [note.t_us > 7 * S for note in played.notes("stepped_down")] == [True]
    assert alarms(played) == set()


def test_nobody_leads_where_nobody_runs():
    script = [(2 * S, "crash", {"node": id}) for id in ("n1", "n2", "n3", "n4", "n5")]
    assert alarms(play(LAB, 8 * S, script)) == set()


def test_servers_that_start_again_and_again_between_two_looks_are_not_well():
    ids = ("n1", "n2", "n3")
    script = [
        (i * 20_000 + after_us, how, {"node": ids[i % 3]}) for i in range(300) for after_us, how in ((1_000, "crash"), (2_000, "restart"))
    ]
    played = play(LAB, 5 * S, script, {"nodes": 3})
    assert played.notes("became_leader") == []
    assert alarms(played) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_majority_is_that_of_the_configuration_in_force(seed):
    """Three of five servers run, and were once all there was; of the three that count now, two are down."""
    script = [
        (2 * S, "add_server", {"node": "n4"}),
        (3 * S, "add_server", {"node": "n5"}),
        (4 * S, "remove_server", {"node": "n2"}),
        (5 * S, "remove_server", {"node": "n3"}),
        (7 * S, "crash", {"node": "n4"}),
        (7 * S, "crash", {"node": "n5"}),
    ]
    simulation = (played := play(LAB, 14 * S, script, {"nodes": 3, "spares": 2}, seed)).simulation
    assert [id for id in simulation.servers if simulation.processes[id].status == UP] == ["n1", "n2", "n3"]
    assert simulation.processes["n1"].node.memory.members == ("n1", "n4", "n5")
    assert alarms(played) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_majority_of_the_configuration_in_force_is_expected_to_elect(seed, monkeypatch):
    monkeypatch.setattr("labs.catalog.raft.node.RaftNode.become_pre_candidate", lambda self, ctx: self.restart_election_timer(ctx))
    assert alarms(play(LAB, 6 * S, seed=seed)) == {"leader-in-time"}
