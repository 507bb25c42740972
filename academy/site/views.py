from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from academy.site.context import THEMES
from academy.site.health import readiness
from lessons import embeds, progress
from lessons.models import Lesson

YEAR_SECONDS = 365 * 24 * 3600
LAST_RESORT = (
    "<!doctype html><title>Something broke</title><h1>Something broke on our side</h1>"
    "<p>It has been written down. Try again in a minute.</p>"
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    player = embeds.player(embeds.HOME_LAB, request, place="home")
    mine = {one.lesson.pk: one for one in progress.of_all(request.user)} if request.user.is_authenticated else {}
    lessons = [(lesson, mine.get(lesson.pk)) for lesson in Lesson.objects.exclude(published=None)]
    return render(request, "site/home.html", {"player": player, "lessons": lessons})


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where a newcomer begins: the lesson with the first live lab, else whatever lesson there is."""
    lessons = Lesson.objects.exclude(published=None)
    lesson = lessons.filter(number="8.5").first() or lessons.first()
    return redirect("lesson", lesson.number) if lesson else redirect("home")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or auto. The button works without JavaScript; with it the page changes in place and this only stores."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return bad_request(request)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponse(status=204) if request.headers.get("HX-Request") else redirect(back)
    response.set_cookie("theme", chosen, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Asked for by browsers where no page names an icon."""
    return redirect(static("icon.svg"))


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    parts = readiness()
    ready = all(said == "ok" for said in parts.values())
    return JsonResponse({"ready": ready} | parts, status=200 if ready else 503, json_dumps_params={"indent": 2})


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """No request, no context processors, no database: whatever broke may be any of them."""
    try:
        page = str(loader.render_to_string("500.html"))
    except Exception:  # the page that tells of failures must not fail
        page = LAST_RESORT
    return HttpResponse(page, status=500)
