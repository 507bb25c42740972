"""Who has a lesson open in the editor. A soft notice, no lock: an editor that is not heard of for a while is taken as closed."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lessons.authoring import rights
from lessons.models import Lesson, OpenEditor

BEAT_S = 20
GONE_S = 70  # three beats lost


def seen(lesson: Lesson, user: Any) -> None:
    OpenEditor.objects.update_or_create(lesson=lesson, user=user, defaults={"seen_at": timezone.now()})


def others(lesson: Lesson, user: Any) -> list[str]:
    """Names, sorted."""
    since = timezone.now() - timedelta(seconds=GONE_S)
    found = lesson.open_editors.filter(seen_at__gt=since).exclude(user=user).select_related("user")
    return sorted(str(one.user) for one in found)


@require_POST
def beat(request: HttpRequest, lesson: Lesson) -> HttpResponse:
    """The open page says that it is still open, and learns who else is there and what is published."""
    rights.require_writer(request)
    seen(lesson, request.user)
    published = lesson.published.n if lesson.published is not None else 0
    response = JsonResponse({"others": others(lesson, request.user), "published": published})
    response["Cache-Control"] = "no-store"
    return response
