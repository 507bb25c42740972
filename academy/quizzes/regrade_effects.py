"""What a regrade comes to: who passes, and how many marks go up and down.

Passing is half of an attempt's points, before a share is taken off for being late: whether work is good does not depend on its date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from academy.quizzes import marking
from academy.quizzes.marking import Graded
from academy.quizzes.models import OVER, Attempt, RegradeRun
from academy.quizzes.regrade_marks import Judged, Marks, judge
from lessons import asking
from lessons.models import Question, QuestionVersion

PASS_PERCENT = 50
CHUNK = 50  # attempts read at once
EFFECTS_ATTEMPTS_MAX = 1_000  # looked at for all modes while somebody waits for the page

Mode = RegradeRun.Mode
MEANS: dict[str, str] = {
    Mode.NEW_KEY: "Every answer is marked by the question as it stands now. Marks go up or down.",
    Mode.BEST_OF: "By the question as it stands now, but nobody loses: where the mark that counts already is better, it stays.",
    Mode.ACCEPT_BOTH: "An answer is right that was right before the change or is right after it. Only the two keys decide.",
    Mode.FULL_CREDIT: "Everybody who had the question gets all of its points, whatever they answered.",
    Mode.DROP_ITEM: "The question counts for nobody: an attempt is worth what its other questions are.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One item: points of how many, before and after. `left`: it is left alone. `flip`: +1 passes now, -1 passes no more."""

    old: Decimal
    old_max: Decimal
    new: Decimal
    new_max: Decimal
    left: bool = False
    flip: int = 0

    @property
    def change(self) -> int:
        return (self.new > self.old) - (self.new < self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How answers were marked. `out`: they count for nothing (excused, dropped). `percent`: of the points there were, on average."""

    right: int
    partly: int
    wrong: int
    out: int
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    answers: int
    up: int
    down: int
    out: int  # they stop counting
    same: int
    left: int
    passes: int
    fails: int
    before: Spread
    after: Spread
    mode: str = ""

    @property
    def label(self) -> str:
        return Mode(self.mode).label

    @property
    def means(self) -> str:
        return MEANS[self.mode]


def effect(moves: Iterable[Move], mode: str = "") -> Effect:
    found = list(moves)
    moved = [one for one in found if not one.left]
    out = sum(one.new_max == 0 < one.old_max for one in moved)
    counts = [one for one in moved if one.new_max]
    up, down = (sum(one.change == sign for one in counts) for sign in (1, -1))
    return Effect(
        answers=len(found), up=up, down=down, out=out, same=len(moved) - up - down - out, left=len(found) - len(moved),
        passes=sum(one.flip > 0 for one in found), fails=sum(one.flip < 0 for one in found),
        before=spread([(one.old, one.old_max) for one in found]), after=spread([(one.new, one.new_max) for one in found]), mode=mode,
    )  # fmt: skip


def spread(marks: Sequence[tuple[Decimal, Decimal]]) -> Spread:
    counted = [(points, most) for points, most in marks if most]
    right, wrong = sum(points == most for points, most in counted), sum(points == 0 for points, _ in counted)
    most = sum((most for _, most in counted), Decimal(0))
    percent = sum((points for points, _ in counted), Decimal(0)) / most * 100 if most else None
    return Spread(right=right, partly=len(counted) - right - wrong, wrong=wrong, out=len(marks) - len(counted), percent=percent)


def of_deltas(run: RegradeRun) -> Effect:
    """Of a regrade that was looked at or applied."""
    rows = run.deltas.values_list("old_points", "old_max", "new_points", "new_max", "new__left", "pass_flip")
    moves = (
        Move(old=old, old_max=old_max, new=new, new_max=new_max, left=bool(left), flip=flip)
        for old, old_max, new, new_max, left, flip in rows
    )
    return effect(moves, run.mode)


def of_modes(question: Question, school_class: Any, to: QuestionVersion) -> list[Effect]:
    """What each mode would do. Empty where that takes long: runs have to be played again, or there are very many answers."""
    ids = attempts_of(question, school_class)
    if not asking.kind_of(asking.question_of(to)).can_check or len(ids) > EFFECTS_ATTEMPTS_MAX:
        return []
    known: Marks = {}
    moves: dict[str, list[Move]] = {mode: [] for mode in Mode.values}
    for _, rows in read(question, ids):
        for mode, found in moves.items():
            found += moves_of(rows, judged(rows, question, mode, to, known))
    return [effect(found, mode) for mode, found in moves.items()]


def moves_of(rows: Sequence[Graded], found: Mapping[int, Judged]) -> Iterator[Move]:
    flip = pass_flip(rows, found)
    for one in found.values():
        old, old_max = one.standing.points, one.standing.points_max
        yield Move(old=old, old_max=old_max, new=one.points, new_max=one.points_max, left=bool(one.left), flip=0 if one.left else flip)


def attempts_of(question: Question, school_class: Any) -> list[Any]:
    """Ids of the attempts of a class (None: practice) that are over and asked the question."""
    rows = Attempt.objects.filter(school_class=school_class, state__in=OVER, items__question_version__question=question)
    return list(rows.order_by("pk").distinct().values_list("pk", flat=True))


def read(question: Question, ids: Sequence[Any]) -> Iterator[tuple[Any, list[Graded]]]:
    """Attempts with their items and marks, a chunk at a time. Marks of this question know their versions."""
    versions = {version.pk: version for version in question.versions.select_related("question")}
    for start in range(0, len(ids), CHUNK):
        chunk = Attempt.objects.filter(pk__in=ids[start : start + CHUNK]).order_by("pk")
        for pk, rows in marking.graded(chunk).items():
            for row in rows:
                if row.grade is not None and row.grade.question_version_id in versions:
                    row.grade.question_version = versions[row.grade.question_version_id]
            yield pk, rows


def judged(rows: Iterable[Graded], question: Question, mode: str, to: QuestionVersion, known: Marks | None = None) -> dict[int, Judged]:
    """By item, those of an attempt that asked the question and have a mark."""
    return {
        row.item.pk: judge(row, mode, to, known)
        for row in rows
        if row.item.question_version.question_id == question.pk and row.grade is not None
    }


def pass_flip(rows: Sequence[Graded], found: Mapping[int, Judged]) -> int:
    """Whether an attempt crosses the line between passing and failing. 0 where some of it waits for a mark, or nothing of it counts."""
    if any(row.grade is None for row in rows):
        return 0
    score = marking.score(rows)
    points = score.points + sum((one.points - one.standing.points for one in found.values()), Decimal(0))
    most = score.max + sum((one.points_max - one.standing.points_max for one in found.values()), Decimal(0))
    return passes(points, most) - passes(score.points, score.max) if most and score.max else 0


def passes(points: Decimal, most: Decimal) -> int:
    return int(points * 100 >= most * PASS_PERCENT)
