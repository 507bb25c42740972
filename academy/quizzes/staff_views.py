"""A class's quizzes for its staff: which are set, by which rules, what is different for one student. Attempts: `attempt_staff_views`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academy.classes.access import Access
from academy.classes.models import Membership, SchoolClass
from academy.classes.staff_views import managed
from academy.classes.views import seen
from academy.classes.words import counted
from academy.quizzes import cautions, policy, scheduling, staff_showing
from academy.quizzes.attempts import Refused
from academy.quizzes.forms import OverrideForm, ReasonForm, ScheduleForm
from academy.quizzes.models import QuizSchedule
from academy.quizzes.schedule_models import When

DIGITS_MAX = 15


def taught(request: HttpRequest, pk: int) -> tuple[SchoolClass, Access]:
    """A class of whose staff the asker is. Its students are refused; to everybody else it does not exist."""
    found, may = seen(request, pk)
    if not may.roster:
        raise PermissionDenied
    return found, may


def schedule_of(school_class: SchoolClass, pk: int) -> QuizSchedule:
    rows = QuizSchedule.objects.select_related("quiz__lesson", "school_class", "column")
    return get_object_or_404(rows, pk=pk, school_class=school_class)


def warn(request: HttpRequest, schedule: QuizSchedule, notes: list[str]) -> None:
    for note in [*notes, *cautions.of(schedule, policy.now())]:
        messages.warning(request, note)


@login_required
@require_safe
@never_cache
def quizzes(request: HttpRequest, pk: int) -> HttpResponse:
    found, may = taught(request, pk)
    page = {"class": found, "may": may, "sets": staff_showing.sets(found), "students": staff_showing.students(found).count()}
    return render(request, "quizzes/staff/quizzes.html", page)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def set_quiz(request: HttpRequest, pk: int) -> HttpResponse:
    """One more."""
    found = managed(request, pk)
    form = ScheduleForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = scheduling.set_quiz(found, form.quizzes[data["quiz"]], rules=form.rules(), points=data["points"], weight=data["weight"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{made.quiz} is set.")
            warn(request, made, form.notes)
            return redirect("class_quizzes:quizzes", pk)
    return rules_page(request, found, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    """Its rules. They hold for attempts in progress and for those handed in as well."""
    found = managed(request, pk)
    held = schedule_of(found, schedule)
    form = ScheduleForm(found, request.POST or None, schedule=held, column=getattr(held, "column", None))
    if request.method == "POST" and form.is_valid():
        before = scheduling.running(held)
        try:
            made = scheduling.change(held, rules=form.rules(), points=form.cleaned_data["points"], weight=form.cleaned_data["weight"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"The rules of {held.quiz} are changed.{reached(before, scheduling.running(made))}")
            warn(request, made, form.notes)
            return redirect("class_quizzes:quizzes", pk)
    return rules_page(request, found, form, held)


def reached(before: int, after: int) -> str:
    """Whose attempts in progress new rules hold for: how many there were, and how many there are."""
    if not before:
        return ""
    ended = max(0, before - after)
    over = f" {ended} of them ended: by these rules the time was up." if ended else ""
    return f" They hold for {counted(before, 'attempt')} in progress as well.{over}"


def rules_page(request: HttpRequest, found: SchoolClass, form: ScheduleForm, held: QuizSchedule | None = None) -> HttpResponse:
    page: dict[str, Any] = {"class": found, "form": form, "schedule": held, "none_left": held is None and not form.quizzes}
    if held is not None:
        page |= {"made": scheduling.attempts_at(held), "running": scheduling.running(held), "cautions": cautions.of(held, policy.now())}
    return render(request, "quizzes/staff/rules_form.html", page, status=422 if form.errors else 200)


@login_required
@require_POST
def release(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    """Show what waits, or hold it back again."""
    found = managed(request, pk)
    shown = request.POST.get("do") == "release"
    try:
        held = scheduling.release(schedule_of(found, schedule), shown)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("class_quizzes:quizzes", pk)
    if not shown:
        messages.success(request, f"{held.quiz}: what was released waits for its date again. What students have seen they have seen.")
    else:
        never = [
            words
            for words, when in (("marks", held.score_when), ("feedback", held.feedback_when), ("key", held.key_when))
            if when == When.NEVER
        ]
        messages.success(request, f"{held.quiz} is released{': all but ' + ' and '.join(never) if never else ''}.")
        warn(request, held, [])
    return redirect("class_quizzes:quizzes", pk)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    found = managed(request, pk)
    held = schedule_of(found, schedule)
    try:
        scheduling.remove(held)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("class_quizzes:change", pk, schedule)
    messages.success(request, f"{held.quiz} is not set for this class any more.")
    return redirect("class_quizzes:quizzes", pk)


# Other rules for one student


@login_required
@require_safe
@never_cache
def students(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    """Whose rules differ, and the choice of one more student."""
    found = managed(request, pk)
    held = schedule_of(found, schedule)
    chosen = request.GET.get("seat", "")
    if chosen:
        if not (chosen.isascii() and chosen.isdecimal() and len(chosen) <= DIGITS_MAX):
            raise Http404("There is no such student.")
        return redirect("class_quizzes:student", pk, schedule, get_object_or_404(staff_showing.students(found), pk=chosen).pk)
    seats, others = list(staff_showing.students(found)), staff_showing.different(held)
    different = [(seat, others[seat.user_id]) for seat in seats if seat.user_id in others]
    page = {"class": found, "schedule": held, "seats": seats, "different": different}
    return render(request, "quizzes/staff/students.html", page)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def student(request: HttpRequest, pk: int, schedule: int, seat: int) -> HttpResponse:
    """One student's rules, what they were before, and others from now on."""
    found = managed(request, pk)
    held = schedule_of(found, schedule)
    sits = get_object_or_404(staff_showing.students(found), pk=seat)
    newest = policy.override_of(held, sits.user)
    is_back = request.POST.get("do") == "back"
    form = OverrideForm(
        held, newest if scheduling.is_different(newest) else None, request.POST if request.method == "POST" and not is_back else None
    )
    back = ReasonForm(request.POST if is_back else None, prefix="back")
    asked: Any = back if is_back else form
    if request.method == "POST" and asked.is_valid():
        given = {} if is_back else form.different()
        try:
            scheduling.override(held, sits.user, actor=request.user, reason=asked.cleaned_data["reason"], **given)
        except Refused as refused:
            asked.add_error(None, str(refused))
        else:
            told_rules(request, held, sits, [] if is_back else form.notes)
            return redirect("class_quizzes:student", pk, schedule, seat)
    page = {
        "class": found, "schedule": held, "seat": sits, "form": form, "back": back, "rules": policy.for_user(held, sits.user),
        "is_different": scheduling.is_different(newest), "history": staff_showing.history(held, sits.user),
        "running": staff_showing.running_of(held, sits.user),
    }  # fmt: skip
    return render(request, "quizzes/staff/student.html", page, status=422 if asked.errors else 200)


def told_rules(request: HttpRequest, schedule: QuizSchedule, seat: Membership, notes: list[str]) -> None:
    rules = policy.for_user(schedule, seat.user)
    differ = scheduling.is_different(policy.override_of(schedule, seat.user))
    messages.success(request, f"{seat.user} has {'rules of their own' if differ else 'the same rules as everybody'} from now on.")
    for note in notes:
        messages.warning(request, note)
    newest = policy.override_of(schedule, seat.user)
    if newest is not None and newest.time_factor is not None and rules.time_limit_s is None:
        messages.warning(request, "The quiz has no time limit now, so there is nothing to multiply until it gets one.")
    if text := cautions.others_still_answer(schedule, policy.now()):
        messages.warning(request, text)
