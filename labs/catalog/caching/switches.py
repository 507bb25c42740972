"""The rules that can be turned off, each with a seed and script under which its absence shows, and its presence does not.

Parameters make the exposure quick to see: values live long, so that a stale one is seen, and the bound is tight.
"""

from __future__ import annotations

from labs.engine.goals import Switch

LONG_LIVED = {"ttl_ms": 600_000, "bound_ms": 400, "compare": False}
SWITCHES: tuple[Switch, ...] = (
    # 1,200 reads a second of one key, which takes the database 100 ms: while it is fetched, 120 more clients miss it.
    Switch(
        name="single_flight", title="Single flight", exposed_by="database-overload", seed=7, until_us=4_000_000,
        text="One client, or the node, fetches a missing key; the others wait for what it brings.",
        parameters={**LONG_LIVED, "rate_per_s": 1_500, "popularity": "hot", "hot_percent": 80, "keys": 10, "database_ms": 100,
                    "reads_percent": 100},
        script=((1_900_000, "invalidate", {"key": "k0"}),),
    ),
    # Links that let messages overtake each other: a set that left before an invalidation arrives after it.
    Switch(
        name="leases", title="Leases", exposed_by="staleness-bound", seed=5, until_us=6_000_000,
        text="A value is stored only if no write came between its read and now (Nishtala et al. 2013, section 3.2.1).",
        parameters={**LONG_LIVED, "rate_per_s": 1_000, "reads_percent": 90, "keys": 200, "jitter_us": 15_000, "workers": 32},
    ),
    # Two writes of one key on their way at once: the database's answers arrive in the other order.
    Switch(
        name="newest_wins", title="Newest wins", exposed_by="staleness-bound", seed=7, until_us=6_000_000,
        text="A cache node never replaces a value by an older version of it.",
        parameters={**LONG_LIVED, "rate_per_s": 1_000, "reads_percent": 85, "keys": 50, "jitter_us": 10_000, "workers": 32,
                    "reads": "read-through", "writes": "write-through"},
    ),
    # 600 reads a second of 200 keys that do not exist, against a database that does 270; single flight alone is no help.
    Switch(
        name="negative_caching", title="Negative caching", exposed_by="database-overload", seed=7, until_us=4_000_000,
        text="That a key does not exist is remembered for a while, like a value.",
        parameters={**LONG_LIVED, "rate_per_s": 1_000, "reads_percent": 100, "keys": 50, "database_ms": 30,
                    "negative_ttl_ms": 5_000, "overload_ms": 300},
        script=((1_000_000, "absent", {"percent": 60}),),
    ),
    Switch(
        name="invalidate_after_write", title="Invalidate after the write", exposed_by="staleness-bound", seed=7, until_us=6_000_000,
        text="First the database, then the cache is told to forget; the other way round, a read in between brings the old value back.",
        parameters={**LONG_LIVED, "rate_per_s": 1_000, "keys": 200, "database_ms": 30, "workers": 32},
    ),
    # The database is away for a second and a half: what was flushed then went nowhere.
    Switch(
        name="flush_before_removal", title="Flush before removal", exposed_by="lost-writes", seed=7, until_us=6_000_000,
        text="Under write-back a value stays dirty until the database has acknowledged its flush.",
        parameters={**LONG_LIVED, "rate_per_s": 400, "reads_percent": 80, "keys": 200, "writes": "write-back"},
        script=((1_900_000, "crash", {"node": "database"}), (3_400_000, "restart", {"node": "database"})),
    ),
    Switch(
        name="journal", title="Journal", exposed_by="lost-writes", seed=7, until_us=6_000_000,
        text="Under write-back a write is on the node's disk before it is acknowledged.",
        parameters={**LONG_LIVED, "rate_per_s": 400, "reads_percent": 80, "keys": 200, "writes": "write-back"},
        script=((2_200_000, "power_loss", {"node": "dirtiest-cache"}), (3_000_000, "restart_all", {})),
    ),
)  # fmt: skip
CACHE_RULES = tuple(switch.name for switch in SWITCHES if switch.name != "invalidate_after_write")  # that one is kept by the clients
