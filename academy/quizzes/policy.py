"""The rules that hold for one student and one quiz of a class: the schedule, with the newest override over it.

Only the database's clock decides (`now`); what a browser shows is display. Asked anew at every step, so that extra time given during an
attempt counts from the next request on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from academy.classes.models import Membership, Role
from academy.quizzes.models import Attempt, PolicyOverride, QuizSchedule, State
from academy.quizzes.schedule_models import Aggregate, When

ALL = Decimal(1)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`late`: (hours after due, share of the marks), hours rising. Moments in UTC, none: unbounded."""

    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    time_limit_s: int | None = None
    grace_s: int = 0
    attempts_max: int | None = None
    aggregate: str = Aggregate.BEST
    shuffle: bool = True
    late: tuple[tuple[Decimal, Decimal], ...] = ()
    score_when: str = When.AT_ONCE
    feedback_when: str = When.AT_ONCE
    key_when: str = When.AT_ONCE
    released_at: datetime | None = None
    reason: str = ""  # of the override, where there is one

    def deadline(self, started_at: datetime) -> datetime | None:
        """When an attempt begun then is over: its time or the quiz's end, whichever comes first."""
        ends = [self.closes_at] if self.closes_at else []
        ends += [started_at + timedelta(seconds=self.time_limit_s)] if self.time_limit_s else []
        return min(ends, default=None)

    def is_open(self, at: datetime) -> bool:
        return (self.opens_at is None or self.opens_at <= at) and (self.closes_at is None or at < self.closes_at)

    def credit(self, submitted_at: datetime) -> Decimal:
        """The share of its marks that an attempt handed in then keeps."""
        if self.due_at is None or submitted_at <= self.due_at or not self.late:
            return ALL
        return next((share for hours, share in self.late if submitted_at <= self.due_at + timedelta(hours=float(hours))), NOTHING)

    def shows(self, what: str, at: datetime) -> bool:
        """Whether `what` (score, feedback, key) of a graded attempt is shown. A bound that is not set is not reached."""
        when = getattr(self, f"{what}_when")
        if when == When.AT_ONCE:
            return True
        bound = {When.DUE: self.due_at, When.CLOSED: self.closes_at, When.RELEASED: self.released_at}.get(when)
        return (bound is not None and bound <= at) or (self.released_at is not None and when != When.NEVER)


PRACTICE = Policy()
NOTHING_SHOWN = {"score_when": When.NEVER, "feedback_when": When.NEVER, "key_when": When.NEVER}


def now() -> datetime:
    """The database's clock, at this moment and not at the transaction's beginning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def of_schedule(schedule: QuizSchedule, override: PolicyOverride | None) -> Policy:
    def one(name: str) -> Any:
        given = getattr(override, name) if override else None
        return getattr(schedule, name) if given is None else given

    limit = one("time_limit_s")
    if limit is not None and override is not None and override.time_factor is not None:
        limit = int(limit * override.time_factor)
    return Policy(
        opens_at=one("opens_at"), due_at=one("due_at"), closes_at=one("closes_at"), time_limit_s=limit, grace_s=schedule.grace_s,
        attempts_max=one("attempts_max"), aggregate=schedule.aggregate, shuffle=schedule.shuffle,
        late=tuple((Decimal(str(hours)), Decimal(str(percent)) / 100) for hours, percent in schedule.late),
        score_when=schedule.score_when, feedback_when=schedule.feedback_when, key_when=schedule.key_when, released_at=schedule.released_at,
        reason=override.reason if override else "",
    )  # fmt: skip


def override_of(schedule: QuizSchedule, user: Any) -> PolicyOverride | None:
    """The newest one."""
    return PolicyOverride.objects.filter(schedule=schedule, user=user).order_by("-pk").first()


def for_user(schedule: QuizSchedule, user: Any) -> Policy:
    return of_schedule(schedule, override_of(schedule, user))


def schedule_of(attempt: Attempt) -> QuizSchedule | None:
    return QuizSchedule.objects.filter(quiz=attempt.quiz_id, school_class=attempt.school_class_id).first()


def of_attempt(attempt: Attempt) -> Policy:
    """Practice has no rules but that it shows nothing while its answers are kept back. A class without a schedule any more keeps its
    attempts: nothing more is discounted or hidden. An archived class is closed.
    """
    if attempt.school_class is None:
        kept = kept_back(attempt.user_id, attempt.quiz_id, now())
        return Policy(reason=kept, **NOTHING_SHOWN) if kept else PRACTICE
    schedule, archived_at = schedule_of(attempt), attempt.school_class.archived_at
    rules = PRACTICE if schedule is None else for_user(schedule, attempt.user_id)
    if archived_at is None:
        return rules
    return replace(rules, closes_at=min(filter(None, (rules.closes_at, archived_at))))


def kept_back(user: Any, quiz: Any, at: datetime) -> str:
    """Why practice must not show this user the right answers of this quiz now; nothing where it may."""
    if Attempt.objects.filter(user=user, quiz=quiz, state=State.IN_PROGRESS).exclude(school_class=None).exists():
        return "Hand in your attempt in class first. Practice shows the right answers."
    seats = Membership.objects.agreed().filter(user=user, role=Role.STUDENT, school_class__archived_at=None)
    closed = QuizSchedule.objects.filter(quiz=quiz, school_class__in=seats.values("school_class"), practice_open=False)
    for schedule in closed.select_related("school_class"):
        closes_at = for_user(schedule, user).closes_at
        if closes_at is None or at < closes_at:
            return f"{schedule.school_class} keeps this quiz closed to practice until it is over."
    return ""
