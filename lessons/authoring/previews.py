"""A text as readers would see it, with its labs running. These pages stand outside the admin, so that the site's own policy covers them.

`preview` is drawn in a frame beside the editor and stores nothing; `draft` is a page of its own. Both are for those who may write.
"""

from dataclasses import replace
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from lessons import embeds
from lessons.authoring import checklist, drafts, rights
from lessons.content import line_ends
from lessons.content.bounds import SOURCE_BYTES_MAX
from lessons.content.text import Text, parse
from lessons.models import Lesson

THEMES = ("light", "dark")


@require_POST
@never_cache
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"]})  # type: ignore[arg-type]
def preview(request: HttpRequest, number: str) -> HttpResponse:
    rights.require_writer(request)
    lesson = get_object_or_404(Lesson, number=number)
    source = line_ends.plain(request.POST.get("source", "")[: SOURCE_BYTES_MAX + 1])
    text, theme = parse(source), request.POST.get("theme")
    context = {
        "lesson": lesson,
        "text": text,
        "parts": [with_questions(shown) for shown in embeds.fill(text.parts, request, place=f"{number}:draft")],
        "checked": checklist.of(lesson, source),
        "theme": theme if theme in THEMES else "auto",
    }
    return render(request, "admin/lessons/preview.html", context)


def with_questions(shown: embeds.Shown) -> embeds.Shown:
    """Readers do not see quizzes; their author does."""
    return replace(shown, template="lessons/questions/quiz.html") if shown.part.kind == "quiz" else shown


@require_safe
@never_cache
def draft(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A draft exactly as a student would have it, under a banner that says so."""
    rights.require_writer(request)
    lesson = get_object_or_404(Lesson, number=number)
    found = drafts.one(lesson, pk)
    text = parse(found.source)
    context = {
        "lesson": as_published(lesson, text),
        "draft": found,
        "text": text,
        "guided": any(part.kind == "guide" for part in text.parts),
        "parts": embeds.fill(text.parts, request, place=f"{number}:draft"),
    }
    return render(request, "lessons/draft.html", context)


def as_published(lesson: Lesson, text: Text) -> Any:
    """The lesson with the draft's own title, never stored."""
    matter = text.matter
    return Lesson(pk=lesson.pk, number=lesson.number, order=lesson.order, title=matter.title, lead=matter.lead, minutes=matter.minutes)
