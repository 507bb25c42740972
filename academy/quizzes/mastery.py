"""How well a student answers, concept by concept: of each question the newest mark the student may see, and their mean.

For the student's own eyes; no grade is made of it. What a class has not released yet is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from academy.quizzes import marking, policy
from academy.quizzes.models import OVER, Attempt
from lessons.content import concepts
from lessons.content.concepts import Concept

ATTEMPTS_MAX = 100  # the newest are looked at
# At least this share, in words; the first that fits. A single question is no proof.
WORDS = ((Decimal("0.85"), "mastered"), (Decimal("0.5"), "on the way"), (Decimal(0), "to repeat"))
SURE_FROM = 2  # questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """Of one concept. `share` from 0 to 1, `questions` how many it rests on."""

    concept: Concept
    share: Decimal
    questions: int

    @property
    def percent(self) -> int:
        return int((self.share * 100).to_integral_value())

    @property
    def words(self) -> str:
        found = next(words for least, words in WORDS if self.share >= least)
        return "on the way" if found == "mastered" and self.questions < SURE_FROM else found


def of(user: Any) -> list[Mastery]:
    """Of every concept the student has answered a question on, in the order of the course."""
    marks: dict[str, dict[str, Decimal]] = defaultdict(dict)  # concept -> question -> newest share
    for uid, slugs, share in newest(user):
        for slug in slugs:
            marks[slug].setdefault(uid, share)
    known = [one for one in concepts.every() if one.slug in marks]
    return [mastery(one, marks[one.slug].values()) for one in known]


def mastery(concept: Concept, shares: Iterable[Decimal]) -> Mastery:
    held = list(shares)
    return Mastery(concept=concept, share=sum(held, Decimal(0)) / len(held), questions=len(held))


def newest(user: Any) -> Iterable[tuple[str, list[str], Decimal]]:
    """(question, its concepts, share of the points), newest first."""
    own = Attempt.objects.filter(user=user, state__in=OVER).select_related("school_class").order_by("-submitted_at")[:ATTEMPTS_MAX]
    at = policy.now()
    rules = {(one.quiz_id, one.school_class_id): one for one in own}  # one policy for each quiz and class
    seen_of = {key: policy.of_attempt(one).shows("score", at) for key, one in rules.items()}
    seen = [one for one in own if seen_of[one.quiz_id, one.school_class_id]]
    for rows in marking.graded(seen).values():
        for row in rows:
            version = row.item.question_version
            if row.grade is not None and row.grade.points_max:
                yield version.question.uid, version.concepts, row.grade.fraction
