"""Mistakes that people make when they move data: each is caught by a named checker, not by an exception.

A mistake is a replacement for one method of a node, with the parameters and the script that bring it to light. The table
printed with `-s` is the mutation table of the docs. The same runs without the mistake break nothing.
"""

import pytest

from labs.catalog.sharding import LAB
from labs.catalog.sharding.coordinator import PREPARING, SETTLING, Coordinator
from labs.catalog.sharding.layout import table
from labs.catalog.sharding.messages import EPOCH, Answer, Request, ShardMap, TransferReply
from labs.catalog.sharding.moving import Moving
from labs.catalog.sharding.router import Router
from labs.catalog.sharding.shard import Shard
from labs.catalog.sharding.state import Item, ShardState
from labs.engine.testing import play_until

S = 1_000_000
SEEDS = 8
WRITES = {"keys": 200, "rate_per_s": 400, "reads_percent": 50, "keys_per_s": 20}
READS = {**WRITES, "reads_percent": 100}
JOIN = (600_000, "add_shard", {"node": "s5"})
DEAF_ROUTER = (300_000, "cut", {"a": "m1", "b": "r2"})

MISTAKES = {}


def mistake(checker, node, method, script, parameters=WRITES, until_s=4):
    """Register a replacement for `node.method` and the checker that must fire."""

    def register(replacement):
        MISTAKES[replacement.__name__] = (
            checker,
            node,
            method,
            replacement,
            parameters,
            tuple(sorted(script, key=lambda e: e[0])),
            until_s * S,
        )
        return replacement

    return register


# At the source


@mistake("no-key-lost", Moving, "push", [JOIN, (700_000, "crash", {"node": "s5"}), (1_300_000, "restart_all", {})])
def deletes_keys_when_they_are_sent(self, work, ctx):
    push(self, work, ctx)
    self.delete(work.keys, ctx)


@mistake("one-owner", Moving, "delete", [JOIN])
def never_deletes_what_it_gave_away(self, keys, ctx):
    pass


@mistake("migration-ends", Moving, "resend_batches", [JOIN], {**READS, "loss_percent": 20}, 12)
def never_sends_a_batch_again(self, ctx):
    pass


@mistake("one-owner", Shard, "on_start", [JOIN, (700_000, "crash", {"node": "s1"}), (720_000, "restart", {"node": "s1"})])
def believes_after_a_restart_that_nothing_is_left_to_send(self, ctx):
    if not self.disk.loaded:
        self.load(ctx)
    ctx.sync()
    ctx.set_timer("heat", 500_000)


# The acknowledgement of a batch of the process before the crash comes when there is a new batch of that number.
@mistake(
    "no-key-lost", Shard, "on_start",
    [JOIN, (601_000, "slow_link", {"a": "s1", "b": "s5", "ms": 150}), (640_000, "crash", {"node": "s1"}),
     (641_000, "restart", {"node": "s1"}), (770_000, "crash", {"node": "s5"}), (1_500_000, "restart_all", {})],
    {**WRITES, "keys_per_s": 100}, 6,
)  # fmt: skip
def numbers_its_batches_from_one_again_after_a_restart(self, ctx):
    on_start(self, ctx)
    self.disk.batches = 0
    self.memory.outgoing = self.memory.outgoing[::-1]


# At the destination


@mistake("no-key-lost", Moving, "on_transfer", [(100_000, "slow_link", {"a": "m1", "b": "s5", "ms": 200}), JOIN], READS)
def acknowledges_a_transfer_that_it_does_not_take(self, src, body, ctx):
    if body.epoch != self.disk.map.epoch:
        ctx.send(src, TransferReply(body.trace, body.epoch, body.batch))
    else:
        on_transfer(self, src, body, ctx)


@mistake("no-key-lost", Moving, "on_transfer", [JOIN, (700_000, "power_loss", {"node": "s5"}), (1_300_000, "restart_all", {})], READS)
def acknowledges_before_the_keys_are_on_disk(self, src, body, ctx):
    if body.epoch == self.disk.map.epoch:
        self.disk.data = {**self.disk.data, **{key: Item(version, value) for key, version, value in body.items}}
        ctx.send(src, TransferReply(body.trace, body.epoch, body.batch))


@mistake("no-key-lost", ShardState, "is_news", [JOIN])
def lets_a_key_that_arrives_overwrite_a_newer_one(self, have, version):
    return True


# A batch on a slow link is sent again and again; when the last repetition comes, the keys have long moved back.
@mistake(
    "one-owner", Moving, "on_transfer",
    [(100_000, "slow_link", {"a": "s1", "b": "s5", "ms": 800}), JOIN, (2_230_000, "heal", {}), (2_260_000, "remove_shard", {"node": "s5"})],
    {**READS, "keys_per_s": 2000}, 6,
)  # fmt: skip
def takes_transfers_of_an_earlier_change(self, src, body, ctx):
    self.disk.data = {**self.disk.data, **{key: Item(version, value) for key, version, value in body.items if key not in self.disk.data}}
    ctx.sync()
    ctx.send(src, TransferReply(body.trace, body.epoch, body.batch))


# Fencing and versions


