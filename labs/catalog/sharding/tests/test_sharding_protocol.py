"""One shard, router or coordinator by hand: a sentence of their rules each."""

from labs.catalog.sharding.changes import join
from labs.catalog.sharding.coordinator import IDLE, MOVING, PREPARING, SETTLING, Coordinator
from labs.catalog.sharding.keys import names
from labs.catalog.sharding.lab import LAB, config
from labs.catalog.sharding.layout import first, table
from labs.catalog.sharding.messages import (
    EPOCH,
    Answer,
    GetMap,
    MapAck,
    MapUpdate,
    Missed,
    Ping,
    Pong,
    Progress,
    Refused,
    Replicate,
    ReplicateReply,
    Request,
    ShardMap,
    Transfer,
    TransferReply,
)
from labs.catalog.sharding.router import ASK_US, RETRY_US, Router
from labs.catalog.sharding.shard import Shard
from labs.engine.testing import RecordingContext, receive

MEMBERS = ("s1", "s2", "s3", "s4")
PARAMETERS = LAB.check_parameters({"keys": 200})
OLD = first("ring", MEMBERS, 128)
NEW = join(OLD, "s5")
MOVES = ShardMap(2, NEW, OLD)
GOING = next(key for key in names(200) if table(OLD)[key] == ("s1",) and table(NEW)[key] == ("s5",))
STAYING = next(key for key in names(200) if table(OLD)[key] == ("s1",) and table(NEW)[key] == ("s1",))


def made(kind, me):
    """A node that has started, and its context."""
    node, ctx = kind(config(me, MEMBERS, ("s5", "s6"), ("r1", "r2"), PARAMETERS)), RecordingContext(me, ())
    node.on_start(ctx)
    return node, ctx


def update(map, keys_per_s=30, batch_keys=5):
    return MapUpdate(map, keys_per_s, batch_keys)


def asked(shard, ctx, request, src="r1"):
    """What a shard says to a request when its turn comes."""
    receive(shard, ctx, src, request)
    ctx.taken()
    shard.on_timer("work", ctx)
    return ctx.taken()


def read(key, epoch=1, old=False):
    return Request(7, "c1", key, None, epoch, old)


# A shard


def test_a_shard_begins_with_its_keys_and_answers_the_client_itself():
    shard, ctx = made(Shard, "s1")
    assert sorted(shard.disk.data) == sorted(key for key in names(200) if table(OLD)[key] == ("s1",))
    assert asked(shard, ctx, read(STAYING)) == [("c1", Answer(7, "ok", "new", EPOCH))]


def test_a_write_is_on_disk_before_it_is_acknowledged_and_counts_on():
    shard, ctx = made(Shard, "s1")
    syncs = ctx.syncs
    assert asked(shard, ctx, Request(7, "c1", STAYING, "v", 1)) == [("c1", Answer(7, "ok", "v", EPOCH + 1))]
    assert ctx.syncs == syncs + 1


def test_requests_wait_their_turn_and_a_full_queue_takes_no_more():
    shard, ctx = made(Shard, "s1")
    assert [receive(shard, ctx, "r1", read(STAYING)) for _ in range(501)][-1] == [("c1", Answer(7, "busy", None, 0))]
    assert ctx.timers["work"] == PARAMETERS["service_us"]


def test_a_shard_refuses_what_is_not_its_own_and_says_by_which_epoch():
    shard, ctx = made(Shard, "s2")
    request = read(STAYING)
    assert asked(shard, ctx, request) == [("r1", Refused(7, 1, request))]


