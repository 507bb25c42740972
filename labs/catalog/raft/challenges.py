"""What students are asked to bring about. Each goal judges events, and for logs the real state of the nodes."""

from __future__ import annotations

import msgspec

from labs.catalog.raft.node import RaftNode
from labs.catalog.raft.state import LEADER
from labs.engine.events import CheckEvent, Event, NodeEvent, NoteEvent, OperationEvent, StateEvent
from labs.engine.goals import Challenge, Goal
from labs.engine.process import UP
from labs.engine.simulation import Simulation


def raft(simulation: Simulation, id: str) -> RaftNode:
    node = simulation.processes[id].node
    assert isinstance(node, RaftNode)
    return node


def leaders(simulation: Simulation) -> list[str]:
    return [id for id in simulation.servers if simulation.processes[id].status == UP and raft(simulation, id).memory.role == LEADER]


class ElectAfterCrash(Goal):
    start = "No leader has stopped yet"
    watches = (NodeEvent, NoteEvent)

    class State(msgspec.Struct):
        leader: str = ""
        term: int = 0
        stopped: bool = False

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, NodeEvent) and event.node == state.leader and event.status == "down" and not state.stopped:
            state.stopped = True
            self.reach(50, f"{event.node}, leader of term {state.term}, stopped; waiting for its successor", event.seq)
        elif isinstance(event, NoteEvent) and event.name == "became_leader":
            term = int(event.fields["term"])
            if state.stopped and event.node != state.leader and term > state.term:
                self.reach(100, f"{event.node} leads term {term}", event.seq)
            else:
                state.leader, state.term, state.stopped = event.node, term, False
                self.fall_back(0, f"{event.node} leads term {term}; stop it")


class CommitWithTwoDown(Goal):
    start = "All five servers run"
    watches = (NodeEvent, OperationEvent)

    class State(msgspec.Struct):
        down: tuple[str, ...] = ()
        since: int = 0  # seq of the event after which two are down
        asked: dict[int, int] = {}  # writes invoked since

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, NodeEvent):
            self.count(event, simulation)
        elif isinstance(event, OperationEvent) and len(state.down) == 2 and event.f == "write":
            if event.type == "invoke":
                state.asked = {event.operation: event.seq}
                self.reach(75, f"two down, {event.process} asked to write {event.key}={event.value}")
            elif event.type == "ok" and event.operation in state.asked:
                self.reach(100, f"{event.key}={event.value} committed with {' and '.join(state.down)} down", state.since, event.seq)

    def count(self, event: NodeEvent, simulation: Simulation) -> None:
        state = self.state
        state.down = tuple(id for id in simulation.servers if simulation.processes[id].status != UP)
        state.since, state.asked = event.seq, {}
        percent = {0: 0, 1: 25, 2: 50}.get(len(state.down), 0)
        self.fall_back(percent, f"{len(state.down)} of {len(simulation.servers)} down; exactly two are needed, and then a write")


class MinorityWrite(Goal):
    start = "No leader is cut off"
    watches = (StateEvent,)

    class State(msgspec.Struct):
        leader: str = ""
        term: int = 0
        index: int = 0
        command: str = ""
        seq: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, StateEvent)
        state = self.state
        if not state.index:
            if "log" in event.changed or "role" in event.changed:
                self.look_for_write(event, leaders(simulation), simulation)
            return
        node = raft(simulation, state.leader)
        if event.node == state.leader and node.term_at(state.index) != state.term and self.replaced(simulation):
            text = f"{state.leader} accepted {state.command} in term {state.term}; it was never committed and is gone"
            self.reach(100, text, state.seq, event.seq)

    def look_for_write(self, event: StateEvent, leading: list[str], simulation: Simulation) -> None:
        """A client's command in the log of a leader while a newer leader, whose log lacks it, leads elsewhere."""
        if len(leading) < 2:
            return
        newest = max((raft(simulation, id) for id in leading), key=lambda node: node.disk.current_term)
        for id in leading:
            node = raft(simulation, id)
            for index in range(node.memory.commit_index + 1, node.last_index + 1):
                entry = node.entry_at(index)
                if node is not newest and entry.client and newest.term_at(index) != entry.term:
                    state = self.state
                    state.leader, state.term, state.index = id, entry.term, index
                    state.command, state.seq = entry.command, event.seq
                    text = f"{id} still believes it leads term {node.disk.current_term}, and took {entry.command}; now mend the links"
                    self.reach(60, text, event.seq)
                    return

    def replaced(self, simulation: Simulation) -> bool:
        return raft(simulation, self.state.leader).memory.role != LEADER


