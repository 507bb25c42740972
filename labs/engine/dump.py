"""Dump and load a whole run as msgpack: nodes, heap, network, generators, clients, monitors. Never pickle.

`run(0, c) == run(0, b); load(dump()); run(b, c)`, byte for byte. Everything is decoded to the lab's own types; what no dump needs (the last
snapshot of each node) is computed again from the state.
"""

from __future__ import annotations

from copy import copy
from heapq import heapify
from typing import Any, Union

import msgspec

from labs.engine.chaos import Chaos
from labs.engine.checkers import Violation
from labs.engine.chunks import Run
from labs.engine.definition import Lab
from labs.engine.events import MessageEvent, MessageMovedEvent, OperationEvent
from labs.engine.flows import FlowsDump
from labs.engine.process import Process
from labs.engine.simulation import Simulation


class ProcessDump(msgspec.Struct, array_like=True):
    """`disk`, `memory`, message bodies and monitors' states are of the lab's own types."""

    status: str
    dice: int
    skew_us: int
    gained_us: int
    drift_ppm: int
    drift_from_us: int
    timers: dict[str, int]
    scheduled: dict[str, int]
    told: dict[str, tuple[int, int]]
    inbox: list[tuple[str, Any]]
    outbox: list[tuple[int, str, Any]]
    sync_due_us: int
    syncs: list[tuple[int, Any]]
    synced: Any  # None: the same as disk
    state_seq: int
    disk: Any
    memory: Any


class RunDump(msgspec.Struct, array_like=True):
    parameters: dict[str, Any]
    seed: int
    index: int
    frontier_us: int
    digest: str
    order: int
    seq: int
    applied: int
    halted: bool
    heap: list[tuple[int, int, int, Any, Any]]
    flights: list[MessageEvent]
    vanishing: list[MessageEvent]
    moved: list[MessageMovedEvent]
    operations: list[OperationEvent]
    links: dict[str, dict[str, tuple[int, int, dict[str, Any]]]]
    chaos: Chaos | None
    processes: dict[str, ProcessDump]
    invariants: list[tuple[Any, Violation | None]]
    goals: dict[str, tuple[Any, int, str, list[int]]]
    metrics: dict[str, list[int]]
    shares: dict[str, tuple[int, int]]
    flows: FlowsDump | None


def dump(run: Run) -> bytes:
    """The run between two chunks, as bytes."""
    s = run.simulation
    return msgspec.msgpack.encode(
        RunDump(
            parameters=s.parameters,
            seed=s.seed,
            index=run.index,
            frontier_us=run.frontier_us,
            digest=run.digest,
            order=s.order,
            seq=s.seq,
            applied=s.applied,
            halted=s.halted,
            heap=s.heap,
            flights=list(s.flights.values()),
            vanishing=s.vanishing,
            moved=list(s.moved.values()),
            operations=list(s.operations.values()),
            links={src: {dst: link.dump() for dst, link in row.items()} for src, row in s.network.links.items()},
            chaos=s.chaos,
            processes={id: _dump_process(process) for id, process in s.processes.items()},
            invariants=[(invariant.state, invariant.violated) for invariant in s.invariants],
            goals={name: (goal.state, goal.percent, goal.text, goal.evidence) for name, goal in s.goals.items()},
            metrics=s.metrics.values,
            shares=s.metrics.shares,
            flows=None if s.flows is None else s.flows.dump(),
        )
    )


def _dump_process(p: Process) -> ProcessDump:
    return ProcessDump(
        status=p.status,
        dice=p.dice.state,
        skew_us=p.skew_us,
        gained_us=p.gained_us,
        drift_ppm=p.drift_ppm,
        drift_from_us=p.drift_from_us,
        timers=p.timers,
        scheduled=p.scheduled,
        told=p.told,
        inbox=p.inbox,
        outbox=p.outbox,
        sync_due_us=p.sync_due_us,
        syncs=p.syncs,
        synced=None if p.synced == p.node.disk else p.synced,
        state_seq=p.state_seq,
        disk=p.node.disk,
        memory=p.node.memory,
    )


