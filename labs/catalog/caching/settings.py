"""How a cache node is set up. What a student may change during a run is `Settings`, which a node keeps on its disk."""

from __future__ import annotations

import msgspec

DATABASE = "db"
ASIDE, THROUGH, INVALIDATE, EXPIRE, BACK = "cache-aside", "read-through", "invalidate", "expire", "write-back"
WRITE_THROUGH = "write-through"
NONE, EARLY, WHILE_REVALIDATE = "none", "early", "stale-while-revalidate"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`refresh` says when a value is fetched anew: once it is missed (`none`), early by chance, or while the old one is still
    given out. The rules are those of `switches`.
    """

    policy: str
    capacity_bytes: int
    refresh: str
    single_flight: bool
    leases: bool
    newest_wins: bool
    negative_caching: bool
    flush_before_removal: bool
    journal: bool


class CacheConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`ttl_us` is how long a value counts as fresh, `jitter_percent` of it left to chance; `stale_us` how long after that it is
    given out while it is revalidated. `compare` names the policies that run beside the real one. A run begins with so many
    of the first keys in the caches (0: cold), as if each had taken `fetch_us` to fetch.
    """

    servers: tuple[str, ...]
    settings: Settings
    reads: str
    writes: str
    ttl_us: int
    jitter_percent: int
    negative_ttl_us: int
    stale_us: int
    lease_us: int
    flush_us: int
    dirty_max: int
    mixed_sizes: bool
    compare: tuple[str, ...]
    warm_keys: int
    fetch_us: int
