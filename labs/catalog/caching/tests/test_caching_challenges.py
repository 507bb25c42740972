"""No challenge is met by doing nothing or by the obvious mistake. Solutions are played by the tests of every lab."""

import pytest

from labs.catalog.caching import LAB
from labs.engine.testing import play

S = 1_000_000
CHALLENGES = {challenge.name: challenge for challenge in LAB.challenges}
UNTIL = {"lose-a-write": 4 * S, "keep-every-write": 6 * S, "survive-stampede": 7 * S, "smooth-expiry": 12 * S, "smallest-cache": 8 * S}
WRONG = {
    "smallest-cache": [(S, "set_capacity", {"kb": 120})],  # FIFO
    "survive-stampede": [(3 * S, "invalidate", {"key": "k0"})],
    "lose-a-write": [(S, "set_rule", {"rule": "journal", "state": "on"}), (2 * S, "crash", {"node": "dirtiest-cache"})],
    "keep-every-write": [(3_300_000, "power_loss", {"node": "dirtiest-cache"}), (4 * S, "restart_all", {})],
    "beat-lru": [(3 * S, "scan", {"per_s": 1_000})],  # LRU
    "smooth-expiry": [(S, "set_rule", {"rule": "single_flight", "state": "on"})],
}


def attempt(name, script):
    challenge = CHALLENGES[name]
    scenario = LAB.scenario(challenge.scenario)
    return play(LAB, UNTIL.get(name, 9 * S), script, {**scenario.parameters, **challenge.parameters}, scenario.seed)


@pytest.mark.parametrize("name", CHALLENGES)
def test_its_solution_makes_no_node_fail(name):
    assert not attempt(name, CHALLENGES[name].solution).notes("failed")


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_is_not_met_by_doing_nothing_or_by_its_scenarios_own_script(name):
    script = LAB.scenario(CHALLENGES[name].scenario).script  # which may be part of the run, or not
    assert attempt(name, []).goal(name) < 1
    if script and name != "beat-lru":  # that one's script is the obvious mistake below
        assert attempt(name, script).goal(name) < 1


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_is_not_met_by_the_obvious_mistake(name):
    assert attempt(name, WRONG[name]).goal(name) < 1


def test_a_quiet_stampede_is_none():
    """With hardly any load nobody could feel it."""
    script = [(S, "rate", {"per_s": 100}), *CHALLENGES["survive-stampede"].solution[1:]]
    assert attempt("survive-stampede", script).goal("survive-stampede") == 0


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_has_two_or_three_hints(name):
    assert 2 <= len(CHALLENGES[name].hints) <= 3
