"""The door to the quizzes of a class: set one, change its rules, release what is held back, take it away; other rules for one student.

Each is one transaction, and with it goes what follows from the rules: the deadlines of attempts in progress and the cells of the gradebook.
Locks in this order: the schedule, attempts (in `redate`), seats (in `repost`); whoever holds an attempt never asks for a schedule. Who
begins an attempt keeps the schedule first, shared (`attempts.keep_rules`): it has the rules from before a change and is dated anew by it,
or has the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook import book
from academy.gradebook.models import Column
from academy.quizzes import attempts, policy
from academy.quizzes.attempts import Refused
from academy.quizzes.models import Attempt, PolicyOverride, QuizSchedule, State
from lessons.models import Quiz

COUNTS = ("due_at", "late", "aggregate")  # the rules from which a cell is computed
OVERRIDABLE = ("opens_at", "due_at", "closes_at", "time_limit_s", "attempts_max", "time_factor")
LATE_ROWS_MAX = 5
LATE_HOURS_MAX = 90 * 24


@transaction.atomic
def set_quiz(school_class: SchoolClass, quiz: Quiz, *, rules: Mapping[str, Any], points: Decimal, weight: Decimal) -> QuizSchedule:
    """A quiz for a class, with its column in the gradebook. `rules`: fields of the schedule. Raises Refused."""
    check_open(school_class)
    if not quiz.is_asked:
        raise Refused(f"No published lesson asks {quiz} any more, so it cannot be set.")
    schedule = QuizSchedule(school_class=school_class, quiz=quiz, **rules)
    check(schedule)
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        raise Refused(f"{quiz} is set for this class already. Change it there.") from error
    weigh(column_of(schedule), points, weight)
    if attempts_at(schedule):  # it was set before, and somebody began while it was taken away
        attempts.redate(schedule)
        book.repost(schedule)
    return schedule


@transaction.atomic
def change(schedule: QuizSchedule, *, rules: Mapping[str, Any], points: Decimal, weight: Decimal) -> QuizSchedule:
    """Other rules, for attempts in progress and those handed in as well. Raises Refused."""
    held = lock(schedule)
    before = {name: getattr(held, name) for name in COUNTS}
    for name, value in rules.items():
        setattr(held, name, value)
    check(held)
    held.save()
    column = column_of(held)
    counts = column.points != points or any(getattr(held, name) != value for name, value in before.items())
    weigh(column, points, weight)
    attempts.redate(held)
    if counts:
        book.repost(held)
    return held


@transaction.atomic
def release(schedule: QuizSchedule, shown: bool) -> QuizSchedule:
    """Show now what waits for a date or for this, or hold it back again."""
    held = lock(schedule)
    held.released_at = (held.released_at or policy.now()) if shown else None
    held.save(update_fields=["released_at"])
    return held


@transaction.atomic
def remove(schedule: QuizSchedule) -> None:
    """Take away a quiz that nobody has begun. What its column's log says stays. Raises Refused."""
    held = lock(schedule)
    if made := attempts_at(held):
        raise Refused(
            f"{made} attempt{'s were' if made > 1 else ' was'} begun at {held.quiz}, so it stays with what was answered. "
            "To end it, let it close: set “Closes” to a moment that is over."
        )
    column = Column.objects.filter(schedule=held).first()
    if column is not None and column.events.exists():
        column.schedule, column.removed_at = None, policy.now()
        column.save()
    elif column is not None:
        column.delete()
    held.overrides.all().delete()
    held.delete()


@transaction.atomic
def override(schedule: QuizSchedule, user: Any, *, actor: Any, reason: str, **different: Any) -> PolicyOverride:
    """Other rules for one student from now on, in place of any before. `different`: of OVERRIDABLE; all none: as for everybody again.

    Raises Refused.
    """
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the rules, and the student can read it.")
    held = lock(schedule)
    if not Membership.objects.agreed().filter(school_class=held.school_class_id, user=user, role=Role.STUDENT).exists():
        raise Refused(f"{user} is no student of this class.")
    given = {name: different.get(name) for name in OVERRIDABLE}
    if not any_of(given.values()) and not is_different(policy.override_of(held, user)):
        raise Refused(f"Nothing is different for {user}. Expected: at least one rule that is.")
    if found := problems(merged(held, given)):
        raise Refused(" ".join(text for _, text in found))
    made = PolicyOverride.objects.create(schedule=held, user=user, actor=actor, reason=reason.strip()[:300], **given)
    attempts.redate(held, user)
    book.repost(held, user)
    book.extend(column_of(held), user, actor=actor, reason=made.reason, why={"override": made.pk})
    return made


