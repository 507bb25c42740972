"""Challenges of an attempt: the runs that were begun for one, which of them counts, and what a replay says of it before handing in.

A run is begun here with what was dealt, whatever a browser asks for, and written down; only these and their branches count. What a replay
said while the attempt goes on is for the student. The mark is made from the run as it was when the attempt ended (`seal`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from academy.classes.zones import wall_clock
from academy.quizzes import attempts
from academy.quizzes.models import AttemptItem, AttemptRun, ChallengeAttempt, State
from labs import runs, verification
from labs.catalog import find, slugs
from labs.engine.definition import Action
from labs.models import ChallengePassed, Run

RUNS_MAX = 30  # begun for one challenge of an attempt; branches do not count
SHOWN_MAX = 40  # runs and branches in a list
ASKED_S = 5  # a replay that was asked for is asked for again after this
STORED = ("met", "not_met")
FACTS = ("lab_version", "engine_version", "commands_digest", "outcome", "percent", "text", "evidence", "t_us", "digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run of a challenge in a list. `percent`: 100 where a worker saw the goal met while computing the run, which is a first look."""

    id: uuid.UUID
    label: str
    url: str
    percent: int
    text: str = ""


def is_challenge(item: AttemptItem) -> bool:
    """Whether something is dealt to be played in a lab."""
    return "challenge" in item.dealt


def are_in(attempt: uuid.UUID) -> bool:
    """Whether an attempt has any."""
    return AttemptItem.objects.filter(attempt=attempt, dealt__has_key="challenge").exists()


def begin(item: AttemptItem, user: Any) -> Run:
    """Another run of what was dealt. Raises attempts.Refused, runs.Refused."""
    with transaction.atomic():
        attempt = attempts.lock(item.attempt_id, user)
        if attempt.state != State.IN_PROGRESS:
            raise attempts.Over("The attempt is over. Play on in your runs; it does not change the mark.")
        if item.runs.count() >= RUNS_MAX:
            raise attempts.Refused(f"You began {RUNS_MAX} runs for this challenge, which is the limit. Go back in one of them and branch.")
        dealt = item.dealt
        run = runs.create(user, dealt["lab"], dealt["scenario"], dealt["parameters"], dealt["seed"], place_of(item))
        AttemptRun.objects.create(item=item, run=run)
    return run


def place_of(item: AttemptItem) -> str:
    """Where a run says it was started."""
    return f"attempt:{item.attempt_id}:{item.slot}"


def begun(item: AttemptItem) -> list[Begun]:
    """The runs of a challenge and their branches, newest first."""
    if not is_challenge(item):
        return []
    own = Run.objects.filter(owner=item.attempt.user_id, place=place_of(item), origin__in=[Run.Origin.NEW, Run.Origin.BRANCH])
    found = list(own.order_by("-created_at")[:SHOWN_MAX])
    met = dict(ChallengePassed.objects.filter(run__in=found, challenge=item.dealt["challenge"]).values_list("run", "t_us"))
    zone = item.attempt.school_class.zone if item.attempt.school_class else ZoneInfo("UTC")
    lab_url = reverse("quizzes:lab", args=[item.attempt_id, item.slot])
    return [
        Begun(id=one.pk, label=label(one, len(found) - n, zone), url=f"{lab_url}?run={one.pk}", percent=100 if one.pk in met else 0)
        for n, one in enumerate(found)
    ]


def solution(item: AttemptItem) -> list[str]:
    """One way to meet the goal, deed by deed, for whoever teaches; nothing where the lab has it no more."""
    dealt = item.dealt
    if not is_challenge(item) or dealt.get("lab") not in slugs():
        return []
    lab = find(dealt["lab"])
    deeds = next((one.solution for one in lab.challenges if one.name == dealt["challenge"]), ())
    return [f"{at_us / 1e6:g} s: {said(lab.action(action), args)}" for at_us, action, args in deeds]


def said(action: Action, args: Mapping[str, Any]) -> str:
    """Stop (Node: leader)."""
    words = [f"{arg.label}: {shown(args[arg.name])}" for arg in action.args if arg.name in args]
    return f"{action.title} ({'; '.join(words)})" if words else action.title


def shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def label(run: Run, n: int, zone: ZoneInfo) -> str:
    words = run.name or f"Run {n}"
    branch = f", a branch from {run.branched_at_s} s" if run.origin == Run.Origin.BRANCH and run.branched_at_us is not None else ""
    return f"{words}{branch}, begun {wall_clock(run.created_at, zone):%H:%M:%S} {zone.key}"


def look(item: AttemptItem, run: Run) -> ChallengeAttempt | str:
    """What a replay says of the run as it is now, or why it does not count; "" while that is being found out, and a worker is asked."""
    reason = verification.why_not(run, set(item.runs.values_list("run", flat=True)), item.attempt.user, item.dealt)
    if reason:
        return reason
    found = verdict_of(item, run)
    if found is None and cache.add(f"verify:{item.pk}:{run.pk}:{run.revision}", 1, ASKED_S):
        from academy.quizzes.tasks import verify  # the task calls back here

        verify.delay(item.pk, str(run.pk))
    return found or ""


def verdict_of(item: AttemptItem, run: Run) -> ChallengeAttempt | None:
    digest = verification.commands_digest(runs.log_of(run))
    return item.challenge_attempts.filter(run_uuid=run.pk, commands_digest=digest, lab_version=run.lab_version).first()


def verify(item: AttemptItem, run: Run) -> None:
    """Replay, and write down what came out."""
    found = verification.verify(run, item.dealt["challenge"])
    keep(item, run.pk, found.facts())


def keep(item: AttemptItem, run_id: uuid.UUID, facts: Mapping[str, Any]) -> None:
    """Write down what a replay found, `facts` as of a `verification.Verdict`. The same log is written down once."""
    if facts["outcome"] not in STORED:
        return
    row = ChallengeAttempt(
        item=item, run=Run.objects.filter(pk=run_id).first(), run_uuid=run_id, challenge=item.dealt["challenge"],
        **{name: facts[name] for name in FACTS} | {"text": facts["text"][:300]},
    )  # fmt: skip
    ChallengeAttempt.objects.bulk_create([row], ignore_conflicts=True)
