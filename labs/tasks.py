"""Celery's way into the labs: ids in, nothing out. Slices are acknowledged early and never retried; a player who got nothing asks again."""

from __future__ import annotations

import json
import uuid

from celery import shared_task

from labs import expiry, judging, slices, stream, sweeps
from labs.stream import Cursor


@shared_task
def simulate(run: str, until_us: int, revision: int, index: int) -> None:
    slices.simulate(uuid.UUID(run), until_us, Cursor(revision, index))


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
