"""What a student can do to a Raft cluster besides the faults: write, read, change the membership, hand over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labs.catalog.raft.client import RaftClient
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import LEADER
from labs.engine.definition import Action, Arg
from labs.engine.faults import NODE
from labs.engine.node import Context
from labs.engine.process import UP, Process
from labs.engine.simulation import Simulation
from labs.engine.workload import Operation


def leader(simulation: Simulation) -> list[str]:
    """Of the servers that lead, the one of the newest term: an older one only believes it does."""
    leading = [
        (process.node.disk.current_term, id)
        for id, process in simulation.processes.items()
        if isinstance(process.node, RaftNode) and process.status == UP and process.node.memory.role == LEADER
    ]
    return [max(leading)[1]] if leading else []


def followers(simulation: Simulation) -> list[str]:
    """The members that are up and do not lead."""
    leading = leader(simulation)
    members = members_of(simulation)
    return [id for id in members if simulation.processes[id].status == UP and id not in leading]


def members_of(simulation: Simulation) -> tuple[str, ...]:
    """The configuration as the leader has it; without one, the first."""
    ids = leader(simulation) or [simulation.servers[0]]
    node = simulation.processes[ids[0]].node
    assert isinstance(node, RaftNode)
    return node.memory.members or node.config.servers


def spares(simulation: Simulation) -> list[str]:
    """Servers that run but are in no configuration."""
    members = members_of(simulation)
    return [id for id in simulation.servers if id not in members][:1]


SELECTORS: dict[str, Callable[[Simulation], list[str]]] = {
    "leader": leader,
    "any-follower": lambda simulation: followers(simulation)[:1],
    "two-followers": lambda simulation: followers(simulation)[:2],
    "spare": spares,
}


def ask_client(simulation: Simulation, operation: Operation) -> str:
    client: Process | None = next((p for p in simulation.processes.values() if isinstance(p.node, RaftClient) and p.status == UP), None)
    if client is None or not isinstance(client.node, RaftClient):
        return ""
    client.node.enqueue(operation, client.context)
    return client.id


def write(simulation: Simulation, args: dict[str, Any]) -> str:
    key, value = args["key"], args["value"]
    client = ask_client(simulation, Operation("write", key, value))
    return f"{client} was asked to write {key}={value}" if client else "Nothing written: this cluster has no client"


def read(simulation: Simulation, args: dict[str, Any]) -> str:
    client = ask_client(simulation, Operation("read", args["key"], None))
    return f"{client} was asked to read {args['key']}" if client else "Nothing read: this cluster has no client"


def on_leader(simulation: Simulation, what: Callable[[RaftNode, Context], str], done: str, not_done: str) -> str:
    """An operator's order to the leader, as from a console on that machine."""
    ids = leader(simulation)
    if not ids:
        return f"{not_done}: no server leads at this moment"
    process = simulation.processes[ids[0]]
    node, refused = process.node, ""
    assert isinstance(node, RaftNode)

    def handler(ctx: Context) -> None:
        nonlocal refused
        refused = what(node, ctx)

    simulation.call(process, handler, process.context)
    return f"{not_done} by {ids[0]}: {refused}" if refused else f"{ids[0]} {done}"


def add_server(simulation: Simulation, args: dict[str, Any]) -> str:
    if not args["node"]:
        return "No server added: there is none to spare"
    id = args["node"][0]
    return on_leader(simulation, lambda node, ctx: node.add_server(id, ctx), f"brings in {id}, which catches up first", f"{id} not added")


def remove_server(simulation: Simulation, args: dict[str, Any]) -> str:
    if not args["node"]:
        return "No server removed: that names none at this moment"
    id = args["node"][0]
    return on_leader(simulation, lambda node, ctx: node.remove_server(id, ctx), f"takes {id} out", f"{id} not removed")


def transfer(simulation: Simulation, args: dict[str, Any]) -> str:
    if not args["node"]:
        return "Nothing handed over: that names no server at this moment"
    id = args["node"][0]
    return on_leader(simulation, lambda node, ctx: node.transfer_leadership(id, ctx), f"hands over to {id}", "Nothing handed over")


KEY = Arg(name="key", type="text", label="Key", default="x")
ACTIONS = (
    Action(name="write", title="Write", apply=write, fault=False, key="w", help="Let the first client write a value.",
           args=(KEY, Arg(name="value", type="text", label="Value", default="42"))),
    Action(name="read", title="Read", apply=read, fault=False, help="Let the first client read a value.", args=(KEY,)),
    Action(name="transfer", title="Make leader", apply=transfer, fault=False, args=(NODE,), target="node", when=(UP,), key="l",
           help="The leader brings this server up to date and hands over to it."),
    Action(name="add_server", title="Add to cluster", apply=add_server, fault=False, args=(NODE,), target="node", when=(UP,),
           help="Bring a spare server in: it catches up, then it counts."),
    Action(name="remove_server", title="Remove from cluster", apply=remove_server, fault=False, args=(NODE,), target="node",
           help="Take a server out of the configuration; it no longer counts."),
)  # fmt: skip