def test_from_a_new_map_on_the_old_owner_serves_a_key_that_goes_only_as_the_old_owner():
    shard, ctx = made(Shard, "s1")
    [ack] = receive(shard, ctx, "m1", update(MOVES))
    assert ack == ("m1", MapAck(2, sum(key in shard.disk.data and table(NEW)[key] == ("s5",) for key in names(200))))
    assert isinstance(asked(shard, ctx, read(GOING))[0][1], Refused)
    assert isinstance(asked(shard, ctx, read(GOING, epoch=2))[0][1], Refused)
    assert isinstance(asked(shard, ctx, read(GOING, epoch=1, old=True))[0][1], Refused)
    assert asked(shard, ctx, read(GOING, epoch=2, old=True)) == [("c1", Answer(7, "ok", "new", EPOCH))]
    assert asked(shard, ctx, read(STAYING)) == [("c1", Answer(7, "ok", "new", EPOCH))]


def test_the_new_owner_serves_a_key_only_to_routers_that_know_the_change():
    shard, ctx = made(Shard, "s5")
    receive(shard, ctx, "m1", update(MOVES))
    assert isinstance(asked(shard, ctx, read(GOING, epoch=1))[0][1], Refused)
    assert isinstance(asked(shard, ctx, read(GOING, epoch=2))[0][1], Missed)


def test_what_the_new_owner_writes_is_newer_than_all_that_was_written_before():
    shard, ctx = made(Shard, "s5")
    receive(shard, ctx, "m1", update(MOVES))
    assert asked(shard, ctx, Request(7, "c1", GOING, "v", 2)) == [("c1", Answer(7, "ok", "v", 2 * EPOCH + 1))]
    asked(shard, ctx, Transfer(8, 2, 1, ((GOING, EPOCH + 9, "older"),)), "s1")
    assert shard.disk.data[GOING].value == "v"


def test_keys_leave_in_batches_at_the_given_pace_and_stay_until_they_are_acknowledged():
    shard, ctx = made(Shard, "s1")
    receive(shard, ctx, "m1", update(MOVES, keys_per_s=100, batch_keys=5))
    before = len(shard.disk.data)
    shard.on_timer("move", ctx)
    assert ctx.timers["move"] == 50_000
    assert ctx.timers["work"] == 5 * PARAMETERS["copy_us"]
    shard.on_timer("work", ctx)
    [(dest, transfer)] = ctx.taken()
    assert (dest, len(transfer.items)) == ("s5", 5)
    assert len(shard.disk.data) == before
    [progress] = receive(shard, ctx, "s5", TransferReply(transfer.trace, 2, transfer.batch))
    assert progress == ("m1", Progress(2, shard.left()))
    assert len(shard.disk.data) == before - 5


def test_an_acknowledgement_that_comes_twice_or_for_another_batch_deletes_nothing():
    shard, ctx = made(Shard, "s1")
    receive(shard, ctx, "m1", update(MOVES))
    before = dict(shard.disk.data)
    shard.on_timer("move", ctx)
    shard.on_timer("work", ctx)
    assert receive(shard, ctx, "s5", TransferReply(1, 2, 99)) == []
    assert receive(shard, ctx, "s5", TransferReply(1, 1, 1)) == []
    assert shard.disk.data == before


def test_a_batch_that_is_not_acknowledged_is_sent_again():
    shard, ctx = made(Shard, "s1")
    receive(shard, ctx, "m1", update(MOVES))
    shard.on_timer("move", ctx)
    shard.on_timer("work", ctx)
    sent = ctx.taken()
    ctx.clock_us += shard.config.retry_us
    shard.on_timer("resend", ctx)
    assert ctx.taken() == sent
    assert ctx.timers["resend"] == shard.config.retry_us


def test_a_transfer_counts_only_under_the_map_it_was_sent_under():
    shard, ctx = made(Shard, "s5")
    transfer = Transfer(8, 2, 1, ((GOING, EPOCH, "new"),))
    assert asked(shard, ctx, transfer, "s1") == []
    receive(shard, ctx, "m1", update(MOVES))
    syncs = ctx.syncs
    assert asked(shard, ctx, transfer, "s1") == [("s1", TransferReply(8, 2, 1))]
    assert ctx.syncs == syncs + 1
    receive(shard, ctx, "m1", update(ShardMap(4, OLD, NEW)))
    assert asked(shard, ctx, transfer, "s1") == []


