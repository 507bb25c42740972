"""Marks: made by workers, once for each answer and version, and what counts of them.

A mark is computed without holding anything, since a replay may take a second, and written under the attempt's lock; the unique constraint
on (response, question version, grader version) makes a second worker's mark the first one's. What counts of an item is its newest decision
by hand (override, excused), else by hand on an answer, else the newest regrade, else the automatic mark.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from academy.quizzes import attempts, challenges
from academy.quizzes.models import OVER, Attempt, AttemptItem, GradeEvent, ResponseEvent, State
from lessons import asking
from lessons.questions.model import Mark

logger = logging.getLogger(__name__)
marked = Signal()  # `attempt`: what it is worth may have changed; sent inside the transaction that changed it, the attempt's row held
TRIES_MAX = 3
LOST_MAX = 10  # tries that may end without a word, as when the system kills a worker that takes too much memory
NOTHING = Decimal(0)
DECISIONS = (GradeEvent.Kind.OVERRIDE, GradeEvent.Kind.EXCUSED)
RANKS: tuple[tuple[str, ...], ...] = (DECISIONS, (GradeEvent.Kind.MANUAL,), (GradeEvent.Kind.REGRADE,), (GradeEvent.Kind.AUTO,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of an attempt. `points` and `max` of what is marked, excused questions in neither; `open`: questions without a mark."""

    points: Decimal = NOTHING
    max: Decimal = NOTHING
    open: int = 0

    @property
    def fraction(self) -> Decimal:
        return self.points / self.max if self.max else NOTHING


@dataclass(slots=True, kw_only=True)
class Graded:
    """An item with its final answer and the event that counts."""

    item: AttemptItem
    final: ResponseEvent | None = None
    grade: GradeEvent | None = None
    events: list[GradeEvent] = field(default_factory=list)


def effective(events: Iterable[GradeEvent]) -> GradeEvent | None:
    """The event that counts, of those of one item in the order they were written."""
    held = list(events)
    cleared = max((i for i, event in enumerate(held) if event.kind == GradeEvent.Kind.CLEARED), default=-1)
    by_hand = (*DECISIONS, GradeEvent.Kind.MANUAL)
    live = [event for i, event in enumerate(held) if event.kind not in by_hand or i > cleared]
    for rank in RANKS:
        found = [event for event in live if event.kind in rank]
        if found:
            return found[-1]
    return None


def graded(attempts_: Iterable[Attempt]) -> dict[uuid.UUID, list[Graded]]:
    """The items of attempts by slot, with what counts. Three queries, however many there are."""
    ids = [one.pk for one in attempts_]
    items = AttemptItem.objects.filter(attempt__in=ids).select_related("question_version__question").order_by("attempt", "slot")
    rows = {item.pk: Graded(item=item) for item in items}
    for final in ResponseEvent.objects.filter(item__attempt__in=ids, kind=ResponseEvent.Kind.FINAL):
        rows[final.item_id].final = final
    for event in GradeEvent.objects.filter(item__attempt__in=ids).select_related("actor").order_by("pk"):
        rows[event.item_id].events.append(event)
    found: dict[uuid.UUID, list[Graded]] = {pk: [] for pk in ids}
    for row in rows.values():
        row.grade = effective(row.events)
        found[row.item.attempt_id].append(row)
    return found


def score(rows: Iterable[Graded]) -> Score:
    points = most = NOTHING
    waiting = 0
    for row in rows:
        if row.grade is None:
            waiting += 1
        else:
            points, most = points + row.grade.points, most + row.grade.points_max
    return Score(points=points, max=most, open=waiting)


def mark(item: AttemptItem, answer: Any) -> Mark:
    """What the item's question makes of an answer. A blank is worth nothing."""
    if answer is None:
        return Mark(fraction=NOTHING)
    question = asking.question_of(item.question_version)
    return asking.kind_of(question).grade(question, item.dealt, answer)


def event_of(item: AttemptItem, response: ResponseEvent | None, found: Mark, kind: str, **fields: Any) -> GradeEvent:
    """Not saved. The points are those of the item's version, unless `fields` says otherwise."""
    version = fields.pop("question_version", item.question_version)
    points_max = fields.pop("points_max", version.points)
    grader = asking.kind_of(asking.question_of(version)).grader_version
    return GradeEvent(
        item=item, response=response, question_version=version, grader_version=grader, kind=kind, fraction=found.fraction,
        points=found.fraction * points_max, points_max=points_max, facts=dict(found.facts),
        feedback=[[one.id, one.right, one.html] for one in found.said], **fields,
    )  # fmt: skip


