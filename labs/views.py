"""Pages of the labs, and the one door by which a browser starts a run."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.module_loading import import_string
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_GET, require_POST

from labs import catalog, runs
from labs import source as sources
from labs.answers import body_of, json_door
from labs.models import Run
from labs.player import player_context
from labs.rights import rights


@require_GET
def labs(request: HttpRequest) -> HttpResponse:
    """All labs there are."""
    return render(request, "labs/labs.html", {"labs": [catalog.find(slug) for slug in catalog.slugs()]})


@require_GET
def lab(request: HttpRequest, slug: str) -> HttpResponse:
    """A lab's own page, alive at once, a run from the first act on. Who asks for a scenario begins it; else one goes on where one was."""
    asked = request.GET.get("scenario")
    try:
        player = player_context(request.user, slug, asked, place=f"lab:{slug}", name=slug, fresh=asked is not None)
    except runs.Refused as refused:
        raise Http404(refused.text) from refused
    return render(request, "labs/lab.html", {"player": player, **player})


def _etag(request: HttpRequest, slug: str) -> str | None:
    return sources.etag(slug) if slug in catalog.slugs() else None


@require_GET
@gzip_page
@cache_control(max_age=300)
@condition(etag_func=_etag)
def source(request: HttpRequest, slug: str) -> JsonResponse:
    """The code that runs in a lab's nodes. Public, as the lab is."""
    if slug not in catalog.slugs():
        raise Http404("There is no such lab.")
    return JsonResponse(sources.source(slug), json_dumps_params={"separators": (",", ":")})


@require_POST
@json_door
def create_run(request: HttpRequest, slug: str) -> JsonResponse:
    """Start a run. A visitor without an account becomes a guest, whose runs stay when they sign up."""
    asked = body_of(request, "scenario, parameters, seed and place, each optional")
    runs.resolve(slug, asked.get("scenario"), asked.get("parameters"))
    user: Any = import_string(settings.LABS_ENSURE_USER)(request)
    run = runs.create(user, slug, asked.get("scenario"), asked.get("parameters"), asked.get("seed"), asked.get("place") or "")
    return JsonResponse({"run": str(run.pk), "ws": f"/ws/runs/{run.pk}/", "revision": run.revision}, status=201)


@login_required
@require_GET
def run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """One run: the asker's own, or one of a student they teach. Any other is not found: whether it exists is nobody's business."""
    found = get_object_or_404(Run.objects.select_related("owner"), pk=run_id)
    may = rights(request.user, found)
    if not may.view or found.lab not in catalog.slugs():
        raise Http404("This run does not exist, or it is not yours.")
    player = player_context(request.user, found.lab, found.scenario, place=found.place, name=found.lab, run=found)
    return render(request, "labs/lab.html", {"player": player, **player, "watched": None if may.manage else found.owner})