@mistake("no-stale-read", Shard, "may_serve", [DEAF_ROUTER, JOIN])
def serves_whatever_it_is_asked(self, request, me):
    return True


@mistake("no-stale-read", Shard, "may_serve", [DEAF_ROUTER, JOIN])
def goes_on_serving_what_it_gives_away_until_the_cut_over(self, request, me):
    map = self.disk.map
    return may_serve(self, request, me) or (map.before is not None and table(map.before)[request.key][0] == me)


# s1 leaves and comes back. One router never heard of it: it still writes to s1 what s1 held first, and s1 takes it as soon
# as it knows that it will hold it again, though the owner between has not heard so yet.
@mistake(
    "no-stale-read", Shard, "may_serve",
    [DEAF_ROUTER, (600_000, "remove_shard", {"node": "s1"}), (1_900_000, "slow_link", {"a": "m1", "b": "s2", "ms": 200}),
     (1_900_000, "slow_link", {"a": "m1", "b": "s3", "ms": 200}), (2_000_000, "add_shard", {"node": "s1"})],
    {**WRITES, "scheme": "ring", "keys_per_s": 500}, 5,
)  # fmt: skip
def serves_a_key_before_its_old_owner_knows(self, request, me):
    map, holders = self.disk.map, table(self.disk.map.layout)[request.key]
    if request.old:
        return may_serve(self, request, me)
    return map.epoch > 0 and (me in holders if request.value is None else me == holders[0])


@mistake("no-stale-read", Shard, "on_start", [DEAF_ROUTER, JOIN, (2 * S, "crash", {"node": "s1"}), (2_100_000, "restart", {"node": "s1"})])
def forgets_its_map_when_it_restarts(self, ctx):
    self.disk.map = ShardMap(0, self.config.first)
    on_start(self, ctx)
    self.disk.map = ShardMap(1, self.config.first)


@mistake("no-stale-read", Shard, "next_version", [JOIN])
def counts_versions_without_the_epoch(self, key):
    item = self.disk.data.get(key)
    return (item.version if item else EPOCH - 1) + 1


# Spread keys


@mistake(
    "no-stale-read", Shard, "write",
    [(400_000, "spread", {"key": "hot", "holders": 4}), (1_500_000, "slow_link", {"a": "s1", "b": "s2", "ms": 100}),
     (1_500_000, "slow_link", {"a": "s3", "b": "s4", "ms": 100})],
    {**WRITES, "popularity": "hot"},
)  # fmt: skip
def acknowledges_a_write_before_the_copies_have_it(self, request, value, ctx):
    write(self, request, value, ctx)
    if request.trace in self.memory.pending:
        ctx.send(request.client, Answer(request.trace, "ok", value, self.disk.data[request.key].version))


# The router and the coordinator


@mistake("no-stale-read", Router, "route", [JOIN])
def asks_the_old_owner_first(self, request, ctx):
    map = self.memory.map
    if map is None or map.before is None or request.value is not None or request.tries:
        route(self, request, ctx)
        return
    ctx.send(table(map.before)[request.key][0], Request(request.trace, request.client, request.key, None, map.epoch, True, 1))


@mistake("one-owner", Coordinator, "on_progress", [JOIN])
def cuts_over_when_the_first_shard_is_done(self, src, body, ctx):
    on_progress(self, src, body, ctx)
    if self.disk.phase not in (PREPARING, SETTLING) and body.epoch == self.disk.map.epoch and self.disk.map.before and not body.left:
        self.cut_over(ctx)


@mistake("no-stale-read", Coordinator, "begin", [DEAF_ROUTER, (400_000, "slow_link", {"a": "m1", "b": "s1", "ms": 200}), JOIN], until_s=6)
def tells_the_routers_before_the_shards_are_fenced(self, layout, ctx):
    begin(self, layout, ctx)
    self.tell_routers(ctx)


push, on_transfer, on_start, may_serve = Moving.push, Moving.on_transfer, Shard.on_start, Shard.may_serve
write, route, on_progress, begin = Shard.write, Router.route, Coordinator.on_progress, Coordinator.begin


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_caught_by_a_named_checker(name, monkeypatch):
    checker, node, method, replacement, parameters, script, until_us = MISTAKES[name]
    monkeypatch.setattr(node, method, replacement)
    failed = 0
    for seed in range(SEEDS):
        fired, exceptions = play_until(checker, LAB, until_us, script, parameters, seed)
        failed += exceptions
        if checker in fired:
            print(f"| {name.replace('_', ' ')} | {checker} | {seed + 1} |")
            return
    pytest.fail(f"{checker} did not fire in {SEEDS} seeds; {failed} handlers raised an exception")


@pytest.mark.parametrize("name", MISTAKES)
def test_without_the_mistake_the_same_runs_break_nothing(name):
    _, _, _, _, parameters, script, until_us = MISTAKES[name]
    assert play_until("", LAB, until_us, script, parameters, 0) == (set(), 0)


def test_every_checker_catches_some_mistake():
    assert len(MISTAKES) >= 15
    assert {checker for checker, *_ in MISTAKES.values()} == {invariant.name for invariant in LAB.invariants}
