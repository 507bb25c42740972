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
from labs.models import Run
from labs.stream import Checkpoint, Cursor, Place

SLICE_US_MAX = 40_000_000  # virtual time appended by one slice; the player asks for more
SLICE_SECONDS = 4.0  # on the wall: a worker is everybody's
QUICK_SECONDS = 0.03  # what follows on a command: two seconds to play on with, and what else fits in here
QUICK_REST_US = 6_000_000  # of what was asked for may be left to others
CHUNKS_BETWEEN = 5  # checkpoints on a long way


def simulate(run_id: uuid.UUID, until_us: int, asked_from: Cursor, quick: bool = False) -> None:
    """Append the run's chunks up to `until_us`; if `quick`, as many as fit in a moment. `asked_from` is where the asking
    player stands: where Redis lost the stream, it begins there.
    """
    run = Run.objects.filter(pk=run_id).first()
    if run is None or not runs.is_current(run):
        return
    newest = stream.newest(run_id)
    if newest is None or newest[0].revision < run.revision or newest[1] < until_us:
        append(run, until_us, newest[0] if newest else None, asked_from, quick)


def append(run: Run, until_us: int, top: Cursor | None, asked_from: Cursor, quick: bool) -> None:
    enough = time.monotonic() + QUICK_SECONDS if quick else math.inf  # `computed` knows when any slice has to end
    log = runs.log_of(run)
    base = top or (asked_from if asked_from.revision <= run.revision else Cursor())
    rewind_us = min((c.at_us for c in log if c.seq > base.revision), default=None)
    engine = resume(run, log, base.index, rewind_us)
    taken: list[Checkpoint] = []
    passed: dict[int, bytes] = {}
    appended_us = 0
    for chunk in computed(engine, log, until_us):
        replaces = rewind_us is not None and chunk.to_us > rewind_us
        noted = marks.encoded(engine.simulation.events, engine.simulation.lab)
        if chunk.index <= base.index and not replaces:
            passed[chunk.index] = noted
            take(engine, taken)
            continue
        if copies.counts(run):  # somebody else may have played the others
            achieved.record(run, engine.simulation.events)
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


def computed(engine: EngineRun, log: list[Command], until_us: int) -> Iterator[Chunk]:
    """The next chunks up to `until_us`: at least one, no more than fit in `SLICE_SECONDS`."""
    until = time.monotonic() + SLICE_SECONDS
    while engine.frontier_us < until_us and not engine.finished:
        yield engine.next_chunk(log)
        if time.monotonic() > until:
            return


def take(engine: EngineRun, taken: list[Checkpoint]) -> None:
    """A checkpoint; of those before the newest only one in a few is kept, since a long way would make many."""
    taken.append(Checkpoint(Place(engine.index, engine.frontier_us, engine.simulation.applied), dump(engine)))
    old = len(taken) - stream.CHECKPOINTS_NEWEST - 1
    if old >= 0 and taken[old].place.index % CHUNKS_BETWEEN:
        del taken[old]


def seek(run_id: uuid.UUID, at_us: int, token: str) -> None:
    """Compute the chunk that holds a moment, for one player. Where that takes too long, the next one who asks begins where this ended."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or not runs.is_current(run):
        return
    log = runs.log_of(run)
    engine = resume(run, log, None, at_us)
    taken: list[Checkpoint] = []
    for chunk in computed(engine, log, at_us + 1):
        if chunk.from_us <= at_us < chunk.to_us:
            stream.deliver_sought(token, chunk.frame(run.revision))
        take(engine, taken)
    stream.keep_checkpoints(run_id, taken, fitting(log))


def resume(run: Run, log: list[Command], index_max: int | None, rewind_us: int | None) -> EngineRun:
    """The run at the newest checkpoint that fits the log, comes at or before chunk `index_max` and before `rewind_us`;
    else at its beginning.
    """
    fits = fitting(log)
    for place in reversed(stream.checkpoints(run.pk)):
        early = (index_max is None or place.index <= index_max) and (rewind_us is None or place.t_us <= rewind_us)
        dumped = stream.dump_at(run.pk, place) if early and fits(place) else None
        if dumped is not None:
            return load(runs.lab_of(run), dumped)
    return runs.load(run)


def fitting(log: list[Command]) -> Callable[[Place], bool]:
    """Tells of a checkpoint whether what it has applied is what the log says."""
    moments = sorted(command.at_us for command in log)
    return lambda place: place.applied == bisect_left(moments, place.t_us)
