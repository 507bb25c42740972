"""Labs inside pages: the one place where lessons meet `labs.runs`. What cannot be had is None, and the page shows the block's own words."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from labs import runs
from labs.engine.errors import LabError
from labs.player import player_context
from lessons.content.blocks import Block, LabBlock
from lessons.content.check import values_of
from lessons.content.text import Prose

logger = logging.getLogger(__name__)
HOME_LAB = LabBlock(line=0, lab="raft", name="home", scenario="steady", parameters={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A part of a page with what its template needs."""

    part: Prose | Block
    template: str
    player: SafeString | None = None


def lab_info(slug: str) -> Mapping[str, Any] | None:
    """What a lab declares, or None when there is no such lab."""
    try:
        return runs.lab(slug).info()
    except (LabError, LookupError):
        return None


def fill(parts: Sequence[Prose | Block], request: HttpRequest, place: str) -> list[Shown]:
    """`place` names the page; with the block's name it says where a user left a run."""
    return [Shown(part=part, template=f"lessons/blocks/{part.kind}.html", player=player(part, request, place)) for part in parts]


def place_of(page: str, name: str) -> str:
    """What a run started in this block of this page says of where it was started."""
    return f"{page}#{name}"


def player(part: Prose | Block, request: HttpRequest, place: str) -> SafeString | None:
    """The lab as HTML, or None when it cannot be had."""
    if not isinstance(part, LabBlock):
        return None
    info = lab_info(part.lab)
    if info is None:
        return None
    parameters = values_of(part.parameters, info)
    try:
        context = player_context(request.user, part.lab, part.scenario, parameters, place_of(place, part.name), part.name)
    except (LabError, LookupError):
        logger.exception("lab block %s of %s cannot be shown", part.name, place)
        return None
    return render_to_string("labs/player.html", {"player": context, **context, "fallback": part.fallback}, request)


def make_poster(block: LabBlock) -> None:
    """Compute and keep the first moments of a block's run, so that the page shows a cluster already alive."""
    info = lab_info(block.lab)
    if info is not None:
        runs.poster(block.lab, block.scenario, values_of(block.parameters, info))