class ThreeSplitVotes(Goal):
    start = "No vote was split yet"
    watches = (NoteEvent,)

    class State(msgspec.Struct):
        candidates: dict[int, tuple[str, ...]] = {}  # newest terms -> who stood
        split: tuple[int, ...] = ()  # terms that ended without a leader
        term: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, NoteEvent)
        state = self.state
        if event.name == "became_leader":
            state.candidates.pop(int(event.fields["term"]), None)
        elif event.name == "election_started":
            term = int(event.fields["term"])
            for earlier in [t for t in state.candidates if t < term]:
                if len(state.candidates.pop(earlier)) > 1:
                    state.split = (*state.split, earlier)[-3:]
                    percent = min(100, 34 * len(state.split))
                    self.reach(percent, f"split votes in {len(state.split)} terms: {', '.join(map(str, state.split))}", event.seq)
            state.candidates[term] = (*state.candidates.get(term, ()), event.node)


class LoseCommitted(Goal):
    start = "Every committed entry is safe"
    watches = (CheckEvent,)

    def observe(self, event: Event, simulation: Simulation) -> None:
        assert isinstance(event, CheckEvent)
        lost = event.checker in ("leader-completeness", "state-machine-safety")
        switches = [switch.title for switch in simulation.lab.switches if not simulation.parameters[switch.name]]
        if not event.holds and lost and len(switches) == 1:
            self.reach(100, f"{event.text} The rule that was off: {switches[0]}", *event.evidence, event.seq)


class FigureSeven(Goal):
    start = "All logs agree"
    watches = (NoteEvent, StateEvent)

    class State(msgspec.Struct):
        kinds: tuple[str, ...] = ()  # seen at once when a leader came to power

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        if isinstance(event, NoteEvent):
            if event.name == "became_leader" and len(self.state.kinds) < 3:
                self.compare(event, simulation)
        elif len(self.state.kinds) == 3 and isinstance(event, StateEvent) and "log" in event.changed:
            ends = {(node.last_index, node.term_at(node.last_index)) for node in (raft(simulation, id) for id in simulation.servers)}
            if len(ends) == 1:  # by log matching the logs are the same
                self.reach(100, "All three kinds of difference were there, and every log is the leader's again", event.seq)

    def compare(self, event: NoteEvent, simulation: Simulation) -> None:
        """The moment of figure 7: a leader comes to power, its log as it was."""
        leader = raft(simulation, event.node)
        others = [raft(simulation, id) for id in simulation.servers if id != event.node]
        kinds = tuple(sorted({kind for other in others for kind in differences(leader, other)}))
        if len(kinds) > len(self.state.kinds):
            self.state.kinds = kinds
            self.reach(20 * len(kinds), f"When {event.node} came to power, others had: {', '.join(kinds)}", event.seq)


def differences(leader: RaftNode, other: RaftNode) -> set[str]:
    """How a log differs from the new leader's, in the words of figure 7: (a, b), (c, d), (e, f)."""
    last = min(leader.last_index, other.last_index)
    while last and leader.term_at(last) != other.term_at(last):
        last -= 1
    missing, extra = leader.last_index > last, other.last_index > last
    if missing and extra:
        return {"both (e, f)"}
    return {"missing entries (a, b)"} if missing else {"extra entries (c, d)"} if extra else set()


class ChangeMembership(Goal):
    start = "The configuration is the first one"
    watches = (NoteEvent, OperationEvent)

    class State(msgspec.Struct):
        first: tuple[str, ...] = ()  # the configuration the change began from
        members: tuple[str, ...] = ()  # the newest committed one
        began: int = 0  # seq of the first change
        last_ok_us: int = 0

    state: State

    def observe(self, event: Event, simulation: Simulation) -> None:
        state = self.state
        if isinstance(event, OperationEvent):
            self.note_service(event)
        elif isinstance(event, NoteEvent) and event.name == "committed" and str(event.fields["command"]).startswith("members "):
            members = state.members = tuple(str(event.fields["command"]).split()[1:])
            state.first = state.first or raft(simulation, simulation.servers[0]).config.servers
            joined, gone = set(members) - set(state.first), set(state.first) - set(members)
            state.began, state.last_ok_us = state.began or event.seq, state.last_ok_us or event.t_us
            if joined and gone:
                text = f"{', '.join(sorted(joined))} in, {', '.join(sorted(gone))} out, and no client waited a second"
                self.reach(100, text, event.seq)
            else:
                self.reach(50, "One of two changes is committed: let one server join and another leave", event.seq)

    def note_service(self, event: OperationEvent) -> None:
        """Availability: from the first change on, some operation succeeds at least every second."""
        state = self.state
        if not state.began:
            return
        if event.t_us - state.last_ok_us > 1_000_000:
            state.began, state.last_ok_us, state.first = 0, 0, state.members
            self.fall_back(0, "For more than a second no client was served: that was an outage")
        elif event.type == "ok":
            state.last_ok_us = event.t_us


