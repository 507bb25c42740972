"""Quizzes for students: what there is, taking one, and looking back. Everybody's own attempts and nobody else's."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy.classes.models import SchoolClass
from academy.quizzes import attempts, offers, policy, showing
from academy.quizzes.attempts import Conflict, Refused, Sent
from academy.quizzes.models import Attempt, State
from lessons.models import Quiz
from lessons.questions.model import Unreadable

REV_MAX = 1_000_000


def own(request: HttpRequest, pk: uuid.UUID) -> Attempt:
    """An attempt of the asker. Anybody else's is not found: whether it exists is nobody's business."""
    if not request.user.is_authenticated:
        raise Http404("This attempt does not exist, or it is not yours.")
    rows = Attempt.objects.select_related("quiz__lesson", "school_class", "user")
    return get_object_or_404(rows, pk=pk, user=request.user)


@require_safe
@never_cache
def quiz(request: HttpRequest, name: str) -> HttpResponse:
    """What a quiz is, by which rules each class of the asker takes it, and the attempts there were."""
    found = get_object_or_404(Quiz.objects.select_related("lesson"), name=name, is_asked=True)
    return render(request, "quizzes/quiz.html", {"quiz": found, **offers.of_quiz(request.user, found)})


@login_required
@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """All quizzes set for the asker, and the attempts there were."""
    return render(request, "quizzes/mine.html", offers.of_user(request.user))


@require_POST
def begin(request: HttpRequest, name: str) -> HttpResponse:
    """Go on with the attempt in progress or begin one. Practice makes a visitor a guest, as starting a lab does."""
    found = get_object_or_404(Quiz, name=name)
    school_class = None
    if request.POST.get("class"):
        if not request.user.is_authenticated:
            return redirect("account_login")
        school_class = get_object_or_404(SchoolClass, pk=whole(request.POST["class"]), memberships__user=request.user)
    user: Any = import_string(settings.LABS_ENSURE_USER)(request)
    try:
        made = attempts.begin(user, found, school_class)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("quizzes:quiz", name)
    return redirect("quizzes:attempt", made.pk)


@require_safe
@never_cache
def attempt(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The questions while it is in progress, what came of it afterwards."""
    found = own(request, pk)
    if found.state == State.IN_PROGRESS and attempts.finalize(pk):
        found = own(request, pk)
    if found.state == State.IN_PROGRESS:
        return answering(request, found, showing.rows(found))
    return over(request, found)


def answering(request: HttpRequest, found: Attempt, rows: list[showing.Row], status: int = 200, **more: Any) -> HttpResponse:
    at = policy.now()
    left = (found.deadline_at - at).total_seconds() if found.deadline_at else None
    page = {"attempt": found, "rows": rows, "left_ms": None if left is None else max(0, round(left * 1000)), **more}
    return render(request, "quizzes/attempt.html", page, status=status)


def over(request: HttpRequest, found: Attempt) -> HttpResponse:
    shows = showing.releases(found)
    rows, score = showing.looked_back(found, shows)
    receipt = getattr(found, "receipt", None)
    rules = policy.of_attempt(found)
    credit = rules.credit(found.submitted_at) if found.submitted_at else None
    page = {
        "attempt": found, "rows": rows, "score": score, "percent": showing.percent(score), "shows": shows, "receipt": receipt,
        "credit": None if credit == 1 else credit, "waits": showing.waits(found), "rules": rules,
        "answered": sum(row.answered for row in rows),
    }  # fmt: skip
    return render(request, "quizzes/over.html", page)


@require_safe
@never_cache
def status(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A piece of the page after handing in: asked for again until the marks are there, then the whole page is fetched anew."""
    found = own(request, pk)
    response = render(request, "quizzes/parts/status.html", {"attempt": found, "waits": showing.waits(found)})
    if not showing.waits(found):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@never_cache
def submit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The whole form: saved, or handed in. Nothing of what was typed is lost, whatever is wrong with it."""
    found = own(request, pk)
    items = {item.slot: item for item in found.items.select_related("question_version__question")}
    sent, unread = {}, {}
    for slot, item in items.items():
        fields = showing.fields_of(request.POST, slot)
        try:
            sent[slot] = Sent(answer=showing.read(item, fields), base_rev=whole(fields.get("rev", [""])[0]))
        except Unreadable as error:
            unread[slot] = (str(error), fields)
    blank = [slot for slot, one in sent.items() if one.answer is None]
    goes_on = unread or request.POST.get("do") != "submit" or (blank and not request.POST.get("sure"))
    if found.state == State.IN_PROGRESS and goes_on:
        return keep(request, found, sent, unread, blank if request.POST.get("do") == "submit" else ())
    try:
        attempts.submit(pk, request.user, key_of(request), sent)
    except Conflict:
        return keep(request, found, sent, {})  # what is not in conflict is saved, so that the page that comes back shows all that was sent
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quizzes:attempt", pk)


def keep(request: HttpRequest, found: Attempt, sent: dict[int, Sent], unread: dict[int, Any], blank: Any = ()) -> HttpResponse:
    """Save what can be read, and show the page again with what is still to do."""
    conflict: list[Any] = []
    for slot, one in sorted(sent.items()):
        try:
            attempts.save(found.pk, request.user, slot, one)
        except Conflict as clash:
            conflict += clash.items
        except attempts.Over as refused:
            messages.error(request, str(refused))
            return redirect("quizzes:attempt", found.pk)
    if conflict:
        return conflicted(request, found, Conflict(conflict), sent)
    if not unread and not blank:
        messages.success(request, "Your answers are saved. The attempt goes on.")
        return redirect("quizzes:attempt", found.pk)
    rows = showing.rows(found)
    for row in rows:
        if row.item.slot in unread:
            row.error, fields = unread[row.item.slot]
            row.view = showing.as_sent(row, fields)
    return answering(request, found, rows, status=422 if unread else 200, blank=[] if unread else list(blank))


def conflicted(request: HttpRequest, found: Attempt, conflict: Conflict, sent: dict[int, Sent]) -> HttpResponse:
    """Both answers, side by side: the page's stands in the form, based on what is stored now; the stored one is shown above it."""
    stored = {item.slot: item for item in conflict.items}
    rows = []
    for row in showing.rows(found):
        slot = row.item.slot
        if slot in stored:
            theirs = row
            row = showing.asked(row.item, answer=sent[slot].answer, conflict=theirs)
            theirs.locked = True
        rows.append(row)
    return answering(request, found, rows, status=409, conflicts=sorted(stored))


def key_of(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("submit_key", ""))
    except ValueError:
        return uuid.UUID(int=0)


def whole(written: str) -> int:
    """A revision in a form; -1, which fits nothing, for anything else."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 7 else -1


@require_POST
def abandon(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = own(request, pk)
    try:
        attempts.abandon(pk, request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("quizzes:attempt", pk)
    return redirect("quizzes:quiz", found.quiz.name)
