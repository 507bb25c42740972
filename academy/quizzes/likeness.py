"""Students of a class who handed in the very same commands at the very same moments for a challenge. It is shown and not punished.

Logs in which nothing was done are all alike and say nothing: the empty one, and the one that holds only what the scenario does by itself.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from academy.quizzes.models import Attempt, ChallengeAttempt
from labs import verification
from labs.catalog import find, slugs
from labs.engine.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """An attempt's question, and the attempts of others with the same log."""

    slot: int
    challenge: str
    others: tuple[Attempt, ...]

    @property
    def names(self) -> str:
        return ", ".join(sorted({one.user.username for one in self.others}))


def alike(found: Iterable[Attempt]) -> dict[uuid.UUID, list[Like]]:
    """Of attempts in one class, those for which there is something to say. Two queries."""
    ids = {one.pk: one.school_class_id for one in found}
    own = [one for one in judged(item__attempt__in=ids) if is_work(one)]
    classes = {school_class for school_class in ids.values() if school_class is not None}
    same = judged(item__attempt__school_class__in=classes, commands_digest__in={one.commands_digest for one in own}) if own else []
    groups: dict[tuple[str, str], dict[uuid.UUID, Attempt]] = defaultdict(dict)
    for one in same:
        groups[one.challenge, one.commands_digest][one.item.attempt_id] = one.item.attempt
    likes: dict[uuid.UUID, dict[int, Like]] = defaultdict(dict)
    for one in own:
        user = one.item.attempt.user_id
        others = tuple(other for other in groups[one.challenge, one.commands_digest].values() if other.user_id != user)
        if others:
            likes[one.item.attempt_id][one.item.slot] = Like(slot=one.item.slot, challenge=one.challenge, others=others)
    return {pk: list(slots.values()) for pk, slots in likes.items()}


def judged(**where: Any) -> list[ChallengeAttempt]:
    return list(ChallengeAttempt.objects.filter(**where).select_related("item__attempt__user").order_by("pk"))


def is_work(one: ChallengeAttempt) -> bool:
    return one.commands_digest not in idle(str(one.item.dealt.get("lab", "")), str(one.item.dealt.get("scenario", "")))


@lru_cache(maxsize=200)
def idle(lab: str, scenario: str) -> frozenset[str]:
    """Digests of the logs of a lab in which no student did anything."""
    scripts: Mapping[str, Any] = {one.name: one.script for one in find(lab).scenarios} if lab in slugs() else {}
    script = [Command(seq, *entry) for seq, entry in enumerate(scripts.get(scenario, ()), 1)]
    return frozenset((verification.commands_digest(()), verification.commands_digest(script)))
