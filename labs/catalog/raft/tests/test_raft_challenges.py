"""Every challenge can be met by a script, and none by doing nothing."""

import pytest

from labs.catalog.raft import LAB
from labs.engine.testing import play

S = 1_000_000
CHALLENGES = {challenge.name: challenge for challenge in LAB.challenges}
SCRIPTS = {
    "elect-after-crash": [(2 * S, "crash", {"node": "leader"})],
    "commit-with-two-down": [(2 * S, "crash", {"node": "two-followers"}), (3 * S, "write", {"key": "x", "value": "1"})],
    "minority-write": [(2 * S, "partition", {"nodes": ["leader", "any-follower"]}), (5 * S, "heal", {})],
    "three-split-votes": [(2 * S, "crash", {"node": "leader"})],
    "lose-committed": [(2 * S, "partition", {"nodes": ["leader", "any-follower"]}), (6 * S, "heal", {})],
    "figure-7": [
        (2 * S, "crash", {"node": "any-follower"}),
        (2_500_000, "partition", {"nodes": ["leader"]}),
        (5 * S, "partition", {"nodes": ["leader"]}),
        (5 * S, "restart_all", {}),
        (8 * S, "heal", {}),
    ],
    "change-membership": [(2 * S, "add_server", {"node": "spare"}), (4 * S, "remove_server", {"node": "any-follower"})],
}


def attempt(name, script, until_us):
    challenge = CHALLENGES[name]
    scenario = LAB.scenario(challenge.scenario)
    return play(LAB, until_us, script, {**scenario.parameters, **challenge.parameters}, scenario.seed)


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_can_be_met(name):
    assert attempt(name, SCRIPTS[name], 12 * S).goal(name) == 1


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_is_not_met_by_doing_nothing(name):
    assert attempt(name, [], 60 * S).goal(name) == 0


# Three may be met by the way: what they ask for can follow from any crash or cut.
@pytest.mark.parametrize("name", sorted(set(CHALLENGES) - {"minority-write", "lose-committed", "three-split-votes"}))
def test_a_challenge_is_not_met_by_another_ones_script(name):
    other = "elect-after-crash" if name != "elect-after-crash" else "change-membership"
    assert attempt(name, SCRIPTS[other][:1], 12 * S).goal(name) < 1


def test_an_outage_of_more_than_a_second_spoils_the_change_of_membership():
    changes = [(2 * S, "add_server", {"node": "spare"}), (9 * S, "remove_server", {"node": "any-follower"})]
    outage = [
        (3 * S, "partition", {"nodes": ["leader", "any-follower"]}),
        (3 * S, "crash", {"node": "two-followers"}),
        (6 * S, "heal", {}),
        (6 * S, "restart_all", {}),
    ]
    assert attempt("change-membership", changes, 14 * S).goal("change-membership") == 1
    assert attempt("change-membership", changes + outage, 14 * S).goal("change-membership") < 1


def test_losing_an_entry_with_two_rules_off_does_not_count():
    challenge = CHALLENGES["lose-committed"]
    scenario = LAB.scenario(challenge.scenario)
    parameters = {**scenario.parameters, "majority": False, "log_check": False}
    played = play(LAB, 12 * S, SCRIPTS["lose-committed"], parameters, scenario.seed)
    assert "leader-completeness" in played.violations()
    assert played.goal("lose-committed") == 0
