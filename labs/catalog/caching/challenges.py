"""What students are asked to bring about, from gentle to hard. When each is met says `goals`."""

from __future__ import annotations

from labs.catalog.caching.goals import (
    AHEAD_PERCENT,
    CALM_MS,
    DIRTY,
    HIT_PERCENT,
    SMALL_KB,
    WINDOWS,
    BeatLru,
    KeepWrites,
    LoseWrite,
    SmallestCache,
    SmoothExpiry,
    SurviveStampede,
)  # fmt: skip
from labs.engine.goals import Challenge

CHALLENGES: tuple[Challenge, ...] = (
    Challenge(
        name="smallest-cache", title=f"{HIT_PERCENT} % from {SMALL_KB} kB", goal=SmallestCache, scenario="small",
        brief=f"Answer {HIT_PERCENT} % of the reads from the caches over {WINDOWS // 2} s, with at most {SMALL_KB} kB of cache in all.",
        hints=("The chart of hit ratios shows how other policies would fare on the very same requests.",
               "Set capacity is per node; with two nodes, 120 kB each.",
               "A policy that keeps what is asked for often needs less room than one that keeps what was asked for lately."),
        solution=((1_000_000, "set_policy", {"policy": "sieve"}), (1_000_000, "set_capacity", {"kb": 120})),
    ),
    Challenge(
        name="survive-stampede", title="Survive a stampede", goal=SurviveStampede, scenario="stampede",
        brief=f"Take the hottest key out of the caches while 1,000 requests a second or more arrive, and let nobody feel it: "
              f"99 % of the reads stay under {CALM_MS} ms.",
        hints=("Watch the database's queue when you invalidate k0 as things are.",
               "All who miss the same key ask for the same answer: one of them would do.",
               "Turn the rule single_flight on before you invalidate k0."),
        solution=((2_000_000, "set_rule", {"rule": "single_flight", "state": "on"}), (3_000_000, "invalidate", {"key": "k0"})),
    ),
    Challenge(
        name="lose-a-write", title="Lose an acknowledged write", goal=LoseWrite, scenario="write-back",
        brief="Under write-back, make a write that its client was told is done vanish for good.",
        hints=("Where is a value between its acknowledgement and the flush?", "Stop the cache node with the most dirty keys."),
        solution=((2_000_000, "crash", {"node": "dirtiest-cache"}),),
    ),
    Challenge(
        name="keep-every-write", title="Keep every write", goal=KeepWrites, scenario="write-back",
        brief=f"Still under write-back: stop a cache node that holds at least {DIRTY} writes the database does not have, and lose none.",
        hints=("What survives a crash? What does even a power loss leave?",
               "With the rule journal on, a write is on the node's disk before it is acknowledged.",
               "Start the node again: it has to bring home what it owes."),
        solution=(
            (1_000_000, "set_rule", {"rule": "journal", "state": "on"}), (3_300_000, "power_loss", {"node": "dirtiest-cache"}),
            (4_000_000, "restart_all", {}),
        ),
    ),
    Challenge(
        name="beat-lru", title="Beat LRU on a scan", goal=BeatLru, scenario="scan",
        brief=f"Let a scan run, and keep the hit ratio {AHEAD_PERCENT} points above what LRU would have had on the same requests.",
        hints=("What does LRU do with keys that are read once and never again?",
               "The chart of hit ratios says which policies a scan leaves alone. Set the policy before the scan, and let it warm up."),
        solution=((0, "set_policy", {"policy": "wtinylfu"}), (3_000_000, "scan", {"per_s": 1_000})),
    ),
    Challenge(
        name="smooth-expiry", title="Expire without a queue", goal=SmoothExpiry, scenario="expiry",
        brief="The hot key expires every two seconds, and nobody may be told to wait for another's fetch (single flight stays off). "
              f"Keep 99 % of the reads under 50 ms for {WINDOWS} s.",
        hints=("The value could be fetched before it expires, or still be given out for a moment after.",
               "Early refresh tries its luck at each request: a key that is rarely asked for seldom has any.",
               "Set refresh to stale-while-revalidate: one fetch in the background then does for all."),
        solution=((1_000_000, "set_refresh", {"refresh": "stale-while-revalidate"}),),
    ),
)  # fmt: skip
