from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lessons.content.matter import NUMBER
from lessons.models import Lesson

COOKIE = "lesson"


def published() -> frozenset[str]:
    """The numbers of the lessons that readers can open."""
    return frozenset(Lesson.objects.filter(published__isnull=False).values_list("number", flat=True))


def course(request: HttpRequest) -> dict[str, Any]:
    """Where the reader was last, for the top bar (kept by the browser: it is of use to nobody else), and which lessons there are."""
    number = request.COOKIES.get(COOKIE, "")
    return {"continue_at": number if NUMBER.fullmatch(number) else "", "published_lessons": SimpleLazyObject(published)}
