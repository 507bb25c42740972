"""File and edit both moved: the file, the edit and what both began with, side by side, and the choice between them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from lessons import revisions
from lessons.authoring import rights
from lessons.authoring.pages import page
from lessons.content import line_ends, merge
from lessons.models import Lesson


def hunks(lesson: Lesson) -> list[merge.Hunk]:
    assert lesson.published is not None
    assert lesson.pending is not None
    texts = [line_ends.plain(text) for text in (revisions.base_of(lesson), lesson.published.source, lesson.pending.source)]
    return merge.hunks(*texts)


def merged_with_file(lesson: Lesson) -> str:
    return merge.marked(hunks(lesson), ours="edited here", theirs="course file", base="last common file")


def choose(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    if not admin.has_view_permission(request, lesson):
        raise PermissionDenied
    if request.method == "POST":
        return settle(request, lesson)
    if lesson.pending is None or lesson.published is None:
        messages.info(request, "Nothing waits for a choice.")
        return redirect("admin:lessons_lesson_change", lesson.pk)
    found = hunks(lesson)
    context = page(admin, request, lesson, f"{lesson}: the file and the edit") | {"hunks": found, "conflicts": merge.conflicts(found)}
    return TemplateResponse(request, "admin/lessons/choose.html", context)


def settle(request: HttpRequest, lesson: Lesson) -> HttpResponse:
    rights.require_publisher(request)
    choice, seen = request.POST.get("choice"), [request.POST.get(name, "") for name in ("pending", "published")]
    if choice not in ("file", "ours") or not all(n.isdecimal() and len(n) < 10 for n in seen):
        messages.error(request, "Choose the file or the edit.")
        return redirect("admin:lessons_lesson_choose", lesson.pk)
    try:
        revisions.settle(lesson, int(seen[0]), int(seen[1]), choice)  # type: ignore[arg-type]
    except revisions.Stale:
        messages.error(request, "One of the two texts changed while you were choosing. Look again.")
        return redirect("admin:lessons_lesson_choose", lesson.pk)
    said = (
        "The course file is published. The edit is kept as a revision."
        if choice == "file"
        else "The edit stays. The file's text is kept as a revision."
    )
    messages.success(request, said)
    return redirect("admin:lessons_lesson_change", lesson.pk)
