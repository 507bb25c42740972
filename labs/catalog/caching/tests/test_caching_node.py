"""One node by hand: one test for a sentence of the papers."""

import msgspec

from labs.catalog.caching import LAB
from labs.catalog.caching.messages import (
    HIT,
    MISS,
    STALE,
    Get,
    GetReply,
    Invalidate,
    Invalidated,
    Read,
    ReadReply,
    Refused,
    Set,
    Write,
    WriteReply,
)
from labs.engine.testing import RecordingContext, receive


def server(id="n1", **parameters):
    node = LAB.setup(LAB.check_parameters({"nodes": 1, "compare": False, "jitter_percent": 0, **parameters})).nodes[id]
    ctx = RecordingContext(id, ())
    node.on_start(ctx)
    return node, ctx


def ask(node, ctx, key="k1", trace=1, src="c1"):
    return receive(node, ctx, src, Get(trace, key))


def token_of(answers):
    [(_, reply)] = answers
    assert reply.status == MISS
    return reply.token


# Nishtala et al. 2013, section 3.2.1


def test_a_miss_hands_out_a_lease_and_the_value_set_with_it_is_given_out():
    node, ctx = server()
    token = token_of(ask(node, ctx))
    assert token > 0
    assert receive(node, ctx, "c1", Set(1, "k1", 5, token)) == []
    assert ask(node, ctx) == [("c1", GetReply(1, "k1", HIT, 5, 0))]


def test_a_set_whose_lease_an_invalidation_voided_is_not_stored():
    node, ctx = server()
    token = token_of(ask(node, ctx))
    assert receive(node, ctx, "c2", Invalidate(2, "k1", 9)) == [("c2", Invalidated(2, "k1", 9))]
    receive(node, ctx, "c1", Set(1, "k1", 5, token))
    assert token_of(ask(node, ctx)) > token


def test_who_misses_while_a_lease_is_out_waits_for_what_its_holder_brings():
    node, ctx = server()
    token = token_of(ask(node, ctx))
    assert ask(node, ctx, trace=2, src="c2") == []
    assert receive(node, ctx, "c1", Set(1, "k1", 5, token)) == [("c2", GetReply(2, "k1", HIT, 5, 0))]


def test_who_waits_for_a_fetch_that_a_write_made_void_waits_for_the_newer_one():
    node, ctx = server(reads="read-through")
    [(_, old)] = ask(node, ctx)
    receive(node, ctx, "c2", Invalidate(2, "k1", 9))
    [(_, new)] = ask(node, ctx, trace=3, src="c2")
    assert receive(node, ctx, "db", ReadReply(1, "k1", 5, old.token, 0)) == []
    answers = receive(node, ctx, "db", ReadReply(3, "k1", 9, new.token, 0))
    assert {reply.version for _, reply in answers} == {9}
    assert len(answers) == 2


def test_a_lease_whose_holder_died_is_given_to_another():
    node, ctx = server(timeout_ms=1_000)
    token = token_of(ask(node, ctx))
    ctx.clock_us = 2_000_000
    assert token_of(ask(node, ctx, trace=2)) > token


def test_tokens_of_a_restarted_node_are_new():
    node, ctx = server()
    token = token_of(ask(node, ctx))
    node.memory, ctx.clock_us = node.Memory(), 100
    node.on_start(ctx)
    assert token_of(ask(node, ctx)) > token


# Vattani, Chierichetti, Lowenstein 2015; RFC 5861


def stored(refresh, took_us=100_000, **parameters):
    """A node with k1, which took so long to fetch and expires a second after."""
    node, ctx = server(refresh=refresh, ttl_ms=1_000, stale_ms=500, **parameters)
    token = token_of(ask(node, ctx))
    ctx.clock_us = took_us
    receive(node, ctx, "c1", Set(1, "k1", 5, token))
    return node, ctx


def test_early_refresh_is_the_likelier_the_nearer_the_end_and_the_longer_fetching_takes():
    for took_us, expected in ((100_000, True), (10_000, False)):
        node, ctx = stored("early", took_us)
        ctx.clock_us = took_us + 950_000  # 50 ms before the end; the dice give the middle: 0.69 times what fetching took
        [(_, reply)] = ask(node, ctx)
        assert (reply.status, reply.token > 0) == (HIT, expected)