def test_after_a_restart_in_the_middle_a_shard_goes_on_with_what_it_still_has():
    shard, ctx = made(Shard, "s1")
    receive(shard, ctx, "m1", update(MOVES))
    left = shard.left()
    shard.memory = shard.Memory()
    shard.on_start(ctx)
    assert shard.left() == left
    assert ctx.timers["move"] == 1


def test_a_spread_key_is_acknowledged_when_every_copy_has_it():
    shard, ctx = made(Shard, "s1")
    spread = ShardMap(3, type(OLD)("ring", OLD.members, 128, (), (), ((STAYING, 3),)))
    receive(shard, ctx, "m1", update(spread))
    sent = asked(shard, ctx, Request(7, "c1", STAYING, "v", 3))
    replicate = Replicate(7, 3, STAYING, "v", 3 * EPOCH + 1)
    assert sent == [("s2", replicate), ("s3", replicate)]
    assert receive(shard, ctx, "s2", ReplicateReply(7, STAYING)) == []
    assert receive(shard, ctx, "s2", ReplicateReply(7, STAYING)) == []
    assert receive(shard, ctx, "s3", ReplicateReply(7, STAYING)) == [("c1", Answer(7, "ok", "v", 3 * EPOCH + 1))]


# A router


def test_a_router_without_a_map_keeps_requests_and_asks_until_it_has_one():
    router, ctx = made(Router, "r1")
    assert ctx.taken() == [("m1", GetMap(0))]
    assert receive(router, ctx, "c1", read(STAYING, 0)) == []
    router.on_timer("ask", ctx)
    assert (ctx.taken(), ctx.timers["ask"]) == ([("m1", GetMap(0))], ASK_US)
    assert receive(router, ctx, "m1", update(ShardMap(1, OLD))) == [("s1", Request(7, "c1", STAYING, None, 1, False, 1))]


def test_a_read_that_misses_at_the_new_owner_is_asked_of_the_old_one_and_then_of_the_new_one_again():
    router, ctx = made(Router, "r1")
    receive(router, ctx, "m1", update(MOVES))
    [(new, request)] = receive(router, ctx, "c1", read(GOING, 0))
    assert new == "s5"
    [(old, second)] = receive(router, ctx, "s5", Missed(7, request))
    assert (old, second.old, second.epoch) == ("s1", True, 2)
    [(again, third)] = receive(router, ctx, "s1", Missed(7, second))
    assert (again, third.old) == ("s5", False)


def test_a_router_that_is_refused_by_a_newer_map_asks_for_it_and_then_tries_again():
    router, ctx = made(Router, "r1")
    receive(router, ctx, "m1", update(ShardMap(1, OLD)))
    [(_, request)] = receive(router, ctx, "c1", read(GOING, 0))
    assert receive(router, ctx, "s1", Refused(7, 2, request)) == [("m1", GetMap(1))]
    [(dst, again)] = receive(router, ctx, "m1", update(MOVES))
    assert (dst, again.epoch) == ("s5", 2)


def test_a_router_that_is_ahead_of_a_shard_waits_a_moment_and_gives_up_in_the_end():
    router, ctx = made(Router, "r1")
    receive(router, ctx, "m1", update(MOVES))
    [(_, request)] = receive(router, ctx, "c1", read(GOING, 0))
    for _ in range(59):
        assert receive(router, ctx, "s5", Refused(7, 1, request)) == []
        assert ctx.timers["retry"] == RETRY_US
        router.on_timer("retry", ctx)
        [(dst, request)] = ctx.taken()
        assert dst == "s5"
    receive(router, ctx, "s5", Refused(7, 1, request))
    router.on_timer("retry", ctx)
    assert ctx.taken() == [("c1", Answer(7, "unavailable", None, 0))]


