"""The Raft lab: what can be set and seen. What can be done is in `actions`, what can be turned off in `switches`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.catalog.raft import messages as m
from labs.catalog.raft.actions import ACTIONS, SELECTORS
from labs.catalog.raft.challenges import CHALLENGES
from labs.catalog.raft.client import RaftClient
from labs.catalog.raft.givens import GIVENS
from labs.catalog.raft.invariants import SAFETY
from labs.catalog.raft.liveness import LIVENESS
from labs.catalog.raft.measures import MEASURES
from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.switches import SWITCHES
from labs.engine.definition import Lab, Parameter, Scenario, Setup, Step
from labs.engine.faults import BY_HAND, FAULTS
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.workload import ClientConfig

PARAMETERS = (
    Parameter(name="nodes", type="choice", label="Servers", default=5, choices=(3, 5, 7)),
    Parameter(name="spares", type="int", label="Spare servers", default=0, min=0, max=2, help="Run, but are in no configuration yet."),
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
    Parameter(name="reads", type="choice", label="Reads by", default="read_index", choices=("log", "read_index", "lease")),
    Parameter(name="batch_entries", type="int", label="Entries per message", default=20, min=1, max=100),
    Parameter(name="compact_entries", type="int", label="Compact after", default=100, min=0, max=1000, unit="entries", help="0: never."),
    *(Parameter(name=switch.name, type="bool", label=switch.title, default=True, help=switch.text) for switch in SWITCHES),
)


def setup(parameters: Mapping[str, Any]) -> Setup:
    servers = tuple(f"n{i + 1}" for i in range(parameters["nodes"]))
    spares = tuple(f"n{len(servers) + i + 1}" for i in range(parameters["spares"]))
    low, high = sorted((parameters["election_ms_min"], parameters["election_ms_max"]))
    config = m.RaftConfig(
        servers=servers,
        election_us_min=low * 1000,
        election_us_max=high * 1000,
        heartbeat_us=parameters["heartbeat_ms"] * 1000,
        batch_entries=parameters["batch_entries"],
        compact_entries=parameters["compact_entries"],
        reads=parameters["reads"],
        **{switch.name: parameters[switch.name] for switch in SWITCHES},
    )
    asking = ClientConfig(
        servers=servers + spares,
        think_us=parameters["think_ms"] * 1000,
        timeout_us=max(2 * high, 10 * parameters["latency_ms"]) * 1000,
        retry_us=max(high // 4, 2 * parameters["latency_ms"]) * 1000,
        attempts_max=5,
    )
    nodes: dict[str, Node] = {id: RaftNode(config) for id in servers + spares}
    nodes |= {f"c{i + 1}": RaftClient(asking) for i in range(parameters["clients"])}
    link = LinkSpec(
        latency_us=parameters["latency_ms"] * 1000, jitter_us=parameters["jitter_ms"] * 1000, loss_ppm=parameters["loss_percent"] * 10_000
    )
    return Setup(nodes=nodes, link=link, sync_us=parameters["sync_ms"] * 1000)


SLOW_MOTION = {
    "latency_ms": 20, "jitter_ms": 4, "heartbeat_ms": 75, "election_ms_min": 300, "election_ms_max": 600, "think_ms": 900,
}  # fmt: skip

SCENARIOS = (
    Scenario(
        name="steady", title="A cluster at work", seed=7, parameters=SLOW_MOTION, speed=0.1, opens_at_us=290_000,
        why="One candidate, one round of votes, a leader within half a second: what nearly every election looks like.",
    ),
    Scenario(
        name="leader-crash", title="The leader stops", seed=7, parameters=SLOW_MOTION, speed=0.1, opens_at_us=290_000,
        why="The leader stops at 2.5 s; one follower's patience ends well before the others', so the second election is clean too.",
        script=((2_500_000, "crash", {"node": "leader"}),),
    ),
    Scenario(
        name="paper", title="The paper's numbers", seed=7, speed=0.1,
        why="Election time-outs of 150 to 300 ms and heartbeats of 50 ms, as the paper suggests, on links of 10 ms.",
    ),
    Scenario(
        name="restless", title="Votes that nearly split", seed=7, speed=0.1,
        parameters={**SLOW_MOTION, "nodes": 5, "election_ms_min": 300, "election_ms_max": 330, "pre_vote": False},
        why="Time-outs within 30 ms of each other on links of 20 ms: candidates often stand before they hear of each other.",
    ),
    Scenario(
        name="busy", title="Clients that hardly think", seed=7, speed=0.1, parameters={**SLOW_MOTION, "think_ms": 200, "clients": 5},
        why="Five clients that write many times a second, so that a leader always has something under way.",
    ),
)  # fmt: skip

ROLES = {
    "panel": "state-machine", "title": "Roles", "field": "role",
    "source": "After figure 4 of Ongaro and Ousterhout, extended version, 2014; asking first (pre-vote) is §9.6 of the dissertation.",
    "states": [
        {"name": "follower", "label": "follower", "role": "follower", "at": [0, 0.42]},
        {"name": "pre-candidate", "label": "asking", "role": "pre-candidate", "at": [0.5, 0]},
        {"name": "candidate", "label": "candidate", "role": "candidate", "at": [0.5, 0.68]},
        {"name": "leader", "label": "leader", "role": "leader", "at": [1, 0.36]},
    ],
    "transitions": [
        {"from": None, "to": "follower", "label": "starts"},
        {"from": "follower", "to": "pre-candidate", "label": "time-out", "bend": 0.3},
        {"from": "pre-candidate", "to": "follower", "label": "leader or newer term", "bend": 0.02},
        {"from": "pre-candidate", "to": "pre-candidate", "label": "time-out", "side": 0},
        {"from": "pre-candidate", "to": "candidate", "label": "a majority would vote", "bend": 0.5},
        {"from": "candidate", "to": "pre-candidate", "label": "time-out", "bend": 0.4},
        {"from": "follower", "to": "candidate", "label": "no pre-vote, or told to", "bend": 0.02},
        {"from": "candidate", "to": "candidate", "label": "time-out, no pre-vote", "side": 65},
        {"from": "candidate", "to": "follower", "label": "leader or newer term", "bend": 0.36},
        {"from": "candidate", "to": "leader", "label": "majority of votes", "bend": -0.06},
        {"from": "leader", "to": "follower", "label": "newer term", "bend": 0.6},
    ],
}  # fmt: skip

LAB = Lab(
    slug="raft",
    title="Raft",
    version=2,
    summary="A key-value store on several servers that agree on one log, elect a leader and survive its loss.",
    lessons=("8.5", "8.3"),
    parameters=PARAMETERS,
    scenarios=SCENARIOS,
    actions=(*FAULTS, *BY_HAND, *ACTIONS),
    steps=(
        Step(name="crash-leader", title="Stop the leader", action="crash", args={"node": "leader"}),
        Step(name="pause-leader", title="Pause the leader", action="pause", args={"node": "leader"}),
        Step(name="crash-two", title="Stop two followers", action="crash", args={"node": "two-followers"}),
        Step(
            name="isolate-leader",
            title="Cut the leader off with one follower",
            action="partition",
            args={"nodes": ["leader", "any-follower"]},
        ),
        Step(name="heal", title="Mend all links", action="heal"),
        Step(name="restart-all", title="Start all stopped nodes", action="restart_all"),
        Step(name="write", title="Write x=42", action="write", args={"key": "x", "value": "42"}),
        Step(name="transfer", title="Hand over to a follower", action="transfer", args={"node": "any-follower"}),
    ),
    invariants=(*SAFETY, *LIVENESS),
    history="kv",
    switches=SWITCHES,
    challenges=CHALLENGES,
    measures=MEASURES,
    givens=GIVENS,
    messages={
        m.PreVote: {"tone": "vote", "shape": "arrow", "text": "for term {term}? log ends at {last_log_index} of term {last_log_term}"},
        m.PreVoteReply: {"tone": "vote", "shape": "ring", "text": "term {term}, granted: {vote_granted}"},
        m.RequestVote: {"tone": "vote", "shape": "arrow", "text": "term {term}, log ends at {last_log_index} of term {last_log_term}"},
        m.RequestVoteReply: {"tone": "vote", "shape": "ring", "text": "term {term}, granted: {vote_granted}"},
        m.AppendEntries: {"tone": "append", "shape": "arrow", "text": "term {term}, after {prev_log_index}, commit {leader_commit}"},
        m.AppendEntriesReply: {"tone": "append", "shape": "ring", "text": "term {term}, success: {success}, match {match_index}"},
        m.InstallSnapshot: {"tone": "append", "shape": "square", "text": "term {term}, a whole snapshot"},
        m.TimeoutNow: {"tone": "vote", "shape": "square", "text": "term {term}: stand for election at once"},
        m.ClientRequest: {"tone": "client", "shape": "square", "text": "{command}"},
        m.ClientReply: {"tone": "client", "shape": "ring", "text": "ok: {ok}, value {value}"},
    },
    notes={
        "lost_patience": {
            "text": "{node} lost patience in term {term} and asks whether it would be elected", "mark": "", "tone": "candidate",
        },
        "election_started": {
            "text": "{node} stands for election in term {term}", "mark": "candidacy", "shape": "diamond", "tone": "candidate",
        },
        "became_leader": {
            "text": "{node} became leader of term {term} with votes from {votes}", "mark": "election", "shape": "hexagon", "tone": "leader",
        },
        "stepped_down": {"text": "{node} led term {term}, saw term {newer} and stepped down", "mark": ""},
        "left": {"text": "{node} led term {term} and left: it is no longer a member", "mark": ""},
        "committed": {"text": "{node} committed index {index}: {command}", "mark": "commit", "shape": "square", "tone": "leader"},
        "compacted": {"text": "{node} replaced its log up to index {index} by a snapshot", "mark": ""},
        "installed_snapshot": {"text": "{node} took a snapshot up to index {index} from {src}", "mark": ""},
        "failed": {"text": "{node} failed: {error}", "mark": "fault"},
    },
    topology={
        "role": "role",
        "badge": "term {term}",
        "roles": {
            "leader": {"tone": "leader", "shape": "hexagon", "word": "leader"},
            "candidate": {"tone": "candidate", "shape": "diamond", "word": "candidate"},
            "pre-candidate": {"tone": "candidate", "shape": "diamond", "word": "asking"},
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
            {"name": "compacted", "label": "Snapshot to"}, {"name": "members", "label": "Members"}, {"name": "store", "label": "Store"}]},
        {"panel": "space-time", "title": "Space-time"},
        ROLES,
        {"panel": "pending", "title": "Pending"},
        {"panel": "events", "title": "Events"},
        {"panel": "checks", "title": "Checks"},
    ),
    selectors=SELECTORS,
    setup=setup,
)  # fmt: skip
