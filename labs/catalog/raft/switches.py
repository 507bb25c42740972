"""The rules that can be turned off, each with a seed and script under which its absence shows, and its presence does not.

Parameters differ from the default only where that makes the exposure quick to see; the tests run each script both ways.
"""

from __future__ import annotations

from labs.engine.goals import Switch

CUT_LEADER_OFF = (2_000_000, "partition", {"nodes": ["leader", "any-follower"]})

SWITCHES: tuple[Switch, ...] = (
    Switch(
        name="randomised_timeouts", title="Randomised time-outs", exposed_by="leader-in-time", seed=0, until_us=8_000_000,
        text="Each server draws its election time-out anew, so that one loses patience first (§5.2).",
        parameters={"jitter_ms": 0, "clients": 0},
    ),
    # Figure 8, step by step: n2 and n1 hold entries of term 1 that the others lack; n3 wins term 3 and stops before it can
    # say so; n2 leads term 4, counts replicas of an old entry and commits it; n2 and n1 stop; n3 comes back, wins with a log
    # that ends in a later term, and overwrites it.
    Switch(
        name="current_term_commit", title="Commit only the current term", exposed_by="leader-completeness", seed=0, until_us=6_000_000,
        text="A leader counts replicas only for entries of its own term (§5.4.2, figure 8).",
        parameters={"batch_entries": 1, "think_ms": 60, "clients": 5, "sync_ms": 10, "compact_entries": 0},
        script=(
            (1_000_000, "partition", {"nodes": ["leader", "any-follower"]}),
            (1_530_243, "crash", {"node": "n3"}),
            (1_531_243, "heal", {}),
            (1_933_579, "crash", {"node": "n2"}),
            (1_933_579, "crash", {"node": "n1"}),
            (1_983_479, "restart", {"node": "n3"}),
        ),
    ),
    Switch(
        name="sync_before_vote", title="Sync before voting", exposed_by="election-safety", seed=2, until_us=20_000_000,
        text="Term and vote reach the disk before the answer leaves (figure 2).",
        parameters={"sync_ms": 100, "election_ms_max": 170},
        script=((100_000, "chaos", {"per_minute": 300, "kind": "power_loss"}),),
    ),
    Switch(
        name="log_check", title="Log up-to-date check", exposed_by="leader-completeness", seed=1, until_us=20_000_000,
        text="No vote for a candidate whose log is behind (§5.4.1).",
        parameters={"think_ms": 50},
        script=((100_000, "chaos", {"per_minute": 60, "kind": "everything"}),),
    ),
    Switch(
        name="pre_vote", title="Pre-vote", exposed_by="stable-leader", seed=0, until_us=6_000_000,
        text="A server asks whether it would win before it raises the term (dissertation, §9.6).",
        script=((2_000_000, "partition", {"nodes": ["any-follower"]}), (4_000_000, "heal", {})),
    ),
    Switch(
        name="majority", title="Majority", exposed_by="leader-completeness", seed=0, until_us=8_000_000,
        text="More than half must agree; with the rule off, half rounded down.",
        script=(CUT_LEADER_OFF, (5_000_000, "heal", {})),
    ),
    Switch(
        name="safe_reads", title="Safe reads", exposed_by="linearizability", seed=17, until_us=8_000_000,
        text="A leader proves that it still leads before it answers a read (§8).",
        parameters={"think_ms": 50, "clients": 5},
        script=(CUT_LEADER_OFF, (5_000_000, "heal", {})),
    ),
)  # fmt: skip
