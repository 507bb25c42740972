"""Progress as its owner sees it: what the browser reports, the page of it, and beginning anew. Nobody else's is ever shown or touched."""

from typing import Annotated, Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lessons import progress
from lessons.context import COOKIE
from lessons.models import Lesson

IDS_MAX = 100  # in one request
EXPECTED = (
    '{"lessons": {"8.5": {"sections": ["majority"], "guides": []}}, "at": {"lesson": "8.5", "section": "majority"}}, '
    f"each part optional, at most {IDS_MAX} ids in all"
)
Id = Annotated[str, msgspec.Meta(max_length=80)]
Number = Annotated[str, msgspec.Meta(max_length=8)]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    sections: list[Id] = []
    guides: list[Id] = []


class At(msgspec.Struct, forbid_unknown_fields=True):
    lesson: Number
    section: Id


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser says was read since it last said so."""

    lessons: dict[Number, Reading] = {}
    at: At | None = None

    @property
    def ids(self) -> int:
        return sum(len(one.sections) + len(one.guides) for one in self.lessons.values())


@require_POST
def read(request: HttpRequest) -> JsonResponse:
    """Take a report. Ids that the published lessons do not have are passed over; `kept` says how many were not."""
    if not request.user.is_authenticated:
        return JsonResponse({"text": "Only a guest or an account has progress here; your browser keeps its own."}, status=403)
    try:
        report = msgspec.json.decode(request.body, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return JsonResponse({"text": f"Expected {EXPECTED}. {error}"}, status=400)
    if report.ids > IDS_MAX:
        return JsonResponse({"text": f"Expected {EXPECTED}; got {report.ids}. Send them in several requests."}, status=400)
    return JsonResponse({"kept": keep(request.user, report)})


def keep(user: Any, report: Report) -> int:
    numbers = {*report.lessons, *([report.at.lesson] if report.at else [])}
    kept = 0
    for lesson in progress.published(numbers):
        said = report.lessons.get(lesson.number, Reading())
        here = report.at.section if report.at and report.at.lesson == lesson.number else None
        kept += progress.take(user, lesson, set(said.sections), set(said.guides), at=here)
    return kept


@require_POST
def whole(request: HttpRequest, number: str) -> HttpResponse:
    """A reader says that a lesson is read; without JavaScript too. A visitor becomes a guest, as by starting a lab."""
    lesson = Lesson.objects.select_related("published").filter(number=number).exclude(published=None).first()
    if lesson is None:
        raise Http404(f"There is no lesson {number}.")
    user: Any = import_string(settings.LABS_ENSURE_USER)(request)
    progress.take_whole(user, lesson)
    messages.success(request, f"Lesson {lesson} is marked as read.")
    following = Lesson.objects.exclude(published=None).filter(order__gt=lesson.order).first()
    return redirect("lesson", (following or lesson).number)


@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """The reader's progress through the course."""
    every = progress.with_runs(request.user, progress.of_all(request.user)) if request.user.is_authenticated else []
    return render(request, "lessons/progress.html", {"begun": [one for one in every if one.begun], "every": every})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Asks, then forgets."""
    if request.method != "POST":
        return render(request, "lessons/reset.html")
    progress.forget(request.user)
    messages.success(request, "Your progress is reset. Your runs are still there.")
    response = redirect("progress")
    response.delete_cookie(COOKIE)
    return response
