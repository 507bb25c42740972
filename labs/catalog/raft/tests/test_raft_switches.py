"""Which rules can be turned off. That each is needed, and enough, tests/engine/test_every_lab.py shows."""

from labs.catalog.raft import LAB


def test_every_rule_the_design_names_can_be_turned_off():
    assert {switch.name for switch in LAB.switches} == {
        "randomised_timeouts", "current_term_commit", "sync_before_vote", "log_check", "pre_vote", "majority", "safe_reads",
    }  # fmt: skip
