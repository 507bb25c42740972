"""Pages of classes for everybody in them. Those for staff are in `staff_views` and `roster_views`."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from academy.classes import members
from academy.classes.access import Access, access, may_open_classes
from academy.classes.codes import spelled
from academy.classes.members import Refused
from academy.classes.models import Membership, Role, SchoolClass

STAFF_FIRST: list[str] = [Role.INSTRUCTOR, Role.ASSISTANT, Role.STUDENT]


def seen(request: HttpRequest, pk: int) -> tuple[SchoolClass, Access]:
    """A class that the asker may see. A stranger's is not found: whether it exists is nobody else's business."""
    found = get_object_or_404(SchoolClass, pk=pk)
    may = access(request.user, found)
    if not may.see:
        raise Http404("This class does not exist, or you are not in it.")
    return found, may


@login_required
@require_GET
def class_list(request: HttpRequest) -> HttpResponse:
    """The asker's classes with their dates, archived ones last."""
    user: Any = request.user  # logged in
    seats = Membership.objects.filter(user=user).select_related("school_class").prefetch_related("school_class__dates")
    asked = [seat for seat in seats if seat.agreed_at is None and not seat.school_class.archived]
    seats = [seat for seat in seats if seat.agreed_at is not None]
    rows = sorted(seats, key=lambda seat: (seat.school_class.archived, seat.school_class.name.lower(), seat.pk))
    return render(request, "classes/classes.html", {"rows": rows, "asked": asked, "may_open": may_open_classes(request.user)})


@login_required
@require_GET
def school_class(request: HttpRequest, pk: int) -> HttpResponse:
    """A class as its members see it; staff see more on the same page."""
    found, may = seen(request, pk)
    page: dict[str, Any] = {"class": found, "may": may, "dates": list(found.dates.all())}
    staff = found.memberships.agreed().exclude(role=Role.STUDENT).select_related("user")
    if may.roster:
        seats = found.memberships.select_related("user")
        page |= {
            "seats": sorted(seats, key=lambda seat: STAFF_FIRST.index(seat.role)),
            "invitations": list(found.invitations.filter(used_at=None)),
        }
    if may.manage:
        page |= {"code": spelled(found.join_code) if found.join_code else "", "roles": Role.choices}
    return render(request, "classes/class.html", page | {"staff": list(staff)})


def slowed(request: HttpRequest) -> None:
    """Guessing codes and links costs time. Raises what allauth's middleware answers with 429."""
    refusal = consume_or_429(request, action="join_class", user=request.user)
    if refusal:
        raise ImmediateHttpResponse(refusal)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """By the code. Without an account one is asked to sign up: a guest's account goes when it is idle, and results with it."""
    typed = request.POST.get("code", request.GET.get("code", ""))[:40]
    if not request.user.is_authenticated or request.user.is_guest:
        return render(request, "classes/join.html", {"typed": typed, "needs_account": True})
    if request.method != "POST":
        return render(request, "classes/join.html", {"typed": typed})
    slowed(request)
    try:
        seat, is_new = members.join_by_code(request.user, typed)
    except Refused as refused:
        return render(request, "classes/join.html", {"typed": typed, "refused": str(refused)})
    return welcome(request, seat, is_new)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """By an invitation's link. A look changes nothing; the button uses it up."""
    slowed_by_address(request)
    found = members.invitation(token)
    page = {"found": found, "needs_account": not request.user.is_authenticated or request.user.is_guest}
    if request.method != "POST" or found is None or page["needs_account"]:
        response = render(request, "classes/invited.html", page, status=200 if found else 410)
        response["Referrer-Policy"] = "no-referrer"  # the address is the key
        return response
    try:
        seat, is_new = members.join_by_link(request.user, token)
    except Refused as refused:
        return render(request, "classes/invited.html", {"found": None, "refused": str(refused)}, status=410)
    return welcome(request, seat, is_new)


def slowed_by_address(request: HttpRequest) -> None:
    refusal = consume_or_429(request, action="class_link")
    if refusal:
        raise ImmediateHttpResponse(refusal)


def welcome(request: HttpRequest, seat: Membership, is_new: bool) -> HttpResponse:
    if is_new:
        messages.success(request, f"You are in {seat.school_class}.")
    else:
        messages.info(request, f"You were in {seat.school_class} already, as {seat.get_role_display()}.")
    return redirect("classes:class", seat.school_class_id)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever was asked into a class takes the seat or declines it."""
    seat = get_object_or_404(Membership.objects.select_related("school_class"), school_class=pk, user=request.user, agreed_at=None)
    if request.POST.get("do") == "agree" and not seat.school_class.archived:
        members.agree(seat)
        return welcome(request, seat, True)
    members.leave(seat)
    messages.success(request, f"You are not in {seat.school_class}.")
    return redirect("classes:classes")


@login_required
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    found, _ = seen(request, pk)
    seat = get_object_or_404(Membership, school_class=found, user=request.user)
    try:
        members.leave(seat)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("classes:class", pk)
    messages.success(request, f"You left {found}. Your runs are still yours, and its staff see them no more.")
    return redirect("classes:classes")
