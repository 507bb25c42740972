"""Every rule that can be turned off is needed: its script breaks a promise without it, and breaks none with it."""

import pytest

from labs.catalog.caching import LAB
from labs.engine.testing import play

SWITCHES = {switch.name: switch for switch in LAB.switches}


@pytest.mark.parametrize("name", SWITCHES)
def test_without_the_rule_its_checker_fires(name):
    switch = SWITCHES[name]
    played = play(LAB, switch.until_us, switch.script, {**switch.parameters, name: False}, switch.seed)
    assert switch.exposed_by in played.violations()
    assert not played.notes("failed")


@pytest.mark.parametrize("name", SWITCHES)
def test_with_the_rule_the_same_run_keeps_every_promise(name):
    switch = SWITCHES[name]
    assert play(LAB, switch.until_us, switch.script, switch.parameters, switch.seed).violations() == {}


@pytest.mark.parametrize("name", sorted(set(SWITCHES) - {"invalidate_after_write"}))
def test_a_rule_turned_off_during_the_run_is_missed_as_well(name):
    switch = SWITCHES[name]
    script = [(1_000, "set_rule", {"rule": name, "state": "off"}), *switch.script]
    assert switch.exposed_by in play(LAB, switch.until_us, script, switch.parameters, switch.seed).violations()


def test_every_rule_the_design_names_can_be_turned_off():
    assert set(SWITCHES) == {
        "single_flight", "leases", "newest_wins", "negative_caching", "invalidate_after_write", "flush_before_removal", "journal",
    }  # fmt: skip
