"""All revisions of a lesson, the difference between any two, and an old one published again as a new one."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from lessons import revisions
from lessons.authoring import checklist, rights
from lessons.authoring.pages import difference, page
from lessons.models import Lesson, LessonRevision

PER_PAGE = 40


def history(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    if request.method == "POST":
        return restore(request, lesson)
    every = lesson.revisions.select_related("author")
    old, new = (one(lesson, request.GET.get(name, "")) for name in ("from", "to"))
    context = page(admin, request, lesson, f"{lesson}: revisions") | {
        "listed": Paginator(every, PER_PAGE).get_page(request.GET.get("page")),
        "old": old,
        "new": new,
        "lines": difference(old.source, new.source) if old and new else None,
    }
    return TemplateResponse(request, "admin/lessons/history.html", context)


def one(lesson: Lesson, n: str) -> LessonRevision | None:
    return lesson.revisions.filter(n=int(n)).first() if n.isdecimal() and len(n) < 10 else None


def restore(request: HttpRequest, lesson: Lesson) -> HttpResponse:
    """Nothing goes back: the old text becomes the newest revision. It is checked, since labs and other lessons have moved on."""
    rights.require_publisher(request)
    wanted, base = one(lesson, request.POST.get("restore", "")), request.POST.get("published", "")
    back = redirect("admin:lessons_lesson_revisions", lesson.pk)
    if wanted is None or not base.isdecimal():
        messages.error(request, "There is no such revision. Choose one of the list.")
        return back
    errors = checklist.of(lesson, wanted.source).errors
    if errors:
        messages.error(request, f"Revision {wanted.n} cannot be published as it is: {errors[0]} Open it in the editor to put it right.")
        return back
    try:
        made = revisions.edit(lesson, wanted.source, author=request.user, base=int(base), note=f"r{wanted.n} restored")
    except revisions.Stale:
        messages.error(request, "Somebody published another revision in the meantime. Look again.")
        return back
    messages.success(request, f"Revision {wanted.n} is published again, as revision {made.n}.")
    return back