def load(lab: Lab, data: bytes, *, record: bool = True) -> Run:
    """The run that `dump` wrote, of the same lab in the same version. Raises msgspec.DecodeError or ValidationError for other bytes."""
    d = msgspec.msgpack.decode(data, type=RunDump)
    s = Simulation(lab, d.parameters, d.seed, record=record, loading=True)
    body: Any = Union[tuple(lab.messages)]  # noqa: UP007 - a union made at run time
    s.now_us, s.order, s.seq, s.applied, s.halted = d.frontier_us, d.order, d.seq, d.applied, d.halted
    s.heap = d.heap
    heapify(s.heap)
    s.flights = {event.seq: _message(event, body) for event in d.flights}
    s.vanishing = [_message(event, body) for event in d.vanishing]
    s.moved = {moved.message: moved for moved in d.moved}
    s.operations = {event.seq: event for event in d.operations}
    for src, row in d.links.items():
        for dst, dumped in row.items():
            s.network.links[src][dst].load(*dumped)
    s.chaos = d.chaos
    shared: dict[bytes, Any] = {}
    for id, process in d.processes.items():
        _load_process(s.processes[id], process, body, shared)
    for invariant, (state, violated) in zip(s.invariants, d.invariants, strict=True):
        invariant.state, invariant.violated = msgspec.convert(state, type(invariant).State), violated
    for name, (state, percent, text, evidence) in d.goals.items():
        goal = s.goals[name]
        goal.state, goal.percent, goal.text, goal.evidence = msgspec.convert(state, type(goal).State), percent, text, evidence
    s.metrics.values, s.metrics.shares = d.metrics, d.shares
    if s.flows is not None and d.flows is not None:
        s.flows.load(d.flows)
    return Run(s, index=d.index, frontier_us=d.frontier_us, digest=d.digest)


def _message(event: MessageEvent, body: Any) -> MessageEvent:
    return msgspec.structs.replace(event, body=msgspec.convert(event.body, body))


def _share(disk: Any, shared: dict[bytes, Any]) -> Any:
    """Entries that stand in the logs of several nodes become one object again, as they were before the dump: comparing two
    logs then compares pointers, which is most of what invariants of replicated logs do.
    """
    for name in disk.__struct_fields__:
        items = getattr(disk, name)
        if isinstance(items, tuple) and items and isinstance(items[0], msgspec.Struct):
            setattr(disk, name, tuple(map(shared.setdefault, map(msgspec.msgpack.encode, items), items)))
    return disk


def _load_process(p: Process, d: ProcessDump, body: Any, shared: dict[bytes, Any]) -> None:
    node = p.node
    p.status, p.dice.state = d.status, d.dice
    p.skew_us, p.gained_us, p.drift_ppm, p.drift_from_us = d.skew_us, d.gained_us, d.drift_ppm, d.drift_from_us
    p.timers, p.scheduled, p.told, p.sync_due_us, p.state_seq = d.timers, d.scheduled, d.told, d.sync_due_us, d.state_seq
    p.inbox = [(kind, _message(msgspec.convert(what, MessageEvent), body) if kind == "message" else what) for kind, what in d.inbox]
    p.outbox = [(due_us, dst, msgspec.convert(what, body)) for due_us, dst, what in d.outbox]
    p.syncs = [(due_us, msgspec.convert(disk, node.Disk)) for due_us, disk in d.syncs]
    node.disk = _share(msgspec.convert(d.disk, node.Disk), shared)
    node.memory = msgspec.convert(d.memory, node.Memory)
    p.synced = copy(node.disk) if d.synced is None else msgspec.convert(d.synced, node.Disk)
    p.snapshot = node.snapshot() if p.state_seq else {}
