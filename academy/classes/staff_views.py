"""What a class's staff do: instructors manage it; teaching assistants read the roster and watch runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from academy.accounts.models import User
from academy.classes import members, zones
from academy.classes.access import may_open_classes
from academy.classes.forms import AddForm, ClassForm, CodeForm, DateForm
from academy.classes.members import Refused
from academy.classes.models import How, Membership, Role, SchoolClass
from academy.classes.views import seen
from labs.models import Run
from labs.run_views import titles

DATES_MAX = 200  # of a class
RUNS_PER_PAGE = 30


def managed(request: HttpRequest, pk: int, *, archived: bool = False) -> SchoolClass:
    """A class the asker manages. Members who do not are refused; to everybody else it does not exist."""
    found, may = seen(request, pk)
    if not may.manage:
        raise PermissionDenied
    if found.archived and not archived:
        raise Http404("This class is archived. Take it out of the archive to change it.")
    return found


def first_error(form: Any) -> str:
    return " ".join(error for errors in form.errors.values() for error in errors)


@login_required
@require_http_methods(["GET", "POST"])
def open_class(request: HttpRequest) -> HttpResponse:
    if not may_open_classes(request.user):
        raise PermissionDenied
    form = ClassForm(request.POST or None, initial={"time_zone": "UTC"})
    if request.method == "POST" and form.is_valid():
        try:
            made = members.open_class(request.user, form.instance)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("classes:class", made.pk)
    return render(request, "classes/settings.html", {"form": form, "zones": zones.names()})


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    found = managed(request, pk)
    form = ClassForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
        messages.success(request, "The class is changed.")
        return redirect("classes:class", pk)
    return render(request, "classes/settings.html", {"form": form, "class": found, "zones": zones.names()})


@login_required
@require_POST
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """A new code in place of the old one, or none."""
    found = managed(request, pk)
    if request.POST.get("do") == "off":
        members.switch_code_off(found)
        messages.success(request, "The code is switched off. Nobody joins by it any more.")
        return redirect("classes:class", pk)
    form = CodeForm(found, request.POST)
    if form.is_valid():
        members.replace_code(found, form.cleaned_data["expires_at"])
        messages.success(request, "There is a new code. The old one opens nothing any more.")
    else:
        messages.error(request, first_error(form))
    return redirect("classes:class", pk)


@login_required
@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    found = managed(request, pk, archived=True)
    if request.POST.get("do") == "back":
        members.take_out_of_archive(found)
        messages.success(request, f"{found} is open again. It has no code until you make one.")
    else:
        members.archive(found)
        messages.success(request, f"{found} is archived. Nobody joins it, and its staff see no runs.")
    return redirect("classes:class", pk)


@login_required
@require_http_methods(["GET", "POST"])
def dates(request: HttpRequest, pk: int) -> HttpResponse:
    """The class's dates and one more."""
    found = managed(request, pk)
    form = DateForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            members.lock(found.pk)
            if found.dates.count() < DATES_MAX:
                form.date().save()
                for note in form.notes:
                    messages.warning(request, note)
                messages.success(request, "The date is set.")
                return redirect("classes:dates", pk)
        form.add_error(None, f"A class has at most {DATES_MAX} dates. Delete some that are over.")
    return render(request, "classes/dates.html", {"class": found, "form": form, "dates": list(found.dates.all())})


@login_required
@require_POST
def delete_date(request: HttpRequest, pk: int, date: int) -> HttpResponse:
    found = managed(request, pk)
    get_object_or_404(found.dates, pk=date).delete()
    messages.success(request, "The date is deleted.")
    return redirect("classes:dates", pk)


@login_required
@require_POST
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    """One account by its name."""
    found = managed(request, pk)
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("classes:class", pk)
    user = User.objects.filter(username__iexact=form.cleaned_data["username"], is_guest=False, is_active=True).order_by("pk").first()
    try:
        if user is None:
            raise Refused("Nobody here has this name. Give them the code or put them on a roster, which makes an invitation.")
        with transaction.atomic():
            seat, is_new = members.seat(members.lock(found.pk), user, How.HAND)
            if is_new and form.cleaned_data["role"] != Role.STUDENT:
                members.set_role(seat, form.cleaned_data["role"])
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            f"{user} is asked, and is in the class once they agree on their page of classes."
            if is_new
            else f"{user} was in the class already.",
        )
    return redirect("classes:class", pk)


@login_required
@require_POST
def change_member(request: HttpRequest, pk: int, seat: int) -> HttpResponse:
    """Another role, or out."""
    found = managed(request, pk)
    held = get_object_or_404(found.memberships.select_related("user"), pk=seat)
    try:
        if request.POST.get("do") == "remove":
            members.leave(held)
            messages.success(request, f"{held.user} is no longer in the class.")
        else:
            members.set_role(held, request.POST.get("role", ""))
            messages.success(request, f"{held.user} is {held.get_role_display()} now.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("classes:class", pk)


@login_required
@require_GET
def student_runs(request: HttpRequest, pk: int, seat: int) -> HttpResponse:
    """The runs of a student, to watch. `labs.rights` asks again for each one."""
    found, may = seen(request, pk)
    if not may.runs:
        raise PermissionDenied
    held = get_object_or_404(Membership.objects.agreed().select_related("user"), pk=seat, school_class=found, role=Role.STUDENT)
    own = Run.objects.filter(owner=held.user, share_key=None).order_by("-used_at")
    page = Paginator(own, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(run, titles(run)) for run in page]
    return render(request, "classes/student_runs.html", {"class": found, "seat": held, "page": page, "rows": rows})
