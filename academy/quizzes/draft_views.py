"""What the page of an attempt asks while one works on it: keep an answer, check one in practice."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from academy.quizzes import attempts, policy, showing
from academy.quizzes.attempts import Conflict, Over, Sent
from academy.quizzes.models import AttemptItem, State
from academy.quizzes.views import own, whole
from lessons import asking
from lessons.questions.model import Unreadable


def item_of(request: HttpRequest, pk: uuid.UUID, slot: int) -> AttemptItem:
    attempt = own(request, pk)
    return get_object_or_404(AttemptItem.objects.select_related("question_version__question", "attempt"), attempt=attempt, slot=slot)


@require_POST
@never_cache
def draft(request: HttpRequest, pk: uuid.UUID, slot: int) -> JsonResponse:
    """Fields of one question, its `rev`, and `event`, the browser's id for this answer.

    200 {rev, answered}; 409 {text, rev, html, stored}: another answer is stored, as html to go on with and to look at;
    410 {text}: over; 422 {text}: cannot be read.
    """
    item = item_of(request, pk, slot)
    fields = showing.fields_of(request.POST, slot)
    try:
        event = event_id(request.POST.get("event", ""))
        sent = Sent(answer=showing.read(item, fields), base_rev=whole(fields.get("rev", [""])[0]), client_event_id=event)
        kept = attempts.save(pk, request.user, slot, sent)
    except Unreadable as error:
        return JsonResponse({"text": str(error)}, status=422)
    except Conflict as conflict:
        stored = AttemptItem.objects.select_related("question_version__question").get(pk=conflict.items[0].pk)
        row = showing.asked(stored)
        html = render_to_string(row.template, part(row), request)
        shown = render_to_string(row.template, part(row) | {"locked": True, "name": f"{row.name}-stored"}, request)
        return JsonResponse({"text": str(conflict), "rev": stored.draft_rev, "html": html, "stored": shown}, status=409)
    except Over as over:
        return JsonResponse({"text": str(over)}, status=410)
    return JsonResponse({"rev": kept.draft_rev, "answered": kept.draft is not None})


def part(row: showing.Row) -> dict[str, object]:
    """The context of a type's template."""
    return {name: getattr(row, name) for name in ("question", "name", "view", "locked", "said", "show_key", "key", "item")}


def event_id(written: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(written) if written else None
    except ValueError:
        return None


@require_POST
@never_cache
def check(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """In practice: what is said to one answer, before the attempt is over. A piece of the page for htmx, a page for everybody else."""
    item = item_of(request, pk, slot)
    context: dict[str, object] = {"item": item, "attempt": item.attempt}
    if item.attempt.practice and (kept := policy.kept_back(request.user, item.attempt.quiz_id, policy.now())):
        context["refused"] = kept
    elif not item.attempt.practice or item.attempt.state != State.IN_PROGRESS or not can_check(item):
        context["refused"] = "Answers are checked one by one in practice only, and while it goes on."
    else:
        try:
            answer = showing.read(item, showing.fields_of(request.POST, slot))
        except Unreadable as error:
            context["refused"] = str(error)
        else:
            context |= {"row": looked_at(item, answer)} if answer is not None else {"refused": "Answer first, then check."}
    return render(request, "quizzes/parts/checked.html" if request.htmx else "quizzes/checked.html", context)


def can_check(item: AttemptItem) -> bool:
    return asking.kind_of(asking.question_of(item.question_version)).can_check


def looked_at(item: AttemptItem, answer: object) -> showing.Row:
    attempts.note_check(item, answer, policy.now())
    return showing.checked(item, answer)
