"""Grades out as CSV and in again: choose a file, see what it would change, change it. The text goes to the browser and back."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from academy.audit.models import record
from academy.classes import roster
from academy.classes.models import SchoolClass
from academy.classes.staff_views import managed
from academy.classes.words import counted
from academy.gradebook import bulk, csv_files, grid
from academy.gradebook.book import Refused
from academy.gradebook.csv_files import Plan
from academy.gradebook.forms import ReasonForm
from academy.gradebook.views import staffed

SHOWN_MAX = 2_000  # changes on a page; the rest are counted


class Changed(Exception):
    """What a file does is no longer what was agreed to. `plan`: what it does now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The gradebook has changed since this page was made, and so has what the file would do. Look again.")
        self.plan = plan


@login_required
@require_GET
@never_cache
def export(request: HttpRequest, pk: int) -> HttpResponse:
    found, _ = staffed(request, pk)
    record(found, "exported the grades")
    name = re.sub(r"[^a-z0-9]+", "-", found.name.lower()).strip("-") or f"class-{found.pk}"
    headers = {"Content-Disposition": f'attachment; filename="{name}-grades.csv"'}
    return HttpResponse(csv_files.write(grid.of_class(found)), content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def load(request: HttpRequest, pk: int) -> HttpResponse:
    """A file, or the text of one that was shown before, with a reason and what was agreed to."""
    found = managed(request, pk)
    if request.method != "POST":
        return page_of(request, found)
    sent = request.FILES.get("file")
    text = roster.decode(sent.read(roster.BYTES_MAX + 1)) if sent is not None else request.POST.get("text", "")
    if isinstance(text, roster.Problem):
        return page_of(request, found, problems=[text])
    form = ReasonForm(request.POST) if request.POST.get("do") == "apply" else ReasonForm()
    if form.is_bound and form.is_valid():
        return applied(request, found, text, form)
    return shown(request, found, csv_files.plan(found, text), text, form)


def applied(request: HttpRequest, found: SchoolClass, text: str, form: ReasonForm) -> HttpResponse:
    try:
        count = apply(request, found, text, form.cleaned_data["reason"])
    except Changed as changed:
        form.add_error(None, str(changed))
        return shown(request, found, changed.plan, text, form)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("gradebook:import", found.pk)
    messages.success(request, f"{counted(count, 'grade is', 'grades are')} set.")
    return redirect("gradebook:grid", found.pk)


@transaction.atomic
def apply(request: HttpRequest, found: SchoolClass, text: str, reason: str) -> int:
    """Set what the plan says, which must be what was agreed to. Raises Changed, Refused."""
    held = bulk.hold(found.pk)
    plan = csv_files.plan(held, text)
    if plan.problems or plan.digest != request.POST.get("digest"):
        raise Changed(plan)
    marks = [(one.seat.user_id, one.column, one.after) for one in plan.changes]
    count = bulk.set_all(held, marks, actor=request.user, reason=reason)
    record(held, "imported grades", {"grades": ["", f"{count} set: {reason}"[:300]]})
    return count


def shown(request: HttpRequest, found: SchoolClass, plan: Plan, text: str, form: ReasonForm) -> HttpResponse:
    if plan.problems:
        return page_of(request, found, problems=plan.problems)
    rows = plan.changes[:SHOWN_MAX]
    status = 422 if form.errors else 200
    return page_of(request, found, status, plan=plan, rows=rows, more=len(plan.changes) - len(rows), text=text, form=form)


def page_of(request: HttpRequest, found: SchoolClass, status: int = 0, **what: Any) -> HttpResponse:
    heads = [csv_files.head_of(column) for column in grid.live(found)]
    return render(
        request, "gradebook/import.html", {"class": found, "heads": heads, **what}, status=status or (400 if what.get("problems") else 200)
    )
