"""Mistakes that builders of caches make: each is caught by a named checker, not by an exception.

A mistake is a replacement for one method, with the parameters and the script that bring it to light. The table printed
with `-s` lists them. The same runs without the mistake break nothing.
"""

import pytest

from labs.catalog.caching import LAB
from labs.catalog.caching.client import CacheClient
from labs.catalog.caching.content import FOREVER_US, Content
from labs.catalog.caching.database import Database
from labs.catalog.caching.leases import Leases
from labs.catalog.caching.messages import Invalidate, ReadReply, Write, WriteReply
from labs.catalog.caching.node import CacheNode
from labs.catalog.caching.policies.base import Policy
from labs.catalog.caching.settings import DATABASE
from labs.catalog.caching.writing import Writing
from labs.engine.placement import preference
from labs.engine.testing import play

S = 1_000_000
LONG = {"ttl_ms": 600_000, "bound_ms": 400, "compare": False, "rate_per_s": 1_000, "keys": 200}
RACES = {**LONG, "reads_percent": 90, "jitter_us": 15_000, "workers": 32}
THROUGH = {**LONG, "reads": "read-through", "writes": "write-through", "reads_percent": 85, "jitter_us": 10_000, "workers": 32}
BACK = {**LONG, "rate_per_s": 400, "reads_percent": 80, "writes": "write-back"}
HOT = {
    **LONG,
    "rate_per_s": 1_500,
    "popularity": "hot",
    "hot_percent": 80,
    "keys": 10,
    "database_ms": 100,
    "reads_percent": 100,
    "warm": True,
}
AWAY = [(1_900_000, "crash", {"node": DATABASE}), (3_400_000, "restart", {"node": DATABASE})]
POWER = [(2_200_000, "power_loss", {"node": "dirtiest-cache"}), (3 * S, "restart_all", {})]
MISTAKES = {}


def mistake(checker, owner, method, parameters, script=(), seconds=6, seed=7):
    def enter(replacement):
        MISTAKES[replacement.__name__] = (checker, owner, method, replacement, parameters, script, seconds, seed)
        return replacement

    return enter


# Staleness


@mistake("staleness-bound", Leases, "redeem", RACES, seed=5)
def takes_any_token_for_a_good_one(self, key, token):
    held = self.held.pop(key, None)
    return held[1] if held else 0


@mistake("staleness-bound", CacheNode, "invalidate", RACES, seed=5)
def an_invalidation_leaves_the_lease_valid(self, key):
    if key not in self.memory.dirty:
        self.remove(key)


@mistake("staleness-bound", CacheNode, "invalidate", LONG, seconds=3)
def acknowledges_an_invalidation_and_forgets_nothing(self, key):
    self.memory.leases.void(key)


@mistake("staleness-bound", Content, "lifetime_us", {**LONG, "ttl_ms": 200, "bound_ms": 1_000, "writes": "expire"}, seconds=4)
def lets_nothing_expire(self, key, version, ctx):
    return FOREVER_US


@mistake("staleness-bound", CacheClient, "on_write_reply", LONG)
def tells_the_wrong_node_to_forget(self, body, ctx):
    ctx.send(preference(self.config.servers, body.key)[-1], Invalidate(body.trace, body.key, body.version))


# The database


@mistake("database-overload", Leases, "grant", HOT, [(1_900_000, "invalidate", {"key": "k0"})], 4)
def lets_everybody_fetch(self, key, now_us, lease_us):
    self.last += 8
    self.held.setdefault(key, (self.last, now_us))
    return self.held[key][0]


@mistake(
    "database-overload", CacheNode, "refresh", {**HOT, "ttl_ms": 2_000, "bound_ms": 9_000, "refresh": "stale-while-revalidate"}, seconds=4
)
def whoever_gets_a_stale_value_revalidates_it(self, body, now_us, ctx):
    return self.memory.leases.grant(body.key, now_us, 0)


@mistake(
    "database-overload", CacheNode, "fill",
    {**LONG, "reads_percent": 100, "keys": 50, "database_ms": 30, "negative_ttl_ms": 5_000, "overload_ms": 300},
    [(S, "absent", {"percent": 60})], 4,
)  # fmt: skip
def does_not_remember_that_there_is_nothing(self, key, version, token, ctx):
    if version >= 0:
        fill(self, key, version, token, ctx)
    else:
        self.memory.leases.void(key)


# Writes


