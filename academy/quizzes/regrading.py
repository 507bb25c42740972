"""The door to regrades: what is offered, the dry run, applying it, taking it back.

A regrade is of one question in one class. `plan` computes a delta for each item that has a mark, and changes nothing else; after `apply`
workers write them, an attempt in a transaction, under the attempt's lock. A delta is written while the mark it was computed from still
counts; where another counts by then it is computed again first. `RegradeDelta.applied` is set in the same transaction, so a worker that
dies leaves nothing half done and whoever comes next goes on. Nothing is deleted: `revert` adds the former marks as the newest.

States: draft, previewed, applying, applied, reverted. An attempt's transaction looks at the state after it holds the attempt, so a slow
worker finds that it is not wanted any more. A regrade that is still being taken back is `reverted` with deltas that are `applied`.
What is decided about a question's regrades in a class is decided holding all of their rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from academy.classes.models import SchoolClass
from academy.quizzes import marking, policy, regrade_changes, regrade_effects, regrade_work
from academy.quizzes.alone import REGRADE, alone
from academy.quizzes.attempts import Refused as Refused
from academy.quizzes.models import OVER, AttemptItem, GradeEvent, RegradeDelta, RegradeRun
from academy.quizzes.regrade_changes import Change, Line
from academy.quizzes.regrade_effects import PASS_PERCENT as PASS_PERCENT
from academy.quizzes.regrade_marks import UNJUDGED
from lessons import asking
from lessons.models import Question, QuestionVersion

logger = logging.getLogger(__name__)
AT_ONCE_MAX = 400  # attempts looked at while somebody waits for the page
AT_ONCE_S = 20.0
SLICE_S = 15.0  # of one task; the next one goes on
POLL_S = 0.2

Mode = RegradeRun.Mode
State = RegradeRun.State
WORK: dict[str, Callable[[RegradeRun, float], bool]] = {
    State.DRAFT: regrade_work.compute,
    State.APPLYING: regrade_work.write,
    State.REVERTED: regrade_work.take_back,
}


# What is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`answers` of a class were marked by an earlier version, `before` the newest of those; the current one could mark them otherwise."""

    question: Question
    version: QuestionVersion
    before: QuestionVersion
    answers: int
    changes: list[Change]

    @property
    def lines(self) -> list[Line]:
        return regrade_changes.difference(self.before, self.version)

    @property
    def words(self) -> str:
        return asking.words_of(asking.question_of(self.version))

    @property
    def what(self) -> str:
        """The key; the key and the points."""
        found = list(dict.fromkeys(change.what.partition(",")[0] for change in self.changes))
        return " and ".join(found)


def offered(school_class: SchoolClass, question: Question | None = None) -> list[Offer]:
    """Questions whose key, rule, points or parts have changed since answers of the class were marked. Marks by hand are not counted."""
    several = QuestionVersion.objects.filter(n__gt=1)
    if question is not None:
        several = several.filter(question=question)
    asked = AttemptItem.objects.filter(attempt__school_class=school_class, attempt__state__in=OVER)
    asked = asked.filter(question_version__question__in=several.values("question"))
    rows = Question.objects.filter(pk__in=asked.values("question_version__question")).exclude(current=None)
    found = [offer(school_class, one) for one in rows.select_related("current__question").order_by("uid")]
    return [one for one in found if one is not None]


def offer(school_class: SchoolClass, question: Question) -> Offer | None:
    current = question.current
    assert current is not None
    versions = {one.pk: one for one in question.versions.select_related("question")}
    told = {pk: regrade_changes.changes(one, current) for pk, one in versions.items()}
    stale = [grade.question_version_id for grade in standing(school_class, question) if told[grade.question_version_id]]
    if not stale:
        return None
    before = max((versions[pk] for pk in set(stale)), key=lambda one: one.n)
    return Offer(question=question, version=current, before=before, answers=len(stale), changes=told[before.pk])


