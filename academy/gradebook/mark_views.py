"""What students see of their grades: their own row, and of it what the class shows and the quiz's rules have released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from academy.classes.models import Membership, Role, SchoolClass
from academy.classes.views import seen
from academy.gradebook import book, explain, grid
from academy.gradebook.book import EMPTY, Cell
from academy.gradebook.grid import Held
from academy.gradebook.models import Column
from academy.gradebook.numbers import percent, shown
from academy.quizzes import policy
from academy.quizzes.models import PolicyOverride
from academy.quizzes.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A column as its student sees it. `rules`: where the number is not released yet, by which it will be."""

    column: Column
    points: str = ""
    sign: str = ""
    rules: Policy | None = None

    @property
    def word(self) -> str:
        return grid.WORDS.get(self.sign, "")

    @property
    def share(self) -> str:
        return shown(self.column.weight)


@login_required
@require_GET
@never_cache
def marks(request: HttpRequest, pk: int) -> HttpResponse:
    """The asker's own, with weights and the total of what is shown. Staff have the table."""
    found, may = seen(request, pk)
    if may.role != Role.STUDENT:
        return redirect("gradebook:grid", pk)
    seat = get_object_or_404(Membership.objects.select_related("user"), school_class=found, user=request.user)
    columns = visible(found)
    held, hidden = grid.read(found, seat.user), unreleased(found, columns, seat.user)
    page = {
        "class": found, "marks": [mark_of(one, seat, held, hidden) for one in columns],
        "total": percent(total(columns, seat, held.cells, hidden)), "hidden": bool(hidden),
    }  # fmt: skip
    return render(request, "gradebook/marks.html", page)


def visible(found: SchoolClass) -> list[Column]:
    return [column for column in grid.live(found) if not column.hidden_from_students]


def unreleased(found: SchoolClass, columns: Sequence[Column], user: Any) -> dict[int, Policy]:
    """Columns whose number the student must not see yet, with the rules that say so; from two queries."""
    overrides = {one.schedule_id: one for one in PolicyOverride.objects.filter(user=user, schedule__school_class=found).order_by("pk")}
    at = policy.now()
    rules = {one.pk: policy.of_schedule(one.schedule, overrides.get(one.schedule.pk)) for one in columns if one.schedule is not None}
    return {pk: one for pk, one in rules.items() if not one.shows("score", at)}


def total(columns: Sequence[Column], seat: Membership, cells: Mapping[grid.Place, Cell], hidden: Mapping[int, Policy]) -> Decimal | None:
    """Of what is shown: a number that is not released can not be worked out from it either."""
    return book.total(
        [one for one in columns if one.pk not in hidden], {one.pk: cells.get((seat.user_id, one.pk), EMPTY) for one in columns}
    )


def mark_of(column: Column, seat: Membership, held: Held, hidden: Mapping[int, Policy]) -> Mark:
    cell = held.cells.get((seat.user_id, column.pk), EMPTY)
    sign = grid.sign(held.sign(seat.user_id, column), cell, column)
    if column.pk in hidden:
        return Mark(column=column, sign=sign if sign in ("exempt", "waits") else "", rules=None if cell.exempt else hidden[column.pk])
    return Mark(column=column, points=shown(grid.points(cell, column)), sign=sign)


@login_required
@require_GET
@never_cache
def mark(request: HttpRequest, pk: int, column: int) -> HttpResponse:
    """Why a number of the asker's is what it is. What is not shown to them has no page."""
    found, may = seen(request, pk)
    columns = visible(found)
    held = next((one for one in columns if one.pk == column), None)
    if may.role != Role.STUDENT or held is None:
        raise Http404("There is no such column, or it is not shown to you.")
    seat = get_object_or_404(Membership.objects.select_related("user"), school_class=found, user=request.user)
    hidden = unreleased(found, columns, seat.user)
    if held.pk in hidden:
        return render(request, "gradebook/mark.html", {"class": found, "column": held, "rules": hidden[held.pk]})
    told = explain.cell(held, seat, [one for one in columns if one.pk not in hidden])
    return render(request, "gradebook/mark.html", {"class": found, "column": held, "told": told, "own": True})