def test_one_alone_refreshes_early():
    node, ctx = stored("early")
    ctx.clock_us = 1_095_000
    assert [ask(node, ctx)[0][1].token > 0 for _ in range(3)] == [True, False, False]


def test_a_stale_value_is_given_out_while_one_revalidates_it_and_no_longer_than_allowed():
    node, ctx = stored("stale-while-revalidate")
    ctx.clock_us = 1_150_000
    replies = [ask(node, ctx)[0][1] for _ in range(2)]
    assert [(reply.status, reply.token > 0) for reply in replies] == [(STALE, True), (STALE, False)]
    ctx.clock_us = 1_600_000
    assert "k1" in node.memory.entries
    ask(node, ctx)
    assert "k1" not in node.memory.entries


def test_without_refresh_a_value_is_missed_when_its_time_is_up():
    node, ctx = stored("none")
    ctx.clock_us = 1_099_999
    assert ask(node, ctx)[0][1].status == HIT
    ctx.clock_us = 1_100_000
    assert ask(node, ctx)[0][1].status == MISS


# Writes


def test_write_through_acknowledges_when_the_database_has():
    node, ctx = server(writes="write-through")
    assert receive(node, ctx, "c1", Write(3, "k1", 0)) == [("db", Write(3, "k1", 0))]
    assert receive(node, ctx, "db", WriteReply(3, "k1", 7, 0)) == [("c1", WriteReply(3, "k1", 7, 0))]
    assert ask(node, ctx) == [("c1", GetReply(1, "k1", HIT, 7, 0))]


def test_write_back_syncs_its_journal_acknowledges_and_flushes_later():
    node, ctx = server(writes="write-back")
    ctx.clock_us = 50
    assert receive(node, ctx, "c1", Write(3, "k1", 0)) == [("c1", WriteReply(3, "k1", 50, 0))]
    assert ctx.syncs == 1
    assert node.disk.journal == {"k1": 50}
    node.on_timer("flush", ctx)
    assert ctx.taken() == [("db", Write(0, "k1", 50))]
    assert node.memory.dirty
    receive(node, ctx, "db", WriteReply(0, "k1", 50, 0))
    assert not node.memory.dirty
    assert not node.disk.journal


def test_a_dirty_value_that_was_evicted_is_still_given_out():
    node, ctx = server(writes="write-back", capacity_kb=1)
    for i, key in enumerate(("k1", "k2")):
        ctx.clock_us = i + 1
        receive(node, ctx, "c1", Write(i, key, 0))
    assert list(node.memory.entries) == ["k2"]
    assert ask(node, ctx) == [("c1", GetReply(1, "k1", HIT, 1, 0))]


def test_a_full_buffer_refuses_further_writes():
    node, ctx = server(writes="write-back", dirty_max=1)
    ctx.clock_us = 1
    receive(node, ctx, "c1", Write(1, "k1", 0))
    assert receive(node, ctx, "c1", Write(2, "k2", 0)) == [("c1", Refused(2, "k2"))]


# The database


def test_workers_serve_and_the_rest_queues_until_the_queue_is_full():
    node, ctx = server("db", workers=2, queue_max=2)
    for i in range(5):
        receive(node, ctx, "c1", Read(i + 1, "k1", 9))
    assert len(node.memory.busy) == 2
    assert len(node.memory.queue) == 2
    assert node.memory.refused == 1
    ctx.clock_us = 8_000
    node.on_timer("w1", ctx)
    assert ctx.taken()[-1] == ("c1", ReadReply(1, "k1", 0, 9, 0))
    assert node.memory.busy["w1"][1] == 8_000  # the next one waited so long


def test_the_newest_version_stays_whatever_comes_late():
    node, ctx = server("db")
    for version in (9, 7):
        receive(node, ctx, "n1", Write(0, "k1", version))
        node.on_timer("w1", ctx)
    assert node.disk.versions == {"k1": 9}


def test_states_come_back_from_bytes_as_they_were():
    node, ctx = stored("early", writes="write-back")
    receive(node, ctx, "c1", Write(3, "k2", 0))
    node.tell(ctx)
    for part in ("Memory", "Disk"):
        state = getattr(node, part.lower())
        assert msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(state)), getattr(node, part)) == state
