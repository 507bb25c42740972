"""The door to the gradebook: what a cell says, and every way it comes to say something else.

A cell is a student and a column. Its log is written under the student's seat, so whoever comes second sees what the first has written; what
attempts are worth is computed anew each time, so the same marks post the same number once, in whatever order they came. A decision by hand
(set, exempt) stands until it is lifted; grades that come meanwhile are logged under it and count from then on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from academy.classes import members
from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook.models import COLUMNS_MAX, Column, GradebookEvent
from academy.quizzes import marking, policy
from academy.quizzes.models import OVER, Attempt, QuizSchedule
from academy.quizzes.models import State as AttemptState
from academy.quizzes.policy import Policy
from academy.quizzes.schedule_models import Aggregate

State = GradebookEvent.State
BY_HAND = (State.OVERRIDE, State.EXEMPT)
KEPT = Decimal("0.00000001")


class Refused(Exception):
    """What is not done, and why, in words for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What counts. `points` none: nothing yet, or exempt."""

    points: Decimal | None = None
    max: Decimal = Decimal(0)
    state: str = ""
    event: GradebookEvent | None = None

    @property
    def exempt(self) -> bool:
        return self.state == State.EXEMPT

    @property
    def fraction(self) -> Decimal | None:
        return None if self.points is None or not self.max else self.points / self.max


EMPTY = Cell()


def add_schedule(schedule: QuizSchedule, title: str = "") -> Column:
    """The column of a quiz that is set for a class; the one it has."""
    before = Column.objects.filter(schedule=schedule).first()
    if before is not None:
        return before
    with transaction.atomic():
        held = members.lock(schedule.school_class_id)
        check_room(held)
        order = held.columns.count()
        return Column.objects.create(
            school_class=held, schedule=schedule, title=(title or f"{schedule.quiz.lesson.number} {schedule.quiz}")[:120], order=order
        )


def check_room(school_class: SchoolClass) -> None:
    if school_class.columns.filter(removed_at=None).count() >= COLUMNS_MAX:
        raise Refused(f"A gradebook has at most {COLUMNS_MAX} columns. Remove one that is not needed.")


def seat(school_class_id: int, user_id: int) -> Membership | None:
    """The student's seat, held: the lock of all their cells in the class."""
    return Membership.objects.select_for_update().filter(school_class=school_class_id, user=user_id, role=Role.STUDENT).first()


def post(attempt: Attempt, **by: Any) -> None:
    """An attempt's marks may have changed: write down what the student's cell comes to now. Inside the transaction that changed them.

    `by`: actor and reason, where somebody's deed changed it.
    """
    if attempt.practice:
        return
    schedule = policy.schedule_of(attempt)
    column = None if schedule is None else Column.objects.filter(schedule=schedule).first()
    if schedule is not None and column is not None and seat(attempt.school_class_id, attempt.user_id) is not None:
        post_cell(column, schedule, attempt.user, **by)


def post_cell(column: Column, schedule: QuizSchedule, user: Any, **by: Any) -> GradebookEvent | None:
    """The caller holds the seat. None where the log says so already.

    The column and its rules are read anew, now that the seat is held: whoever changes them posts every cell afterwards.
    """
    column = Column.objects.select_related("schedule").get(pk=column.pk)
    points, why = computed(column, column.schedule or schedule, user)
    log = list(GradebookEvent.objects.filter(column=column, user=user))
    newest = next((event for event in reversed(log) if event.state == State.GRADED), None)
    if points is None and (newest is None or "missing" in newest.why):
        return None  # what was counted as 0 for want of work stays until there is work
    if newest is not None and (newest.points, newest.max, newest.why) == (points, column.points, why):
        return None
    return GradebookEvent.objects.create(
        school_class_id=column.school_class_id, user=user, column=column, points=points, max=column.points, state=State.GRADED, why=why,
        **by,
    )  # fmt: skip


def computed(column: Column, schedule: QuizSchedule, user: Any) -> tuple[Decimal | None, dict[str, Any]]:
    """What the attempts of a student come to, and how, as plain data."""
    own = list(ended(schedule).filter(user=user))
    return worth(column, policy.for_user(schedule, user), own, marking.graded(one for one in own if one.is_over))


def ended(schedule: QuizSchedule) -> QuerySet[Attempt]:
    """Attempts at a quiz that a cell tells of: those that are over, and those that do not count any more."""
    states = (*OVER, AttemptState.VOIDED)
    return Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id, state__in=states).order_by("user", "number")


def worth(
    column: Column, rules: Policy, own: Sequence[Attempt], marks: Mapping[uuid.UUID, list[marking.Graded]]
) -> tuple[Decimal | None, dict[str, Any]]:
    """What the ended attempts of a student, in their order, come to in a column. None: none of them is marked yet."""
    scores = [(one, marking.score(marks[one.pk])) for one in own if one.is_over]
    counted = [told(one, found, rules.credit(one.submitted_at)) for one, found in scores if not found.open]
    voided = [one.number for one in own if not one.is_over]
    why = {"aggregate": rules.aggregate, "attempts": counted} | ({"voided": voided} if voided else {})
    if not counted:
        return None, why
    fraction = aggregated(rules.aggregate, [Decimal(one["counts"]) for one in counted])
    return (fraction * column.points).quantize(KEPT, ROUND_HALF_EVEN), why


