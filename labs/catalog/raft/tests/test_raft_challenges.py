"""What meets a challenge and what does not, beside its solution, which the tests of every lab play."""

import pytest

from labs.catalog.raft import LAB
from labs.engine.testing import play

S = 1_000_000
CHALLENGES = {challenge.name: challenge for challenge in LAB.challenges}


def attempt(name, script, until_us):
    challenge = CHALLENGES[name]
    scenario = LAB.scenario(challenge.scenario)
    return play(LAB, until_us, script, {**scenario.parameters, **challenge.parameters}, scenario.seed)


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_is_not_met_by_doing_nothing(name):
    assert attempt(name, [], 60 * S).goal(name) == 0


# Three may be met by the way: what they ask for can follow from any crash or cut.
@pytest.mark.parametrize("name", sorted(set(CHALLENGES) - {"minority-write", "lose-committed", "three-split-votes"}))
def test_a_challenge_is_not_met_by_another_ones_script(name):
    other = "elect-after-crash" if name != "elect-after-crash" else "change-membership"
    assert attempt(name, CHALLENGES[other].solution[:1], 12 * S).goal(name) < 1


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
    played = play(LAB, 12 * S, challenge.solution, parameters, scenario.seed)
    assert "leader-completeness" in played.violations()
    assert played.goal("lose-committed") == 0