def test_a_router_never_goes_back_to_an_older_map():
    router, ctx = made(Router, "r1")
    receive(router, ctx, "m1", update(MOVES))
    receive(router, ctx, "m1", update(ShardMap(1, OLD)))
    assert router.memory.map == MOVES


# The coordinator


def answered(node, ctx, bodies):
    """What the coordinator says when these `(shard, body)` have come."""
    return [sent for src, body in bodies for sent in receive(node, ctx, src, body)]


def test_the_coordinator_goes_from_one_layout_to_the_next_in_four_steps():
    node, ctx = made(Coordinator, "m1")
    five = (*MEMBERS, "s5")
    assert node.change(NEW, ctx) == ""
    assert ctx.taken() == [(shard, Ping(1)) for shard in five]
    assert answered(node, ctx, [(shard, Pong(1)) for shard in five]) == [(shard, update(MOVES)) for shard in five]
    assert node.disk.phase == PREPARING
    acks = [(shard, MapAck(2, 0 if shard == "s5" else 9)) for shard in five]
    assert answered(node, ctx, acks[:-1]) == [], "no router hears of a map that a shard may not know"
    assert receive(node, ctx, "r1", GetMap(0)) == [("r1", update(ShardMap(1, OLD)))]
    assert answered(node, ctx, acks[-1:]) == [(router, update(MOVES)) for router in ("r1", "r2")]
    assert (node.disk.phase, node.disk.total) == (MOVING, 36)
    assert answered(node, ctx, [(shard, Progress(2, 0)) for shard in MEMBERS[:-1]]) == []
    done = answered(node, ctx, [("s4", Progress(2, 0))])
    assert done == [(id, update(ShardMap(3, NEW))) for id in (*five, "r1", "r2")]
    assert node.disk.phase == SETTLING
    answered(node, ctx, [(shard, MapAck(3, 0)) for shard in five])
    assert node.disk.phase == IDLE
    assert [name for name, _ in ctx.notes] == ["migration_began", "fenced", "cut_over"]


def test_the_coordinator_drops_a_change_when_a_shard_does_not_say_it_is_there():
    node, ctx = made(Coordinator, "m1")
    node.change(NEW, ctx)
    answered(node, ctx, [(shard, Pong(1)) for shard in MEMBERS])
    node.on_timer("patience", ctx)
    assert (node.disk.map, node.disk.phase) == (ShardMap(1, OLD), IDLE)
    assert ctx.notes == [("change_refused", {"missing": "s5"})]
    assert answered(node, ctx, [("s5", Pong(1))]) == []


def test_the_coordinator_takes_one_change_at_a_time():
    node, ctx = made(Coordinator, "m1")
    assert node.change(NEW, ctx) == ""
    assert node.change(NEW, ctx) == "another change is under way"


def test_late_words_of_more_keys_do_not_undo_that_a_shard_is_done():
    node, ctx = made(Coordinator, "m1")
    five = (*MEMBERS, "s5")
    node.change(NEW, ctx)
    answered(node, ctx, [(shard, Pong(1)) for shard in five])
    answered(node, ctx, [(shard, MapAck(2, 1)) for shard in five])
    answered(node, ctx, [("s1", Progress(2, 0)), ("s1", Progress(2, 1)), ("s2", Progress(1, 0))])
    assert node.memory.left == {"s1": 0, "s2": 1, "s3": 1, "s4": 1, "s5": 1}


def test_after_a_restart_the_coordinator_asks_again_how_far_everybody_is():
    node, ctx = made(Coordinator, "m1")
    node.change(NEW, ctx)
    answered(node, ctx, [(shard, Pong(1)) for shard in (*MEMBERS, "s5")])
    node.memory = node.Memory()
    node.on_start(ctx)
    assert ctx.taken() == [(shard, update(MOVES)) for shard in (*MEMBERS, "s5")]
