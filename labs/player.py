"""What a page needs to show a lab: the context of `templates/labs/player.html`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from labs import runs
from labs.brief import brief_html
from labs.models import Run


def player_context(
    user: Any,
    slug: str,
    scenario: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    place: str = "",
    name: str = "",
    run: Run | None = None,
    fresh: bool = False,
) -> dict[str, Any]:
    """The lab as data, its first chunk, and the run this user left here, if any (with `fresh` none).

    Raises runs.Refused for a lab that does not exist.
    """
    lab, chosen, settings = runs.resolve(slug, scenario, parameters)
    left = None if run or fresh else runs.latest(user, place, slug)
    if left:
        chosen = lab.scenario(left.scenario)  # what the page says is said of the run it shows
    run = run or left
    return {
        "lab": lab,
        "brief_html": brief_html(lab.brief),
        "lab_json": _for_script(json.dumps(lab.info())),
        "poster_json": "" if run else _for_script(runs.poster(slug, chosen.name, parameters)),
        "scenario": chosen,
        "parameters": settings,
        "parameters_json": json.dumps(dict(parameters or {})),
        "run_id": str(run.pk) if run else "",
        "parent_id": str(run.parent_id) if run and run.parent_id else "",
        "place": place,
        "name": name or slug,
        "create_url": reverse("labs:create_run", args=[slug]),
        "source_url": reverse("labs:source", args=[slug]),
        "ws_path": "/ws/runs/",
        "run_url": "/runs/",
    }


def _for_script(text: str) -> str:
    """JSON that is safe inside a script element."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
