"""First attempts and what counts of them, in SQL: the rows a class page looks at are hundreds of thousands.

First: of each student of the class, the attempt with the lowest number that was handed in and not voided. What counts of an item is what
`marking.effective` says; a test compares the two over every history of a few events.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from json import loads
from typing import Any

from django.db import connection

from academy.classes.models import Role
from academy.quizzes.models import OVER, GradeEvent, QuizSchedule, ResponseEvent

Kind = GradeEvent.Kind

# For each item i: the event that counts, as g.
EFFECTIVE = f"""
LEFT JOIN LATERAL (
  SELECT e.* FROM quizzes_gradeevent e
  WHERE e.item_id = i.id AND e.kind <> '{Kind.CLEARED}' AND (
    e.kind IN ('{Kind.AUTO}', '{Kind.REGRADE}')
    OR NOT EXISTS (SELECT 1 FROM quizzes_gradeevent c WHERE c.item_id = e.item_id AND c.kind = '{Kind.CLEARED}' AND c.id > e.id)
  )
  ORDER BY CASE WHEN e.kind IN ('{Kind.OVERRIDE}', '{Kind.EXCUSED}') THEN 0 WHEN e.kind = '{Kind.MANUAL}' THEN 1
                WHEN e.kind = '{Kind.REGRADE}' THEN 2 ELSE 3 END, e.id DESC
  LIMIT 1
) g ON true
"""  # noqa: S608 - names of kinds

FIRSTS = """
firsts AS (
  SELECT DISTINCT ON (a.quiz_id, a.user_id) a.id, a.quiz_id, a.user_id, a.started_at, a.submitted_at, a.finalize_reason
  FROM quizzes_attempt a
  JOIN classes_membership m ON m.school_class_id = a.school_class_id AND m.user_id = a.user_id
  WHERE a.school_class_id = %(class)s AND a.quiz_id = ANY(%(quizzes)s) AND a.state = ANY(%(over)s)
    AND m.role = %(student)s AND m.agreed_at IS NOT NULL
  ORDER BY a.quiz_id, a.user_id, a.number
)
"""

ANSWERS = f"""
WITH {FIRSTS}
SELECT i.id, i.attempt_id, i.question_version_id, COALESCE(g.question_version_id, i.question_version_id), r.answer, g.fraction, g.points,
  g.points_max
FROM firsts f
JOIN quizzes_attemptitem i ON i.attempt_id = f.id
LEFT JOIN quizzes_responseevent r ON r.item_id = i.id AND r.kind = '{ResponseEvent.Kind.FINAL}'
{EFFECTIVE}
ORDER BY f.user_id, i.slot
"""  # noqa: S608 - built of the constants above

TAKEN = f"WITH {FIRSTS} SELECT id, user_id, started_at, submitted_at, finalize_reason FROM firsts ORDER BY user_id"  # noqa: S608 - as above

# A gap between two saved answers is time on the second. Several questions saved at once tell nothing of each, nor does a pause.
SECONDS = f"""
WITH {FIRSTS}, saved AS (
  SELECT r.item_id, r.received_at,
    r.received_at - LAG(r.received_at, 1, f.started_at) OVER way AS gap, LAG(r.item_id) OVER way AS before,
    LEAD(r.received_at) OVER way - r.received_at AS until, LEAD(r.item_id) OVER way AS after
  FROM firsts f
  JOIN quizzes_attemptitem i ON i.attempt_id = f.id
  JOIN quizzes_responseevent r ON r.item_id = i.id AND r.kind = '{ResponseEvent.Kind.DRAFT}'
  WINDOW way AS (PARTITION BY i.attempt_id ORDER BY r.received_at, r.id)
)
SELECT item_id, EXTRACT(EPOCH FROM SUM(gap)) FROM saved
WHERE gap <= %(pause)s AND NOT (gap < %(burst)s AND before IS NOT NULL AND before <> item_id)
  AND NOT (until IS NOT NULL AND until < %(burst)s AND after <> item_id)
GROUP BY item_id
"""  # noqa: S608 - built of the constants above

# Of each question version marked: sums from which facility and the sign of the discrimination follow. Of each attempt: its score.
SUMS = f"""
WITH {FIRSTS}, marked AS (
  SELECT f.quiz_id, f.id AS attempt_id, COALESCE(g.question_version_id, i.question_version_id) AS version_id, g.points, g.points_max
  FROM firsts f JOIN quizzes_attemptitem i ON i.attempt_id = f.id
  {EFFECTIVE}
), totals AS (
  SELECT quiz_id, attempt_id, SUM(points) AS points, SUM(points_max) AS points_max FROM marked
  GROUP BY quiz_id, attempt_id HAVING COUNT(*) = COUNT(points)
)
SELECT 'score', quiz_id, 0, 1, points, points_max, 0, 0 FROM totals
UNION ALL
SELECT 'question', m.quiz_id, m.version_id, COUNT(*), SUM(m.points), SUM(m.points_max), SUM(t.points - m.points),
  SUM(m.points * (t.points - m.points))
