"""The simulator: one heap of what is to come, and the processes it comes to.

Rules:
- Virtual time is integer microseconds. The heap is ordered by `(t_us, order)`; `order` never repeats, so there are no ties.
- The heap holds plain integers and names only. Messages in flight stand in `flights` under their seq, so a message is
  dropped by taking it out; its heap entry then finds nothing. Timers likewise: a restarted timer moves its deadline,
  and an early heap entry puts itself off.
- Commands are not in the heap. A command takes effect before any event with `t_us >= at_us`, and uses up no `order`.
- Whatever a handler changed is seen by comparing its node's snapshot before and after; invariants look only at nodes
  whose snapshot changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from labs.engine import chaos, limits
from labs.engine.events import (
    CheckEvent,
    Event,
    FaultEvent,
    GoalEvent,
    LimitEvent,
    LinksEvent,
    MessageDroppedEvent,
    MessageEvent,
    MessageMovedEvent,
    NodeEvent,
    NoteEvent,
    OperationEvent,
    StateEvent,
    TimerEvent,
)
from labs.engine.flows import Flows
from labs.engine.heap import CHAOS, DELIVER, DISK, FLOW, TIMER, WATCH, WINDOW, HeapItem
from labs.engine.metrics import Metrics
from labs.engine.network import Network
from labs.engine.node import Context
from labs.engine.process import DOWN, PAUSED, UP, Process, difference

if TYPE_CHECKING:
    from labs.engine.checkers import Invariant, Violation
    from labs.engine.definition import Lab

EventT = TypeVar("EventT", bound=Event)


class Simulation:
    """A cluster and everything that is on its way in it. Same lab, parameters, seed and commands: same events."""

    # Slots for speed: past 30 attributes CPython 3.11 looks them up in a dict, and every handler then takes half as long again.
    __slots__ = (
        "applied", "auditors", "chaos", "events", "flights", "flows", "goals", "halted", "heap", "invariants", "lab", "listeners",
        "metrics", "metrics_us", "moved", "network", "now_us", "operations", "order", "parameters", "processes", "record", "seed", "seq",
        "servers", "sync_us", "tells_timers", "vanishing", "zones",
    )  # fmt: skip

    def __init__(self, lab: Lab, parameters: Mapping[str, Any], seed: int, *, record: bool = True, loading: bool = False) -> None:
        """`loading`: its whole state comes from a dump."""
        self.lab = lab
        self.parameters = lab.check_parameters(parameters)
        self.seed = seed
        self.record = record
        self.now_us = 0
        self.order = 0
        self.seq = 0
        self.applied = 0  # commands taken from the log so far
        self.halted = False
        self.heap: list[HeapItem] = []
        self.events: list[Event] = []
        self.flights: dict[int, MessageEvent] = {}
        self.vanishing: list[MessageEvent] = []  # lost on the way: shown until they would have arrived
        self.moved: dict[int, MessageMovedEvent] = {}  # of messages in flight whose arrival was changed by hand
        self.operations: dict[int, OperationEvent] = {}
        self.chaos: chaos.Chaos | None = None
        setup = lab.setup(self.parameters)
        self.zones = setup.zones
        self.sync_us = setup.sync_us
        self.processes = {id: Process(id, node, seed) for id, node in setup.nodes.items()}
        self.servers = tuple(id for id, node in setup.nodes.items() if node.kind == "server")
        self.network = Network(list(self.processes), setup.link, None if loading else seed)
        self.invariants = [invariant() for invariant in lab.invariants]
        self.auditors = [invariant for invariant in self.invariants if invariant.operations]
        self.goals = {challenge.name: challenge.goal() for challenge in lab.challenges}
        self.listeners = self._listeners()
        self.metrics_us = setup.metrics_us
        self.metrics = Metrics()
        self.flows = Flows(setup.sample_every, seed) if setup.sample_every > 1 else None
        self.tells_timers = record and self.flows is None
        for process in self.processes.values():
            process.context = Context(self, process, tuple(id for id in self.servers if id != process.id))

    def start(self) -> None:
        """Start every process at time zero. Not for a simulation that is about to be loaded."""
        for number, invariant in enumerate(self.invariants):
            if invariant.every_us:
                self.push(invariant.every_us, WATCH, number)
        if self.metrics_us:
            self.push(self.metrics_us, WINDOW, None)
        if self.flows is not None:
            self.push(limits.FLOW_US, FLOW, None)
        for process in self.processes.values():
            self.call(process, process.node.on_start, process.context)
        if self.flows is not None:
            self.flows.look(self)  # else nobody knew any node's state, or its role, before the first window ends

    def _listeners(self) -> dict[type[Event], list[str]]:
        """Event type -> the challenges whose goals watch it."""
        listeners: dict[type[Event], list[str]] = {}
        for name, goal in self.goals.items():
            for event in goal.watches:
                listeners.setdefault(event, []).append(name)
        return listeners

    # What contexts ask for

    def send(self, src: str, dst: str, body: Any) -> None:
        links = self.network.links[src]
        link = links.get(dst)
        if link is None:
            raise ValueError(f"{src} sent to {dst!r}, which is not in this cluster: {', '.join(links)}")
        delay_us, lost, duplicate_us = link.draw()
        if self.flows is not None and not self.flows.shows(self, src, dst, delay_us, lost or link.cut, body):
            return
        if link.bytes_per_s:
            delay_us += link.queue_us(self.now_us, len(msgspec.msgpack.encode(body)))
        if link.cut or lost:
            self._vanish(src, dst, delay_us, "cut" if link.cut else "lost", body)
            return
        self.fly(src, dst, delay_us, "delivered", body)
        if duplicate_us:
            self.fly(src, dst, duplicate_us, "duplicate", body)

    def fly(self, src: str, dst: str, delay_us: int, fate: Any, body: Any) -> None:
        if len(self.flights) >= limits.MESSAGES_IN_FLIGHT_MAX:
            self.limit("messages_in_flight", f"More than {limits.MESSAGES_IN_FLIGHT_MAX} messages were in flight; further ones are lost.")
            self._vanish(src, dst, delay_us, "lost", body)
            return
        arrives_us = self.now_us + delay_us
        self.seq += 1
        self.order += 1
        event = MessageEvent(self.seq, self.now_us, src, dst, arrives_us, fate, body)
        self.flights[self.seq] = event
        heappush(self.heap, (arrives_us, self.order, DELIVER, self.seq, None))
        if self.record:
            self.events.append(event)
            if MessageEvent in self.listeners:
                self.tell(event)

    def _vanish(self, src: str, dst: str, delay_us: int, fate: Any, body: Any) -> None:
        self.seq += 1
        event = MessageEvent(self.seq, self.now_us, src, dst, self.now_us + delay_us, fate, body)
        self.vanishing.append(event)
        if self.record:
            self.events.append(event)

    def drop(self, seq: int, reason: str) -> None:
        """Take a message out of flight."""
        del self.flights[seq]
        if seq > 0:  # a message that a busy lab does not show was never told
            self.emit(MessageDroppedEvent, seq, reason)

    def set_timer(self, process: Process, timer: str, delay_us: int) -> None:
        if delay_us < limits.TIMER_DELAY_US_MIN:
            delay_us = limits.TIMER_DELAY_US_MIN
        if process.drift_ppm:  # a fast clock waits less true time
            delay_us = delay_us * 1_000_000 // (1_000_000 + process.drift_ppm)
        due_us = self.now_us + delay_us
        process.timers[timer] = due_us
        if self.tells_timers:
            process.retimed.append(timer)
        scheduled = process.scheduled.get(timer)
        if scheduled is None or scheduled > due_us:
            self._schedule(process, timer, due_us)

    def cancel_timer(self, process: Process, timer: str) -> None:
        if process.timers.pop(timer, None) is not None and self.tells_timers:
            process.retimed.append(timer)

    def _schedule(self, process: Process, timer: str, due_us: int) -> None:
        process.scheduled[timer] = due_us
        self.push(due_us, TIMER, process.id, timer)

    def push(self, t_us: int, what: int, subject: Any, detail: Any = None) -> None:
        """Put something of plain data on the heap."""
        self.order += 1
        heappush(self.heap, (t_us, self.order, what, subject, detail))

    def sync(self, process: Process) -> None:
        disk = copy(process.node.disk)
        if self.sync_us == 0:
            process.synced = disk
            return
        process.sync_due_us = max(self.now_us, process.sync_due_us) + self.sync_us
        process.syncs.append((process.sync_due_us, disk))
        self.push(process.sync_due_us, DISK, process.id)

    def note(self, node: str, name: str, fields: dict[str, Any]) -> None:
        self.emit(NoteEvent, node, name, fields)

    def invoke(self, process: str, f: str, key: str, value: Any) -> int:
        """The id of the operation: the seq of its event, or negative where a busy lab does not show it."""
        if self.flows is not None and not self.flows.sample():
            id = self.flows.hidden_id()
            self.operations[id] = OperationEvent(id, self.now_us, process, id, "invoke", f, key, value)
            return id
        id = self.seq + 1
        self.operations[id] = OperationEvent(id, self.now_us, process, id, "invoke", f, key, value)
        self.emit(OperationEvent, process, id, "invoke", f, key, value)
        return id

    def complete(self, operation: int, outcome: Any, value: Any) -> None:
        invoked = self.operations.pop(operation)
        if self.metrics_us:
            self.metrics.measure(f"{outcome}.{invoked.f}_us", self.now_us - invoked.t_us)
        if operation > 0:
            value = invoked.value if value is None else value
            self.emit(OperationEvent, invoked.process, operation, outcome, invoked.f, invoked.key, value)
        if self.record:
            for auditor in self.auditors:
                violation = auditor.ended(invoked, outcome, value, self)
                if auditor.violated is None:
                    self._judge(auditor, violation)

    def emit(self, event: type[EventT], *fields: Any) -> None:
        self.seq += 1
        if self.record:
            happened = event(self.seq, self.now_us, *fields)
            self.events.append(happened)
            if event in self.listeners:
                self.tell(happened)

    def tell(self, event: Event) -> None:
        """Show an event to the goals that watch its kind."""
        for name in self.listeners[type(event)]:
            goal = self.goals[name]
            percent, text = goal.percent, goal.text
            if percent >= 100:
                continue
            goal.observe(event, self)
            if goal.percent != percent or goal.text != text:
                goal.evidence = goal.evidence[-limits.EVIDENCE_MAX :]
                self.emit(GoalEvent, name, goal.percent / 100, goal.text, list(goal.evidence))

    def limit(self, name: str, text: str) -> None:
        """Say that a limit was reached, once in a chunk."""
        if not any(isinstance(event, LimitEvent) and event.name == name for event in self.events):
            self.emit(LimitEvent, name, text)

    # The loop

    def run_until(self, until_us: int, events_max: int = limits.CHUNK_EVENTS_MAX) -> bool:
        """Take from the heap all that is due before `until_us`. False where it stopped early because `events_max` were recorded."""
        heap, events = self.heap, self.events
        processes, flights = self.processes, self.flights
        steps, steps_max = 0, limits.CHUNK_STEPS_MAX
        while heap and heap[0][0] < until_us:
            if len(events) >= events_max:
                return False
            steps += 1
            if steps > steps_max:
                self.halt(f"More than {steps_max} steps in one chunk: the run ends here.")
                return True
            t_us, _, what, subject, timer = heappop(heap)
            self.now_us = t_us
            if what == DELIVER:
                event = flights.get(subject)
                if event is not None and event.arrives_us <= t_us:  # one that was delayed comes by a later entry
                    self.deliver(event)
            elif what == TIMER:
                self._timer_due(processes[subject], timer)
            elif what == DISK:
                self._disk_done(processes[subject])
            elif what == CHAOS:
                chaos.act(self, subject, timer)
            else:
                self._tick(what, subject)
        return True

    def _tick(self, what: int, subject: Any) -> None:
        """What comes at regular times."""
        if what == WATCH:
            invariant = self.invariants[subject]
            self.push(self.now_us + invariant.every_us, WATCH, subject)
            if self.record and invariant.violated is None:
                self._judge(invariant, invariant.tick(self))
        elif what == WINDOW:
            self.push(self.now_us + self.metrics_us, WINDOW, None)
            self.metrics.close_window(self)
        elif what == FLOW and self.flows is not None:
            self.push(self.now_us + limits.FLOW_US, FLOW, None)
            self.flows.close_window(self)

    def halt(self, text: str) -> None:
        self.halted = True
        self.heap.clear()
        self.emit(LimitEvent, "halted", text)

    def deliver(self, event: MessageEvent) -> None:
        """Hand a message in flight to its receiver now."""
        process = self.processes[event.dst]
        if process.status == UP:
            del self.flights[event.seq]
            self.call(process, process.node.on_message, event.src, event.body, process.context)
        elif process.status == DOWN or len(process.inbox) >= limits.INBOX_MAX:
            self.drop(event.seq, "down" if process.status == DOWN else "overflow")
        else:
            del self.flights[event.seq]
            process.inbox.append(("message", event))

    def _timer_due(self, process: Process, timer: str) -> None:
        if process.scheduled.get(timer) != self.now_us:
            return  # an earlier entry took its place, or a crash took it away
        del process.scheduled[timer]
        due_us = process.timers.get(timer)
        if due_us is None:
            return
        if due_us > self.now_us:
            self._schedule(process, timer, due_us)
            return
        self.fire(process, timer)

    def fire(self, process: Process, timer: str) -> None:
        """A timer that is set runs out now."""
        del process.timers[timer]
        if self.tells_timers:
            process.retimed.append(timer)
        if process.status == PAUSED:
            process.inbox.append(("timer", timer))
        else:
            self.call(process, process.node.on_timer, timer, process.context)

    def _disk_done(self, process: Process) -> None:
        while process.syncs and process.syncs[0][0] <= self.now_us:
            process.synced = process.syncs.pop(0)[1]
        while process.outbox and process.outbox[0][0] <= self.now_us and process.status != PAUSED:
            _, dst, body = process.outbox.pop(0)
            self.send(process.id, dst, body)

    def call(self, process: Process, handler: Any, *args: Any) -> None:
        """Run one handler to completion and record what it changed. Node code that fails takes its process down, never the run."""
        try:
            handler(*args)
        except Exception as error:
            self.note(process.id, "failed", {"error": f"{type(error).__name__}: {error}"[:300]})
            self.crash(process)
            return
        if self.record:
            if self.flows is None:
                snapshot = process.node.snapshot()
                if snapshot != process.snapshot:
                    self._changed(process, snapshot)
            else:
                self.flows.touched[process.id] = None  # a busy lab looks at its nodes once a window
            if process.retimed:
                self._tell_timers(process)

    def _tell_timers(self, process: Process) -> None:
        """Say which of the touched timers are due at another time than was told. One that ran out is known to be gone. (No
        goal is shown timers: `emit` would cost as much again.)
        """
        told, now_us = process.told, self.now_us
        for timer in process.retimed:
            due_us, before = process.timers.get(timer), told.get(timer)
            if due_us is not None:
                if before is None or before[1] != due_us:
                    told[timer] = (now_us, due_us)
                    self.seq += 1
                    self.events.append(TimerEvent(self.seq, now_us, process.id, timer, due_us))
            elif before is not None:
                del told[timer]
                if before[1] > now_us:
                    self.seq += 1
                    self.events.append(TimerEvent(self.seq, now_us, process.id, timer, None))
        process.retimed.clear()

    def observe(self, process: Process) -> None:
        """Record what changed in a node since it was last seen, and let the invariants look."""
        snapshot = process.node.snapshot()
        if snapshot != process.snapshot:
            self._changed(process, snapshot)

    def _changed(self, process: Process, snapshot: dict[str, Any]) -> None:
        changed = difference(process.snapshot, snapshot)
        process.snapshot = snapshot
        process.state_seq = self.seq + 1
        self.emit(StateEvent, process.id, changed)
        for invariant in self.invariants:
            if invariant.violated or invariant.watches.isdisjoint(changed):
                continue
            violation = invariant.check(process, self)
            if violation is not None:
                self._judge(invariant, violation)

    def _judge(self, invariant: Invariant, violation: Violation | None) -> None:
        if violation is not None:
            invariant.violated = violation
            evidence = sorted(violation.evidence)[: limits.EVIDENCE_MAX]
            self.emit(CheckEvent, invariant.name, False, violation.text, violation.nodes, evidence)

    # What faults do

    def enact(self, action: str, args: dict[str, Any], command: int) -> None:
        """Let an action take effect now, selectors resolved; `command` is the seq of the command it belongs to."""
        at = len(self.events)
        self.seq += 1  # the fault comes before what it causes, but its words are known only afterwards
        seq = self.seq
        text = self.lab.action(action).apply(self, args)
        for process in self.processes.values():
            if process.retimed:  # by the action itself, outside any handler
                self._tell_timers(process)
        if self.record:
            fault = FaultEvent(seq, self.now_us, action, args, command, text)
            self.events.insert(at, fault)
            if FaultEvent in self.listeners:
                self.tell(fault)

    def set_status(self, process: Process, status: str) -> None:
        process.status = status
        self.emit(NodeEvent, process.id, status)

    def crash(self, process: Process) -> None:
        """The process ends; what it wrote reached the operating system and stays."""
        self._down(process)

    def power_loss(self, process: Process) -> None:
        """The machine loses power: what was written since the last finished sync is gone too."""
        process.node.disk = copy(process.synced)
        self._down(process)

    def disk_loss(self, process: Process) -> None:
        """The machine comes back with an empty disk. Outside the fault model of most protocols."""
        process.node.disk = process.node.Disk()
        process.synced = copy(process.node.disk)
        self._down(process)

    def _down(self, process: Process) -> None:
        process.forget()
        self.set_status(process, DOWN)
        if self.record:
            self.observe(process)

    def restart(self, process: Process) -> None:
        self.set_status(process, UP)
        self.call(process, process.node.on_start, process.context)

    def resume(self, process: Process) -> None:
        """The process goes on: first what the disk finished, then what waited, in the order it came."""
        self.set_status(process, UP)
        self._disk_done(process)
        waiting, process.inbox = process.inbox, []
        for kind, what in waiting:
            if process.status != UP:
                break
            if kind == "message":
                self.call(process, process.node.on_message, what.src, what.body, process.context)
            else:
                self.call(process, process.node.on_timer, what, process.context)

    def worsen(self, pairs: list[tuple[str, str]], **condition: Any) -> None:
        """Bring directed links into a condition (fields of `Link`). What is in flight on a link that is cut is lost there and then."""
        for src, dst in pairs:
            self.network.links[src][dst].worsen(condition)
        if condition.get("cut"):
            gone = set(pairs)
            for seq in [seq for seq, event in self.flights.items() if (event.src, event.dst) in gone]:
                self.drop(seq, "cut")
        self.emit(LinksEvent, self.network.conditions())

    def mend(self, pairs: list[tuple[str, str]]) -> None:
        """Bring directed links back to how they are configured."""
        for src, dst in pairs:
            self.network.links[src][dst].mend()
        self.emit(LinksEvent, self.network.conditions())
