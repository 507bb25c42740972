"""Work that must happen: acknowledged when done, given out again when a worker dies, and asked for again by sweepers from the database.

Queue `grading`. Each task may run twice or at the same time elsewhere; what it writes is unique.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import nullcontext
from datetime import timedelta

from celery import shared_task

from academy.quizzes import attempts, challenges, marking, policy
from academy.quizzes.alone import GRADE, alone
from academy.quizzes.models import Attempt, AttemptItem
from labs.models import Run

logger = logging.getLogger(__name__)
AGAIN_AFTER_S = 20  # an attempt that waits longer is asked for again
REPLAYS_S = 300  # a quiz of challenges replays each of them
SURE = {"acks_late": True, "reject_on_worker_lost": True}


@shared_task(**SURE, time_limit=REPLAYS_S)
def grade(attempt: str) -> None:
    """Replays of challenges may take minutes, in which the broker and the sweeper ask again; whoever gets that leaves it. Other marks are
    made in no time, and twice is once.
    """
    pk = uuid.UUID(attempt)
    with alone(GRADE, pk.int % 2**31) if challenges.are_in(pk) else nullcontext(True) as mine:
        if mine:
            marking.grade(pk)


@shared_task(time_limit=REPLAYS_S)
def verify(item: int, run: str) -> None:
    """For a student who waits; asked for again by the page."""
    found = AttemptItem.objects.select_related("attempt").filter(pk=item).first()
    played = Run.objects.filter(pk=run).first()
    if found is not None and played is not None:
        challenges.verify(found, played)


@shared_task
def end_attempts() -> None:
    """Attempts whose time is up. One that somebody holds is being ended, or comes next time."""
    for pk in attempts.due():
        try:
            attempts.finalize(pk, wait=False)
        except Attempt.DoesNotExist:
            continue
        except Exception:  # the others end all the same
            logger.exception("attempt %s cannot be ended", pk)


@shared_task
def grade_waiting() -> None:
    for pk in marking.ungraded(policy.now() - timedelta(seconds=AGAIN_AFTER_S)):
        grade.delay(str(pk))
