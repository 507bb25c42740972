"""What workers do for a regrade: compute its deltas, write them, take them back. Each goes on where the one before it stopped.

`until` is a moment of `time.monotonic`; each function says whether nothing is left. `regrading` sees to it that one worker at a time is at
a regrade, and nothing here depends on that: what is written twice is written once.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from academy.quizzes import attempts, marking, policy, regrade_effects
from academy.quizzes.marking import Graded
from academy.quizzes.models import OVER, Attempt, GradeEvent, RegradeDelta, RegradeRun
from academy.quizzes.regrade_marks import MOVED, Judged
from lessons import asking

TRIES_MAX = 5  # at an attempt whose marks change meanwhile

State = RegradeRun.State


# The dry run


def compute(run: RegradeRun, until: float) -> bool:
    """A delta for each item with a mark that has none yet."""
    done = set(run.deltas.values_list("item__attempt", flat=True))
    ids = [pk for pk in regrade_effects.attempts_of(run.question, run.school_class) if pk not in done]
    made: list[RegradeDelta] = []
    for _, rows in regrade_effects.read(run.question, ids):
        made += deltas_of(run, rows)
        late = time.monotonic() > until
        if late or len(made) >= regrade_effects.CHUNK:
            if not keep(run, made) or late:
                return not late
            made = []
    if keep(run, made):
        RegradeRun.objects.filter(pk=run.pk, state=State.DRAFT).update(state=State.PREVIEWED)
    return True


def keep(run: RegradeRun, made: list[RegradeDelta]) -> bool:
    """Whether there still is somebody to keep them for."""
    try:
        RegradeDelta.objects.bulk_create(made, ignore_conflicts=True)
    except IntegrityError:
        if RegradeRun.objects.filter(pk=run.pk).exists():
            raise
        return False  # discarded in the meantime
    return True


def deltas_of(run: RegradeRun, rows: list[Graded]) -> list[RegradeDelta]:
    """Of one attempt."""
    found = regrade_effects.judged(rows, run.question, run.mode, run.to_version)
    flip = regrade_effects.pass_flip(rows, found)
    return [RegradeDelta(regrade=run, item_id=pk, **fields(run, one, flip)) for pk, one in found.items()]


def fields(run: RegradeRun, found: Judged, flip: int) -> dict[str, Any]:
    standing = found.standing
    grader = asking.kind_of(asking.question_of(run.to_version)).grader_version
    return {
        "from_version_id": standing.question_version_id, "old_points": standing.points, "old_max": standing.points_max,
        "new_points": found.points, "new_max": found.points_max, "new": found.plain() | {"grader_version": grader},
        "pass_flip": 0 if found.left else flip, "note": found.note,
    }  # fmt: skip


# Writing


def write(run: RegradeRun, until: float) -> bool:
    if not each(run, False, until, write_attempt):
        return False
    left = run.deltas.filter(applied=False)
    if not left.exists():
        RegradeRun.objects.filter(pk=run.pk, state=State.APPLYING).update(state=State.APPLIED, applied_at=policy.now(), error="")
    return True


def each(run: RegradeRun, applied: bool, until: float, act: Callable[[RegradeRun, uuid.UUID], None]) -> bool:
    """Do it to each attempt that has such deltas. The first error ends it, once all others had their turn."""
    ids = run.deltas.filter(applied=applied).order_by("item__attempt_id").values_list("item__attempt_id", flat=True).distinct()
    errors: list[Exception] = []
    for pk in list(ids):
        try:
            act(run, pk)
        except Attempt.DoesNotExist:  # went with its student's account, and its deltas with it
            continue
        except Exception as error:
            errors.append(error)
        if time.monotonic() > until:
            return False
    if errors:
        raise errors[0]
    return True


def write_attempt(run: RegradeRun, pk: uuid.UUID) -> None:
    """The deltas of one attempt. What has another mark by now is looked at again, without holding anything."""
    for last in [False] * TRIES_MAX + [True]:
        stale = write_held(run, pk, last)
        if not stale:
            return
        for _, rows in regrade_effects.read(run.question, [pk]):
            found = regrade_effects.judged(rows, run.question, run.mode, run.to_version)
            flip = regrade_effects.pass_flip(rows, found)
            for item in stale & set(found):
                RegradeDelta.objects.filter(regrade=run, item=item, applied=False).update(**fields(run, found[item], flip))


@transaction.atomic
def write_held(run: RegradeRun, pk: uuid.UUID, last: bool) -> set[int]:
    """Items whose mark is not the one their delta was computed from; after the `last` try they are left alone."""
    attempt = attempts.lock(pk)
    if not is_now(run, State.APPLYING):
        return set()
    rows = {row.item.pk: row for row in marking.graded([attempt])[attempt.pk]}
    stale, made = set(), []
    for delta in run.deltas.filter(item__attempt=attempt, applied=False).order_by("pk"):
        row = rows[delta.item_id]
        counts = attempt.state in OVER and row.grade is not None
        if counts and row.grade.pk != delta.new["of"] and not last:  # type: ignore[union-attr]
            stale.add(delta.item_id)
            continue
        if not counts or row.grade.pk != delta.new["of"]:  # type: ignore[union-attr]
            leave(delta, "Its mark changed while this was applied." if counts else "The attempt does not count any more.")
        elif writes(run, delta):
            made.append(event_of(run, delta, row))
        delta.applied = True
        delta.save(update_fields=["applied", "note", "new", "new_points", "new_max", "pass_flip"])
    for event in made:
        event.save()
    if made:
        marking.settle(attempt)
    return stale


def is_now(run: RegradeRun, state: str) -> bool:
    """Asked while the attempt is held: whoever changed it before us has been heard of."""
    return RegradeRun.objects.filter(pk=run.pk, state=state).exists()


def leave(delta: RegradeDelta, note: str) -> None:
    delta.new = {**delta.new, "left": MOVED}
    delta.note, delta.new_points, delta.new_max, delta.pass_flip = note, delta.old_points, delta.old_max, 0


def writes(run: RegradeRun, delta: RegradeDelta) -> bool:
    """An equal mark by another version is written too: the log says that it was looked at. So are other facts of a replay (`anew`)."""
    same = (delta.old_points, delta.old_max) == (delta.new_points, delta.new_max)
    return not delta.new["left"] and (not same or delta.from_version_id != run.to_version_id or delta.new.get("anew", False))


def event_of(run: RegradeRun, delta: RegradeDelta, row: Graded) -> GradeEvent:
    """Not saved."""
    new = delta.new
    return GradeEvent(
        item_id=delta.item_id, response=row.final, question_version_id=run.to_version_id, grader_version=new["grader_version"],
        kind=GradeEvent.Kind.REGRADE, fraction=Decimal(new["fraction"]), points=delta.new_points, points_max=delta.new_max,
        feedback=new["feedback"], facts=new["facts"], actor_id=run.actor_id, reason=run.reason, regrade=run,
    )  # fmt: skip


# Taking back


def take_back(run: RegradeRun, until: float) -> bool:
    return each(run, True, until, restore_attempt)


@transaction.atomic
def restore_attempt(run: RegradeRun, pk: uuid.UUID) -> None:
    """The marks that counted before, as the newest of the log."""
    attempt = attempts.lock(pk)
    if not is_now(run, State.REVERTED):
        return
    restored = False
    for delta in run.deltas.filter(item__attempt=attempt, applied=True).order_by("pk"):
        if GradeEvent.objects.filter(regrade=run, item=delta.item_id).exists():
            former_again(run, GradeEvent.objects.get(pk=delta.new["of"])).save()
            restored = True
        delta.applied = False
        delta.save(update_fields=["applied"])
    if restored and attempt.state in OVER:
        marking.settle(attempt)


def former_again(run: RegradeRun, former: GradeEvent) -> GradeEvent:
    """Not saved."""
    same = {name: getattr(former, name) for name in ("item_id", "response_id", "question_version_id", "grader_version", "fraction")}
    same |= {name: getattr(former, name) for name in ("points", "points_max", "feedback", "facts")}
    reason = f"Taken back: {run.revert_reason}"[:300]
    return GradeEvent(kind=GradeEvent.Kind.REGRADE, regrade=run, actor_id=run.reverted_by_id, reason=reason, **same)