def lock(schedule: QuizSchedule) -> QuizSchedule:
    """Its row, held. Raises Refused where its class is archived or it is gone."""
    held = (
        QuizSchedule.objects.select_for_update(no_key=True, of=("self",))
        .select_related("quiz", "school_class")
        .filter(pk=schedule.pk)
        .first()
    )
    if held is None:
        raise Refused("This quiz was taken away from the class in the meantime.")
    check_open(held.school_class)
    return held


def check_open(school_class: SchoolClass) -> None:
    if school_class.archived:
        raise Refused("This class is archived. Take it out of the archive to change it.")


def column_of(schedule: QuizSchedule) -> Column:
    try:
        return book.add_schedule(schedule)
    except book.Refused as refused:
        raise Refused(str(refused)) from refused


def weigh(column: Column, points: Decimal, weight: Decimal) -> None:
    if (column.points, column.weight) != (points, weight):
        column.points, column.weight = points, weight
        column.save(update_fields=["points", "weight"])


def attempts_at(schedule: QuizSchedule) -> int:
    return Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id).count()


def running(schedule: QuizSchedule) -> int:
    """Attempts in progress."""
    return Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id, state=State.IN_PROGRESS).count()


def any_of(values: Iterable[Any]) -> bool:
    return any(value is not None for value in values)


def is_different(found: PolicyOverride | None) -> bool:
    """Whether the newest row of a student says anything: one that says nothing took the others back."""
    return found is not None and any_of(getattr(found, name) for name in OVERRIDABLE)


def merged(schedule: QuizSchedule, given: Mapping[str, Any]) -> dict[str, Any]:
    """The dates that hold for a student with these other rules."""
    dates = {name: given[name] or getattr(schedule, name) for name in ("opens_at", "due_at", "closes_at")}
    return {**dates, "late": schedule.late if dates["due_at"] else []}


def check(schedule: QuizSchedule) -> None:
    found = problems({name: getattr(schedule, name) for name in ("opens_at", "due_at", "closes_at", "late")})
    if found:
        raise Refused(" ".join(text for _, text in found))


def problems(rules: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What cannot be with these dates and discounts, each with the field it is about. `rules` has opens_at, due_at, closes_at and late."""
    found = order_problems(rules["opens_at"], rules["due_at"], rules["closes_at"])
    late = late_problem(rules["late"])
    if late is not None:
        found.append((f"late_{late[0]}", late[1]))
    if rules["late"] and rules["due_at"] is None:
        found.append(("due_at", "What is taken off counts from the due date. Expected: a due date, or nothing taken off."))
    return found


def order_problems(opens: datetime | None, due: datetime | None, closes: datetime | None) -> list[tuple[str, str]]:
    found = []
    if opens and due and opens >= due:
        found.append(("due_at", "It is due before it opens. Expected: a later time than the one it opens at."))
    if due and closes and due > closes:
        found.append(("closes_at", "It closes before it is due. Expected: the due date or a later time."))
    elif opens and closes and opens >= closes:
        found.append(("closes_at", "It closes before it opens. Expected: a later time than the one it opens at."))
    return found


def late_problem(rows: Iterable[tuple[int, int]] | Iterable[list[int]]) -> tuple[int, str] | None:
    """What is wrong with a timeline of (hours after the due date, percent kept), and with which row, 1 being the first."""
    hours_before, percent_before = 0, 101
    for place, (hours, percent) in enumerate(rows, 1):
        if place > LATE_ROWS_MAX:
            return place, f"There are more than {LATE_ROWS_MAX} rows."
        if not hours_before < hours <= LATE_HOURS_MAX:
            return place, f"{hours} hours come after {hours_before}. Expected: more hours in each row, at most {LATE_HOURS_MAX}."
        if not 0 <= percent < percent_before:
            least = "0 to 100" if percent_before > 100 else f"less than the {percent_before} of the row before, and not below 0"
            return place, f"{percent} % are kept. Expected: {least}."
        hours_before, percent_before = hours, percent
    return None
