"""Attempts in a class for its staff. All of them look and mark by hand; excusing a question, ending and voiding is for instructors."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy.classes.models import SchoolClass
from academy.classes.staff_views import managed
from academy.quizzes import attempts as door
from academy.quizzes import interventions, marking, staff_showing
from academy.quizzes.attempts import Refused
from academy.quizzes.forms import MarkForm, ReasonForm
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, State
from academy.quizzes.staff_views import schedule_of, taught

PER_PAGE = 50
DEEDS = {"end": interventions.end, "void": interventions.void, "restore": interventions.restore}
DONE = {
    "end": "The attempt is ended, and what was saved is being marked.",
    "void": "The attempt does not count any more. Its answers and marks are kept.",
    "restore": "The attempt counts again.",
}


def marks(request: HttpRequest, pk: int) -> SchoolClass:
    """A class in which the asker marks by hand: one of its staff, while it is not archived."""
    found, _ = taught(request, pk)
    if found.archived:
        raise Http404("This class is archived. Take it out of the archive to change it.")
    return found


def attempt_of(school_class: SchoolClass, schedule: int, pk: uuid.UUID) -> Attempt:
    held = schedule_of(school_class, schedule)
    rows = Attempt.objects.select_related("quiz__lesson", "school_class", "user")
    return get_object_or_404(rows, pk=pk, school_class=school_class, quiz=held.quiz)


@login_required
@require_safe
@never_cache
def attempts(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    """All at one quiz of the class, or those in one state, or of one student."""
    found, may = taught(request, pk)
    held = schedule_of(found, schedule)
    chosen = request.GET.get("show", "all")
    if chosen not in staff_showing.FILTERS:
        raise Http404("There is no such list of attempts.")
    who = request.GET.get("who", "").strip()[:150]
    rows = staff_showing.attempts_at(held).filter(staff_showing.FILTERS[chosen][1])
    rows = rows.filter(user__username__icontains=who) if who else rows
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "class": found, "may": may, "schedule": held, "counts": staff_showing.counts(held), "chosen": chosen, "who": who, "page": page,
        "lines": staff_showing.lines(held, page),
    }  # fmt: skip
    return render(request, "quizzes/staff/attempts.html", context)


@login_required
@require_safe
@never_cache
def attempt(request: HttpRequest, pk: int, schedule: int, attempt: uuid.UUID) -> HttpResponse:
    """One, with everything that is known of it."""
    found, _ = taught(request, pk)
    held = attempt_of(found, schedule, attempt)
    if held.state == State.IN_PROGRESS and door.finalize(held.pk):
        held = attempt_of(found, schedule, attempt)
    return attempt_page(request, schedule, held)


def attempt_page(
    request: HttpRequest, schedule: int, held: Attempt, *, typed: dict[int, MarkForm] | None = None, deed: str = "", reason: Any = None
) -> HttpResponse:
    """`typed` and `reason` are forms that could not be taken, with what is wrong; `deed` is what the reason was for."""
    found, may = taught(request, held.school_class_id or 0)
    looked, score = staff_showing.looked_at(held)
    own = held.user_id == request.user.pk
    open_class = not found.archived and not own
    for one in looked:
        excused = one.grade is not None and one.grade.kind == GradeEvent.Kind.EXCUSED
        if open_class and held.is_over and (may.manage or not excused):
            one.form = (typed or {}).get(one.item.slot) or mark_form(one.item)
    page = {
        "class": found, "may": may, "schedule_pk": schedule, "attempt": held, "looked": looked, "score": score,
        "percent": staff_showing.showing.percent(score) if score.max else None, "receipt": getattr(held, "receipt", None), "own": own,
        "deeds": interventions.deeds(held), "can": may.manage and open_class, "can_mark": open_class, "deed": deed,
        "reason": reason or ReasonForm(), **staff_showing.ended(held),
    }  # fmt: skip
    return render(request, "quizzes/staff/attempt.html", page, status=422 if typed or deed else 200)


def mark_form(item: AttemptItem, data: Any = None) -> MarkForm:
    return MarkForm(item.question_version.points, data, prefix=f"q{item.slot}", auto_id="id_%s")


@login_required
@require_POST
def mark(request: HttpRequest, pk: int, schedule: int, attempt: uuid.UUID, slot: int) -> HttpResponse:
    """One question by hand: `do` is mark, excuse or clear."""
    found = marks(request, pk)
    held = attempt_of(found, schedule, attempt)
    item = get_object_or_404(AttemptItem.objects.select_related("question_version__question"), attempt=held, slot=slot)
    _, may = taught(request, pk)
    do = request.POST.get("do", "mark")
    excused = getattr(marking.effective(item.grades.order_by("pk")), "kind", "") == GradeEvent.Kind.EXCUSED
    if not may.manage and (do == "excuse" or excused):
        raise PermissionDenied
    form = mark_form(item, request.POST)
    if do != "mark":
        form.fields["points"].required = False
    try:
        if form.is_valid():
            decide(do, item, form, request.user)
            messages.success(request, f"Question {slot}: decided. It is in the log with your name and reason.")
            return redirect_to(found, schedule, held, f"#q{slot}")
    except Refused as refused:
        form.add_error(None, str(refused))
    return attempt_page(request, schedule, held, typed={slot: form})


def decide(do: str, item: AttemptItem, form: MarkForm, actor: Any) -> None:
    reason = form.cleaned_data["reason"]
    if do == "excuse":
        interventions.excuse(item, actor=actor, reason=reason)
    elif do == "clear":
        interventions.take_back(item, actor=actor, reason=reason)
    elif do == "mark":
        interventions.mark(item, form.cleaned_data["points"], actor=actor, reason=reason)
    else:
        raise Http404("There is no such decision.")


@login_required
@require_POST
def deed(request: HttpRequest, pk: int, schedule: int, attempt: uuid.UUID) -> HttpResponse:
    """End it, take it out of what counts, put it back: with a reason."""
    found = managed(request, pk)
    held = attempt_of(found, schedule, attempt)
    do = request.POST.get("do", "")
    if do not in DEEDS:
        raise Http404("There is no such thing to do with an attempt.")
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            DEEDS[do](held.pk, actor=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, DONE[do])
            return redirect_to(found, schedule, held)
    return attempt_page(request, schedule, attempt_of(found, schedule, attempt), deed=do, reason=form)


@login_required
@require_POST
def again(request: HttpRequest, pk: int, schedule: int, attempt: uuid.UUID) -> HttpResponse:
    """Let a worker try again what it could not mark."""
    found = marks(request, pk)
    held = attempt_of(found, schedule, attempt)
    try:
        interventions.mark_again(held.pk, actor=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "A worker is asked to mark it again. Look again in a few seconds.")
    return redirect_to(found, schedule, held)


def redirect_to(school_class: SchoolClass, schedule: int, held: Attempt, place: str = "") -> HttpResponse:
    response = redirect("class_quizzes:attempt", school_class.pk, schedule, held.pk)
    response["Location"] += place
    return response
