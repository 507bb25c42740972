"""A class's quizzes as its staff see them: the list with its numbers, the attempts at one, one attempt with all that was logged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When, prefetch_related_objects

from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook.models import Column
from academy.quizzes import cautions, challenges, interventions, likeness, marking, policy, scheduling, showing
from academy.quizzes.marking import Score
from academy.quizzes.models import OVER, Attempt, AttemptItem, GradeEvent, PolicyOverride, QuizSchedule, ResponseEvent, State
from academy.quizzes.policy import Policy

ALL = dict.fromkeys(showing.SHOWN, True)
DRAFTS_SHOWN = 40  # of one question, the newest
ANSWER_SHOWN = 400  # characters of an answer in a log
FILTERS = {  # in the order shown
    "review": ("waiting for review", Q(state=State.NEEDS_REVIEW)),
    "running": ("in progress", Q(state=State.IN_PROGRESS)),
    "grading": ("being graded", Q(state=State.SUBMITTED)),
    "graded": ("graded", Q(state=State.GRADED)),
    "voided": ("not counting", Q(state=State.VOIDED)),
    "all": ("all", Q()),
}
FIRST = Case(When(state=State.NEEDS_REVIEW, then=Value(0)), When(state=State.IN_PROGRESS, then=Value(1)), default=Value(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A quiz of the class in the list."""

    schedule: QuizSchedule
    rules: Policy
    column: Column | None
    numbers: Mapping[str, int]  # students, handed_in, running, review, made
    cautions: list[str]
    overrides: int
    at: datetime

    @property
    def state(self) -> str:
        return (
            "not open yet" if self.rules.opens_at and self.at < self.rules.opens_at else "open" if self.rules.is_open(self.at) else "closed"
        )


NO_NUMBERS = {"students": 0, "handed_in": 0, "running": 0, "review": 0, "made": 0}


def sets(school_class: SchoolClass) -> list[Set]:
    at = policy.now()
    rows = QuizSchedule.objects.filter(school_class=school_class).select_related("quiz__lesson", "school_class", "column")
    found = numbers(school_class)
    return [
        Set(
            schedule=one, rules=policy.of_schedule(one, None), column=getattr(one, "column", None), at=at, cautions=cautions.of(one, at),
            numbers=found.get(one.quiz_id, NO_NUMBERS), overrides=len(different(one)),
        )
        for one in rows
    ]  # fmt: skip


def numbers(school_class: SchoolClass) -> dict[int, dict[str, int]]:
    """Of attempts, by quiz: `students` have handed in at least one."""
    over = Q(state__in=OVER)
    rows = Attempt.objects.filter(school_class=school_class).order_by().values("quiz").annotate(
        students=Count("user", distinct=True, filter=over), handed_in=Count("pk", filter=over), made=Count("pk"),
        running=Count("pk", filter=Q(state=State.IN_PROGRESS)), review=Count("pk", filter=Q(state=State.NEEDS_REVIEW)),
    )  # fmt: skip
    return {row["quiz"]: {name: dict[str, Any](row)[name] for name in NO_NUMBERS} for row in rows}


def students(school_class: SchoolClass) -> QuerySet[Membership]:
    """Who can take its quizzes."""
    return (
        Membership.objects.agreed().filter(school_class=school_class, role=Role.STUDENT).select_related("user").order_by("user__username")
    )


