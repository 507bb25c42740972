"""The Raft lab: what can be set, done and seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.catalog.raft.client import RaftClient
from labs.catalog.raft.invariants import ElectionSafety, LogMatching, StateMachineSafety
from labs.catalog.raft.node import (
    LEADER,
    AppendEntries,
    AppendEntriesReply,
    ClientReply,
    ClientRequest,
    RaftConfig,
    RaftNode,
    RequestVote,
    RequestVoteReply,
)
from labs.engine.definition import Action, Arg, Lab, Parameter, Scenario, Setup, Step
from labs.engine.faults import FAULTS
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.process import UP
from labs.engine.simulation import Simulation
from labs.engine.workload import ClientConfig, Operation

PARAMETERS = (
    Parameter(name="nodes", type="choice", label="Servers", default=5, choices=(3, 5, 7)),
    Parameter(name="clients", type="int", label="Clients", default=3, min=0, max=5),
    Parameter(name="latency_ms", type="int", label="Link latency", default=10, min=1, max=500, unit="ms"),
    Parameter(
        name="jitter_ms",
        type="int",
        label="Jitter",
        default=2,
        min=0,
        max=200,
        unit="ms",
        help="Mean of a long tail on top of the latency.",
    ),
    Parameter(name="loss_percent", type="int", label="Loss", default=0, min=0, max=50, unit="%"),
    Parameter(name="heartbeat_ms", type="int", label="Heartbeat", default=50, min=5, max=2000, unit="ms"),
    Parameter(name="election_ms_min", type="int", label="Election time-out from", default=150, min=10, max=10_000, unit="ms"),
    Parameter(name="election_ms_max", type="int", label="Election time-out to", default=300, min=10, max=10_000, unit="ms"),
    Parameter(name="sync_ms", type="int", label="Disk sync", default=1, min=0, max=200, unit="ms"),
    Parameter(name="think_ms", type="int", label="Client think time", default=800, min=10, max=10_000, unit="ms"),
)


def setup(parameters: Mapping[str, Any]) -> Setup:
    servers = tuple(f"n{i + 1}" for i in range(parameters["nodes"]))
    low, high = sorted((parameters["election_ms_min"], parameters["election_ms_max"]))
    config = RaftConfig(
        servers=servers, election_us_min=low * 1000, election_us_max=high * 1000, heartbeat_us=parameters["heartbeat_ms"] * 1000
    )
    asking = ClientConfig(
        servers=servers,
        think_us=parameters["think_ms"] * 1000,
        timeout_us=max(4 * high, 20 * parameters["latency_ms"]) * 1000,
        retry_us=max(high // 4, 2 * parameters["latency_ms"]) * 1000,
    )
    nodes: dict[str, Node] = {id: RaftNode(config) for id in servers}
    nodes |= {f"c{i + 1}": RaftClient(asking) for i in range(parameters["clients"])}
    link = LinkSpec(
        latency_us=parameters["latency_ms"] * 1000, jitter_us=parameters["jitter_ms"] * 1000, loss_ppm=parameters["loss_percent"] * 10_000
    )
    return Setup(nodes=nodes, link=link, sync_us=parameters["sync_ms"] * 1000)


def leader(simulation: Simulation) -> list[str]:
    """Of the servers that lead, the one of the newest term: an older one only believes it does."""
    leading = [
        (process.node.disk.current_term, id)
        for id, process in simulation.processes.items()
        if isinstance(process.node, RaftNode) and process.status == UP and process.node.memory.role == LEADER
    ]
    return [max(leading)[1]] if leading else []


def followers(simulation: Simulation) -> list[str]:
    leading = leader(simulation)
    return [id for id in simulation.servers if simulation.processes[id].status == UP and id not in leading]


SELECTORS = {
    "leader": leader,
    "any-follower": lambda simulation: followers(simulation)[:1],
    "two-followers": lambda simulation: followers(simulation)[:2],
}


def write(simulation: Simulation, args: dict[str, Any]) -> str:
    key, value = args["key"], args["value"]
    client = next((p for p in simulation.processes.values() if isinstance(p.node, RaftClient) and p.status == UP), None)
    if client is None or not isinstance(client.node, RaftClient):
        return "Nothing written: this cluster has no client"
    client.node.enqueue(Operation("write", key, value), client.context)
    return f"{client.id} was asked to write {key}={value}"


WRITE = Action(
    name="write",
    title="Write",
    apply=write,
    fault=False,
    key="w",
    help="Let the first client write a value.",
    args=(Arg(name="key", type="text", label="Key", default="x"), Arg(name="value", type="text", label="Value", default="42")),
)

SLOW_MOTION = {
    "latency_ms": 20, "jitter_ms": 4, "heartbeat_ms": 75, "election_ms_min": 300, "election_ms_max": 600, "think_ms": 900,
}  # fmt: skip

LAB = Lab(
    slug="raft",
    title="Raft",
    version=1,
    summary="A key-value store on several servers that agree on one log, elect a leader and survive its loss.",
    lessons=("8.5", "8.3"),
    parameters=PARAMETERS,
    scenarios=(
        Scenario(
            name="steady",
            title="A cluster at work",
            why="One candidate, one round of votes, a leader within half a second: what nearly every election looks like.",
            seed=7,
            parameters=SLOW_MOTION,
            speed=0.1,
        ),
        Scenario(
            name="leader-crash",
            title="The leader stops",
            why="The leader stops at 2.5 s; one follower's patience ends well before the others', so the second election is clean too.",
            seed=7,
            parameters=SLOW_MOTION,
            speed=0.1,
            script=((2_500_000, "crash", {"node": "leader"}),),
        ),
        Scenario(
            name="paper",
            title="The paper's numbers",
            why="Election time-outs of 150 to 300 ms and heartbeats of 50 ms, as the paper suggests, on links of 10 ms.",
            seed=7,
            speed=0.1,
        ),
    ),
    actions=(*FAULTS, WRITE),
    steps=(
        Step(name="crash-leader", title="Stop the leader", action="crash", args={"node": "leader"}),
        Step(name="pause-leader", title="Pause the leader", action="pause", args={"node": "leader"}),
        Step(name="crash-two", title="Stop two followers", action="crash", args={"node": "two-followers"}),
        Step(name="isolate-leader", title="Cut the leader off with one follower", action="partition",
             args={"nodes": ["leader", "any-follower"]}),
        Step(name="heal", title="Mend all links", action="heal"),
        Step(name="restart-all", title="Start all stopped nodes", action="restart_all"),
        Step(name="write", title="Write x=42", action="write", args={"key": "x", "value": "42"}),
    ),
    invariants=(ElectionSafety, LogMatching, StateMachineSafety),
    messages={
        RequestVote: {"tone": "vote", "shape": "arrow", "text": "term {term}, log ends at {last_log_index} of term {last_log_term}"},
        RequestVoteReply: {"tone": "vote", "shape": "ring", "text": "term {term}, granted: {vote_granted}"},
        AppendEntries: {"tone": "append", "shape": "arrow", "text": "term {term}, after {prev_log_index}, commit {leader_commit}"},
        AppendEntriesReply: {"tone": "append", "shape": "ring", "text": "term {term}, success: {success}, match {match_index}"},
        ClientRequest: {"tone": "client", "shape": "square", "text": "{command}"},
        ClientReply: {"tone": "client", "shape": "ring", "text": "ok: {ok}, value {value}"},
    },
    notes={
        "election_started": {"text": "{node} lost patience and stands for election in term {term}", "mark": "candidacy"},
        "became_leader": {"text": "{node} became leader of term {term} with votes from {votes}", "mark": "election"},
        "stepped_down": {"text": "{node} led term {term}, saw term {newer} and stepped down", "mark": ""},
        "committed": {"text": "{node} committed index {index}: {command}", "mark": "commit"},
        "failed": {"text": "{node} failed: {error}", "mark": "fault"},
    },
    topology={
        "role": "role",
        "badge": "term {term}",
        "roles": {
            "leader": {"tone": "leader", "shape": "hexagon", "word": "leader"},
            "candidate": {"tone": "candidate", "shape": "diamond", "word": "candidate"},
            "follower": {"tone": "follower", "shape": "circle", "word": "follower"},
        },
    },
    panels=(
        {"panel": "log", "title": "Log", "entries": "log", "first": "log_first", "commit": "commit_index",
         "applied": "last_applied", "lead": {"role": "leader"}},
        {"panel": "table", "title": "State", "fields": [
            {"name": "role", "label": "Role"}, {"name": "term", "label": "Term"}, {"name": "voted_for", "label": "Voted for"},
            {"name": "leader", "label": "Leader"},
            {"name": "commit_index", "label": "Committed"}, {"name": "last_applied", "label": "Applied"},
            {"name": "store", "label": "Store"}]},
        {"panel": "events", "title": "Events"},
        {"panel": "checks", "title": "Checks"},
    ),
    selectors=SELECTORS,
    setup=setup,
)  # fmt: skip