def told(attempt: Attempt, found: marking.Score, credit: Decimal) -> dict[str, Any]:
    """A line of the explanation. Numbers as strings, since JSON has only floats."""
    return {
        "id": str(attempt.pk), "number": attempt.number, "points": plain(found.points), "max": plain(found.max), "credit": plain(credit),
        "counts": plain((found.fraction * credit).quantize(Decimal("1e-12"))),
    }  # fmt: skip


def plain(value: Decimal) -> str:
    """Without an exponent and without trailing zeros: the same number, the same string."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def aggregated(aggregate: str, fractions: list[Decimal]) -> Decimal:
    if aggregate == Aggregate.LAST:
        return fractions[-1]
    if aggregate == Aggregate.MEAN:
        return sum(fractions, Decimal(0)) / len(fractions)
    return max(fractions)


def decide(column: Column, user: Any, state: str, *, actor: Any, reason: str, points: Decimal | None = None) -> GradebookEvent:
    """Set, exempt, or lift what was decided before. Raises Refused."""
    if state not in (*BY_HAND, State.LIFTED):
        raise ValueError(f"{state} is no decision by hand")
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the number and the student can read it.")
    if state == State.OVERRIDE and (points is None or not 0 <= points <= column.points):
        raise Refused(f"Expected a number from 0 to {plain(column.points)}; got {points if points is not None else 'nothing'}.")
    with transaction.atomic():
        if seat(column.school_class_id, user.pk) is None:
            raise Refused(f"{user} is no student of this class.")
        before = cell(GradebookEvent.objects.filter(column=column, user=user))
        if state == State.LIFTED and before.state not in BY_HAND:
            raise Refused("Nothing was decided by hand in this cell.")
        return GradebookEvent.objects.create(
            school_class_id=column.school_class_id, user=user, column=column, max=column.points, state=state, actor=actor,
            points=points if state == State.OVERRIDE else None, reason=reason.strip()[:300],
        )  # fmt: skip


def extend(column: Column, user: Any, *, actor: Any, reason: str, why: dict[str, Any]) -> GradebookEvent | None:
    """Tell in a cell's log that a student has other rules from now on. It changes nothing of what counts. None for who has no seat."""
    with transaction.atomic():
        if seat(column.school_class_id, user.pk) is None:
            return None
        return GradebookEvent.objects.create(
            school_class_id=column.school_class_id, user=user, column=column, max=column.points, state=State.EXTENSION, actor=actor,
            reason=reason, why=why,
        )  # fmt: skip


def cell(log: Iterable[GradebookEvent]) -> Cell:
    """What a cell's log, oldest first, comes to."""
    by_hand: GradebookEvent | None = None
    grade: GradebookEvent | None = None
    for event in log:
        if event.state == State.GRADED:
            grade = event
        elif event.state in BY_HAND:
            by_hand = event
        elif event.state == State.LIFTED:
            by_hand = None
    found = by_hand or grade
    return EMPTY if found is None else Cell(points=found.points, max=found.max, state=found.state, event=found)


def cells(school_class: SchoolClass) -> dict[tuple[int, int], Cell]:
    """All cells of a class by (user, column), in one query."""
    logs: dict[tuple[int, int], list[GradebookEvent]] = {}
    for event in GradebookEvent.objects.filter(school_class=school_class).defer("why").order_by("pk"):
        logs.setdefault((event.user_id, event.column_id), []).append(event)
    return {place: cell(log) for place, log in logs.items()}


def total(columns: Iterable[Column], found: Mapping[int, Cell]) -> Decimal | None:
    """The weighted mean of what a student has, 0 to 1; exempt and empty cells in neither sum. None: nothing yet. `found` by column."""
    gained = weight = Decimal(0)
    for column in columns:
        fraction = found.get(column.pk, EMPTY).fraction
        if fraction is not None:
            gained, weight = gained + fraction * column.weight, weight + column.weight
    return gained / weight if weight else None


def repost(schedule: QuizSchedule, user: Any = None) -> int:
    """The rules have changed, or a sweep makes sure: every cell of the quiz says what its attempts come to. How many changed."""
    column = Column.objects.filter(schedule=schedule).first()
    if column is None:
        return 0
    seats = Membership.objects.filter(school_class=schedule.school_class_id, role=Role.STUDENT).select_related("user")
    changed = 0
    for one in seats if user is None else seats.filter(user=user):
        with transaction.atomic():
            held = seat(one.school_class_id, one.user_id)
            changed += held is not None and post_cell(column, schedule, one.user) is not None
    return changed