# The attempts at one quiz


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An attempt in the list. `credit` none where all of it counts."""

    attempt: Attempt
    score: Score | None
    used_s: int
    credit: Decimal | None
    likes: list[likeness.Like]

    @property
    def percent(self) -> Decimal | None:
        return None if self.score is None or self.score.open or not self.score.max else showing.percent(self.score)


def attempts_at(schedule: QuizSchedule) -> QuerySet[Attempt]:
    """Those that wait for somebody first."""
    rows = Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id)
    return rows.select_related("user", "quiz", "school_class").order_by(FIRST, "-started_at", "pk")


def counts(schedule: QuizSchedule) -> list[tuple[str, str, int]]:
    """Of each filter: its name, its words, how many."""
    found = (
        attempts_at(schedule)
        .order_by()
        .aggregate(**{name: Count("pk", filter=where) for name, (_, where) in FILTERS.items() if where}, all=Count("pk"))
    )
    return [(name, words, found[name]) for name, (words, _) in FILTERS.items()]


def lines(schedule: QuizSchedule, found: Iterable[Attempt]) -> list[Line]:
    """Some attempts at one quiz with what they came to, in a fixed number of queries."""
    held, at = list(found), policy.now()
    graded = marking.graded([one for one in held if one.state != State.IN_PROGRESS])
    likes = likeness.alike(held)
    others = cautions.newest_overrides(schedule)
    return [
        Line(
            attempt=one, score=marking.score(graded[one.pk]) if one.pk in graded else None, used_s=used_s(one, at),
            credit=credit(policy.of_schedule(schedule, others.get(one.user_id)), one), likes=likes.get(one.pk, []),
        )
        for one in held
    ]  # fmt: skip


def used_s(attempt: Attempt, at: datetime) -> int:
    return max(0, int(((attempt.submitted_at or at) - attempt.started_at) / timedelta(seconds=1)))


def credit(rules: Policy, attempt: Attempt) -> Decimal | None:
    share = rules.credit(attempt.submitted_at) if attempt.submitted_at else policy.ALL
    return None if share == policy.ALL else share


# One attempt


@dataclass(slots=True, kw_only=True)
class Looked:
    """A question of an attempt with everything that is known of it. `form` is there for those who may mark it now."""

    row: showing.Row
    item: AttemptItem
    grade: GradeEvent | None
    events: list[GradeEvent]
    log: list[ResponseEvent] = field(default_factory=list)
    likes: list[likeness.Like] = field(default_factory=list)
    by_hand: bool = False
    form: Any = None

    @property
    def solution(self) -> list[str]:
        return challenges.solution(self.item)

    @property
    def drafts(self) -> list[ResponseEvent]:
        return [one for one in self.log if one.kind == ResponseEvent.Kind.DRAFT][-DRAFTS_SHOWN:]

    @property
    def drafts_more(self) -> int:
        return sum(one.kind == ResponseEvent.Kind.DRAFT for one in self.log) - len(self.drafts)

    @property
    def responses(self) -> list[ResponseEvent]:
        return [one for one in self.log if one.kind != ResponseEvent.Kind.DRAFT]


def looked_at(attempt: Attempt) -> tuple[list[Looked], Score]:
    """The questions as the student saw them, with key, marks and logs. In progress: with what is saved so far."""
    found = marking.graded([attempt])[attempt.pk]
    prefetch_related_objects([event for one in found for event in one.events], "question_version")
    log = responses(attempt)
    likes: dict[int, list[likeness.Like]] = {}
    for like in likeness.alike([attempt]).get(attempt.pk, []):
        likes.setdefault(like.slot, []).append(like)
    rows = [
        Looked(
            row=seen(attempt, one), item=one.item, grade=one.grade, events=one.events, log=log.get(one.item.pk, []),
            likes=likes.get(one.item.slot, []), by_hand=interventions.is_by_hand(one.grade),
        )
        for one in found
    ]  # fmt: skip
    return rows, marking.score(found)


def seen(attempt: Attempt, one: marking.Graded) -> showing.Row:
    if attempt.state != State.IN_PROGRESS:
        return showing.reviewed(one, ALL)
    row = showing.asked(one.item)
    row.locked = True
    return row


def responses(attempt: Attempt) -> dict[int, list[ResponseEvent]]:
    found: dict[int, list[ResponseEvent]] = {}
    for one in ResponseEvent.objects.filter(item__attempt=attempt).order_by("item", "seq"):
        found.setdefault(one.item_id, []).append(one)
    return found


def written(answer: Any) -> str:
    """An answer as it was sent, for a log."""
    if answer is None:
        return "blank"
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return text if len(text) <= ANSWER_SHOWN else text[: ANSWER_SHOWN - 1] + "…"


def ended(attempt: Attempt) -> Mapping[str, Any]:
    """What the head of an attempt's page says of its time and its marks, beside the attempt itself."""
    rules = policy.of_attempt(attempt)
    return {"rules": rules, "used_s": used_s(attempt, policy.now()), "credit": credit(rules, attempt)}


def running_of(schedule: QuizSchedule, user: Any) -> Attempt | None:
    return attempts_at(schedule).filter(user=user, state=State.IN_PROGRESS).first()


def history(schedule: QuizSchedule, user: Any) -> list[PolicyOverride]:
    """A student's rows, the newest first."""
    return list(PolicyOverride.objects.filter(schedule=schedule, user=user).select_related("actor").order_by("-pk"))


def different(schedule: QuizSchedule) -> dict[int, PolicyOverride]:
    """By user, those for whom something is different now."""
    return {user: one for user, one in cautions.newest_overrides(schedule).items() if scheduling.is_different(one)}
