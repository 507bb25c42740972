"""Why a number is what it is, from the logs alone, spelled out so that it can be checked by hand.

Numbers are given in full where they are computed with, never as rounded for the table. The last line computes the grade anew and says
whether the log agrees. Students read the same, for what is released to them, without the names of who decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import prefetch_related_objects

from academy.classes.models import Membership
from academy.gradebook import book, grid, proof
from academy.gradebook.book import EMPTY, Cell, State, plain
from academy.gradebook.models import Column, GradebookEvent
from academy.gradebook.numbers import percent
from academy.quizzes import marking, policy
from academy.quizzes.marking import Graded, Score
from academy.quizzes.models import Attempt, GradeEvent, PolicyOverride
from academy.quizzes.models import State as AttemptState
from academy.quizzes.policy import Policy
from academy.quizzes.schedule_models import Aggregate

DIGITS = Decimal("1e-12")  # as `book.told` keeps shares
# Of an override: the field, and what it is called.
OVERRIDDEN = (
    ("opens_at", "opens"), ("due_at", "due"), ("closes_at", "closes"), ("time_limit_s", "seconds to work"),
    ("attempts_max", "attempts"), ("time_factor", "times as long to work"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question of an attempt, with the event that counts. Without one it waits for its mark."""

    slot: int
    uid: str
    grade: GradeEvent | None

    @property
    def reason(self) -> str:
        if self.grade is None:
            return ""
        return self.grade.reason or (self.grade.regrade.reason if self.grade.regrade else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An attempt. `sums` in words and numbers; `counted`: whether it is in the number."""

    attempt: Attempt
    counted: bool
    lines: Sequence[Line] = ()
    sums: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Different:
    """What a student had otherwise than the class: (what, value), the value a moment or text."""

    override: PolicyOverride
    fields: Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    column: Column
    seat: Membership
    cell: Cell
    points: Decimal | None
    sign: str
    tries: Sequence[Try] = ()
    sums: Sequence[str] = ()  # from the attempts to the grade
    standing: Sequence[str] = ()  # from the grade to the cell, and on to the total
    history: Sequence[GradebookEvent] = ()
    different: Sequence[Different] = ()
    rules: Policy | None = None
    verdict: str = ""
    agrees: bool = True
    words: str = field(default="")

    @property
    def word(self) -> str:
        return grid.WORDS.get(self.sign, "")


def cell(column: Column, seat: Membership, columns: Sequence[Column]) -> Explained:
    """A student's cell; `columns`: those that are in the total."""
    log = list(GradebookEvent.objects.filter(column=column, user=seat.user_id).select_related("actor"))
    held = grid.read(column.school_class, seat.user)
    now = book.cell(log)
    grade = next((event for event in reversed(log) if event.state == State.GRADED), None)
    rules = policy.for_user(column.schedule, seat.user) if column.schedule else None
    tries, computed = attempted(column, seat, rules) if rules else ([], (None, {}))
    right = column.schedule is None or proof.agrees(grade, *computed, column)
    return Explained(
        column=column, seat=seat, cell=now, points=grid.points(now, column),
        sign=grid.sign(held.sign(seat.user_id, column), now, column), tries=tries, sums=sums_of(column, computed),
        standing=[*decided(now, grade, column), *weighed(column, now, columns, held.cells, seat.user_id)], history=log,
        different=[different(one) for one in overrides_of(column, seat)], rules=rules, agrees=right,
        verdict=verdict(column, tries, computed, grade, right),
    )  # fmt: skip


def attempted(column: Column, seat: Membership, rules: Policy) -> tuple[list[Try], tuple[Decimal | None, dict[str, Any]]]:
    """The attempts at a column's quiz, and what those that are over come to."""
    quiz = column.schedule.quiz_id if column.schedule else None
    own = list(Attempt.objects.filter(quiz=quiz, school_class=column.school_class_id, user=seat.user_id).order_by("number"))
    rows = marking.graded(one for one in own if one.is_over)
    prefetch_related_objects([row.grade for items in rows.values() for row in items if row.grade], "regrade", "question_version")
    computed = book.worth(column, rules, [one for one in own if one.is_over or one.state == AttemptState.VOIDED], rows)
    return [tried(one, rows.get(one.pk), rules) for one in own], computed


def tried(attempt: Attempt, rows: Sequence[Graded] | None, rules: Policy) -> Try:
    if rows is None:
        return Try(attempt=attempt, counted=False, sums=[f"It is {attempt.get_state_display()}, and in no sum."])
    lines = [Line(slot=row.item.slot, uid=row.item.question_version.question.uid, grade=row.grade) for row in rows]
    score = marking.score(rows)
    if score.open:
        asks = "1 question waits for its mark" if score.open == 1 else f"{score.open} questions wait for their marks"
        return Try(attempt=attempt, counted=False, lines=lines, sums=[f"{asks}, so the attempt is in no sum yet."])
    return Try(attempt=attempt, counted=True, lines=lines, sums=[added(lines, score), *late(attempt, score, rules)])


def added(lines: Sequence[Line], score: Score) -> str:
    marks = " + ".join(plain(line.grade.points) for line in lines if line.grade)
    sums = f"{marks} = {plain(score.points)}" if len(lines) > 1 else plain(score.points)
    return f"{sums} of {plain(score.max)} points: {plain(score.points)} ÷ {plain(score.max)} = {share(score)}." if score.max else NO_POINTS


NO_POINTS = "No question of it counts, so there was nothing to get: 0."


def share(score: Score) -> str:
    return plain(score.fraction.quantize(DIGITS))


def late(attempt: Attempt, score: Score, rules: Policy) -> list[str]:
    """How much of a late attempt counts."""
    if rules.due_at is None or attempt.submitted_at is None or attempt.submitted_at <= rules.due_at:
        return []
    hours = (Decimal((attempt.submitted_at - rules.due_at).total_seconds()) / 3600).quantize(Decimal("0.01"))
    came = f"It came {plain(hours)} h after it was due"
    if not rules.late:
        return [f"{came}, and late work loses nothing in this class."]
    credit = rules.credit(attempt.submitted_at)
    counts = plain((score.fraction * credit).quantize(DIGITS))
    return [f"{came}: {percent(credit)} of it count. {share(score)} × {plain(credit)} = {counts}."]


def sums_of(column: Column, computed: tuple[Decimal | None, Mapping[str, Any]]) -> list[str]:
    """From attempts to the grade."""
    points, why = computed
    if points is None:
        return []
    shares = [one["counts"] for one in why["attempts"]]
    chosen = plain(book.aggregated(why["aggregate"], [Decimal(one) for one in shares]).quantize(DIGITS))
    return [f"{aggregate(why['aggregate'], shares)} {chosen} × {plain(column.points)} points = {plain(points)}."]


def aggregate(name: str, shares: Sequence[str]) -> str:
    if len(shares) == 1:
        return "One attempt counts."
    listed = ", ".join(shares)
    if name == Aggregate.LAST:
        return f"Of {listed} the last counts: {shares[-1]}."
    if name == Aggregate.MEAN:
        mean = book.aggregated(name, [Decimal(one) for one in shares]).quantize(DIGITS)
        return f"The mean counts: ({' + '.join(shares)}) ÷ {len(shares)} = {plain(mean)}."
    return f"Of {listed} the best counts: {max(shares, key=Decimal)}."


def decided(now: Cell, grade: GradebookEvent | None, column: Column) -> list[str]:
    """From the grade to what stands in the cell."""
    if now.exempt:
        return ["Exempt: the column is in no sum of this student."]
    if now.points is None:
        return ["Nothing counts yet: an empty cell is in no sum."]
    said = []
    if now.state == State.OVERRIDE:
        instead = f", in place of the grade {plain(grade.points)}" if grade is not None and grade.points is not None else ""
        said.append(f"Set by hand to {plain(now.points)} of {plain(now.max)}{instead}.")
    elif now.event is not None and "missing" in now.event.why:
        said.append("Nothing was handed in, and missing work was counted as 0. Work that comes after all counts in its place.")
    if now.max != column.points:
        scaled = plain((now.points * column.points / now.max).quantize(book.KEPT))
        said.append(f"It was out of {plain(now.max)}; the column has {plain(column.points)} points now: {scaled}.")
    return said


def weighed(column: Column, now: Cell, columns: Sequence[Column], cells: Mapping[grid.Place, Cell], user: int) -> list[str]:
    """What the cell does in the total."""
    own = {one.pk: cells.get((user, one.pk), EMPTY) for one in columns}
    total = book.total(columns, own)
    if now.points is None or now.fraction is None or column.pk not in own or total is None:
        return []
    counted = [(one, fraction) for one in columns if (fraction := own[one.pk].fraction) is not None]
    weight, gained = sum(one.weight for one, _ in counted), sum(fraction * one.weight for one, fraction in counted)
    its = plain(now.fraction.quantize(DIGITS))
    part = plain((now.fraction * column.weight).quantize(DIGITS))
    all_of = f"All {len(counted)} columns that count" if len(counted) > 1 else "The one column that counts"
    whole = plain(Decimal(gained).quantize(DIGITS))
    return [
        f"In the total: {plain(now.points)} ÷ {plain(now.max)} = {its}, times the weight {plain(column.weight)} = {part}.",
        f"{all_of} so far: {whole} ÷ {plain(Decimal(weight))} (the sum of their weights) = {percent(total)}.",
    ]


def overrides_of(column: Column, seat: Membership) -> Iterable[PolicyOverride]:
    """The newest first, which is the one that holds."""
    if column.schedule is None:
        return []
    return PolicyOverride.objects.filter(schedule=column.schedule, user=seat.user_id).select_related("actor").order_by("-pk")


def different(override: PolicyOverride) -> Different:
    found = [(said, getattr(override, name)) for name, said in OVERRIDDEN if getattr(override, name) is not None]
    return Different(override=override, fields=[(said, value if isinstance(value, datetime) else str(value)) for said, value in found])


def verdict(
    column: Column, tries: Sequence[Try], computed: tuple[Decimal | None, Mapping[str, Any]], grade: GradebookEvent | None, right: bool
) -> str:
    if column.schedule is None:
        return "This column is marked by hand, so there is nothing to compute."
    counted = [one for one in tries if one.counted]
    if not counted and right:
        return "Computed anew: no attempt has a mark. The log says the same."
    marks = sum(len(one.lines) for one in counted)
    logged = "nothing" if grade is None or grade.points is None else f"{plain(grade.points)} of {plain(grade.max)}"
    anew = "nothing" if computed[0] is None else f"{plain(computed[0])} of {plain(column.points)}"
    tries_ = f"{len(counted)} attempt{'' if len(counted) == 1 else 's'}"
    said = f"Computed anew from {marks} marks in {tries_}: {anew}. The log's grade: {logged}."
    return f"{said} They agree." if right else f"{said} They differ: the grade has to be posted anew."
