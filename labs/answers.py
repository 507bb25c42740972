"""How the labs' JSON doors read what they are asked and say no."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse

from labs.runs import Refused

STATUS = {"limit": 429, "denied": 403}


def refusal(refused: Refused) -> JsonResponse:
    return JsonResponse({"code": refused.code, "text": refused.text}, status=STATUS.get(refused.code, 400))


def body_of(request: HttpRequest, expected: str) -> dict[str, Any]:
    """The JSON object in the request. Raises Refused with what was expected."""
    try:
        asked = json.loads(request.body or b"{}")
    except (ValueError, UnicodeDecodeError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused("malformed", f"Expected a JSON object with {expected}.")
    return asked
