"""A run and its relatives: what it branched from and what branched from it, as the asker may see them.

Two logs that begin with the same commands tell the same story so far; what a relative did since is its log behind that shared beginning.
So "since branching" stays true when the parent goes on after the branch was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from labs import catalog
from labs.models import Run, RunCommand
from labs.rights import rights

RELATIVES_MAX = 40  # of a kind: a student who made more branches finds the rest in the list of runs


def about(run: Run) -> dict[str, Any]:
    """A run as a page that compares it needs it: what it is a function of, and what it is called."""
    return {
        "id": str(run.pk),
        "url": reverse("labs:run", args=[run.pk]),
        "label": label(run),
        "seed": run.seed,
        "parameters": run.parameters,
        "parent": str(run.parent_id) if run.parent_id else None,
        "branched_at_us": run.branched_at_us,
        "created_at": run.created_at.isoformat(),
        "revision": run.revision,
        "commands": [_command(one) for one in run.commands.all()],
    }


def label(run: Run) -> str:
    """What its owner calls it, else its scenario's title; the lab may be gone."""
    if run.name or run.lab not in catalog.slugs():
        return run.name or run.scenario
    return next((one.title for one in catalog.find(run.lab).scenarios if one.name == run.scenario), run.scenario)


def family(user: Any, run: Run) -> dict[str, Any]:
    """The run, its parent, what else branched from that, and what branched from the run; oldest moments first."""
    parent = run.parent if run.parent is not None and rights(user, run.parent).view else None
    siblings = _visible(user, parent.branches.exclude(pk=run.pk)) if parent is not None else []
    return {
        "run": about(run),
        "parent": _relative(parent, run) if parent is not None else None,
        "siblings": [_relative(one, parent) for one in siblings if parent is not None],
        "children": [_relative(one, run) for one in _visible(user, run.branches.all())],
    }


def parts_at_us(a: Run, b: Run) -> int | None:
    """The moment up to which both runs are the same; None for ever. Different seeds or parameters part at once."""
    if (a.seed, a.parameters, a.lab_version) != (b.seed, b.parameters, b.lab_version):
        return 0
    rest = [log[_shared(a, b) :] for log in (_log(a), _log(b))]
    moments = [log[0].at_us for log in rest if log]
    return min(moments) if moments else None


def _visible(user: Any, branches: QuerySet[Run]) -> list[Run]:
    """Branches that may be seen; a shared copy is what a link shows, not a story of its own."""
    found = branches.filter(share_key=None).order_by("branched_at_us", "created_at").prefetch_related("commands")[:RELATIVES_MAX]
    return [run for run in found if rights(user, run).view]


def _relative(run: Run, other: Run) -> dict[str, Any]:
    """A relative, with the commands that `other` does not share."""
    return {
        "id": str(run.pk),
        "url": reverse("labs:run", args=[run.pk]),
        "label": label(run),
        "branched_at_us": run.branched_at_us,
        "created_at": run.created_at.isoformat(),
        "commands": [_command(one) for one in _log(run)[_shared(run, other) :]],
    }


def _shared(a: Run, b: Run) -> int:
    """How many commands both logs begin with."""
    pairs: Iterable[tuple[RunCommand, RunCommand]] = zip(_log(a), _log(b), strict=False)
    count = 0
    for one, other in pairs:
        if (one.at_us, one.action, one.args) != (other.at_us, other.action, other.args):
            break
        count += 1
    return count


def _log(run: Run) -> list[RunCommand]:
    return list(run.commands.all())


def _command(command: RunCommand) -> dict[str, Any]:
    return {"seq": command.seq, "at_us": command.at_us, "action": command.action, "args": command.args}
