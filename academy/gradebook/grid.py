"""A class's gradebook as a table: students by columns, totals and means, in a number of queries that does not grow.

The cells of a class may be thousands and their logs more, so the database picks the two events of each that can count (the newest grade,
the newest decision), they are read as plain tuples, and `book.cell` decides between them as it does everywhere. A row of cells is written
as text here and not by the template engine, which would take most of a second for what is one number each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.safestring import SafeString, mark_safe

from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook import book
from academy.gradebook.book import EMPTY, Cell
from academy.gradebook.models import Column, GradebookEvent
from academy.gradebook.numbers import NOTHING, percent, shown
from academy.quizzes.models import Attempt, State
from academy.quizzes.schedule_models import Aggregate

Place = tuple[int, int]  # user, column
# What is said of a number beside it. The sign before each word is in gradebook.css.
WORDS = {"exempt": "exempt", "hand": "by hand", "late": "late", "zero": "missing", "waits": "waits", "empty": ""}
LEGEND = (
    ("hand", "by hand", "set by an instructor, in place of the quiz's mark"),
    ("exempt", "exempt", "in no sum"),
    ("late", "late", "handed in late, with less credit"),
    ("zero", "missing", "nothing was handed in, counted as 0"),
    ("waits", "waits", "an attempt is not marked yet"),
)
FIELDS = ("pk", "user_id", "column_id", "state", "points", "max", "is_grade", "is_late", "is_missing")
# Without parameters: PostgreSQL has to see that what is picked by and what is ordered by are the same.
IS_GRADE = RawSQL("gradebook_gradebookevent.state = 'graded'", (), output_field=BooleanField())
# Of the many only few are late; the explanations of those alone are read.
IS_LATE = RawSQL("gradebook_gradebookevent.why @? '$.attempts[*] ? (@.credit != \"1\")'", (), output_field=BooleanField())
IS_MISSING = RawSQL("gradebook_gradebookevent.why @? '$.missing'", (), output_field=BooleanField())


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was read of a class's cells. `waiting` by user and quiz."""

    cells: Mapping[Place, Cell]
    signs: Mapping[Place, str]
    waiting: set[Place]

    def sign(self, user: int, column: Column) -> str:
        if self.waiting and column.schedule is not None and (user, column.schedule.quiz_id) in self.waiting:
            return "waits"
        return self.signs.get((user, column.pk), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A student's cells in the order of the grid's columns."""

    seat: Membership
    cells: Sequence[Cell]
    signs: Sequence[str]
    points: Sequence[Decimal | None]
    total: Decimal | None  # 0 to 1

    @property
    def name(self) -> str:
        return name_of(self.seat)

    @property
    def percent(self) -> str:
        return percent(self.total)

    @property
    def html(self) -> SafeString:
        """The cells as `<td>`: numbers and our own words, nothing that anybody typed. End tags may be left out, and are."""
        return mark_safe("".join(map(td, self.points, self.signs)))  # noqa: S308


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    columns: Sequence[Column]
    rows: Sequence[Row]
    means: Sequence[Decimal | None] = field(default=())  # points, of those who have any
    total: Decimal | None = None  # the mean of the totals

    @property
    def heads(self) -> list[tuple[Column, Decimal | None]]:
        return list(zip(self.columns, self.means, strict=True))


def of_class(school_class: SchoolClass) -> Grid:
    """In the order of names."""
    columns, held = live(school_class), read(school_class)
    rows = [row(seat, columns, held) for seat in seats_of(school_class)]
    means = [mean(one.points[at] for one in rows) for at in range(len(columns))]
    return Grid(columns=columns, rows=rows, means=means, total=mean(one.total for one in rows))


def live(school_class: SchoolClass) -> list[Column]:
    """Columns that are not removed, in their order."""
    return list(school_class.columns.filter(removed_at=None).select_related("schedule"))


def seats_of(school_class: SchoolClass) -> list[Membership]:
    """The students who are in the class, by name. Who was asked and has not agreed is not."""
    seats = Membership.objects.agreed().filter(school_class=school_class, role=Role.STUDENT).select_related("user")
    return sorted(seats, key=lambda seat: (name_of(seat).casefold(), seat.pk))


def name_of(seat: Membership) -> str:
    return seat.listed_as or seat.user.get_full_name() or seat.user.username


def row(seat: Membership, columns: Sequence[Column], held: Held) -> Row:
    user = seat.user_id
    cells = [held.cells.get((user, column.pk), EMPTY) for column in columns]
    pairs = list(zip(columns, cells, strict=True))
    return Row(
        seat=seat, cells=cells, points=[points(cell, column) for column, cell in pairs],
        signs=[sign(held.sign(user, column), cell, column) for column, cell in pairs],
        total=book.total(columns, {column.pk: cell for column, cell in pairs}),
    )  # fmt: skip


def points(cell: Cell, column: Column) -> Decimal | None:
    """What it is worth in its column now: a number that was set out of other points keeps its share of them."""
    if cell.points is None or not cell.max or cell.max == column.points:
        return cell.points
    return cell.points * column.points / cell.max


def sign(found: str, cell: Cell, column: Column) -> str:
    """The one thing that is said of a cell; what somebody decided comes first."""
    if cell.exempt:
        return "exempt"
    if cell.state == GradebookEvent.State.OVERRIDE:
        return "hand" if column.schedule_id else ""  # of a column marked by hand it goes without saying
    if cell.points is None and found != "waits":
        return "empty"
    return found


def td(value: Decimal | None, said: str) -> str:
    if not said:
        return f"<td>{shown(value)}"
    number = "" if value is None else shown(value)
    return f"<td class={said}>{number}<i>{WORDS[said]}</i>" if WORDS[said] else f"<td class={said}>{number or NOTHING}"


def mean(values: Iterable[Decimal | None]) -> Decimal | None:
    held = [value for value in values if value is not None]
    return sum(held, Decimal(0)) / len(held) if held else None


def read(school_class: SchoolClass, user: Any = None) -> Held:
    """All cells of a class, or of one student, as `book.cells` would find them; in three queries."""
    logs: dict[Place, list[Any]] = {}
    for event in newest(school_class, user).values_list(*FIELDS, named=True):
        logs.setdefault((event.user_id, event.column_id), []).append(event)
    found = {place: book.cell(sorted(log) if len(log) > 1 else log) for place, log in logs.items()}
    return Held(cells=found, signs=signs_of(found), waiting=waiting(school_class, user))


def newest(school_class: SchoolClass, user: Any = None) -> QuerySet[GradebookEvent]:
    """Of each cell the newest grade, and the newest decision by hand or its lifting."""
    log = GradebookEvent.objects.filter(school_class=school_class).exclude(state=GradebookEvent.State.EXTENSION)
    if user is not None:
        log = log.filter(user=user)
    picked = log.annotate(is_grade=IS_GRADE, is_late=IS_LATE, is_missing=IS_MISSING)
    return picked.order_by("column_id", "user_id", "is_grade", "-pk").distinct("column_id", "user_id", "is_grade")


def signs_of(found: Mapping[Place, Cell]) -> dict[Place, str]:
    """Of the grades that count: which stand for missing work, and which had less credit since they were late."""
    events: dict[Place, Any] = {place: cell.event for place, cell in found.items() if cell.event}
    late = {event.pk: place for place, event in events.items() if event.is_late}
    whys = GradebookEvent.objects.filter(pk__in=late).values_list("pk", "why")
    signs = {late[pk]: "late" for pk, why in whys if is_late(why)}
    return signs | {place: "zero" for place, event in events.items() if event.is_missing}


def is_late(why: Mapping[str, Any]) -> bool:
    """Whether an attempt that makes the number was discounted. Of the best one the others do not matter."""
    attempts = why.get("attempts", [])
    if why.get("aggregate") == Aggregate.LAST:
        attempts = attempts[-1:]
    elif why.get("aggregate") == Aggregate.BEST and attempts:
        attempts = [max(attempts, key=lambda one: Decimal(one["counts"]))]
    return any(one["credit"] != "1" for one in attempts)


def waiting(school_class: SchoolClass, user: Any = None) -> set[Place]:
    """Students and quizzes with an attempt that was handed in and has no mark yet."""
    attempts = Attempt.objects.filter(school_class=school_class, state__in=(State.SUBMITTED, State.NEEDS_REVIEW))
    if user is not None:
        attempts = attempts.filter(user=user)
    return set(attempts.values_list("user_id", "quiz_id"))
