"""What a regrade makes of one answer. Nothing is written here.

The modes. `standing` is the mark that counts for the item now; P is what the new version gives for the question.

- new_key: the mark under the new version, whatever stood before.
- best_of: the better of that and the standing mark. The standing mark may come from anything, an earlier regrade included: who was given
  full marks once keeps them. Nobody loses.
- accept_both: the better of the marks under two keys, the new version's and that of the version the standing mark names. The standing mark
  itself is not asked: what an earlier regrade gave for another reason (full marks, a dropped question) goes, and only keys decide.
- full_credit: all points. drop_item: no points of none, so that the attempt is worth what its other questions are.

Points are the new version's. A mark by hand (manual, overridden, excused) is left alone, and so is an answer that the new version cannot
judge: one that names a choice which is gone, or that lacks what is right now since it was not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from academy.quizzes.marking import DECISIONS, Graded
from academy.quizzes.models import GradeEvent, RegradeRun
from labs.engine.errors import LabError
from lessons import asking
from lessons.models import QuestionVersion
from lessons.questions.model import Mark, Unreadable

logger = logging.getLogger(__name__)
Mode = RegradeRun.Mode
Kind = GradeEvent.Kind
ALL, NOTHING = Decimal(1), Decimal(0)
FRACTION, POINTS = Decimal("1e-8"), Decimal("1e-8")  # as they are kept
BY_HAND, UNJUDGED, MOVED = "by_hand", "unjudged", "moved"  # why an item is left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An item and what it would be worth. `left`: why it is left alone, with the reason in words; the mark is the standing one then."""

    standing: GradeEvent
    fraction: Decimal
    points_max: Decimal
    feedback: list[Any] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    left: str = ""
    note: str = ""

    @property
    def points(self) -> Decimal:
        return (self.fraction * self.points_max).quantize(POINTS, ROUND_HALF_EVEN)

    @property
    def differs(self) -> bool:
        return (self.points, self.points_max) != (self.standing.points, self.standing.points_max)

    def plain(self) -> dict[str, Any]:
        """As a delta keeps it."""
        return {
            "of": self.standing.pk, "fraction": str(self.fraction), "feedback": self.feedback, "facts": dict(self.facts), "left": self.left
        }  # fmt: skip


class Cannot(Exception):
    """This version cannot judge this answer; the text says why."""


def mark_by(version: QuestionVersion, row: Graded) -> Mark:
    """The mark of the item's final answer under a version of its question. Raises Cannot."""
    if row.final is None:
        raise Cannot("No answer was handed in.")
    if row.final.answer is None:
        return Mark(fraction=NOTHING)
    question, asked = asking.question_of(version), asking.question_of(row.item.question_version)
    kind = asking.kind_of(question)
    try:
        if version.pk != row.item.question_version_id:
            kind.fits(question, asked, row.final.answer)
        return kind.grade(question, row.item.dealt, row.final.answer)
    except (Unreadable, LabError) as error:
        raise Cannot(str(error)) from error
    except Exception as error:
        logger.exception("version %s cannot judge item %s", version.pk, row.item.pk)
        raise Cannot(f"Marking it failed ({type(error).__name__}).") from error


Marks = dict[tuple[int, int], "Mark | Cannot"]  # by version and item: what several modes look at is marked once


def judge(row: Graded, mode: str, to: QuestionVersion, known: Marks | None = None) -> Judged:
    """What a regrade would make of an item that has a mark."""
    standing = row.grade
    assert standing is not None
    if standing.kind in (*DECISIONS, Kind.MANUAL):
        return left(standing, BY_HAND, f"{standing.get_kind_display().capitalize()}; a mark by hand stays.")
    known = {} if known is None else known

    def by(version: QuestionVersion) -> Mark:
        place = (version.pk, row.item.pk)
        if place not in known:
            try:
                known[place] = mark_by(version, row)
            except Cannot as cannot:
                known[place] = cannot
        found = known[place]
        if isinstance(found, Cannot):
            raise found
        return found

    try:
        return MODES[mode](standing, to, by)
    except Cannot as cannot:
        return left(standing, UNJUDGED, str(cannot))


def left(standing: GradeEvent, why: str, note: str) -> Judged:
    return Judged(standing=standing, fraction=standing.fraction, points_max=standing.points_max, left=why, note=note[:300])


By = Callable[[QuestionVersion], Mark]


def new_key(standing: GradeEvent, to: QuestionVersion, by: By) -> Judged:
    found = by(to)
    return Judged(
        standing=standing, fraction=found.fraction.quantize(FRACTION, ROUND_HALF_EVEN), points_max=to.points,
        feedback=[[one.id, one.right, one.html] for one in found.said], facts={**found.facts, "decided_by": f"version {to.n}"},
    )  # fmt: skip


def best_of(standing: GradeEvent, to: QuestionVersion, by: By) -> Judged:
    found = new_key(standing, to, by)
    return found if found.fraction >= standing.fraction else kept(standing, to, standing.fraction, "the standing mark")


def accept_both(standing: GradeEvent, to: QuestionVersion, by: By) -> Judged:
    found = new_key(standing, to, by)
    try:
        before = replace(new_key(standing, standing.question_version, by), points_max=to.points)
    except Cannot:  # an earlier regrade gave a mark under a version that could not have judged it
        return found
    return found if found.fraction >= before.fraction else before


def full_credit(standing: GradeEvent, to: QuestionVersion, by: By) -> Judged:
    return kept(standing, to, ALL, "full credit")


def drop_item(standing: GradeEvent, to: QuestionVersion, by: By) -> Judged:
    return replace(kept(standing, to, NOTHING, "the question is left out"), points_max=NOTHING)


def kept(standing: GradeEvent, to: QuestionVersion, fraction: Decimal, why: str) -> Judged:
    """What was said to the answer, and what was measured, stay as they stand."""
    facts = {**standing.facts, "decided_by": why}
    return Judged(standing=standing, fraction=fraction, points_max=to.points, feedback=standing.feedback, facts=facts)


MODES: dict[str, Callable[[GradeEvent, QuestionVersion, By], Judged]] = {
    Mode.NEW_KEY: new_key,
    Mode.BEST_OF: best_of,
    Mode.ACCEPT_BOTH: accept_both,
    Mode.FULL_CREDIT: full_credit,
    Mode.DROP_ITEM: drop_item,
}
