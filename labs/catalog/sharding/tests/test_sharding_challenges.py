"""No challenge is met by doing nothing or by what seems to help and does not. Solutions are played by the tests of every lab."""

import pytest

from labs.catalog.sharding import LAB
from labs.engine.testing import play

S = 1_000_000
CHALLENGES = {challenge.name: challenge for challenge in LAB.challenges}
NOT_MET = {
    "first-move": [(2 * S, "where", {"key": "hot"})],
    "join-under-12": [(S, "add_shard", {})],
    "tame-celebrity": [(S, "add_shard", {}), (3 * S, "split", {})],
    "split-range": [(S, "split", {"node": "s2", "to": "s3", "at": "q"}), (3 * S, "split", {"node": "s1", "to": "s4", "at": "d"})],
    "rebalance-calmly": [(S, "throttle", {"keys_per_s": 200, "batch_keys": 50})],
    "stale-read": [(2 * S, "add_shard", {})],
}


def progress(name, script, seconds):
    """The challenge at the end of a run from its own start, with this added to the scenario's script."""
    challenge = CHALLENGES[name]
    scenario = LAB.scenario(challenge.scenario)
    parameters = scenario.parameters | challenge.parameters
    return play(LAB, seconds * S, [*scenario.script, *script], parameters, scenario.seed).goal(name)


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_challenge_is_not_met_by_doing_nothing(name):
    assert progress(name, [], 4) < 1


@pytest.mark.parametrize("name", CHALLENGES)
def test_the_challenge_is_not_met_by_what_only_seems_to_help(name):
    assert progress(name, NOT_MET[name], 6) < 1


def test_every_challenge_has_two_or_three_hints():
    assert all(len(challenge.hints) in (2, 3) for challenge in LAB.challenges)
    assert set(NOT_MET) == set(CHALLENGES)
