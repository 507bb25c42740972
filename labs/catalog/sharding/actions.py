"""What a student can do to a sharded store besides the faults: change who holds what, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labs.catalog.sharding import changes
from labs.catalog.sharding.invariants import clients, coordinator, shards
from labs.catalog.sharding.keys import names
from labs.catalog.sharding.layout import SCHEMES, Layout, Refusal, servers, table
from labs.catalog.sharding.shard import Shard
from labs.engine.definition import Action, Arg
from labs.engine.node import Context
from labs.engine.process import UP
from labs.engine.simulation import Simulation

POPULARITIES = ("uniform", "zipf", "hot")

# Which node is meant


def spare(simulation: Simulation) -> list[str]:
    taken = servers(coordinator(simulation)[1].disk.map.layout)
    return [process.id for process, _ in shards(simulation) if process.id not in taken and process.status == UP][:1]


def busiest(simulation: Simulation) -> list[str]:
    """The shard with the most requests lately; the first one before there were any."""
    taken = members(simulation)
    return [max(taken, key=lambda pair: pair[1].memory.rate_per_s)[0]] if taken else []


def fullest(simulation: Simulation) -> list[str]:
    taken = members(simulation)
    return [max(taken, key=lambda pair: len(pair[1].disk.data))[0]] if taken else []


def members(simulation: Simulation) -> list[tuple[str, Shard]]:
    taken = servers(coordinator(simulation)[1].disk.map.layout)
    return [(process.id, node) for process, node in shards(simulation) if process.id in taken and process.status == UP]


SELECTORS: dict[str, Callable[[Simulation], list[str]]] = {"spare": spare, "busiest": busiest, "fullest": fullest}

# Orders to the coordinator


def order(simulation: Simulation, what: Callable[[Layout], Layout], done: str, not_done: str) -> str:
    """Ask the coordinator for another layout, as from a console on that machine."""
    process, node = coordinator(simulation)
    if process.status != UP:
        return f"{not_done}: the coordinator is not running"
    refused = ""

    def handler(ctx: Context) -> None:
        nonlocal refused
        try:
            refused = node.change(what(node.disk.map.layout), ctx)
        except Refusal as refusal:
            refused = str(refusal)

    simulation.call(process, handler, process.context)
    return f"{not_done}: {refused}" if refused else done


def shard_named(simulation: Simulation, ids: list[str]) -> str:
    """The shard an argument means; nothing for a router, the coordinator, or a selector that means nobody now."""
    return ids[0] if ids and isinstance(simulation.processes[ids[0]].node, Shard) else ""


def add_shard(simulation: Simulation, args: dict[str, Any]) -> str:
    id = shard_named(simulation, args["node"])
    if not id:
        return "No shard added: that names no shard to spare"
    return order(simulation, lambda layout: changes.join(layout, id), f"{id} joins", f"{id} not added")


def remove_shard(simulation: Simulation, args: dict[str, Any]) -> str:
    id = shard_named(simulation, args["node"])
    if not id:
        return "No shard removed: that names none"
    return order(simulation, lambda layout: changes.leave(layout, id), f"{id} gives its keys away and leaves", f"{id} not removed")


def weigh(simulation: Simulation, args: dict[str, Any]) -> str:
    id, weight = shard_named(simulation, args["node"]), args["weight"]
    if not id:
        return "No weight set: that names no shard"
    return order(simulation, lambda layout: changes.weigh(layout, id, weight), f"{id} weighs {weight}", f"{id} not weighed")


def split(simulation: Simulation, args: dict[str, Any]) -> str:
    source, target, at = shard_named(simulation, args["node"]), shard_named(simulation, args["to"]), args["at"].lower()
    if not source or not target:
        return "Nothing split: that names no two shards"
    return order(
        simulation, lambda layout: changes.split(layout, source, target, at), f"{source} is split with {target}", f"{source} not split"
    )


def spread(simulation: Simulation, args: dict[str, Any]) -> str:
    key, holders = args["key"].lower(), args["holders"]
    if key == "hot":
        key = names(simulation.parameters["keys"])[0]
    if key not in names(simulation.parameters["keys"]):
        return f"Nothing spread: there is no key {key}"
    return order(simulation, lambda layout: changes.spread(layout, key, holders), f"{key} goes to {holders} shards", f"{key} not spread")


def rescheme(simulation: Simulation, args: dict[str, Any]) -> str:
    scheme = args["scheme"]
    return order(simulation, lambda layout: changes.rescheme(layout, scheme), f"Keys are placed by {scheme}", "Scheme not changed")


def throttle(simulation: Simulation, args: dict[str, Any]) -> str:
    process, node = coordinator(simulation)
    if process.status != UP:
        return "Pace not changed: the coordinator is not running"
    simulation.call(process, lambda ctx: node.pace(args["keys_per_s"], args["batch_keys"], ctx), process.context)
    return f"Every source sends at most {args['keys_per_s']} keys a second, {args['batch_keys']} in a batch"


# What is asked for


def rate(simulation: Simulation, args: dict[str, Any]) -> str:
    found = clients(simulation)
    for _, client in found:
        client.memory.rate_per_s = max(1, args["per_s"] // len(found))
    return f"Clients ask {args['per_s']} times a second"


def popularity(simulation: Simulation, args: dict[str, Any]) -> str:
    for _, client in clients(simulation):
        client.memory.popularity = args["kind"]
    return f"Popularity of keys: {args['kind']}"


def where(simulation: Simulation, args: dict[str, Any]) -> str:
    """Look a key up, by the coordinator's map."""
    key = args["key"].lower()
    if key == "hot":
        key = names(simulation.parameters["keys"])[0]
    if key not in names(simulation.parameters["keys"]):
        return f"There is no key {key}"
    return f"{key} belongs to {', '.join(table(coordinator(simulation)[1].disk.map.layout)[key])}"


