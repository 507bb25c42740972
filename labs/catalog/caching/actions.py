"""What a student can do to a running cache besides the faults: change the load, the settings and the rules, drop what is cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from labs.catalog.caching.client import CacheClient
from labs.catalog.caching.database import Database
from labs.catalog.caching.node import CacheNode
from labs.catalog.caching.policies import POLICIES
from labs.catalog.caching.settings import DATABASE, EARLY, NONE, WHILE_REVALIDATE
from labs.catalog.caching.switches import CACHE_RULES
from labs.engine.definition import Action, Arg
from labs.engine.node import Context
from labs.engine.process import UP
from labs.engine.simulation import Simulation
from labs.engine.workload import Operation


def clients(simulation: Simulation) -> list[CacheClient]:
    return [process.node for process in simulation.processes.values() if isinstance(process.node, CacheClient)]


def cache_ids(simulation: Simulation) -> list[str]:
    return [id for id in simulation.servers if isinstance(simulation.processes[id].node, CacheNode)]


def fullest(simulation: Simulation) -> list[str]:
    """The running cache node with the most dirty keys; among equals, the first."""
    up = [id for id in cache_ids(simulation) if simulation.processes[id].status == UP]
    return [max(up, key=lambda id: (len(simulation.processes[id].node.memory.dirty), -up.index(id)))] if up else []


SELECTORS: dict[str, Callable[[Simulation], list[str]]] = {
    "database": lambda simulation: [DATABASE],
    "any-cache": lambda simulation: cache_ids(simulation)[:1],
    "dirtiest-cache": fullest,
}


def on_caches(simulation: Simulation, handler: Callable[[CacheNode, Any], None], ids: list[str] | None = None) -> list[str]:
    """Let the handler act on the cache nodes that run, as if from their console; which those were."""
    ids = cache_ids(simulation) if ids is None else ids
    reached = []
    for id in ids:
        process = simulation.processes[id]
        node = process.node
        if process.status == UP and isinstance(node, CacheNode):
            simulation.call(process, lambda ctx, node=node: handler(node, ctx), process.context)
            reached.append(id)
    return reached


# The load


def popularity(simulation: Simulation, args: dict[str, Any]) -> str:
    for client in clients(simulation):
        assert client.memory.popularity is not None
        client.memory.popularity = replace(client.memory.popularity, kind=args["kind"])
        client.memory.shift += args["shift"]
    moved = f", and its order moved on by {args['shift']} keys" if args["shift"] else ""
    return f"Popularity is now {args['kind']}{moved}"


def rate(simulation: Simulation, args: dict[str, Any]) -> str:
    asking = clients(simulation)
    for client in asking:
        client.memory.rate_per_s = max(1, args["per_s"] // len(asking))
    return f"The clients now send {args['per_s']} requests a second"


def scan(simulation: Simulation, args: dict[str, Any]) -> str:
    id, client = next((id, p.node) for id, p in simulation.processes.items() if isinstance(p.node, CacheClient))
    keys, every_us, process = simulation.parameters["keys"], 1_000_000 // args["per_s"], simulation.processes[id]
    simulation.call(process, lambda ctx: client.begin_scan(keys, every_us, ctx), process.context)
    return f"{id} reads every key once, {args['per_s']} a second"


def absent(simulation: Simulation, args: dict[str, Any]) -> str:
    for client in clients(simulation):
        client.memory.absent_percent = args["percent"]
    return f"{args['percent']} % of the requests are now for keys that do not exist"


def write(simulation: Simulation, args: dict[str, Any]) -> str:
    id, client = next((id, p.node) for id, p in simulation.processes.items() if isinstance(p.node, CacheClient))
    process = simulation.processes[id]
    simulation.call(process, lambda ctx: client.begin(Operation("write", args["key"], None), ctx), process.context)
    return f"{id} was asked to write {args['key']}"


def slow_database(simulation: Simulation, args: dict[str, Any]) -> str:
    node = simulation.processes[DATABASE].node
    assert isinstance(node, Database)
    node.disk.slower_us = args["ms"] * 1000
    return f"Every request to the database now takes {args['ms']} ms longer" if args["ms"] else "The database is as fast as it was"


# The caches


def flush(simulation: Simulation, args: dict[str, Any]) -> str:
    reached = on_caches(simulation, lambda node, ctx: node.empty(ctx))
    return f"{len(reached)} cache nodes were emptied" if reached else "No cache node is running"


def invalidate(simulation: Simulation, args: dict[str, Any]) -> str:
    def handler(node: CacheNode, ctx: Context) -> None:
        node.invalidate(args["key"])
        ctx.note("invalidated", key=args["key"])

    reached = on_caches(simulation, handler)
    return f"{args['key']} was invalidated" if reached else "No cache node is running"


def change(simulation: Simulation, **settings: Any) -> None:
    """New settings for every cache node, running or not; a running one acts on them at once."""
    for id in cache_ids(simulation):
        process = simulation.processes[id]
        assert isinstance(process.node, CacheNode)
        process.node.disk.settings = process.synced.settings = replace(process.node.settings, **settings)
        if process.status != UP and simulation.record:
            simulation.observe(process)  # no handler runs that would show the change
    on_caches(simulation, lambda node, ctx: node.resettle(ctx))


def set_policy(simulation: Simulation, args: dict[str, Any]) -> str:
    change(simulation, policy=args["policy"])
    return f"The caches now evict by {args['policy']}"


def set_capacity(simulation: Simulation, args: dict[str, Any]) -> str:
    change(simulation, capacity_bytes=args["kb"] * 1000)
    return f"Each cache node now holds {args['kb']} kB"


def set_refresh(simulation: Simulation, args: dict[str, Any]) -> str:
    change(simulation, refresh=args["refresh"])
    return f"Refresh is now: {args['refresh']}"


def set_rule(simulation: Simulation, args: dict[str, Any]) -> str:
    change(simulation, **{args["rule"]: args["state"] == "on"})
    return f"The rule {args['rule']} is now {args['state']}"


def _choice(name: str, label: str, default: str, choices: tuple[str, ...]) -> Arg:
    return Arg(name=name, type="choice", label=label, default=default, choices=choices)


KEY = Arg(name="key", type="text", label="Key", default="k0")
ACTIONS = (
    Action(name="popularity", title="Change popularity", apply=popularity, fault=False, help="Other keys become the popular ones.",
           args=(_choice("kind", "Popularity", "zipf", ("uniform", "zipf", "hot")),
                 Arg(name="shift", type="int", label="Move on by", default=0, min=0, max=10_000, unit="keys"))),
    Action(name="rate", title="Change load", apply=rate, fault=False, help="How many requests arrive, however slow the answers are.",
           args=(Arg(name="per_s", type="int", label="Requests", default=2_000, min=1, max=5_000, unit="a second"),)),
    Action(name="scan", title="Scan", apply=scan, fault=False, key="c", help="Read every key once, in order, as a backup does.",
           args=(Arg(name="per_s", type="int", label="Keys", default=500, min=1, max=2_000, unit="a second"),)),
    Action(name="absent", title="Ask for what is not there", apply=absent, fault=False, help="A share of reads for keys that do not exist.",
           args=(Arg(name="percent", type="int", label="Share", default=20, min=0, max=100, unit="%"),)),
    Action(name="write", title="Write", apply=write, fault=False, key="w", help="Let the first client write a key.", args=(KEY,)),
    Action(name="flush", title="Empty the caches", apply=flush, key="f", help="Every cache node forgets all that the database has."),
    Action(name="invalidate", title="Invalidate", apply=invalidate, key="i", help="Every cache node forgets one key.", args=(KEY,)),
    Action(name="slow_database", title="Slow the database", apply=slow_database, help="Every request takes it so much longer.",
           args=(Arg(name="ms", type="int", label="By", default=50, min=0, max=2_000, unit="ms"),)),
    Action(name="set_policy", title="Set policy", apply=set_policy, fault=False, help="Who goes when a cache is full.",
           args=(_choice("policy", "Policy", "lru", tuple(POLICIES)),)),
    Action(name="set_capacity", title="Set capacity", apply=set_capacity, fault=False, help="The size of each cache node.",
           args=(Arg(name="kb", type="int", label="Capacity", default=100, min=1, max=10_000, unit="kB"),)),
    Action(name="set_refresh", title="Set refresh", apply=set_refresh, fault=False, help="When a value that is asked for is fetched anew.",
           args=(_choice("refresh", "Refresh", NONE, (NONE, EARLY, WHILE_REVALIDATE)),)),
    Action(name="set_rule", title="Turn a rule on or off", apply=set_rule, fault=False, help="One of the rules that the caches keep.",
           args=(_choice("rule", "Rule", CACHE_RULES[0], CACHE_RULES), _choice("state", "State", "on", ("on", "off")))),
)  # fmt: skip