def grade(pk: uuid.UUID) -> bool:
    """Mark an attempt that was handed in. Whether all of it is marked. The same call again changes nothing."""
    attempt = Attempt.objects.filter(pk=pk, state=State.SUBMITTED).first()
    if attempt is None:
        return Attempt.objects.filter(pk=pk, state=State.GRADED).exists()
    Attempt.objects.filter(pk=pk).update(grading_tries=F("grading_tries") + 1)
    errors = []
    if attempt.grading_tries >= LOST_MAX:
        errors.append(f"Its marking was begun {attempt.grading_tries} times and never came to an end.")
    for row in graded([attempt])[pk] if not errors else ():
        if row.final is None or any(event.kind == GradeEvent.Kind.AUTO for event in row.events):
            continue
        try:
            found = mark(row.item, row.final.answer)
            if "commands_digest" in found.facts:  # also of a run that nobody asked about before it was handed in
                challenges.keep(row.item, uuid.UUID(found.facts["run"]), found.facts)
            made = event_of(row.item, row.final, found, GradeEvent.Kind.AUTO)
        except Exception as error:
            logger.exception("question %s of attempt %s cannot be marked", row.item.slot, pk)
            errors.append(f"Question {row.item.slot}: {error}")
        else:
            GradeEvent.objects.bulk_create([made], ignore_conflicts=True)  # one by one: what a worker that dies has done stays done
    with transaction.atomic():
        held = attempts.lock(pk)
        if held.state in OVER:  # also where another worker has given it up, or somebody has decided, before these marks were written
            settle(held, " ".join(errors)[:500])
    return held.state == State.GRADED


def settle(attempt: Attempt, error: str = "", **by: Any) -> None:
    """The attempt's state from its marks, and tell whoever counts, `by` (actor, reason) with it. The caller holds the attempt."""
    whole = score(graded([attempt])[attempt.pk]).open == 0
    if whole:
        attempt.state = State.GRADED
    elif attempt.grading_tries >= TRIES_MAX:
        attempt.state = State.NEEDS_REVIEW
    elif attempt.state == State.GRADED:  # a mark by hand was taken back, and no worker has marked that answer
        attempt.state = State.SUBMITTED
    attempt.grading_error = "" if whole else error
    attempt.save(update_fields=["state", "grading_error"])
    marked.send(sender=Attempt, attempt=attempt, **by)


@transaction.atomic
def decide(item: AttemptItem, kind: str, *, actor: Any, reason: str, fraction: Decimal = NOTHING) -> GradeEvent:
    """A decision by hand: override, manual, excused, or cleared, which takes the others back. Raises Refused."""
    if kind not in (*DECISIONS, GradeEvent.Kind.MANUAL, GradeEvent.Kind.CLEARED):
        raise ValueError(f"{kind} is no decision by hand")
    if not reason.strip():
        raise attempts.Refused("Say why: the reason is kept with the mark.")
    if not 0 <= fraction <= 1:
        raise attempts.Refused("A mark is from nothing to all of the points.")
    attempt = attempts.lock(item.attempt_id)
    if not attempt.is_over:
        raise attempts.Refused("The attempt is still in progress. It can be marked by hand once it was handed in.")
    final = item.responses.filter(kind=ResponseEvent.Kind.FINAL).first()
    points_max = {"points_max": NOTHING} if kind == GradeEvent.Kind.EXCUSED else {}
    event = event_of(item, final, Mark(fraction=fraction), kind, actor=actor, reason=reason.strip()[:300], **points_max)
    event.save()
    settle(attempt)
    return event


def ungraded(older_than: Any, limit: int = 100) -> list[uuid.UUID]:
    """Attempts that were handed in before that moment and wait for a worker."""
    waiting = Attempt.objects.filter(state=State.SUBMITTED, submitted_at__lt=older_than).order_by("submitted_at")
    return list(waiting.values_list("pk", flat=True)[:limit])
