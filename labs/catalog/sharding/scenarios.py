"""Named starts: what each one is for, and why this seed."""

from __future__ import annotations

from labs.engine.definition import Scenario

BUSY = {"rate_per_s": 2000, "keys": 600, "shards": 4, "spares": 2}
NINE = {"rate_per_s": 2000, "shards": 9, "spares": 2, "keys": 2000}
OCEANS = {"places": "three regions", "rate_per_s": 900, "shards": 6, "spares": 0, "routers": 3, "latency_us": 500, "virtual_nodes": 128}

SCENARIOS = (
    Scenario(
        name="steady", title="Four shards at work", seed=7, parameters=BUSY, speed=0.5,
        why="Two thousand requests a second on a ring of 128 virtual nodes each. Under any seed every shard is about half busy: "
        "the ring has none. With this one the first windows are as calm as the rest.",
    ),
    Scenario(
        name="alphabet", title="A-M and N-Z", seed=7, speed=0.5,
        parameters={"scheme": "range", "shards": 4, "spares": 0, "rate_per_s": 1200, "keys": 600, "keys_per_s": 100},
        why="Two of four shards hold the whole alphabet, cut in the middle. More names begin with A to M, so two thirds of the load "
        "are s1's, under this seed as under any.",
    ),
    Scenario(
        name="tenth-modulo", title="A tenth shard, modulo", seed=7, speed=0.5, opens_at_us=1_500_000,
        parameters={**NINE, "scheme": "modulo"},
        why="The same seed and moment as with the ring, to be laid side by side: here about nine keys of ten move.",
        script=((2_000_000, "add_shard", {"node": "spare"}),),
    ),
    Scenario(
        name="tenth-ring", title="A tenth shard, ring", seed=7, parameters={**NINE, "scheme": "ring"}, speed=0.5, opens_at_us=1_500_000,
        why="The same seed and moment as with modulo, to be laid side by side: here about one key of ten moves.",
        script=((2_000_000, "add_shard", {"node": "spare"}),),
    ),
    Scenario(
        name="lose-modulo", title="Losing s3, modulo", seed=11, parameters={**BUSY, "scheme": "modulo"}, speed=0.5, opens_at_us=1_500_000,
        why="s3 leaves at 2 s, under the same seed as with the ring: about three quarters of all keys move, though one server goes.",
        script=((2_000_000, "remove_shard", {"node": "s3"}),),
    ),
    Scenario(
        name="lose-ring", title="Losing s3, ring", seed=11, parameters={**BUSY, "scheme": "ring"}, speed=0.5, opens_at_us=1_500_000,
        why="s3 leaves at 2 s, under the same seed as with modulo: only its own keys move.",
        script=((2_000_000, "remove_shard", {"node": "s3"}),),
    ),
    Scenario(
        name="celebrity", title="One celebrity", seed=7, speed=0.5,
        parameters={**BUSY, "popularity": "hot", "hot_percent": 50},
        why="One key in 600 takes half of all requests: under any seed its shard is asked for more than it can do, and with this one "
        "its queue is full within three seconds.",
    ),
    Scenario(
        name="rebalance", title="Moving house at rush hour", seed=7, speed=0.5, opens_at_us=1_500_000,
        parameters={**BUSY, "keys": 3000, "keys_per_s": 3000, "copy_us": 1000, "batch_keys": 50},
        why="A fifth shard joins at 2 s with hardly a throttle. Batches of fifty keys stand in the queues before the requests: with this "
        "seed p99 goes from 6 ms to over 300.",
        script=((2_000_000, "add_shard", {"node": "spare"}),),
    ),
    Scenario(
        name="oceans", title="Three regions, keys at home", seed=7, parameters={**OCEANS, "scheme": "geo"}, speed=0.5,
        why="Clients in Washington, Frankfurt and Tokyo ask mostly for keys of their region, which are held there. The same seed as with "
        "the ring: compare p50.",
    ),
    Scenario(
        name="oceans-ring", title="Three regions, keys anywhere", seed=7, parameters={**OCEANS, "scheme": "ring"}, speed=0.5,
        why="The same clients, seed and requests as with keys at home. A ring knows no map of the world: two of three requests cross "
        "an ocean.",
    ),
)  # fmt: skip
