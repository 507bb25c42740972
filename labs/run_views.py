"""A student's runs: the list of them, and what can be done with one. All of it belongs to its owner; a share link shows a copy."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET, require_POST

from labs import catalog, copies, exchange, runs
from labs.answers import body_of, json_door, seen
from labs.engine import limits
from labs.models import Run
from labs.player import player_context
from labs.rights import rights
from labs.runs import Refused

RUNS_PER_PAGE = 30
NAME_MAX = 80


def mine(request: HttpRequest, run_id: uuid.UUID) -> Run:
    """A run that is the asker's to manage. A stranger's is not found: whether it exists is nobody else's business."""
    run = get_object_or_404(Run, pk=run_id)
    if not rights(request.user, run).manage:
        raise Http404("This run does not exist, or it is not yours.")
    return run


@require_GET
def run_list(request: HttpRequest) -> HttpResponse:
    """The runs of whoever asks, newest use first."""
    own = Run.objects.none()
    if request.user.is_authenticated:
        own = Run.objects.filter(owner=request.user).select_related("parent").annotate(branches_made=Count("branches")).order_by("-used_at")
    lab = request.GET.get("lab", "")
    labs = sorted(set(own.order_by().values_list("lab", flat=True)))
    if lab in labs:
        own = own.filter(lab=lab)
    page = Paginator(own, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(run, titles(run), runs.is_current(run)) for run in page]
    chosen = lab if lab in labs else ""
    return render(request, "labs/runs.html", {"page": page, "rows": rows, "labs": labs, "chosen": chosen, "max": runs.RUNS_MAX})


def titles(run: Run) -> tuple[str, str]:
    """What the lab and the scenario of a run are called; the lab may be gone."""
    if run.lab not in catalog.slugs():
        return run.lab, run.scenario
    lab = catalog.find(run.lab)
    scenario = next((one.title for one in lab.scenarios if one.name == run.scenario), run.scenario)
    return lab.title, scenario


@login_required
@require_POST
def rename(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    run = mine(request, run_id)
    name = " ".join(request.POST.get("name", "").split())
    if not name.isprintable():
        messages.error(request, "This name has characters that cannot be printed. It was not changed.")
    elif len(name) > NAME_MAX:
        messages.error(request, f"A name is a text of at most {NAME_MAX} characters; this one has {len(name)}. It was not changed.")
    else:
        Run.objects.filter(pk=run.pk).update(name=name)
    return redirect("labs:runs")


@login_required
@require_POST
def duplicate(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    run = mine(request, run_id)
    try:
        made = copies.copy(request.user, run)
    except Refused as refused:
        messages.error(request, refused.text)
        return redirect("labs:runs")
    return redirect("labs:run", made.pk)


@login_required
@require_POST
def delete(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    run = mine(request, run_id)
    told = f"“{run}” was deleted." + (" Its link leads nowhere from now on." if run.shared else "")
    run.delete()
    messages.success(request, told)
    return redirect("labs:runs")


@login_required
@require_GET
def export(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    run = mine(request, run_id)
    label = re.sub(r"[^a-z0-9]+", "-", (run.name or str(run.pk)[:8]).lower()).strip("-") or str(run.pk)[:8]
    headers = {"Content-Disposition": f'attachment; filename="{run.lab}-{label}.json"'}
    return HttpResponse(exchange.written(run), content_type="application/json", headers=headers)


@login_required
@require_POST
def import_file(request: HttpRequest) -> HttpResponse:
    """A run from a file. What is imported is a run like any other, but counts for no grade."""
    sent = request.FILES.get("file")
    if sent is None:
        messages.error(request, "Choose the file of a run first: one that was exported from this page.")
        return redirect("labs:runs")
    try:
        run = exchange.read(request.user, sent.read(exchange.FILE_BYTES_MAX + 1))
    except Refused as refused:
        messages.error(request, f"{sent.name[:80]} was not imported. {refused.text}")
        return redirect("labs:runs")
    return redirect("labs:run", run.pk)


@require_POST
@json_door
def copy(request: HttpRequest, run_id: uuid.UUID) -> JsonResponse:
    """A copy to act in: for the holder of a link, or of one's own run under another seed. JSON: `key`, `at_us`, `seed`, each optional."""
    asked = body_of(request, "key, at_us and seed, each optional")
    run, key = seen(request, run_id, asked)
    at_us = asked.get("at_us")
    if at_us is not None:
        runs.whole_number("at_us", at_us, 0, limits.RUN_US_MAX)
    user: Any = import_string(settings.LABS_ENSURE_USER)(request)
    made = copies.copy(user, run, key=key, at_us=at_us, seed=asked.get("seed"))
    return JsonResponse({"run": str(made.pk), "ws": f"/ws/runs/{made.pk}/", "revision": made.revision}, status=201)


@login_required
@require_POST
@json_door
def share(request: HttpRequest, run_id: uuid.UUID) -> JsonResponse:
    """A link to a copy of the run as it is now. The moment is added behind `#t=`."""
    shared = copies.share(request.user, mine(request, run_id))
    return JsonResponse({"url": request.build_absolute_uri(reverse("labs:shared", args=[shared.share_key]))}, status=201)


@require_GET
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """What a share link shows: to whoever holds it, with or without an account."""
    run = get_object_or_404(Run, share_key=key)
    if run.lab not in catalog.slugs():
        raise Http404("The lab of this run is no longer here.")
    player = player_context(request.user, run.lab, run.scenario, place=f"shared:{key}", name=run.lab, run=run)
    response = render(request, "labs/lab.html", {"player": player, **player, "share_key": key, "shared": run})
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
