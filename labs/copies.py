"""Copies of runs: one's own to go on with, and the shared ones behind a link.

A share link is a capability: who holds it sees the copy behind it and nothing else. The copy is made when the link is, so
what its maker does afterwards changes nothing for those who follow it; deleting the copy ends the link.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from labs import runs
from labs.models import Run
from labs.rights import rights
from labs.runs import Refused

KEY_BYTES = 16
ORIGINS_THAT_COUNT = (Run.Origin.NEW, Run.Origin.BRANCH)


@transaction.atomic
def copy(user: Any, run: Run, *, key: str = "", at_us: int | None = None, seed: int | None = None) -> Run:
    """A run of the user's own with the same log, up to `at_us`, or under another seed. Raises Refused."""
    if not rights(user, run, key).view:
        raise Refused("denied", "This run is not yours, and you hold no link to it.")
    if not runs.is_current(run):
        raise Refused("unavailable", "This run was made with an older version of the lab. Start it again to act on it.")
    runs.check_room(user)
    changes: dict[str, Any] = {} if seed is None else {"seed": runs.check_seed(seed)}
    if run.shared:
        changes["place"] = f"lab:{run.lab}"
    return runs.copy_of(run, user, Run.Origin.COPY, at_us, **changes)


@transaction.atomic
def share(user: Any, run: Run) -> Run:
    """The shared copy of the run as it is now; the same one again where nothing was done since. Raises Refused."""
    if not rights(user, run).manage:
        raise Refused("denied", "Only the owner of a run can share it.")
    if run.shared:
        return run
    held = Run.objects.select_for_update().get(pk=run.pk)
    before = Run.objects.filter(owner=user, parent=held, origin=Run.Origin.SHARED, revision=held.revision).first()
    if before is not None:
        return before
    runs.check_room(user)
    return runs.copy_of(held, user, Run.Origin.SHARED, name=held.name, place="", share_key=secrets.token_urlsafe(KEY_BYTES))


def counts(run: Run) -> bool:
    """Whether what this run shows was done here, step by step, by its owner."""
    return run.origin in ORIGINS_THAT_COUNT
