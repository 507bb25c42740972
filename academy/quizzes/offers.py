"""What a user can take: quizzes set for their classes, by which rules, and what they have done with each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from academy.classes.access import is_somebody
from academy.classes.models import Membership, Role
from academy.quizzes import attempts, marking, policy, showing
from academy.quizzes.models import Attempt, QuizSchedule, State
from academy.quizzes.policy import Policy
from lessons.models import Quiz

SHOWN_MAX = 20  # practice attempts in a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An attempt in a list. `percent` none: not marked, or not shown yet."""

    attempt: Attempt
    percent: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A quiz as one class of the user takes it. `refused`: why no new attempt begins now."""

    schedule: QuizSchedule
    rules: Policy
    past: list[Past]
    running: Attempt | None
    refused: str
    at: datetime

    @property
    def left(self) -> int | None:
        used = sum(one.attempt.state != State.VOIDED for one in self.past)
        return None if self.rules.attempts_max is None else max(0, self.rules.attempts_max - used)

    @property
    def is_late(self) -> bool:
        return self.rules.due_at is not None and self.rules.due_at < self.at


def past(found: list[Attempt]) -> list[Past]:
    """With marks where the student may see them."""
    over = [one for one in found if one.is_over]
    scores = {pk: marking.score(rows) for pk, rows in marking.graded(over).items()}
    rows = []
    for one in found:
        score = scores.get(one.pk)
        seen = score is not None and not score.open and showing.releases(one)["score"]
        rows.append(Past(attempt=one, percent=showing.percent(score) if seen and score else None))
    return rows


def offer(user: Any, schedule: QuizSchedule, own: list[Attempt]) -> Offer:
    running = next((one for one in own if one.state == State.IN_PROGRESS), None)
    refused = ""
    if running is None:
        try:
            attempts.may_begin(user, schedule.quiz, schedule.school_class)
        except attempts.Refused as error:
            refused = str(error)
    rules = policy.for_user(schedule, user)
    return Offer(schedule=schedule, rules=rules, past=past(own), running=running, refused=refused, at=policy.now())


def schedules_of(user: Any) -> list[QuizSchedule]:
    """Of the classes in which the user is a student."""
    if not is_somebody(user):
        return []
    seats = Membership.objects.agreed().filter(user=user, role=Role.STUDENT, school_class__archived_at=None)
    rows = QuizSchedule.objects.filter(school_class__in=seats.values("school_class"), quiz__is_asked=True)
    return list(rows.select_related("quiz__lesson", "school_class"))


def attempts_of(user: Any, **where: Any) -> list[Attempt]:
    return list(Attempt.objects.filter(user=user, **where).select_related("quiz__lesson", "school_class", "user").order_by("-started_at"))


def of_quiz(user: Any, quiz: Quiz) -> dict[str, Any]:
    if not user.is_authenticated:
        return {"offers": [], "practice": [], "running": None}
    own = attempts_of(user, quiz=quiz)
    practice = [one for one in own if one.practice]
    set_here = [one for one in schedules_of(user) if one.quiz_id == quiz.pk]
    return {
        "offers": [offer(user, one, [a for a in own if a.school_class_id == one.school_class_id]) for one in set_here],
        "practice": past([one for one in practice if one.is_over][:SHOWN_MAX]),
        "running": next((one for one in practice if one.state == State.IN_PROGRESS), None),
    }


def of_user(user: Any) -> dict[str, Any]:
    own = attempts_of(user)
    found = [
        offer(user, one, [a for a in own if (a.quiz_id, a.school_class_id) == (one.quiz_id, one.school_class_id)])
        for one in schedules_of(user)
    ]
    practice = [one for one in own if one.practice and one.state != State.ABANDONED][:SHOWN_MAX]
    return {"offers": found, "practice": past(practice), "quizzes": list(Quiz.objects.filter(is_asked=True).select_related("lesson"))}
