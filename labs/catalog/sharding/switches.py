"""The rules that can be turned off, each with a seed and script under which its absence shows, and its presence does not."""

from __future__ import annotations

from labs.engine.goals import Switch

CUT_ROUTER_OFF = ((1_000_000, "cut", {"a": "r2", "b": "m1"}),)
JOIN = (1_500_000, "add_shard", {"node": "spare"})

SWITCHES: tuple[Switch, ...] = (
    Switch(
        name="dual_reads", title="Dual reads", exposed_by="no-stale-read", seed=1, until_us=4_000_000,
        text="While keys move, a read that finds nothing at the new owner asks the old one.",
        script=(JOIN,),
    ),
    Switch(
        name="fencing", title="Fencing by epoch", exposed_by="no-stale-read", seed=1, until_us=8_000_000,
        text="A shard refuses what is not its own by its map, so a router with an old map cannot use the old owner.",
        script=(*CUT_ROUTER_OFF, JOIN),
    ),
    Switch(
        name="ack_before_delete", title="Acknowledge before delete", exposed_by="no-key-lost", seed=1, until_us=6_000_000,
        text="The old owner deletes a key only when the new one has it on disk.",
        script=(JOIN, (1_700_000, "crash", {"node": "s5"}), (2_200_000, "restart_all", {})),
    ),
    Switch(
        name="newer_wins", title="The newer version wins", exposed_by="no-key-lost", seed=1, until_us=8_000_000,
        text="A key that arrives does not overwrite what was written at its new owner meanwhile.",
        parameters={"rate_per_s": 400, "reads_percent": 50, "keys_per_s": 10},
        script=(JOIN,),
    ),
)  # fmt: skip
