"""What the marks of a class say, for its staff. Students are refused; to strangers the class does not exist."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from academy.classes.models import SchoolClass
from academy.classes.views import seen
from academy.insight import charts, measures
from academy.insight import overview as summary
from academy.insight.measures import ConceptInsight
from academy.insight.statistics import N_MIN
from academy.quizzes.models import QuizSchedule


def staffed(request: HttpRequest, pk: int) -> SchoolClass:
    found, may = seen(request, pk)
    if not may.roster:
        raise PermissionDenied
    return found


def page_of(request: HttpRequest, name: str, **what: Any) -> HttpResponse:
    return render(request, f"insight/{name}.html", {"few": N_MIN, **what})


def by_lesson(found: list[ConceptInsight]) -> dict[str, list[ConceptInsight]]:
    """In the order of the course."""
    groups: dict[str, list[ConceptInsight]] = {}
    for one in found:
        groups.setdefault(one.concept.lesson, []).append(one)
    return groups


@login_required
@require_safe
@never_cache
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """All quizzes of the class, and how it does in each concept."""
    found = staffed(request, pk)
    lines, concepts = summary.of_class(found)
    return page_of(
        request, "class", **{"class": found}, lines=lines, lessons=by_lesson(concepts), adding=any(one.n is None for one in lines)
    )


@login_required
@require_safe
@never_cache
def quiz(request: HttpRequest, pk: int, schedule: int) -> HttpResponse:
    """One quiz: its questions, what was answered to each, scores and times."""
    found = staffed(request, pk)
    rows = QuizSchedule.objects.select_related("quiz__lesson", "school_class")
    held = get_object_or_404(rows, pk=schedule, school_class=found)
    insight = measures.of_quiz(held)
    bars = {} if insight.few else {"scores": charts.scores(insight.scores)}
    if insight.durations.n >= N_MIN:
        bars["minutes"] = charts.minutes(insight.durations.seconds)
    return page_of(request, "quiz", **{"class": found}, schedule=held, insight=insight, bars=bars)


@login_required
@require_safe
@never_cache
def concepts(request: HttpRequest, pk: int) -> HttpResponse:
    """Each student beside each concept of one lesson."""
    found = staffed(request, pk)
    _, every = summary.of_class(found)
    lessons = list(by_lesson(every))
    asked = request.GET.get("lesson", "")
    lesson = asked if asked in lessons else next(iter(lessons), "")
    shown, students = measures.students(found, lesson) if lesson else ([], [])
    return page_of(request, "concepts", **{"class": found}, lessons=lessons, lesson=lesson, shown=shown, students=students)
