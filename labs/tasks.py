"""Celery's way into the labs: ids in, nothing out. Slices are acknowledged early and never retried; a player who got nothing asks again."""

from __future__ import annotations

import json
import uuid

from celery import shared_task

from labs import expiry, judging, slices, stream, sweeps
from labs.stream import Cursor

ACTS, AHEAD = "acts", "live"  # queues: what follows on a command has workers of its own, since somebody waits for it


@shared_task
def simulate(run: str, until_us: int, revision: int, index: int, asked_at: int, quick: bool = False) -> None:
    """Compute for a player who has chunk `index` of `revision` and asked at revision `asked_at`; and what was asked for meanwhile."""
    id = uuid.UUID(run)
    until_us = slices.simulate(id, until_us, Cursor(revision, index), asked_at, quick)
    more_us = stream.answered(id, asked_at)
    if more_us > until_us:
        ask_for(id, more_us, Cursor(revision, index), asked_at, AHEAD)


def ask_for(run: uuid.UUID, until_us: int, cursor: Cursor, revision: int, queue: str) -> None:
    """Have a worker compute the run up to there, unless one is on it."""
    if stream.ask(run, revision, until_us):
        given = (str(run), until_us, cursor.revision, cursor.index, revision, queue == ACTS)
        simulate.apply_async(given, queue=queue)  # never expires: where all wait long, work thrown away would make all wait longer


@shared_task
def seek(run: str, at_us: int, token: str) -> None:
    slices.seek(uuid.UUID(run), at_us, token)


@shared_task
def judge(run: str, until_us: int, token: str) -> None:
    verdict = judging.judge(uuid.UUID(run), until_us)
    if verdict is not None:
        stream.deliver_sought(token, json.dumps(verdict).encode())


@shared_task
def sweep(id: str) -> None:
    """A couple of seconds of a sweep, then to the end of the queue again."""
    if sweeps.work(id):
        sweep.delay(id)


@shared_task
def expire_runs() -> None:
    expiry.expire_runs()
