"""What a worker does: compute the next few seconds of a run and append them to its stream.

A slice is pure: any worker, at any time, computes the same chunks from the same log. So it may be lost (the player asks
again), done twice (the second append is refused) or taken over half-way (the next one begins at the newest checkpoint
that fits the log).
"""

from __future__ import annotations

import math
import time
import uuid
from bisect import bisect_left
from collections.abc import Callable, Iterator

from labs import achieved, copies, marks, runs, stream
from labs.engine.chunks import Chunk
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.dump import dump, load
from labs.engine.events import Event
from labs.models import Run
from labs.stream import Checkpoint, Cursor, Place, Standing

SLICE_US_MAX = 40_000_000  # virtual time appended by one slice; the player asks for more
SLICE_SECONDS = 4.0  # on the wall: a worker is everybody's
QUICK_SECONDS = 0.02  # what follows on a command: two seconds to play on with, and what else fits in here
QUICK_REST_US = 6_000_000  # of what was asked for may be left to others
SOON_US = 250_000  # a chunk that ends so soon after a command is not sent alone
CHUNKS_BETWEEN = 5  # checkpoints on a long way


def simulate(run_id: uuid.UUID, until_us: int, asked_from: Cursor, asked_at: int = 0, quick: bool = False) -> int:
    """Append the run's chunks up to `until_us`, or as far as others want it who asked at this revision; if `quick`, as many as fit in a
    moment. `asked_from` is where the asking player stands: where Redis lost the stream, it begins there. Returns how far was wanted.
    """
    standing = stream.standing(run_id, asked_at)
    until_us = max(until_us, standing.wanted_us)
    run = Run.objects.filter(pk=run_id).first()
    if run is None or not runs.is_current(run):
        return until_us
    if standing.top is None or standing.top.revision < run.revision or standing.until_us < until_us:
        append(run, until_us, standing, asked_from, quick)
    return until_us


def append(run: Run, until_us: int, standing: Standing, asked_from: Cursor, quick: bool) -> None:
    enough = time.monotonic() + QUICK_SECONDS if quick else math.inf  # `computed` knows when any slice has to end
    log, top = runs.log_of(run), standing.top
    base = top or (asked_from if asked_from.revision <= run.revision else Cursor())
    rewind_us = min((c.at_us for c in log if c.seq > base.revision), default=None)
    engine = resume(run, log, standing.places, base.index, rewind_us)
    taken: list[Checkpoint] = []
    passed: dict[int, bytes] = {}
    appended_us = 0
    made = computed(engine, log, until_us)
    for chunk, events in unbroken(made, log[-1].at_us) if quick and log else made:
        replaces = rewind_us is not None and chunk.to_us > rewind_us
        noted = marks.encoded(events, engine.simulation.lab)
        if chunk.index <= base.index and not replaces:
            passed[chunk.index] = noted
            take(engine, taken)
            continue
        if copies.counts(run):  # somebody else may have played the others
            achieved.record(run, events)
        top = stream.append(run.pk, top, run.revision, chunk, noted)
        take(engine, taken)  # only now: somebody may be waiting for the chunk
        appended_us += chunk.to_us - chunk.from_us
        if (
            top is None
            or top != Cursor(run.revision, chunk.index)
            or appended_us >= SLICE_US_MAX
            or (chunk.to_us >= until_us - QUICK_REST_US and time.monotonic() > enough)
        ):
            break  # done, or another worker was here first, or a newer revision is under way: its chunks are as good as ours, or better
    stream.keep_checkpoints(run.pk, taken, fitting(log))
    if passed:
        stream.keep_marks(run.pk, base.revision, passed)


def computed(engine: EngineRun, log: list[Command], until_us: int) -> Iterator[tuple[Chunk, list[Event]]]:
    """The next chunks up to `until_us` with their events: at least one, no more than fit in `SLICE_SECONDS`."""
    until = time.monotonic() + SLICE_SECONDS
    while engine.frontier_us < until_us and not engine.finished:
        yield engine.next_chunk(log), engine.simulation.events
        if time.monotonic() > until:
            return


def unbroken(made: Iterator[tuple[Chunk, list[Event]]], at_us: int) -> Iterator[tuple[Chunk, list[Event]]]:
    """The same. Where a chunk ends soon after the command at `at_us`, it waits for the next one: who plays on would be at its end before
    that has come.
    """
    for one in made:
        soon = at_us < one[0].to_us <= at_us + SOON_US
        following = next(made, None) if soon else None
        yield one
        if following is not None:
            yield following


def take(engine: EngineRun, taken: list[Checkpoint]) -> None:
    """A checkpoint; of those before the newest only one in a few is kept, since a long way would make many."""
    place = Place(engine.index, engine.frontier_us, engine.simulation.applied)
    if taken and taken[-1].place == place:
        return
    taken.append(Checkpoint(place, dump(engine)))
    old = len(taken) - stream.CHECKPOINTS_NEWEST - 1
    if old >= 0 and taken[old].place.index % CHUNKS_BETWEEN:
        del taken[old]


def seek(run_id: uuid.UUID, at_us: int, token: str) -> None:
    """Compute the chunk that holds a moment, for one player. Where that takes too long, the next one who asks begins where this ended."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or not runs.is_current(run):
        return
    log = runs.log_of(run)
    engine = resume(run, log, stream.checkpoints(run_id), None, at_us)
    taken: list[Checkpoint] = []
    for chunk, _ in computed(engine, log, at_us + 1):
        if chunk.from_us <= at_us < chunk.to_us:
            stream.deliver_sought(token, chunk.frame(run.revision))
        take(engine, taken)
    stream.keep_checkpoints(run_id, taken, fitting(log))


def resume(run: Run, log: list[Command], places: list[Place], index_max: int | None, rewind_us: int | None) -> EngineRun:
    """The run at the newest of these checkpoints that fits the log, comes at or before chunk `index_max` and before `rewind_us`;
    else at its beginning.
    """
    fits = fitting(log)
    for place in reversed(places):
        early = (index_max is None or place.index <= index_max) and (rewind_us is None or place.t_us <= rewind_us)
        dumped = stream.dump_at(run.pk, place) if early and fits(place) else None
        if dumped is not None:
            return load(runs.lab_of(run), dumped)
    return runs.load(run)


def fitting(log: list[Command]) -> Callable[[Place], bool]:
    """Tells of a checkpoint whether what it has applied is what the log says."""
    moments = sorted(command.at_us for command in log)
    return lambda place: place.applied == bisect_left(moments, place.t_us)
