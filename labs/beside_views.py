"""Two runs of one lab side by side, and what a player asks about the relatives of its run."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from labs import catalog, runs
from labs import family as families
from labs.models import Run
from labs.player import player_context
from labs.rights import rights

LEAD_US = 1_500_000  # the page opens this long before the runs part, so that one sees them do it


def viewable(request: HttpRequest, run_id: uuid.UUID) -> Run:
    """A run the asker may see. Any other is not found: whether it exists is nobody else's business."""
    run = get_object_or_404(Run.objects.select_related("parent"), pk=run_id)
    if not rights(request.user, run).view or run.lab not in catalog.slugs():
        raise Http404("This run does not exist, or it is not yours.")
    return run


@login_required
@require_GET
def beside(request: HttpRequest, a: uuid.UUID, b: uuid.UUID) -> HttpResponse:
    """Two players under one clock. Runs of two different labs have nothing to be compared by."""
    pair = [viewable(request, a), viewable(request, b)]
    titles = [catalog.find(run.lab).title for run in pair]
    if pair[0].lab != pair[1].lab:
        return render(request, "labs/beside_refused.html", {"sides": list(zip(pair, titles, strict=True))}, status=400)
    parts_us = families.parts_at_us(*pair)
    abouts = [families.about(run) for run in pair]
    context = {
        "title": titles[0],
        "slug": pair[0].lab,
        "sides": [_side(request, letter, run, about) for letter, run, about in zip("AB", pair, abouts, strict=True)],
        "abouts": abouts,
        "opens_at_us": max(0, (parts_us or 0) - LEAD_US),
    }
    return render(request, "labs/beside.html", context)


def _side(request: HttpRequest, letter: str, run: Run, about: dict[str, Any]) -> dict[str, Any]:
    try:
        player = player_context(request.user, run.lab, run.scenario, place=run.place, name=f"{run.lab}-{letter.lower()}", run=run)
    except runs.Refused as refused:  # its scenario is gone from the lab
        raise Http404(refused.text) from refused
    html = render_to_string("labs/player.html", {"player": player, **player, "led": letter}, request)
    return {"letter": letter, "label": about["label"], "html": html}


@login_required
@require_GET
def family(request: HttpRequest, run_id: uuid.UUID) -> JsonResponse:
    """The run's parent, siblings and branches, as JSON."""
    return JsonResponse(families.family(request.user, viewable(request, run_id)))
