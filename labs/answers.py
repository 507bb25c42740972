"""How the labs' JSON doors read what they are asked, find the run it is about, and say no."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from labs.models import Run
from labs.rights import rights
from labs.runs import Refused

STATUS = {"limit": 429, "denied": 403}


def json_door(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """A view that answers in JSON: what is refused is answered with the code, the words and the fitting status."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return JsonResponse({"code": refused.code, "text": refused.text}, status=STATUS.get(refused.code, 400))

    return door


def body_of(request: HttpRequest, expected: str) -> dict[str, Any]:
    """The JSON object in the request. Raises Refused with what was expected."""
    try:
        asked = json.loads(request.body or b"{}")
    except (ValueError, UnicodeDecodeError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused("malformed", f"Expected a JSON object with {expected}.")
    return asked


def seen(request: HttpRequest, run_id: uuid.UUID, asked: dict[str, Any]) -> tuple[Run, str]:
    """A run that the asker may see, by right or by the share key in `asked`, and that key. Nobody else finds it."""
    run, key = get_object_or_404(Run, pk=run_id), asked.get("key") or ""
    if not isinstance(key, str) or not rights(request.user, run, key).view:
        raise Http404("This run does not exist, or it is not yours.")
    return run, key
