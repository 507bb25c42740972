"""Who may do what with a run. One table, asked by every view, socket and command; who is in none of its rows may do nothing.

| who                       | view | act | manage (name, share, export, delete) |
|---------------------------|------|-----|--------------------------------------|
| owner                     | yes  | yes | yes                                  |
| owner, of a shared copy   | yes  | no  | yes                                  |
| holder of the share link  | yes  | no  | no                                   |
| staff of the owner's class| yes  | no  | no                                   |
| anybody else              | no   | no  | no                                   |

Who is staff of which class is the site's to know; the labs, which may not import it, ask the function that LABS_MAY_WATCH names. It reads
the database, so `rights` does too, except where `held` answers already.

Who may view a run may take a copy, which is then their own. A shared copy never changes: a link shows tomorrow what it showed today.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from labs.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    view: bool = False
    act: bool = False
    manage: bool = False


def rights(user: Any, run: Run, key: str = "") -> Rights:
    """What `user` may do with `run`, holding the share key `key` ("" for none)."""
    return held(user, run, key) or (Rights(view=True) if may_watch(user, run) else Rights())


def held(user: Any, run: Run, key: str = "") -> Rights | None:
    """What an owner or the holder of a link may do; None for everybody else. Asks no database."""
    if user.is_authenticated and user.is_active and run.owner_id == user.pk:
        return Rights(view=True, act=not run.shared, manage=True)
    if run.share_key and key and secrets.compare_digest(run.share_key.encode(), key.encode()):
        return Rights(view=True)
    return None


def may_watch(user: Any, run: Run) -> bool:
    """Whether the site says that `user` may look on."""
    return bool(user.is_authenticated and import_string(settings.LABS_MAY_WATCH)(user, run))
