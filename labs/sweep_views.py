"""The same run under other seeds, on the workers: begin, look, cancel. JSON for the player's strip of squares."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from labs import sweeps, tasks
from labs.answers import body_of, json_door, seen

CHAINS = 2  # tasks that take seeds at the same time


@require_POST
@json_door
def begin(request: HttpRequest, run_id: uuid.UUID) -> JsonResponse:
    """JSON: `count`, `until_us`, and `key` where a share link is held."""
    asked = body_of(request, "count, until_us and key")
    run, key = seen(request, run_id, asked)
    user: Any = import_string(settings.LABS_ENSURE_USER)(request)
    id = sweeps.begin(user, run, count=asked.get("count", 0), until_us=asked.get("until_us", 0), key=key)
    for _ in range(CHAINS):
        tasks.sweep.delay(id)
    return JsonResponse({"sweep": id, "url": reverse("labs:sweep_look", args=[uuid.UUID(id)])}, status=201)


@never_cache
@require_GET
def look(request: HttpRequest, sweep: uuid.UUID) -> JsonResponse:
    found = sweeps.look(request.user, sweep.hex)
    if found is None:
        raise Http404("This trial does not exist, is more than an hour old, or is not yours.")
    if found.pop("stalled"):
        tasks.sweep.delay(sweep.hex)
    return JsonResponse(found)


@require_POST
def cancel(request: HttpRequest, sweep: uuid.UUID) -> JsonResponse:
    if not sweeps.cancel(request.user, sweep.hex):
        raise Http404("This trial does not exist, is more than an hour old, or is not yours.")
    return JsonResponse({"cancelled": True})