SHARD = Arg(name="node", type="node", label="Shard", default="spare")
MEMBER = Arg(name="node", type="node", label="Shard", default="busiest")
KEY = Arg(name="key", type="text", label="Key", default="hot")
ACTIONS = (
    Action(name="add_shard", title="Add shard", apply=add_shard, fault=False, args=(SHARD,), target="node", when=(UP,), key="a",
           help="Bring a spare server in; keys move to it while traffic runs."),
    Action(name="remove_shard", title="Remove shard", apply=remove_shard, fault=False, args=(MEMBER,), target="node", when=(UP,),
           help="Give its keys to the others, then let it go. It must be running: there is no other copy."),
    Action(name="weigh", title="Weight", apply=weigh, fault=False, target="node", when=(UP,),
           args=(MEMBER, Arg(name="weight", type="int", label="Weight", default=2, min=1, max=8)),
           help="Let a shard hold so many shares. Ring, rendezvous and geo know weights."),
    Action(name="split", title="Split shard", apply=split, fault=False, target="node", when=(UP,),
           args=(MEMBER, Arg(name="to", type="node", label="With", default="spare"),
                 Arg(name="at", type="text", label="From letter", default="g", max_length=4)),
           help="Give part of a shard to another: in the range scheme the keys from a letter on, else half of them."),
    Action(name="spread", title="Spread a key", apply=spread, fault=False,
           args=(KEY, Arg(name="holders", type="int", label="Shards", default=3, min=1, max=12)),
           help="Keep copies of one key, so that several shards answer reads of it. `hot`: the most popular one. 1: no copies."),
    Action(name="rescheme", title="Change scheme", apply=rescheme, fault=False,
           args=(Arg(name="scheme", type="choice", label="Scheme", default="ring", choices=SCHEMES),),
           help="Place all keys by another rule."),
    Action(name="throttle", title="Throttle", apply=throttle, fault=False,
           args=(Arg(name="keys_per_s", type="int", label="Keys a second", default=50, min=1, max=5000, unit="/s"),
                 Arg(name="batch_keys", type="int", label="In a batch", default=5, min=1, max=100)),
           help="How fast each source sends keys that move."),
    Action(name="rate", title="Load", apply=rate, fault=False,
           args=(Arg(name="per_s", type="int", label="Requests a second", default=500, min=1, max=5000, unit="/s"),),
           help="How often clients ask."),
    Action(name="popularity", title="Popularity", apply=popularity, fault=False,
           args=(Arg(name="kind", type="choice", label="Popularity", default="zipf", choices=POPULARITIES),),
           help="Which keys are asked for."),
    Action(name="where", title="Find a key", apply=where, fault=False, args=(KEY,), help="Say which shard holds a key."),
)  # fmt: skip