CHALLENGES = (
    Challenge(
        name="elect-after-crash", title="A new leader after a crash", scenario="steady", goal=ElectAfterCrash,
        brief="Stop the leader. Watch who takes over, and in which term.",
        hints=(
            "Select the node drawn as a hexagon.",
            "Stop it, then wait: a follower's patience lasts between the two election time-outs.",
        ),
        solution=((2_000_000, "crash", {"node": "leader"}),),
    ),
    Challenge(
        name="commit-with-two-down", title="Commit with two of five down", scenario="steady", goal=CommitWithTwoDown,
        brief="Stop any two servers, and have a write committed while both are down.",
        hints=("Three of five are a majority.", "If the leader is one of the two, wait for the election before you write."),
        solution=((2_000_000, "crash", {"node": "two-followers"}),),  # clients write all the time
    ),
    Challenge(
        name="minority-write", title="The write that never was", scenario="steady", goal=MinorityWrite,
        brief="Make a leader in a minority accept a write, and see it disappear when the links are mended.",
        hints=(
            "Cut the leader off with one follower; the other three elect another.",
            "A client that still talks to the old leader writes there. Mend the links and look at the old leader's log.",
        ),
        solution=((2_000_000, "partition", {"nodes": ["leader", "any-follower"]}), (5_000_000, "heal", {})),
    ),
    Challenge(
        name="three-split-votes", title="Three split votes", scenario="restless", goal=ThreeSplitVotes,
        brief="Bring about three terms in which at least two candidates stood and none won.",
        hints=(
            "Candidates split the vote when they lose patience at nearly the same moment.",
            "Elections begin when a leader is gone: stop it, or cut it off, again and again. Four servers left split two and two.",
        ),
        solution=(
            (2_000_000, "crash", {"node": "leader"}), (5_000_000, "restart_all", {}),
            (7_000_000, "crash", {"node": "leader"}), (10_000_000, "restart_all", {}),
            (12_000_000, "crash", {"node": "leader"}),
        ),
    ),
    Challenge(
        name="lose-committed", title="Lose a committed entry", scenario="steady", goal=LoseCommitted,
        parameters={"majority": False},
        brief="One rule is off in this cluster. Make it lose an entry that was committed. "
        "Turn off another rule instead, if you prefer; but only one.",
        hints=("Half of five, rounded down, is two: which two?", "Cut two servers off and let both sides commit; then mend the links."),
        solution=((2_000_000, "partition", {"nodes": ["leader", "any-follower"]}),),
    ),
    Challenge(
        name="figure-7", title="Figure 7", scenario="busy", goal=FigureSeven,
        brief="Let a leader come to power beside a server that misses entries, one that has entries too many, and one with both. "
        "Then see all logs repaired.",
        hints=(
            "Entries too many come from a leader that wrote while it was alone.",
            "A server that was down through several terms misses entries; a cut-off old leader that wrote has entries of its own.",
            "Cut off old leaders one after the other, each while clients still write to it; then mend all links at once.",
        ),
        solution=(
            (2_000_000, "crash", {"node": "any-follower"}), (2_500_000, "partition", {"nodes": ["leader"]}),
            (5_000_000, "partition", {"nodes": ["leader"]}), (5_000_000, "restart_all", {}), (8_000_000, "heal", {}),
        ),
    ),
    Challenge(
        name="change-membership", title="Change a wheel while driving", scenario="busy", goal=ChangeMembership, parameters={"spares": 1},
        brief="Bring a spare server in and take another out, with no second in which no client is served.",
        hints=("One change at a time: the next waits until this one is committed.", "Take out a follower, or hand over first."),
        solution=((2_000_000, "add_server", {"node": "spare"}), (4_000_000, "remove_server", {"node": "any-follower"})),
    ),
)  # fmt: skip
