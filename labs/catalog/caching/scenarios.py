"""Named starts, each with a seed that shows the typical case. Two nodes at 2,000 requests a second, if nothing else is said."""

from __future__ import annotations

from labs.engine.definition import Scenario

BUSY = {"rate_per_s": 2_000, "keys": 2_000, "capacity_kb": 300, "ttl_ms": 10_000, "bound_ms": 12_000, "workers": 16}
HOT = {"rate_per_s": 1_500, "popularity": "hot", "hot_percent": 80, "keys": 50, "database_ms": 120, "workers": 8, "ttl_ms": 60_000,
       "bound_ms": 70_000, "reads_percent": 100, "compare": False, "warm": True}  # fmt: skip

SCENARIOS = (
    Scenario(
        name="steady", title="A cache at work", seed=7, parameters=BUSY,
        why="Zipf's law and a cache that holds a third of the keys: seven reads in ten never reach the database.",
    ),
    Scenario(
        name="small", title="A cache that is too large", seed=7,
        parameters={**BUSY, "capacity_kb": 400, "policy": "fifo", "reads_percent": 99, "ttl_ms": 60_000, "bound_ms": 62_000},
        why="FIFO with 800 kB: the policies beside it already show how much of that is waste.",
    ),
    Scenario(
        name="stampede", title="Everybody misses at once", seed=7, parameters={**HOT, "single_flight": False}, opens_at_us=5_500_000,
        why="One key takes 80 % of the reads and the database 120 ms for it; at 6 s it is invalidated, with no rule to help.",
        script=((6_000_000, "invalidate", {"key": "k0"}),),
    ),
    Scenario(
        name="expiry", title="The hot key expires", seed=7, opens_at_us=1_500_000,
        parameters={**HOT, "single_flight": False, "ttl_ms": 2_000, "jitter_percent": 0, "bound_ms": 5_000, "keys": 20},
        why="A time to live of two seconds without jitter: the same stampede every two seconds, by the clock.",
    ),
    Scenario(
        name="write-back", title="Acknowledged, not yet saved", seed=7,
        parameters={**BUSY, "rate_per_s": 1_000, "reads_percent": 80, "writes": "write-back", "journal": False, "flush_ms": 1_000},
        why="Two hundred writes a second, flushed once a second: at any moment dozens are in the caches alone.",
    ),
    Scenario(
        name="scan", title="A scan comes by", seed=7,
        parameters={**BUSY, "reads_percent": 100, "capacity_kb": 200, "ttl_ms": 60_000, "bound_ms": 62_000, "workers": 32},
        opens_at_us=7_500_000, script=((8_000_000, "scan", {"per_s": 1_000}),),
        why="LRU, warm after 8 s, when every key is read once: what was worth keeping makes room for what is never asked for again.",
    ),
    Scenario(
        name="missing", title="Asking for what is not there", seed=7, opens_at_us=3_500_000,
        parameters={**BUSY, "reads_percent": 100, "negative_caching": False, "workers": 8, "database_ms": 28, "capacity_kb": 600,
                    "ttl_ms": 60_000, "bound_ms": 62_000, "warm": True},
        script=((4_000_000, "absent", {"percent": 60}),),
        why="From 4 s on six reads in ten are for keys that do not exist; nothing remembers that, and the database pays.",
    ),
    Scenario(
        name="lost-node", title="A cache node stops", seed=7, opens_at_us=5_500_000, parameters={**BUSY, "nodes": 4, "capacity_kb": 150},
        script=((6_000_000, "crash", {"node": "any-cache"}), (12_000_000, "restart_all", {})),
        why="One of four nodes stops at 6 s: its quarter of the keys moves on along the ring, cold, and comes back cold at 12 s.",
    ),
)  # fmt: skip
