from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from lessons import progress
from lessons.content.matter import NUMBER
from lessons.models import Lesson

COOKIE = "lesson"


def published() -> frozenset[str]:
    """The numbers of the lessons that readers can open."""
    return frozenset(Lesson.objects.filter(published__isnull=False).values_list("number", flat=True))


def continued(request: HttpRequest) -> dict[str, str]:
    """Where the reader was last: `number` and `url`, or nothing. The site knows it of its users, the browser of everybody else."""
    user = getattr(request, "user", None)
    place = progress.place(user) if user is not None and user.is_authenticated else None
    if place is not None:
        anchor = f"#{place.section}" if place.section else ""
        return {"number": place.lesson.number, "url": reverse("lesson", args=[place.lesson.number]) + anchor}
    number = request.COOKIES.get(COOKIE, "")
    return {"number": number, "url": reverse("lesson", args=[number])} if NUMBER.fullmatch(number) else {}


def course(request: HttpRequest) -> dict[str, Any]:
    """Where the reader was last, for the top bar, and which lessons there are. Asked of the database only by pages that show it."""
    return {"continue_at": SimpleLazyObject(lambda: continued(request)), "published_lessons": SimpleLazyObject(published)}
