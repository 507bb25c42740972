from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lessons import embeds, progress
from lessons.content.text import parse
from lessons.context import COOKIE
from lessons.models import Lesson

YEAR_SECONDS = 365 * 24 * 3600


@require_safe
def lesson(request: HttpRequest, number: str) -> HttpResponse:
    """A published lesson. Open to everyone; what a reader does in its labs is not."""
    found = Lesson.objects.select_related("published").filter(number=number).exclude(published=None).first()
    if found is None or found.published is None:
        raise Http404(f"There is no lesson {number}.")
    text = parse(found.published.source)
    shown = Lesson.objects.exclude(published=None)
    mine = None
    if request.user.is_authenticated:
        mine = progress.of(request.user, found)
        if request.method == "GET":
            progress.opened(request.user, found)
    page = {
        "lesson": found,
        "text": text,
        "guided": any(part.kind == "guide" for part in text.parts),
        "parts": embeds.fill(text.parts, request, place=found.number),
        "mine": mine,
        "done": {one.id for one in mine.sections if one.done} if mine else (),
        "guides_done": {one.id for one in mine.guides if one.done} if mine else (),
        "previous": shown.filter(order__lt=found.order).last(),
        "next": shown.filter(order__gt=found.order).first(),
    }
    response = render(request, "lessons/lesson.html", page)
    response.set_cookie(COOKIE, found.number, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
