"""The columns of a gradebook: all of them, one of them, and what changing it does. `columns` and `bulk` are the doors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.classes.models import SchoolClass
from academy.classes.staff_views import managed
from academy.classes.words import counted
from academy.gradebook import bulk, grid
from academy.gradebook import columns as door
from academy.gradebook.book import Refused
from academy.gradebook.forms import ColumnForm
from academy.gradebook.models import Column
from academy.gradebook.numbers import percent, shown
from academy.gradebook.views import column_of, may_change, staffed

PLACES_MAX = 1000


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """All columns in their order, the removed ones, and one more that is marked by hand."""
    found, may = staffed(request, pk)
    form = ColumnForm()
    if request.method == "POST":
        managed(request, pk)
        form = ColumnForm(request.POST)
        if form.is_valid():
            try:
                made = door.add(found, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"There is a column {made}. Grades are set cell by cell, or all at once from a file.")
                return redirect("gradebook:columns", pk)
    live, removed = grid.live(found), list(found.columns.exclude(removed_at=None))
    weight = sum(one.weight for one in live)
    rows = [(one, percent(one.weight / weight) if weight else "") for one in live]
    page = {"class": found, "may": may, "change": may_change(found, may), "rows": rows, "removed": removed, "form": form}
    return render(request, "gradebook/columns.html", page, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def column(request: HttpRequest, pk: int, column: int) -> HttpResponse:
    """A column: its students, its settings, missing work, taking it away."""
    found, may = staffed(request, pk)
    held = column_of(found, column)
    form = ColumnForm(column=held)
    if request.method == "POST":
        managed(request, pk)
        form = ColumnForm(request.POST, column=held) if request.POST.get("do") == "save" else form
        try:
            said = done(request, held, form)
        except Refused as refused:
            if not form.is_bound:
                messages.error(request, str(refused))
                return redirect("gradebook:column", pk, column)
            form.add_error(None, str(refused))
        else:
            if said:
                messages.success(request, said)
                gone = request.POST.get("do") == "remove"
                return redirect("gradebook:columns", pk) if gone else redirect("gradebook:column", pk, column)
    return render(request, "gradebook/column.html", page_of(found, held, form) | {"may": may, "change": may_change(found, may)})


def done(request: HttpRequest, column: Column, form: ColumnForm) -> str:
    """Do what was asked; what happened, in words. Raises Refused."""
    do = request.POST.get("do", "")
    if do == "save":
        return saved(column, form)
    if do == "move":
        place = request.POST.get("place", "")
        door.move(column, int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else PLACES_MAX)
        return "The column is moved."
    if do == "remove":
        graded = request.POST.get("graded", "")
        door.remove(column, graded=int(graded) if graded.isascii() and graded.isdecimal() and len(graded) < 6 else -1)
        return f"{column} is removed. Its log is kept, and it can be put back."
    if do == "back":
        door.put_back(column)
        return f"{column} is back, as the last column."
    if do == "zeros":
        count = bulk.count_missing(column, actor=request.user)
        return f"{counted(count, 'student has', 'students have')} a 0 for missing work now."
    if do == "no-zeros":
        count = bulk.take_back_missing(column, actor=request.user)
        return f"{counted(count, 'zero for missing work is', 'zeros for missing work are')} taken back."
    raise Refused("Nothing was done: the page asked for something there is not. Load it again.")


def saved(column: Column, form: ColumnForm) -> str:
    if not form.is_valid():
        return ""
    posted = door.change(column, **form.cleaned_data)
    anew = f", and {counted(posted, 'grade is', 'grades are')} posted anew" if posted else ""
    return f"The column is changed{anew}."


def page_of(found: SchoolClass, held: Column, form: ColumnForm) -> dict[str, Any]:
    table = grid.of_class(found)
    at = next((at for at, one in enumerate(table.columns) if one.pk == held.pk), None)
    page: dict[str, Any] = {"class": found, "column": held, "form": form, "places": range(1, len(table.columns) + 1)}
    if at is None:
        return page
    rows = [(row, shown(row.points[at]), row.signs[at], grid.WORDS.get(row.signs[at], "")) for row in table.rows]
    removal = door.removal(held, table)
    most = f"{'+' if removal.most > 0 else '−'}{shown(abs(removal.most * 100))}"
    page |= {"removal": removal, "most": most, "missing": bulk.missing(held)}
    return page | {"rows": rows, "mean": shown(table.means[at]), "place": at + 1}
