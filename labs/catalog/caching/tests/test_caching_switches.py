"""Which rules can be turned off, and that it shows in the middle of a run too. The rest: tests/engine/test_every_lab.py."""

import pytest

from labs.catalog.caching import LAB
from labs.engine.testing import play

SWITCHES = {switch.name: switch for switch in LAB.switches}


@pytest.mark.parametrize("name", sorted(set(SWITCHES) - {"invalidate_after_write"}))
def test_a_rule_turned_off_during_the_run_is_missed_as_well(name):
    switch = SWITCHES[name]
    script = [(1_000, "set_rule", {"rule": name, "state": "off"}), *switch.script]
    assert switch.exposed_by in play(LAB, switch.until_us, script, switch.parameters, switch.seed).violations()


def test_every_rule_the_design_names_can_be_turned_off():
    assert set(SWITCHES) == {
        "single_flight", "leases", "newest_wins", "negative_caching", "invalidate_after_write", "flush_before_removal", "journal",
    }  # fmt: skip
