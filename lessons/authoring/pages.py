"""What all pages about one lesson in the admin share."""

import difflib
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from lessons.authoring import rights
from lessons.models import Lesson

DIFF_LINES_MAX = 4000
KINDS = {" ": "same", "-": "gone", "+": "new", "@": "place"}


def page(admin: Any, request: HttpRequest, lesson: Lesson, title: str) -> dict[str, Any]:
    return admin.admin_site.each_context(request) | {
        "opts": Lesson._meta,
        "original": lesson,
        "lesson": lesson,
        "title": title,
        "has_view_permission": True,
        "may_edit": rights.may_write(request.user),
        "may_publish": rights.may_publish(request.user),
    }


def lesson_or_404(pk: Any) -> Lesson:
    return get_object_or_404(Lesson.objects.select_related("published", "pending", "common"), pk=pk)


def difference(old: str, new: str) -> list[tuple[str, str]]:
    """Lines with what happened to them: same, gone (only in the old), new (only in the new), place."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    return [(KINDS.get(line[:1], "same"), line) for line in list(lines)[2:DIFF_LINES_MAX]]
