"""The door for what staff do to one attempt: mark a question by hand, end it, take it out of what counts and put it back, mark it again.

Each holds the attempt's row. A mark by hand is kept in the log of grades; the rest in the audit trail, which is never changed either, with
its reason. Nobody decides about an attempt of their own.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from academy.audit.models import Entry, record
from academy.quizzes import attempts, marking
from academy.quizzes.attempts import Refused
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, State

ENDED = "ended an attempt"
VOIDED = "took an attempt out of what counts"
RESTORED = "made an attempt count again"
AGAIN = "had an attempt marked again"

Kind = GradeEvent.Kind


def mark(item: AttemptItem, points: Decimal, *, actor: Any, reason: str) -> GradeEvent:
    """So many of the question's points. It stands above any mark that is not by hand, and over one by hand before it. Raises Refused."""
    most = item.question_version.points
    if not 0 <= points <= most:
        raise Refused(f"Expected points from 0 to {most.normalize():f}; got {points}.")
    with transaction.atomic():
        hold(item.attempt_id, actor)
        kind = Kind.MANUAL if marking.effective(item.grades.order_by("pk")) is None else Kind.OVERRIDE
        return marking.decide(item, kind, actor=actor, reason=reason, fraction=points / most)


def excuse(item: AttemptItem, *, actor: Any, reason: str) -> GradeEvent:
    """The question counts neither for nor against the student. Raises Refused."""
    with transaction.atomic():
        hold(item.attempt_id, actor)
        return marking.decide(item, Kind.EXCUSED, actor=actor, reason=reason)


def take_back(item: AttemptItem, *, actor: Any, reason: str) -> GradeEvent:
    """What was decided by hand counts no more. Raises Refused."""
    with transaction.atomic():
        hold(item.attempt_id, actor)
        if not is_by_hand(marking.effective(item.grades.order_by("pk"))):
            raise Refused("Nothing was decided by hand about this question.")
        return marking.decide(item, Kind.CLEARED, actor=actor, reason=reason)


def is_by_hand(event: GradeEvent | None) -> bool:
    return event is not None and event.kind in (*marking.DECISIONS, Kind.MANUAL)


def end(pk: uuid.UUID, *, actor: Any, reason: str) -> None:
    """Hand in for the student what is saved. Raises Refused."""
    attempts.finalize(pk)  # its time may be up, and then that is why it ended
    with transaction.atomic():
        attempt = hold(pk, actor)
        if attempt.state != State.IN_PROGRESS:
            raise Refused("This attempt is over already.")
        attempts.end_by_staff(pk)
        tell(attempt, ENDED, reason)


def void(pk: uuid.UUID, *, actor: Any, reason: str) -> None:
    """An attempt that counts neither as a mark nor as one of those allowed. Its answers and marks stay. Raises Refused."""
    with transaction.atomic():
        attempt = hold(pk, actor)
        if attempt.state == State.IN_PROGRESS:
            raise Refused("This attempt is still in progress. End it first.")
        if attempt.state == State.VOIDED:
            raise Refused("This attempt does not count already.")
        attempt.state = State.VOIDED
        attempt.save(update_fields=["state"])
        tell(attempt, VOIDED, reason)
        marking.marked.send(sender=Attempt, attempt=attempt, **because(attempt, "does not count", actor, reason))


def restore(pk: uuid.UUID, *, actor: Any, reason: str) -> None:
    """As it was before `void`. Raises Refused."""
    with transaction.atomic():
        attempt = hold(pk, actor)
        if attempt.state != State.VOIDED:
            raise Refused("This attempt counts already.")
        attempt.state = State.SUBMITTED
        tell(attempt, RESTORED, reason)
        marking.settle(attempt, attempt.grading_error, **because(attempt, "counts again", actor, reason))
        if attempt.state == State.SUBMITTED:
            ask(pk)


def mark_again(pk: uuid.UUID, *, actor: Any) -> None:
    """Let a worker try anew what it could not mark. Raises Refused."""
    with transaction.atomic():
        attempt = hold(pk, actor)
        if attempt.state not in (State.SUBMITTED, State.NEEDS_REVIEW):
            raise Refused("There is nothing left to mark. A changed question is marked anew by a regrade.")
        attempt.state, attempt.grading_tries = State.SUBMITTED, 0
        attempt.save(update_fields=["state", "grading_tries"])
        tell(attempt, AGAIN, attempt.grading_error or "It waited for a worker.")
        ask(pk)


def ask(pk: uuid.UUID) -> None:
    """For a worker, once this is written."""
    transaction.on_commit(lambda: attempts.ask_for_marks(pk), robust=True)


def hold(pk: uuid.UUID, actor: Any) -> Attempt:
    attempt = attempts.lock(pk)
    if attempt.user_id == actor.pk:
        raise Refused("This attempt is your own. Somebody else of the staff decides about it.")
    return attempt


def because(attempt: Attempt, what: str, actor: Any, reason: str) -> dict[str, Any]:
    """For the log of the student's cell, which the student can read."""
    return {"actor": actor, "reason": f"Attempt {attempt.number} {what}: {reason.strip()}"[:300]}


def tell(attempt: Attempt, did: str, reason: str) -> None:
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the attempt.")
    record(attempt, did, {"reason": ["None", reason.strip()[:300]]})


def deeds(attempt: Attempt) -> list[dict[str, Any]]:
    """What staff did to an attempt, oldest first: who, did, reason, at."""
    kind = ContentType.objects.get_for_model(Attempt)
    rows = Entry.objects.filter(content_type=kind, object_pk=str(attempt.pk)).order_by("timestamp", "pk")
    return [
        {"who": one.actor_name or "the site", "did": one.did, "reason": (one.changes or {}).get("reason", ["", ""])[1], "at": one.timestamp}
        for one in rows
    ]
