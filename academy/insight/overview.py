"""All quizzes of a class at a glance. What a quiz comes to is kept in the cache until a mark of it changes.

The sums of 40 quizzes and 300 students take a second or more to add up, and hardly any of them has changed since somebody looked. Each quiz
of a class has a stamp in the cache, replaced whenever a mark was committed; what was computed is kept under the stamp read before
computing, so a mark that comes in between leaves nothing behind that is read again. A lost cache is filled over a few requests, each of
which adds up for a bounded time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Q

from academy.classes.models import SchoolClass
from academy.insight import firsts, measures, statistics
from academy.insight.firsts import Sums
from academy.insight.measures import NOTHING, ConceptInsight
from academy.insight.statistics import N_MIN
from academy.quizzes.models import OVER, Attempt, QuizSchedule, State
from lessons.models import QuestionVersion

BUDGET_S = 0.6  # of a request, for adding up
BATCH = 5  # quizzes added up in one statement
KEPT_S = 7 * 24 * 3600
FORM = 1  # of what is kept; another one is not read
NONE = {"in_progress": 0, "waiting": 0, "over": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Of a quiz: scores of first attempts that are wholly marked, 0 to 1, and the sums of its questions."""

    scores: Sequence[Decimal]
    sums: Sequence[Sums]

    @property
    def n(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A quiz in the list. `check`: how many questions discriminate negatively; `n` none: not added up yet."""

    schedule: QuizSchedule
    n: int | None
    in_progress: int
    waiting: int
    mean: Decimal | None = None
    median: Decimal | None = None
    check: int = 0


def of_class(school_class: SchoolClass) -> tuple[list[Line], list[ConceptInsight]]:
    """Its quizzes in the order they are due, and how it does in each concept."""
    schedules = list(school_class.quiz_schedules.select_related("quiz__lesson"))
    counts = states(school_class)
    found = summaries(school_class, {one.quiz_id: counts.get(one.quiz_id, NONE)["over"] for one in schedules})
    pks = {one.version for summary in found.values() for one in summary.sums}
    versions = {pk: (question, slugs) for pk, question, slugs in named(pks)}
    lines = [line(one, found.get(one.quiz_id), versions, counts.get(one.quiz_id, NONE)) for one in schedules]
    rows = [(slug, one.n, one.points, one.most) for summary in found.values() for one in summary.sums for slug in versions[one.version][1]]
    return lines, measures.concepts_of(measures.summed(rows))


def named(pks: set[int]) -> Any:
    return QuestionVersion.objects.filter(pk__in=pks).values_list("pk", "question_id", "concepts")


def states(school_class: SchoolClass) -> dict[int, Any]:
    """How many attempts of each quiz are in progress, wait for marks, are over; these change without a mark."""
    rows = (
        Attempt.objects.filter(school_class=school_class)
        .values("quiz")
        .annotate(
            in_progress=Count("pk", filter=Q(state=State.IN_PROGRESS)),
            waiting=Count("pk", filter=Q(state__in=[state for state in OVER if state != State.GRADED])),
            over=Count("pk", filter=Q(state__in=OVER)),
        )
        .order_by()
    )
    return {row["quiz"]: row for row in rows}


def line(schedule: QuizSchedule, found: Summary | None, versions: Mapping[int, tuple[int, Any]], counts: Mapping[str, int]) -> Line:
    known: dict[str, Any] = {
        "schedule": schedule,
        "n": found.n if found else None,
        "in_progress": counts["in_progress"],
        "waiting": counts["waiting"],
    }
    if found is None or found.n < N_MIN:
        return Line(**known)
    return Line(
        **known, mean=sum(found.scores, NOTHING) / found.n, median=statistics.median(found.scores), check=negative(found.sums, versions)
    )


def negative(sums: Sequence[Sums], versions: Mapping[int, tuple[int, Any]]) -> int:
    """How many questions have a covariance with the rest below 0, all versions of each together."""
    added: dict[int, list[Decimal]] = {}
    for one in sums:
        row = added.setdefault(versions[one.version][0], [NOTHING] * 4)
        added[versions[one.version][0]] = [a + b for a, b in zip(row, (Decimal(one.n), one.points, one.rest, one.products), strict=True)]
    return sum(n >= N_MIN and n * products - points * rest < 0 for n, points, rest, products in added.values())


# What is kept


def summaries(school_class: SchoolClass, quizzes: Mapping[int, int]) -> dict[int, Summary]:
    """`quizzes`: each with the number of its attempts that are over, which changes when one is voided. At least one batch of those that are
    not kept, and as many as there is time for.
    """
    until = monotonic() + BUDGET_S
    keys = keys_of(school_class, quizzes)
    kept = cache.get_many(keys.values())
    found = {quiz: read(kept[key]) for quiz, key in keys.items() if key in kept}
    missing = [quiz for quiz in quizzes if quiz not in found]
    while missing:
        batch, missing = missing[:BATCH], missing[BATCH:]
        added = {quiz: Summary(scores=scores, sums=sums) for quiz, (scores, sums) in firsts.sums(school_class.pk, batch).items()}
        cache.set_many({keys[quiz]: written(summary) for quiz, summary in added.items()}, KEPT_S)
        found |= added
        if monotonic() > until:
            break
    return found


def keys_of(school_class: SchoolClass, quizzes: Mapping[int, int]) -> dict[int, str]:
    """They hold who the students are: one who leaves takes their marks out of the sums."""
    names = {quiz: stamp_name(school_class.pk, quiz) for quiz in quizzes}
    stamps = cache.get_many(names.values())
    new = {name: uuid.uuid4().hex for name in names.values() if name not in stamps}
    for name, stamp in new.items():
        stamps[name] = stamp if cache.add(name, stamp, KEPT_S) else cache.get(name, stamp)
    students = ",".join(map(str, measures.seats(school_class).order_by("user").values_list("user", flat=True)))
    who = blake2b(students.encode(), digest_size=8).hexdigest()
    return {quiz: f"insight:{FORM}:{school_class.pk}:{quiz}:{quizzes[quiz]}:{who}:{stamps[name]}" for quiz, name in names.items()}


def stamp_name(school_class: int, quiz: int) -> str:
    return f"insight-stamp:{school_class}:{quiz}"


def written(found: Summary) -> str:
    rows = [[one.version, one.n, *map(str, (one.points, one.most, one.rest, one.products))] for one in found.sums]
    return json.dumps({"scores": [str(score) for score in found.scores], "sums": rows})


def read(kept: str) -> Summary:
    data = json.loads(kept)
    sums = []
    for version, n, *numbers in data["sums"]:
        points, most, rest, products = map(Decimal, numbers)
        sums.append(Sums(version=version, n=n, points=points, most=most, rest=rest, products=products))
    return Summary(scores=[Decimal(score) for score in data["scores"]], sums=sums)


def mark_changed(sender: Any, attempt: Attempt, **kwargs: Any) -> None:
    """Inside the transaction that changed it: once that is committed, what was kept counts no more."""
    if attempt.school_class_id is not None:
        transaction.on_commit(lambda: replace_stamp(attempt.school_class_id, attempt.quiz_id), robust=True)


def replace_stamp(school_class: int, quiz: int) -> None:
    cache.set(stamp_name(school_class, quiz), uuid.uuid4().hex, KEPT_S)
