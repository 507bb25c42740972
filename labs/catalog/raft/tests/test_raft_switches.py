"""Every rule that can be turned off is needed: its script breaks a promise without it, and breaks none with it."""

import pytest

from labs.catalog.raft import LAB
from labs.engine.testing import play

SWITCHES = {switch.name: switch for switch in LAB.switches}


@pytest.mark.parametrize("name", SWITCHES)
def test_without_the_rule_its_checker_fires(name):
    switch = SWITCHES[name]
    played = play(LAB, switch.until_us, switch.script, {**switch.parameters, name: False}, switch.seed)
    assert switch.exposed_by in played.violations()


@pytest.mark.parametrize("name", SWITCHES)
def test_with_the_rule_the_same_run_keeps_every_promise(name):
    switch = SWITCHES[name]
    assert play(LAB, switch.until_us, switch.script, switch.parameters, switch.seed).violations() == {}


def test_every_rule_the_design_names_can_be_turned_off():
    assert set(SWITCHES) == {
        "randomised_timeouts", "current_term_commit", "sync_before_vote", "log_check", "pre_vote", "majority", "safe_reads",
    }  # fmt: skip
