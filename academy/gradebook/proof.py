"""Does the gradebook say what its logs say? Every cell is computed anew: from the marks of attempts, and from the whole of its own log.

Three things must be equal for each: what attempts come to by the rules and what the newest grade says; what the whole log comes to and what
pages show; and a number set by hand must be within what there was to get.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook import book, bulk, grid
from academy.gradebook.book import EMPTY, State
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import marking


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`logged` and `computed` in words; the cell by names."""

    school_class: SchoolClass
    column: Column
    user: Any
    what: str
    logged: str
    computed: str

    def __str__(self) -> str:
        place = f"class {self.school_class.pk} ({self.school_class}), column {self.column.pk} ({self.column}), {self.user}"
        return f"{place}: {self.what}: the log says {self.logged}, computed {self.computed}"


@dataclass(slots=True, kw_only=True)
class Proof:
    cells: int = 0
    events: int = 0
    differences: list[Difference]


@transaction.atomic
def of_class(school_class: SchoolClass) -> Proof:
    """All columns, removed ones included, of all who have a student's seat."""
    at_one_moment()
    logs: dict[tuple[int, int], list[GradebookEvent]] = {}
    for event in GradebookEvent.objects.filter(school_class=school_class).order_by("pk"):
        logs.setdefault((event.user_id, event.column_id), []).append(event)
    shown = grid.read(school_class).cells
    users = [seat.user for seat in Membership.objects.filter(school_class=school_class, role=Role.STUDENT).select_related("user")]
    found = Proof(differences=[], events=sum(map(len, logs.values())))
    for column in school_class.columns.select_related("schedule"):
        expected = of_quiz(column)
        for user in users:
            log = logs.get((user.pk, column.pk), [])
            found.cells += 1
            rows = compared(log, shown.get((user.pk, column.pk), EMPTY), expected.get(user.pk), column)
            found.differences += [
                Difference(school_class=school_class, column=column, user=user, what=what, logged=logged, computed=computed)
                for what, logged, computed in rows
            ]
    return found


def at_one_moment() -> None:
    """What comes in meanwhile is not seen: the logs and the marks are those of one moment."""
    if len(connection.atomic_blocks) == 1:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def of_quiz(column: Column) -> dict[int, tuple[Decimal | None, dict[str, Any]]]:
    """What the attempts of each student come to, by user. Nothing for a column that is marked by hand."""
    schedule = column.schedule
    if schedule is None:
        return {}
    rules, attempts = bulk.rules_of(schedule), list(book.ended(schedule))
    marks = marking.graded(one for one in attempts if one.is_over)
    own = groupby(attempts, key=lambda one: one.user_id)
    return {user: book.worth(column, rules(user), list(rows), marks) for user, rows in own}


def compared(
    log: list[GradebookEvent], shown: book.Cell, expected: tuple[Decimal | None, dict[str, Any]] | None, column: Column
) -> Iterator[tuple[str, str, str]]:
    """What differs in a cell: what it is about, what the log says, what was computed."""
    whole = book.cell(log)
    if (whole.points, whole.max, whole.state) != (shown.points, shown.max, shown.state):
        yield "the page shows something else", words(whole.points, whole.max), words(shown.points, shown.max)
    grade = next((event for event in reversed(log) if event.state == State.GRADED), None)
    points, why = expected or (None, {})
    if column.schedule is not None and not agrees(grade, points, why, column):
        yield "grade", words(grade.points, grade.max) if grade else "nothing", words(points, column.points)
    for event in log:
        if event.points is not None and not 0 <= event.points <= event.max:
            yield "out of range", words(event.points, event.max), f"0 to {book.plain(event.max)}"


def agrees(grade: GradebookEvent | None, points: Decimal | None, why: dict[str, Any], column: Column) -> bool:
    """Whether the newest grade says what attempts come to. Without any, nothing or a 0 for missing work is right."""
    if points is None:
        return grade is None or grade.points is None or "missing" in grade.why
    return grade is not None and (grade.points, grade.max, grade.why) == (points, column.points, why)


def words(points: Decimal | None, most: Decimal) -> str:
    return "nothing" if points is None else f"{book.plain(points)} of {book.plain(most)}"