def standing(school_class: SchoolClass, question: Question) -> list[GradeEvent]:
    """The marks that count, but for those by hand and those that a regrade to the current version could not judge."""
    over = {"item__attempt__school_class": school_class, "item__attempt__state__in": OVER, "item__question_version__question": question}
    logs: dict[int, list[GradeEvent]] = {}
    for event in GradeEvent.objects.filter(**over).defer("feedback", "facts").order_by("pk"):
        logs.setdefault(event.item_id, []).append(event)
    looked_at = RegradeDelta.objects.filter(
        regrade__question=question, regrade__school_class=school_class, regrade__to_version=question.current_id,
        regrade__state=State.APPLIED, new__left=UNJUDGED,
    )  # fmt: skip
    passed_over = set(looked_at.values_list("item", flat=True))
    found = [marking.effective(log) for item, log in logs.items() if item not in passed_over]
    return [one for one in found if one is not None and one.kind in (GradeEvent.Kind.AUTO, GradeEvent.Kind.REGRADE)]


# Deciding


def plan(
    question: Question, school_class: SchoolClass, mode: str, actor: Any, reason: str = "", to_version: QuestionVersion | None = None
) -> RegradeRun:
    """The dry run: at once where it is quick, else by a worker. Raises Refused."""
    to = to_version or question.current
    if mode not in Mode.values:
        raise Refused(f"Expected one of {', '.join(Mode.values)}; got {mode[:20]!r}.")
    if to is None or to.question_id != question.pk:
        raise Refused(f"{question.uid} has no such version. Choose one of its own.")
    run = RegradeRun.objects.create(
        question=question, school_class=school_class, to_version=to, mode=mode, actor=actor, reason=reason.strip()[:300]
    )
    quick = asking.kind_of(asking.question_of(to)).can_check
    if quick and len(regrade_effects.attempts_of(question, school_class)) <= AT_ONCE_MAX:
        carry_on(run.pk, AT_ONCE_S)
    run.refresh_from_db()
    if run.state == State.DRAFT:
        transaction.on_commit(lambda: ask(run.pk), robust=True)
    return run


@transaction.atomic
def apply(pk: int, *, actor: Any, reason: str) -> RegradeRun:
    """Have it written. The same again for a regrade that is applied. Raises Refused."""
    run, others = held(pk)
    if run.state in (State.APPLYING, State.APPLIED):
        return run
    if run.state != State.PREVIEWED:
        raise Refused(f"This regrade is {run.get_state_display()}. Only one that was looked at can be applied.")
    if not reason.strip():
        raise Refused("Say why: the reason is kept with every mark and the students can read it.")
    if any(map(is_busy, others)):
        raise Refused("Another regrade of this question is at work. Apply this one when that is done.")
    run.state, run.actor, run.reason = State.APPLYING, actor, reason.strip()[:300]
    run.save(update_fields=["state", "actor", "reason"])
    transaction.on_commit(lambda: ask(run.pk), robust=True)
    return run


@transaction.atomic
def revert(pk: int, *, actor: Any, reason: str) -> RegradeRun:
    """Have the former marks restored. The same again for one that is taken back. Raises Refused."""
    run, others = held(pk)
    if run.state == State.REVERTED:
        return run
    if run.state not in (State.APPLYING, State.APPLIED):
        raise Refused(f"This regrade is {run.get_state_display()}; there is nothing to take back.")
    if not reason.strip():
        raise Refused("Say why: the reason is kept with every mark and the students can read it.")
    later = next((one for one in others if stands_on(one, run)), None)
    if later is not None:
        raise Refused(f"A later regrade of this question, {later.get_mode_display()!r}, stands on this one. Take that back first.")
    run.state, run.reverted_at, run.reverted_by, run.revert_reason = State.REVERTED, policy.now(), actor, reason.strip()[:280]
    run.error = ""
    run.save(update_fields=["state", "reverted_at", "reverted_by", "revert_reason", "error"])
    transaction.on_commit(lambda: ask(run.pk), robust=True)
    return run