@mistake("lost-writes", Writing, "flushed", {**BACK, "flush_ms": 20, "database_ms": 60}, AWAY)
def an_acknowledgement_of_an_older_version_makes_a_newer_one_clean(self, key, version, ctx):
    flushed(self, key, self.memory.dirty.get(key, version), ctx)


@mistake("lost-writes", Writing, "send_home", BACK, AWAY)
def forgets_a_write_when_it_has_sent_it(self, key, version, ctx):
    ctx.send(DATABASE, Write(0, key, version))
    self.flushed(key, version, ctx)


@mistake("lost-writes", Writing, "evicted", {**BACK, "capacity_kb": 20, "flush_ms": 5_000})
def evicts_what_is_dirty_like_anything_else(self, key, ctx):
    self.memory.dirty.pop(key, None)


@mistake("lost-writes", CacheNode, "on_start", BACK, POWER)
def does_not_read_its_journal_when_it_starts(self, ctx):
    self.disk.journal = {}
    on_start(self, ctx)


@mistake("lost-writes", Writing, "keep", {**BACK, "sync_us": 20_000, "nodes": 1, "flush_ms": 5_000}, POWER)
def acknowledges_before_the_journal_is_on_disk(self, src, body, ctx):
    memory, key = self.memory, body.key
    version = memory.dirty[key] = max(ctx.now_us, memory.dirty.get(key, 0) + 1)
    self.disk.journal = {**self.disk.journal, key: version}
    self.store(key, version, 0, ctx)
    ctx.send(src, WriteReply(body.trace, key, version, 0))


@mistake("lost-writes", Writing, "on_write", {**THROUGH, "jitter_us": 100}, AWAY, 5)
def write_through_acknowledges_before_the_database_has_it(self, src, body, ctx):
    ctx.send(DATABASE, Write(body.trace, body.key, ctx.now_us))
    ctx.send(src, WriteReply(body.trace, body.key, ctx.now_us, 0))


@mistake(
    "lost-writes", Database, "serve", {**LONG, "reads_percent": 50, "keys": 1_000},
    [(2 * S, "power_loss", {"node": DATABASE}), (2_100_000, "restart_all", {})], 5,
)  # fmt: skip
def the_database_acknowledges_before_its_disk_has_it(self, job, waited_us, ctx):
    body = job.body
    if isinstance(body, Write):
        version = max(ctx.now_us, self.version(body.key) + 1)
        self.disk.versions = {**self.disk.versions, body.key: version}
        ctx.send(job.src, WriteReply(body.trace, body.key, version, waited_us))
    else:
        ctx.send(job.src, ReadReply(body.trace, body.key, self.version(body.key), body.token, waited_us))


@mistake("lost-writes", Database, "serve", {**BACK, "jitter_us": 100_000, "flush_ms": 10, "timeout_ms": 5_000, "bound_ms": 60_000})
def the_database_takes_a_late_flush_for_a_new_one(self, job, waited_us, ctx):
    body = job.body
    if isinstance(body, Write) and body.version:
        self.disk.versions = {**self.disk.versions, body.key: body.version}
        ctx.send(job.src, WriteReply(body.trace, body.key, body.version, waited_us))
    else:
        serve(self, job, waited_us, ctx)


# Capacity


@mistake("capacity", Policy, "remove", LONG, seconds=3)
def does_not_get_room_back_from_what_is_invalidated(self, key):
    del self.sizes[key]
    self.leave(key)


@mistake("capacity", Content, "resettle", LONG, [(S, "set_capacity", {"kb": 20})], 3)
def a_smaller_capacity_counts_for_newcomers_alone(self, ctx):
    self.policy.capacity = self.settings.capacity_bytes


fill, flushed, on_start, serve = CacheNode.fill, Writing.flushed, CacheNode.on_start, Database.serve


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_caught(name, monkeypatch):
    checker, owner, method, replacement, parameters, script, seconds, seed = MISTAKES[name]
    monkeypatch.setattr(owner, method, replacement)
    played = play(LAB, seconds * S, script, parameters, seed)
    print(f"| {name.replace('_', ' ')} | {checker} | {played.violations().get(checker, '-')} |")
    assert checker in played.violations()
    assert not played.notes("failed")


RUNS = {repr(entry[4:]): entry[4:] for entry in MISTAKES.values()}


@pytest.mark.parametrize("run", RUNS.values(), ids=range(len(RUNS)))
def test_the_same_run_without_a_mistake_breaks_nothing(run):
    parameters, script, seconds, seed = run
    played = play(LAB, seconds * S, script, parameters, seed)
    assert played.violations() == {}
    assert not played.notes("failed")
