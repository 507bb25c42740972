"""The gradebook for a class's staff: the table, one student, one cell. Assistants look; instructors change.

A cell's page is a page of its own; asked by htmx it is the piece that stands beside the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from academy.classes.access import Access
from academy.classes.models import Membership, Role, SchoolClass
from academy.classes.staff_views import managed
from academy.classes.views import seen
from academy.gradebook import book, explain
from academy.gradebook import grid as table
from academy.gradebook.book import Refused, State
from academy.gradebook.forms import ReasonForm, SetForm
from academy.gradebook.grid import Grid, Row
from academy.gradebook.models import Column
from academy.gradebook.numbers import shown


def staffed(request: HttpRequest, pk: int) -> tuple[SchoolClass, Access]:
    """A class whose grades the asker may look at. A student of it is refused; to a stranger it does not exist."""
    found, may = seen(request, pk)
    if not may.roster:
        raise PermissionDenied
    return found, may


def may_change(found: SchoolClass, may: Access) -> bool:
    return may.manage and not found.archived


def seat_of(found: SchoolClass, seat: int) -> Membership:
    rows = Membership.objects.agreed().select_related("user").filter(school_class=found, role=Role.STUDENT)
    return get_object_or_404(rows, pk=seat)


def column_of(found: SchoolClass, column: int, **where: Any) -> Column:
    return get_object_or_404(found.columns.select_related("schedule__quiz", "school_class").filter(**where), pk=column)


@login_required
@require_GET
@never_cache
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """Sorted by name, by the total or by a column (`sort`, with `-` the other way round), and only names that contain `q`."""
    found, may = staffed(request, pk)
    whole = table.of_class(found)
    sort, asked = request.GET.get("sort", ""), request.GET.get("q", "").strip()[:100]
    rows = ordered([row for row in whole.rows if asked.casefold() in f"{row.name} {row.seat.user.username}".casefold()], whole, sort)
    page = {"class": found, "may": may, "change": may_change(found, may), "grid": whole, "rows": rows, "sort": sort, "q": asked}
    return render(request, "gradebook/grid.html", page | {"legend": table.LEGEND})


def ordered(rows: list[Row], whole: Grid, sort: str) -> list[Row]:
    """Who has nothing comes last, either way."""
    name = sort.removeprefix("-")
    by = key(whole, name)
    if by is None:
        return rows[::-1] if sort == "-name" else rows
    have = [row for row in rows if by(row) is not None]
    return sorted(have, key=by, reverse=sort.startswith("-")) + [row for row in rows if by(row) is None]


def key(whole: Grid, name: str) -> Callable[[Row], Any] | None:
    if name == "total":
        return lambda row: row.total
    at = next((at for at, column in enumerate(whole.columns) if str(column.pk) == name), None)
    return None if at is None else lambda row: row.points[at]


@login_required
@require_GET
@never_cache
def student(request: HttpRequest, pk: int, seat: int) -> HttpResponse:
    """A student's cells, one below the other: the way to each of them without JavaScript, and on a phone."""
    found, may = staffed(request, pk)
    held = seat_of(found, seat)
    columns = table.live(found)
    row = table.row(held, columns, table.read(found, held.user))
    page = {"class": found, "may": may, "row": row, "cells": listed(row, columns)}
    return render(request, "gradebook/student.html", page)


def listed(row: Row, columns: list[Column]) -> list[dict[str, Any]]:
    rows = zip(columns, row.points, row.signs, strict=True)
    return [{"column": column, "points": shown(points), "sign": sign, "word": table.WORDS.get(sign, "")} for column, points, sign in rows]


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def cell(request: HttpRequest, pk: int, column: int, seat: int) -> HttpResponse:
    """Why a number is what it is; for instructors also the three ways to decide otherwise."""
    found, may = staffed(request, pk)
    held, place = column_of(found, column, removed_at=None), seat_of(found, seat)
    forms = forms_of(held)
    if request.method != "POST":
        return cell_page(request, may, held, place, forms)
    managed(request, pk)
    do = request.POST.get("do", "")
    if do not in forms:
        return redirect("gradebook:cell", pk, column, seat)
    forms = forms_of(held, do, request.POST)
    form = forms[do]
    if form.is_valid():
        try:
            book.decide(held, place.user, do, actor=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return decided(request, may, held, place)
    return cell_page(request, may, held, place, forms, opened=do)


def forms_of(column: Column, do: str = "", data: Any = None) -> dict[str, Any]:
    """The three ways to decide, by what they do; `do` is the one that was sent, with what was typed."""
    return {
        State.OVERRIDE: SetForm(column, data if do == State.OVERRIDE else None, auto_id="set_%s"),
        State.EXEMPT: ReasonForm(data if do == State.EXEMPT else None, auto_id="exempt_%s"),
        State.LIFTED: ReasonForm(data if do == State.LIFTED else None, auto_id="lift_%s"),
    }


def cell_page(request: HttpRequest, may: Access, column: Column, seat: Membership, forms: dict[str, Any], **more: Any) -> HttpResponse:
    found, status = column.school_class, 422 if more.get("opened") else 200
    told = explain.cell(column, seat, table.live(found))
    page = {"class": found, "may": may, "change": may_change(found, may), "told": told, "by_hand": told.cell.state in book.BY_HAND, **more}
    page |= {"set_form": forms[State.OVERRIDE], "exempt_form": forms[State.EXEMPT], "lift_form": forms[State.LIFTED]}
    template = "gradebook/parts/cell.html" if request.htmx else "gradebook/cell.html"  # type: ignore[attr-defined]
    return render(request, template, page, status=status)


def decided(request: HttpRequest, may: Access, column: Column, seat: Membership) -> HttpResponse:
    """Beside the table: the piece again, and what the table shows from now on."""
    found = column.school_class
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, "It is written down.")
        return redirect("gradebook:cell", found.pk, column.pk, seat.pk)
    response = cell_page(request, may, column, seat, forms_of(column), saved=True)
    columns = table.live(found)
    row = table.row(seat, columns, table.read(found, seat.user))
    at = next(at for at, one in enumerate(columns) if one.pk == column.pk)
    sign = row.signs[at]
    now = {
        "column": column.pk, "seat": seat.pk, "sign": sign, "word": table.WORDS.get(sign, ""), "total": row.percent,
        "number": "" if row.points[at] is None and sign == "exempt" else shown(row.points[at]),
    }  # fmt: skip
    response["HX-Trigger"] = json.dumps({"gradebook:cell": now})
    return response
