"""The roster in and out: upload, look at what would happen, apply; hand out invitations; take the list home as CSV."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from academy.audit.models import record
from academy.classes import enrolment, members, roster
from academy.classes.models import SchoolClass
from academy.classes.staff_views import managed
from academy.classes.views import seen

LINKS_MAX = 200  # made at once
DIGITS_MAX = 19


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a file; then what it would do, line by line; then do it. The text goes to the browser and back and is checked again."""
    found = managed(request, pk)
    if request.method != "POST":
        return page_of(request, found)
    sent = request.FILES.get("file")
    text = roster.decode(sent.read(roster.BYTES_MAX + 1)) if sent is not None else request.POST.get("text", "")
    if isinstance(text, roster.Problem):
        return page_of(request, found, problems=[text])
    if not text.strip():
        return page_of(request, found, empty=True)
    read = roster.read(text)
    if read.problems:
        return page_of(request, found, problems=read.problems)
    if request.POST.get("do") == "apply":
        return apply(request, found, read)
    return page_of(request, found, plans=enrolment.plan(found, read.rows), text=text)


def page_of(request: HttpRequest, found: SchoolClass, **what: Any) -> HttpResponse:
    plans = what.get("plans", [])
    counts = {kind: sum(one.kind == kind for one in plans) for kind in ("joins", "stays", "invites", "waits", "refused")}
    status = 400 if what.get("problems") or what.get("empty") else 200
    return render(request, "classes/roster.html", {"class": found, "counts": counts, **what}, status=status)


def apply(request: HttpRequest, found: SchoolClass, read: roster.Roster) -> HttpResponse:
    try:
        done = enrolment.apply(found, read.rows)
    except members.Refused as refused:
        messages.error(request, str(refused))
        return redirect("classes:roster", found.pk)
    messages.success(
        request,
        f"{done['joins']} joined, {done['invites']} invited, {done['stays'] + done['waits']} as they were, {done['refused']} passed over.",
    )
    return redirect("classes:class", found.pk)


@never_cache
@login_required
@require_POST
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """Links for one invitation, or for all that have none. They are on this page and nowhere else."""
    found = managed(request, pk)
    waiting = found.invitations.filter(used_at=None)
    chosen = request.POST.get("invitation", "")
    one_only = waiting.filter(pk=int(chosen)) if chosen.isdecimal() and len(chosen) < DIGITS_MAX else waiting.filter(token_hash=None)
    asked = get_list_or_404(one_only) if chosen else list(one_only[:LINKS_MAX])
    rows = []
    for one in asked:
        url = request.build_absolute_uri(reverse("classes:invited", args=[members.make_link(one)]))
        record(one, "made an invitation's link")
        rows.append((one, url))
    return render(request, "classes/links.html", {"class": found, "rows": rows, "days": members.INVITATION_DAYS})


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    found = managed(request, pk)
    get_object_or_404(found.invitations.filter(used_at=None), pk=invitation).delete()
    messages.success(request, "The invitation is withdrawn, and its link opens nothing.")
    return redirect("classes:class", pk)


@login_required
@require_GET
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The roster as it is. Emails for instructors only: an assistant needs none to help."""
    found, may = seen(request, pk)
    if not may.roster:
        raise PermissionDenied
    head = ["username", "name", "role", "joined"] + (["email"] if may.manage else [])
    rows = []
    for seat in found.memberships.select_related("user"):
        user = seat.user
        row = [user.username, seat.listed_as or user.get_full_name(), seat.role, seat.joined_at.astimezone(found.zone).date().isoformat()]
        rows.append(row + ([user.email] if may.manage else []))
    record(found, "exported the roster")
    name = re.sub(r"[^a-z0-9]+", "-", found.name.lower()).strip("-") or f"class-{found.pk}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(roster.write(rows, head), content_type="text/csv; charset=utf-8", headers=headers)
