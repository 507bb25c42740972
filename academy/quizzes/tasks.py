"""Work that must happen: acknowledged when done, given out again when a worker dies, and asked for again by sweepers from the database.

Queue `grading`. Each task may run twice or at the same time elsewhere; what it writes is unique.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from celery import shared_task

from academy.quizzes import attempts, marking, policy
from academy.quizzes.models import Attempt

AGAIN_AFTER_S = 20  # an attempt that waits longer is asked for again
SURE = {"acks_late": True, "reject_on_worker_lost": True}


@shared_task(**SURE)
def grade(attempt: str) -> None:
    marking.grade(uuid.UUID(attempt))


@shared_task
def end_attempts() -> None:
    """Attempts whose time is up. One that somebody holds is being ended, or comes next time."""
    for pk in attempts.due():
        try:
            attempts.finalize(pk, wait=False)
        except Attempt.DoesNotExist:
            continue


@shared_task
def grade_waiting() -> None:
    for pk in marking.ungraded(policy.now() - timedelta(seconds=AGAIN_AFTER_S)):
        grade.delay(str(pk))
