"""All graded challenges played again: does every verdict, with its evidence and digest, come out as it was stored?

The final answer of a challenge is a sealed copy of its run's log, so nothing of what its owner did later matters. What differs means that
the lab, the engine or the judging has changed without its version saying so, or that somebody has been at the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from academy.quizzes import marking, regrade_marks, regrade_work
from academy.quizzes.marking import Graded
from academy.quizzes.models import OVER, AttemptItem, GradeEvent, RegradeDelta, RegradeRun
from academy.quizzes.regrade_marks import Cannot
from lessons import asking
from lessons.questions.model import Mark

CHALLENGE = "challenge"  # the type of question
BY_SITE = (GradeEvent.Kind.AUTO, GradeEvent.Kind.REGRADE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One final answer. `was` none: it has no mark by a replay yet. `cannot`: why it could not be played again."""

    row: Graded
    was: GradeEvent | None = None
    found: Mark | None = None
    cannot: str = ""
    differences: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        """Whether that mark is the one that counts: a decision by hand or full marks for everybody stay."""
        return self.was is not None and self.row.grade is not None and self.row.grade.pk == self.was.pk


def replays(school_class: Any = None, lab: str = "", challenge: str = "") -> Iterator[Replay]:
    """Of a class, or of all and of practice; of one lab or challenge, or of all."""
    items = AttemptItem.objects.filter(question_version__question__type=CHALLENGE, attempt__state__in=OVER)
    for name, wanted in (("attempt__school_class", school_class), ("dealt__lab", lab), ("dealt__challenge", challenge)):
        items = items.filter(**{name: wanted}) if wanted else items
    for pk in items.order_by("attempt__started_at", "pk").values_list("pk", flat=True):
        item = AttemptItem.objects.select_related("attempt__user", "attempt__school_class", "question_version__question").get(pk=pk)
        row = next(row for row in marking.graded([item.attempt])[item.attempt_id] if row.item.pk == pk)
        row.item = item
        if row.final is not None:
            yield replay(row)


def replay(row: Graded) -> Replay:
    was = stored(row)
    if was is None:
        return Replay(row=row, cannot="It has no mark yet.")
    try:
        found = regrade_marks.mark_by(was.question_version, row)
    except Cannot as cannot:
        return Replay(row=row, was=was, cannot=str(cannot))
    return Replay(row=row, was=was, found=found, differences=differences(was, found))


def stored(row: Graded) -> GradeEvent | None:
    """The newest mark that came from a replay."""
    found = [event for event in row.events if event.kind in BY_SITE and event.facts.get("decided_by", "version").startswith("version")]
    return found[-1] if found else None


def differences(was: GradeEvent, found: Mark) -> dict[str, tuple[Any, Any]]:
    """Fact by fact: stored, played again."""
    old = {**was.facts, "fraction": str(was.fraction.normalize())}
    new = {**plain(found.facts), "fraction": str(found.fraction.quantize(regrade_marks.FRACTION).normalize())}
    old.pop("decided_by", None)
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """As the database gives them back."""
    return json.loads(json.dumps(dict(facts)))


def runs_of(found: list[Replay], reason: str) -> list[RegradeRun]:
    """Regrades, looked at and not applied, that write what was played again; one for each question version and class."""
    groups: dict[tuple[int, int | None], list[Replay]] = {}
    for one in found:
        if one.differences and one.stands and one.was is not None:
            groups.setdefault((one.was.question_version_id, one.row.item.attempt.school_class_id), []).append(one)
    return [run_of(group, reason) for _, group in sorted(groups.items(), key=lambda entry: (entry[0][0], entry[0][1] or 0))]


def run_of(group: list[Replay], reason: str) -> RegradeRun:
    first = group[0]
    assert first.was is not None
    version = first.was.question_version
    run = RegradeRun.objects.create(
        question=version.question, school_class=first.row.item.attempt.school_class, to_version=version, mode=RegradeRun.Mode.NEW_KEY,
        state=RegradeRun.State.PREVIEWED, reason=reason,
    )  # fmt: skip
    RegradeDelta.objects.bulk_create(delta_of(run, one) for one in group)
    return run


def delta_of(run: RegradeRun, one: Replay) -> RegradeDelta:
    assert one.was is not None and one.found is not None
    mark = one.found
    judged = regrade_marks.new_key(one.was, run.to_version, lambda version: mark)
    told = regrade_work.fields(run, judged, 0)
    told["new"]["anew"] = True  # written though the points are the same
    return RegradeDelta(regrade=run, item=one.row.item, **told)


def title(one: Replay) -> str:
    """Whose, where."""
    attempt, dealt = one.row.item.attempt, one.row.item.dealt
    where = f"class {attempt.school_class_id}" if attempt.school_class_id else "practice"
    asked = asking.words_of(asking.question_of(one.row.item.question_version), 40)
    return f"{attempt.user}, {where}, attempt {attempt.number}, {dealt.get('lab', '?')}/{dealt.get('challenge', '?')} ({asked})"