@transaction.atomic
def discard(pk: int) -> None:
    """A dry run that nobody wants goes. Raises Refused for one that was applied, whose marks are in the log."""
    run, _ = held(pk)
    if run.state not in (State.DRAFT, State.PREVIEWED, State.FAILED):
        raise Refused("This regrade was applied. It can be taken back and is kept.")
    run.delete()


def held(pk: int) -> tuple[RegradeRun, list[RegradeRun]]:
    """A regrade, and the others of its question and class, all of their rows held."""
    one = RegradeRun.objects.get(pk=pk)
    same = RegradeRun.objects.filter(question=one.question_id, school_class=one.school_class_id).order_by("pk")
    rows = list(same.select_for_update(no_key=True))
    found = next((row for row in rows if row.pk == pk), None)
    if found is None:  # discarded while we waited
        raise RegradeRun.DoesNotExist
    return found, [row for row in rows if row.pk != pk]


def is_busy(run: RegradeRun) -> bool:
    return run.state == State.APPLYING or is_being_taken_back(run)


def is_being_taken_back(run: RegradeRun) -> bool:
    return run.state == State.REVERTED and run.deltas.filter(applied=True).exists()


def stands_on(other: RegradeRun, run: RegradeRun) -> bool:
    if other.state == State.APPLIED:
        return run.applied_at is not None and other.applied_at is not None and other.applied_at > run.applied_at
    return is_busy(other)


# Working


def ask(pk: int) -> None:
    from academy.quizzes.regrade_tasks import carry_on as task  # the task calls this module

    task.delay(pk)


def unfinished() -> list[int]:
    """Regrades that a worker should be at."""
    waiting = Q(state__in=(State.DRAFT, State.APPLYING)) | Q(state=State.REVERTED, deltas__applied=True)
    return list(RegradeRun.objects.filter(waiting).order_by("pk").distinct().values_list("pk", flat=True))


def carry_on(pk: int, seconds: float = SLICE_S) -> bool:
    """Do what a regrade waits for. False where a worker should come again. Returns at once where another is at it."""
    until = time.monotonic() + seconds
    with alone(REGRADE, pk) as mine:
        run = RegradeRun.objects.select_related("question", "to_version__question", "school_class").filter(pk=pk).first()
        if not mine or run is None:
            return True
        work = WORK.get(run.state)
        try:
            done = work is None or work(run, until)
            RegradeRun.objects.filter(pk=pk, state=State.REVERTED).exclude(error="").update(error="")
            return done
        except Exception as error:
            logger.exception("regrade %s stopped", pk)
            failed(run, f"{type(error).__name__}: {error}"[:500])
            return True


def finish(run: RegradeRun) -> RegradeRun:
    """Carry on until nothing is left or it fails, here or with a worker. For commands, which may wait."""
    while True:
        carry_on(run.pk)
        found = RegradeRun.objects.get(pk=run.pk)
        if not is_at_work(found) or found.error:
            return found
        time.sleep(POLL_S)


def failed(run: RegradeRun, error: str) -> None:
    """A dry run ends there; what is being written or taken back is tried again by the sweeper."""
    RegradeRun.objects.filter(pk=run.pk).update(error=error)
    RegradeRun.objects.filter(pk=run.pk, state=State.DRAFT).update(state=State.FAILED)


def progress(run: RegradeRun) -> tuple[int, int]:
    """How many items are done, of how many: of a dry run, of one that is being applied, of one that is being taken back."""
    if run.state == State.DRAFT:
        return run.deltas.count(), len(regrade_effects.attempts_of(run.question, run.school_class))
    applied = run.deltas.filter(applied=True).count()
    total = run.deltas.count()
    return (total - applied if run.state == State.REVERTED else applied), total


def is_at_work(run: RegradeRun) -> bool:
    return run.state == State.DRAFT or is_busy(run)
