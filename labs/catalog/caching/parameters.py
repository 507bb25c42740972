"""What can be set, and the cluster that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.catalog.caching.client import CacheClient, CacheClientConfig
from labs.catalog.caching.database import Database, DatabaseConfig
from labs.catalog.caching.node import CacheNode
from labs.catalog.caching.panels import METRICS_US
from labs.catalog.caching.policies import POLICIES
from labs.catalog.caching.settings import (
    ASIDE,
    BACK,
    DATABASE,
    EARLY,
    EXPIRE,
    INVALIDATE,
    NONE,
    THROUGH,
    WHILE_REVALIDATE,
    WRITE_THROUGH,
    CacheConfig,
    Settings,
)  # fmt: skip
from labs.catalog.caching.switches import CACHE_RULES, SWITCHES
from labs.engine.definition import Parameter, Setup
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.workload import Popularity

SAMPLES_PER_S = 10  # requests shown one by one
COMPARED = (
    "fifo",
    "lru",
    "lfu",
    "sieve",
    "wtinylfu",
)  # beside the real one; without writes TTL is FIFO, and CLOCK lies between FIFO and LRU


def _int(name: str, label: str, default: int, low: int, high: int, unit: str = "", help: str = "") -> Parameter:
    return Parameter(name=name, type="int", label=label, default=default, min=low, max=high, unit=unit, help=help)


PARAMETERS = (
    _int("rate_per_s", "Requests", 200, 1, 5_000, "a second", "They arrive however slow the answers are."),
    _int("clients", "Clients", 2, 1, 4),
    _int("reads_percent", "Reads", 95, 0, 100, "%"),
    _int("keys", "Keys", 1_000, 10, 10_000),
    Parameter(name="popularity", type="choice", label="Popularity", default="zipf", choices=("uniform", "zipf", "hot")),
    _int("hot_percent", "Share of the hot key", 50, 1, 100, "%", "With popularity `hot`."),
    _int("absent_percent", "Reads of what is not there", 0, 0, 100, "%"),
    Parameter(name="sizes", type="choice", label="Sizes", default="equal", choices=("equal", "mixed"), help="1 kB, or 250 to 3,500 bytes."),
    _int("nodes", "Cache nodes", 2, 1, 5),
    _int("capacity_kb", "Capacity", 100, 1, 10_000, "kB", "Of each cache node."),
    Parameter(name="policy", type="choice", label="Eviction", default="lru", choices=tuple(POLICIES)),
    Parameter(name="compare", type="bool", label="Compare policies", default=True, help="Run others beside it on the same requests."),
    Parameter(name="warm", type="bool", label="Begin warm", default=False, help="With the first keys in the caches."),
    Parameter(name="reads", type="choice", label="Reads", default=ASIDE, choices=(ASIDE, THROUGH)),
    Parameter(name="writes", type="choice", label="Writes", default=INVALIDATE, choices=(INVALIDATE, EXPIRE, WRITE_THROUGH, BACK),
              help="invalidate and expire write to the database alone; expire tells the cache nothing."),
    Parameter(name="refresh", type="choice", label="Refresh", default=NONE, choices=(NONE, EARLY, WHILE_REVALIDATE)),
    _int("ttl_ms", "Time to live", 3_000, 10, 600_000, "ms"),
    _int("jitter_percent", "Of it left to chance", 10, 0, 100, "%", "So that what came together does not expire together."),
    _int("negative_ttl_ms", "Time to live of what is not there", 1_000, 10, 60_000, "ms"),
    _int("stale_ms", "Stale for", 1_000, 0, 60_000, "ms", "How long an expired value is given out while it is revalidated."),
    _int("flush_ms", "Flush every", 500, 10, 60_000, "ms", "Write-back."),
    _int("dirty_max", "Dirty keys at most", 500, 1, 10_000, help="Write-back: of each cache node. Further writes are refused."),
    _int("database_ms", "Database takes", 8, 1, 1_000, "ms", "Mean of one request, on one worker."),
    _int("workers", "Database workers", 8, 1, 64),
    _int("queue_max", "Database queue", 1_000, 1, 5_000, help="What finds it full is refused."),
    _int("sync_us", "Disk sync", 500, 0, 100_000, "µs"),
    _int("latency_us", "Link latency", 500, 10, 100_000, "µs"),
    _int("jitter_us", "Jitter", 100, 0, 100_000, "µs", "Mean of a long tail on top of the latency."),
    _int("timeout_ms", "Clients give up after", 1_000, 10, 10_000, "ms"),
    _int("bound_ms", "Staleness bound", 5_000, 0, 600_000, "ms", "What the checker holds the reads to."),
    _int("overload_ms", "Wait limit of the database", 500, 1, 10_000, "ms", "What the checker holds the database to."),
    *(Parameter(name=switch.name, type="bool", label=switch.title, default=True, help=switch.text) for switch in SWITCHES),
)  # fmt: skip


def setup(parameters: Mapping[str, Any]) -> Setup:
    p = parameters
    servers = tuple(f"n{i + 1}" for i in range(p["nodes"]))
    settings = Settings(
        policy=p["policy"], capacity_bytes=p["capacity_kb"] * 1000, refresh=p["refresh"], **{name: p[name] for name in CACHE_RULES}
    )
    cache = CacheConfig(
        servers=servers,
        settings=settings,
        reads=p["reads"],
        writes=p["writes"],
        ttl_us=p["ttl_ms"] * 1000,
        jitter_percent=p["jitter_percent"],
        negative_ttl_us=p["negative_ttl_ms"] * 1000,
        stale_us=p["stale_ms"] * 1000,
        lease_us=2 * p["timeout_ms"] * 1000,
        flush_us=p["flush_ms"] * 1000,
        dirty_max=p["dirty_max"],
        mixed_sizes=p["sizes"] == "mixed",
        compare=COMPARED if p["compare"] else (),
        warm_keys=p["keys"] if p["warm"] else 0,
        fetch_us=p["database_ms"] * 1000,
    )
    database = DatabaseConfig(
        workers=tuple(f"w{i + 1}" for i in range(p["workers"])), service_us=p["database_ms"] * 1000, queue_max=p["queue_max"]
    )
    asking = CacheClientConfig(
        servers=servers,
        rate_per_s=max(1, p["rate_per_s"] // p["clients"]),
        timeout_us=p["timeout_ms"] * 1000,
        popularity=Popularity(kind=p["popularity"], keys=p["keys"], hot_percent=p["hot_percent"]),
        reads_percent=p["reads_percent"],
        writes=p["writes"],
        invalidate_after_write=p["invalidate_after_write"],
        absent_percent=p["absent_percent"],
    )
    nodes: dict[str, Node] = {id: CacheNode(cache) for id in servers}
    nodes[DATABASE] = Database(database)
    nodes |= {f"c{i + 1}": CacheClient(asking) for i in range(p["clients"])}
    return Setup(
        nodes=nodes,
        link=LinkSpec(latency_us=p["latency_us"], jitter_us=p["jitter_us"]),
        sync_us=p["sync_us"],
        metrics_us=METRICS_US,
        sample_every=max(1, p["rate_per_s"] // SAMPLES_PER_S),
    )
