"""The door to a gradebook's columns: add, change, move, remove and put back, under the class's row lock. The audit trail watches the rows.

What a change does to students' numbers happens in the same transaction, so nobody sees the one without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from academy.audit.models import record
from academy.classes import members
from academy.classes.models import SchoolClass
from academy.classes.words import counted
from academy.gradebook import book, grid
from academy.gradebook.book import Refused
from academy.gradebook.grid import Grid
from academy.gradebook.models import Column
from academy.quizzes import policy

POINTS_MAX = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What taking a column away would do. `most`: the largest change of a total, in hundredths, and whose it is."""

    graded: int
    changed: int
    most: Decimal = Decimal(0)
    whose: str = ""


def lock(pk: int) -> SchoolClass:
    """Raises Refused."""
    held = members.lock(pk)
    if held.archived:
        raise Refused("This class is archived. Take it out of the archive to change it.")
    return held


@transaction.atomic
def add(school_class: SchoolClass, *, title: str, points: Decimal, weight: Decimal, hidden_from_students: bool = False) -> Column:
    """A column that is marked by hand, the last. Raises Refused."""
    held = lock(school_class.pk)
    book.check_room(held)
    check_title(held, title)
    return Column.objects.create(
        school_class=held, title=title, points=points, weight=weight, hidden_from_students=hidden_from_students, order=held.columns.count()
    )


def check_title(held: SchoolClass, title: str, but: Column | None = None) -> None:
    """A file names columns by title, so no two that count have the same."""
    others = held.columns.filter(removed_at=None, title__iexact=title)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise Refused(f"There is a column {title!r} already. Expected: a title of its own, since files name columns by it.")


@transaction.atomic
def change(column: Column, **fields: Any) -> int:
    """Set title, points, weight or whether students see it. How many cells were posted anew. Raises Refused.

    Other points leave every grade the same share of them: a quiz's grades are posted anew, numbers set by hand keep what they were set to
    and out of how many, and count by that share. A weight is in no cell: totals are computed with the one there is.
    """
    held = lock(column.school_class_id)
    column = held.columns.select_for_update(no_key=True).get(pk=column.pk)
    changes = [name for name, value in fields.items() if getattr(column, name) != value]
    if not changes:
        return 0
    if "title" in changes:
        check_title(held, fields["title"], column)
    for name in changes:
        setattr(column, name, fields[name])
    column.save(update_fields=changes)
    return book.repost(column.schedule) if "points" in changes and column.schedule is not None else 0


@transaction.atomic
def move(column: Column, place: int) -> None:
    """To the `place`th of those that are not removed, 1 being the first."""
    held = lock(column.school_class_id)
    rows = list(held.columns.filter(removed_at=None))
    moved = next((one for one in rows if one.pk == column.pk), None)
    if moved is None:
        raise Refused("This column is removed. Put it back first.")
    rows.remove(moved)
    rows.insert(max(0, place - 1), moved)
    for order, one in enumerate(rows):
        if one.order != order:
            Column.objects.filter(pk=one.pk).update(order=order)


def removal(column: Column, table: Grid | None = None) -> Removal:
    """Compares every student's total with and without it."""
    table = table or grid.of_class(column.school_class)
    at = next((at for at, one in enumerate(table.columns) if one.pk == column.pk), None)
    if at is None:
        return Removal(graded=0, changed=0)
    rest = [one for one in table.columns if one.pk != column.pk]
    changes = []
    for row in table.rows:
        cells = {one.pk: cell for one, cell in zip(table.columns, row.cells, strict=True)}
        after = book.total(rest, cells)
        if after != row.total:
            changes.append(((after or Decimal(0)) - (row.total or Decimal(0)), row.name))
    most, whose = max(changes, key=lambda change: abs(change[0]), default=(Decimal(0), ""))
    graded = sum(row.points[at] is not None for row in table.rows)
    return Removal(graded=graded, changed=len(changes), most=most, whose=whose)


@transaction.atomic
def remove(column: Column, *, graded: int) -> None:
    """Out of the table and every total; its log stays. `graded`: how many students' grades whoever agreed was told of. Raises Refused."""
    held = lock(column.school_class_id)
    column = held.columns.select_for_update(no_key=True).get(pk=column.pk)
    if column.removed_at is not None:
        return
    found = removal(column)
    if found.graded != graded:
        now = counted(found.graded, "student has", "students have")
        raise Refused(f"Nothing was removed: {now} a grade in it now, and you were told of {graded}. Look again.")
    column.removed_at = policy.now()
    column.save(update_fields=["removed_at"])
    record(held, f"removed the gradebook's column {column.title}"[:120], {"grades": [str(found.graded), "kept, and count nowhere"]})


@transaction.atomic
def put_back(column: Column) -> None:
    """As it was, the last. A quiz's grades that came meanwhile count. Raises Refused."""
    held = lock(column.school_class_id)
    column = held.columns.select_for_update(no_key=True).get(pk=column.pk)
    if column.removed_at is None:
        return
    book.check_room(held)
    check_title(held, column.title, column)
    column.removed_at, column.order = None, held.columns.count()
    column.save(update_fields=["removed_at", "order"])
    if column.schedule is not None:
        book.repost(column.schedule)
