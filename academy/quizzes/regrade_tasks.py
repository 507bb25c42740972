"""Regrades, a slice at a time, on the queue `grading`. A sweeper asks again for those that a dead worker left."""

from __future__ import annotations

from celery import shared_task

from academy.quizzes import regrading
from academy.quizzes.tasks import SURE

TIME_LIMIT_S = 240  # a slice ends after one answer more, and a replay takes as long as `labs.verification` lets it


@shared_task(**SURE, time_limit=TIME_LIMIT_S)
def carry_on(regrade: int) -> None:
    if not regrading.carry_on(regrade):
        carry_on.delay(regrade)


@shared_task
def carry_on_unfinished() -> None:
    for pk in regrading.unfinished():
        carry_on.delay(pk)
