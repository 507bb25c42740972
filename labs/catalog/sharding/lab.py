"""The sharding lab: what can be set, and how a cluster is built. What can be done is in `actions`, what is shown in
`panels`, what can be turned off in `switches`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labs.catalog.sharding import messages as m
from labs.catalog.sharding.actions import ACTIONS, POPULARITIES, SELECTORS
from labs.catalog.sharding.challenges import CHALLENGES
from labs.catalog.sharding.client import ShardingClient, ShardingClientConfig
from labs.catalog.sharding.coordinator import Coordinator
from labs.catalog.sharding.invariants import INVARIANTS
from labs.catalog.sharding.keys import REGIONS, region_of
from labs.catalog.sharding.layout import SCHEMES, first
from labs.catalog.sharding.measures import GIVENS, MEASURES
from labs.catalog.sharding.panels import MESSAGES, METRICS_US, NOTES, PANELS, TOPOLOGY
from labs.catalog.sharding.router import Router
from labs.catalog.sharding.scenarios import SCENARIOS
from labs.catalog.sharding.shard import Shard
from labs.catalog.sharding.switches import SWITCHES
from labs.engine import regions
from labs.engine.definition import Lab, Parameter, Setup, Step
from labs.engine.faults import CHAOS, DISK_FAULTS, LINK_FAULTS, PROCESS_FAULTS, zone_faults
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.workload import Popularity

SHARDS_MAX = 12
TIMEOUT_US = 1_000_000
LOCAL_PERCENT = 80  # of a region's requests are for keys at home there
SAMPLED_PER_S = 40  # about so many requests a second are shown one by one

PARAMETERS = (
    Parameter(name="scheme", type="choice", label="Placement", default="ring", choices=SCHEMES),
    Parameter(name="shards", type="int", label="Shards", default=4, min=3, max=SHARDS_MAX),
    Parameter(name="spares", type="int", label="Spare servers", default=2, min=0, max=4, help="They hold nothing; 12 servers at most."),
    Parameter(name="routers", type="int", label="Routers", default=2, min=1, max=3),
    Parameter(name="virtual_nodes", type="int", label="Virtual nodes", default=128, min=1, max=256, help="Of each shard on the ring."),
    Parameter(name="keys", type="int", label="Keys", default=300, min=100, max=5000),
    Parameter(name="popularity", type="choice", label="Popularity", default="uniform", choices=POPULARITIES,
              help="Uniform; Zipf, the key of rank r as often as 1 / r; hot, one celebrity among the rest."),
    Parameter(name="hot_percent", type="int", label="The celebrity's share", default=50, min=1, max=90, unit="%"),
    Parameter(name="rate_per_s", type="int", label="Requests", default=100, min=1, max=5000, unit="/s"),
    Parameter(name="reads_percent", type="int", label="Reads", default=90, min=0, max=100, unit="%"),
    Parameter(name="service_us", type="int", label="Work for a request", default=1000, min=50, max=20_000, unit="µs"),
    Parameter(name="copy_us", type="int", label="Work for a key that moves", default=200, min=0, max=10_000, unit="µs"),
    Parameter(name="keys_per_s", type="int", label="Throttle", default=30, min=1, max=5000, unit="keys/s",
              help="What each source sends at most."),
    Parameter(name="batch_keys", type="int", label="Keys in a batch", default=5, min=1, max=100),
    Parameter(name="latency_us", type="int", label="Link latency", default=500, min=50, max=100_000, unit="µs"),
    Parameter(name="jitter_us", type="int", label="Jitter", default=100, min=0, max=100_000, unit="µs",
              help="Mean of a long tail on top of the latency."),
    Parameter(name="loss_percent", type="int", label="Loss", default=0, min=0, max=30, unit="%"),
    Parameter(name="places", type="choice", label="Machines in", default="one site", choices=("one site", "three regions")),
    *(Parameter(name=switch.name, type="bool", label=switch.title, default=True, help=switch.text) for switch in SWITCHES),
)  # fmt: skip


def setup(parameters: Mapping[str, Any]) -> Setup:
    """Shards s1.., routers r1.., the coordinator m1, and one client, or one in each of three regions."""
    members = tuple(f"s{i + 1}" for i in range(parameters["shards"]))
    spares = tuple(f"s{len(members) + i + 1}" for i in range(min(parameters["spares"], SHARDS_MAX - len(members))))
    routers = tuple(f"r{i + 1}" for i in range(parameters["routers"]))
    nodes: dict[str, Node] = {"m1": Coordinator(config("m1", members, spares, routers, parameters))}
    nodes |= {id: Router(config(id, members, spares, routers, parameters)) for id in routers}
    nodes |= {id: Shard(config(id, members, spares, routers, parameters)) for id in members + spares}
    nodes |= clients_of(routers, parameters)
    link = LinkSpec(latency_us=parameters["latency_us"], jitter_us=parameters["jitter_us"], loss_ppm=parameters["loss_percent"] * 10_000)
    return Setup(
        nodes=nodes,
        link=link if parameters["places"] == "one site" else between_regions(link),
        metrics_us=METRICS_US,
        sample_every=max(2, parameters["rate_per_s"] // SAMPLED_PER_S),
        zones=zones_of(members + spares) if parameters["places"] != "one site" else {},
    )


def config(
    me: str, members: tuple[str, ...], spares: tuple[str, ...], routers: tuple[str, ...], parameters: Mapping[str, Any]
) -> m.ShardingConfig:
    far = parameters["places"] != "one site"
    return m.ShardingConfig(
        me=me,
        coordinator="m1",
        routers=routers,
        shards=members + spares,
        first=first(parameters["scheme"], members, parameters["virtual_nodes"]),
        retry_us=1_000_000 if far else 100_000 + 4 * parameters["latency_us"],
        queue_max=500,
        **{name: parameters[name] for name in ("keys", "service_us", "copy_us", "batch_keys", "keys_per_s")},
        **{switch.name: parameters[switch.name] for switch in SWITCHES},
    )


def clients_of(routers: tuple[str, ...], parameters: Mapping[str, Any]) -> dict[str, Node]:
    """In one site any router will do; in three regions each client asks the router that is nearest."""
    popularity = Popularity(kind=parameters["popularity"], keys=parameters["keys"], hot_percent=parameters["hot_percent"])
    count = 1 if parameters["places"] == "one site" else len(REGIONS)
    return {
        f"c{i + 1}": ShardingClient(
            ShardingClientConfig(
                servers=routers if count == 1 else (routers[i % len(routers)],),
                rate_per_s=max(1, parameters["rate_per_s"] // count),
                timeout_us=TIMEOUT_US,
                popularity=popularity,
                reads_percent=parameters["reads_percent"],
                region=i,
                local_percent=0 if count == 1 else LOCAL_PERCENT,
            )
        )
        for i in range(count)
    }


def between_regions(local: LinkSpec) -> Callable[[str, str], LinkSpec]:
    """Within a region as configured, between regions as published."""

    def link(src: str, dst: str) -> LinkSpec:
        here, there = region_of(src), region_of(dst)
        return local if here == there else regions.link(REGIONS[here], REGIONS[there])

    return link


def zones_of(shards: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(id for id in shards if region_of(id) == i) for i, name in enumerate(REGIONS)}


# A request is not repeated, and nobody could tell its second delivery from a new one: no duplicates. There is one copy of
# most keys: no wiped disks.
FAULTS = (
    *PROCESS_FAULTS,
    *(fault for fault in DISK_FAULTS if fault.name != "disk_loss"),
    *(fault for fault in LINK_FAULTS if fault.name != "duplicating_link"),
    *zone_faults(REGIONS),
    *CHAOS,
)

LAB = Lab(
    slug="sharding",
    title="Sharding",
    version=1,
    summary="A key-value store cut into shards: who holds which key, and how keys move while traffic runs.",
    brief=Path(__file__).with_name("brief.md").read_text(encoding="utf-8"),
    lessons=("8.1", "8.3"),
    parameters=PARAMETERS,
    scenarios=SCENARIOS,
    actions=(*ACTIONS, *FAULTS),
    steps=(
        Step(name="add-shard", title="Add a shard", action="add_shard", args={"node": "spare"}),
        Step(name="remove-busiest", title="Remove the busiest shard", action="remove_shard", args={"node": "busiest"}),
        Step(name="remove-s3", title="Remove s3", action="remove_shard", args={"node": "s3"}),
        Step(name="split-busiest", title="Split the busiest shard", action="split", args={"node": "busiest", "to": "spare"}),
        Step(name="spread-hot", title="Spread the celebrity", action="spread", args={"key": "hot", "holders": 4}),
        Step(name="to-ring", title="Place keys on a ring", action="rescheme", args={"scheme": "ring"}),
        Step(name="to-jump", title="Place keys by jump hash", action="rescheme", args={"scheme": "jump"}),
        Step(name="throttle", title="Move 50 keys a second", action="throttle", args={"keys_per_s": 50, "batch_keys": 5}),
        Step(name="zipf", title="Ask by Zipf", action="popularity", args={"kind": "zipf"}),
        Step(name="celebrity", title="One celebrity", action="popularity", args={"kind": "hot"}),
        Step(name="heal", title="Mend all links", action="heal"),
        Step(name="restart-all", title="Start all stopped nodes", action="restart_all"),
    ),
    invariants=INVARIANTS,
    switches=SWITCHES,
    challenges=CHALLENGES,
    measures=MEASURES,
    givens=GIVENS,
    messages=MESSAGES,
    notes=NOTES,
    topology=TOPOLOGY,
    panels=PANELS,
    selectors=SELECTORS,
    setup=setup,
)
