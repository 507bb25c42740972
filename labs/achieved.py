"""What a student has done in the labs, written down for the page of their progress: labs tried, challenges met.

For progress only, never for grades. A pass is what one worker saw while it computed the run; nothing here has been verified by replay, and
what a student will be graded by is computed anew from the run's log.

A worker is some seconds ahead of the student. What it saw beyond a later command was never to be: the statement that adds the command
takes that back (`labs/runs.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from labs.engine.events import Event, GoalEvent
from labs.models import ChallengePassed, LabTried, Run


def tried(user: Any, lab: str, place: str) -> None:
    """A run was made here: somebody takes part."""
    if place:
        LabTried.objects.bulk_create([LabTried(user=user, lab=lab, place=place)], ignore_conflicts=True)


def record(run: Run, events: Iterable[Event]) -> None:
    """Write down the challenges that a chunk of the run meets. `run` is as the chunk was computed: an overtaken one says nothing."""
    met = [event for event in events if type(event) is GoalEvent and event.progress >= 1]
    if not met:
        return
    with transaction.atomic():
        held = Run.objects.select_for_update(of=("self",)).filter(pk=run.pk, revision=run.revision).first()
        if held is None:
            return
        rows = [ChallengePassed(user_id=held.owner_id, lab=held.lab, challenge=one.challenge, run=held, t_us=one.t_us) for one in met]
        ChallengePassed.objects.bulk_create(rows, ignore_conflicts=True)


def forget(user: Any) -> None:
    """The student begins anew. Runs stay."""
    LabTried.objects.filter(user=user).delete()
    ChallengePassed.objects.filter(user=user).delete()
