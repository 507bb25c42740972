"""Many cells at once: grades out of a file, and missing work counted as 0. All of it or none, with the seats of the class held.

Locks: the class's row, then its seats by number, as everybody who takes more than one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from academy.classes import members
from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook import book, grid
from academy.gradebook.book import EMPTY, Refused, State
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import policy
from academy.quizzes.models import Attempt, PolicyOverride, QuizSchedule
from academy.quizzes.models import State as AttemptState
from academy.quizzes.policy import Policy

NOTHING = Decimal(0)
NEVER = "The quiz never closes, so nobody's work is missing for good. Give it a time to close first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What counting missing work would do: `students` get a 0. `refused`: why it cannot be done now. `zeros`: those who have one."""

    students: list[Membership]
    zeros: list[Membership]
    refused: str = ""


def hold(pk: int) -> SchoolClass:
    """The class and all its seats, held. Raises Refused where nothing in it changes."""
    held = members.lock(pk)
    if held.archived:
        raise Refused("This class is archived. Take it out of the archive to change it.")
    list(Membership.objects.select_for_update().filter(school_class=held, role=Role.STUDENT).order_by("pk").values_list("pk"))
    return held


def set_all(school_class: SchoolClass, marks: Iterable[tuple[int, Column, Decimal]], *, actor: Any, reason: str) -> int:
    """Set each (user, column, points) by hand, for one reason. The caller holds the seats. Raises Refused."""
    if not reason.strip():
        raise Refused("Say why: the reason is kept with each number and the student can read it.")
    events = []
    for user, column, points in marks:
        if not 0 <= points <= column.points:
            raise Refused(f"{column}: expected a number from 0 to {book.plain(column.points)}; got {points}.")
        events.append(
            GradebookEvent(
                school_class=school_class, user_id=user, column=column, points=points, max=column.points, state=State.OVERRIDE,
                reason=reason.strip()[:300], actor=actor,
            )
        )  # fmt: skip
    return len(GradebookEvent.objects.bulk_create(events, batch_size=1000))


def missing(column: Column) -> Missing:
    """Students of a column with nothing in their cell who can hand in nothing any more."""
    seats, found = grid.seats_of(column.school_class), grid.read(column.school_class)
    held = {seat: found.cells.get((seat.user_id, column.pk), EMPTY) for seat in seats}
    empty = [seat for seat, cell in held.items() if cell.points is None and not cell.exempt]
    zeros = [seat for seat in seats if found.signs.get((seat.user_id, column.pk)) == "zero"]
    if column.schedule is None:
        return Missing(students=empty, zeros=zeros)
    at, schedule = policy.now(), column.schedule
    if schedule.closes_at is None:
        return Missing(students=[], zeros=zeros, refused=NEVER)
    if schedule.closes_at > at:
        return Missing(students=[], zeros=zeros, refused="The quiz has not closed yet.")
    return Missing(students=without_work(schedule, empty, at), zeros=zeros)


def without_work(schedule: QuizSchedule, seats: Iterable[Membership], at: datetime) -> list[Membership]:
    """Those for whom the quiz has closed, by their own rules, and who have no attempt: none in progress, none that waits for its mark."""
    rules = rules_of(schedule)
    own = Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id)
    tried = set(own.exclude(state__in=(AttemptState.VOIDED, AttemptState.ABANDONED)).values_list("user_id", flat=True))
    ends = {seat: rules(seat.user_id).closes_at for seat in seats if seat.user_id not in tried}
    return [seat for seat, closes_at in ends.items() if closes_at is not None and closes_at <= at]


def rules_of(schedule: QuizSchedule) -> Callable[[int], Policy]:
    """The rules of a quiz for each student, by user, from one query."""
    overrides = {one.user_id: one for one in PolicyOverride.objects.filter(schedule=schedule).order_by("pk")}
    return lambda user: policy.of_schedule(schedule, overrides.get(user))


@transaction.atomic
def count_missing(column: Column, *, actor: Any) -> int:
    """A grade of 0 for each, and no decision by hand: work that is handed in after all counts in its place. Raises Refused."""
    school_class = hold(column.school_class_id)
    column = fresh(column)
    found = missing(column)
    if found.refused:
        raise Refused(found.refused)
    return grades(school_class, column, found.students, NOTHING, {"missing": True}, actor, "Nothing was handed in; counted as 0.")


@transaction.atomic
def take_back_missing(column: Column, *, actor: Any) -> int:
    """The zeros become empty again."""
    school_class = hold(column.school_class_id)
    column = fresh(column)
    return grades(school_class, column, missing(column).zeros, None, {}, actor, "Missing work no longer counts as 0.")


def fresh(column: Column) -> Column:
    return Column.objects.select_related("schedule", "school_class").get(pk=column.pk)


def grades(
    school_class: SchoolClass, column: Column, seats: list[Membership], points: Decimal | None, why: dict[str, Any], actor: Any, reason: str
) -> int:
    events = [
        GradebookEvent(
            school_class=school_class, user_id=seat.user_id, column=column, points=points, max=column.points, state=State.GRADED, why=why,
            actor=actor, reason=reason,
        )
        for seat in seats
    ]  # fmt: skip
    return len(GradebookEvent.objects.bulk_create(events))