FROM marked m JOIN totals t USING (attempt_id) WHERE m.points_max > 0 GROUP BY m.quiz_id, m.version_id
"""  # noqa: S608 - built of the constants above

# Of each student and concept.
CONCEPTS = f"""
WITH {FIRSTS}, named AS (
  SELECT v.id, c.slug FROM lessons_questionversion v CROSS JOIN LATERAL jsonb_array_elements_text(v.concepts) AS c(slug)
  WHERE c.slug = ANY(%(slugs)s)
)
SELECT f.user_id, n.slug, COUNT(*), SUM(g.points), SUM(g.points_max)
FROM firsts f
JOIN quizzes_attemptitem i ON i.attempt_id = f.id AND i.question_version_id IN (SELECT id FROM named)
JOIN named n ON n.id = i.question_version_id
{EFFECTIVE}
WHERE g.points_max > 0
GROUP BY f.user_id, n.slug
"""  # noqa: S608 - built of the constants above

BURST_S = 1
PAUSE_S = 600  # a longer gap is a break, and no time on task


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A first attempt."""

    attempt: uuid.UUID
    user: int
    started_at: datetime
    submitted_at: datetime
    why: str  # it ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An item of a first attempt. `version`: the one by which it is marked. No `points`: not marked yet; `most` 0: does not count."""

    item: int
    attempt: uuid.UUID
    asked: int
    version: int
    answer: Any
    fraction: Decimal | None
    points: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of a question version in a quiz, over first attempts that are wholly marked."""

    version: int
    n: int
    points: Decimal
    most: Decimal
    rest: Decimal  # of the same students
    products: Decimal  # of points and rest


def asked(sql: str, school_class: int, quizzes: Sequence[int], **more: Any) -> list[tuple[Any, ...]]:
    names: Mapping[str, Any] = {
        "class": school_class, "quizzes": list(quizzes), "over": [str(state) for state in OVER], "student": str(Role.STUDENT), **more,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, names)
        return cursor.fetchall()


def taken(schedule: QuizSchedule) -> list[Taken]:
    rows = asked(TAKEN, schedule.school_class_id, [schedule.quiz_id])
    return [Taken(attempt=pk, user=user, started_at=begun, submitted_at=ended, why=why) for pk, user, begun, ended, why in rows]


def answers(schedule: QuizSchedule) -> list[Answer]:
    """By student, in the order asked."""
    return [
        Answer(
            item=item, attempt=attempt, asked=first, version=version, answer=None if answer is None else loads(answer), fraction=fraction,
            points=points, most=most,
        )
        for item, attempt, first, version, answer, fraction, points, most in asked(ANSWERS, schedule.school_class_id, [schedule.quiz_id])
    ]  # fmt: skip


def seconds(schedule: QuizSchedule) -> dict[int, Decimal]:
    """Time on each item, where it can be told."""
    limits = {"burst": f"{BURST_S} s", "pause": f"{PAUSE_S} s"}
    return dict(asked(SECONDS, schedule.school_class_id, [schedule.quiz_id], **limits))


def of_concepts(school_class: int, quizzes: Sequence[int], slugs: Sequence[str]) -> list[tuple[int, str, int, Decimal, Decimal]]:
    """(user, slug, answers, points, most). By the version asked, whose concepts the student saw."""
    return [(user, slug, n, points, most) for user, slug, n, points, most in asked(CONCEPTS, school_class, quizzes, slugs=list(slugs))]


def sums(school_class: int, quizzes: Sequence[int]) -> dict[int, tuple[list[Decimal], list[Sums]]]:
    """For each quiz the scores, 0 to 1, and the sums of its questions."""
    found: dict[int, tuple[list[Decimal], list[Sums]]] = {quiz: ([], []) for quiz in quizzes}
    for what, quiz, version, n, points, most, rest, products in asked(SUMS, school_class, quizzes) if quizzes else ():
        if what == "question":
            found[quiz][1].append(
                Sums(version=version, n=n, points=points, most=most, rest=rest, products=products)
            )  # fmt: skip
        elif most:
            found[quiz][0].append(points / most)
    return found
