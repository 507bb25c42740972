"""An attempt's questions as templates show them: asked, or looked back at with what is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from academy.quizzes import challenges, marking, policy
from academy.quizzes.marking import Graded, Score
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, State
from lessons import asking
from lessons.questions.model import Question, Said

SHOWN = ("score", "feedback", "key")


@dataclass(slots=True, kw_only=True)
class Row:
    """One question on a page. `view`, `said` and `key` are for the template of its type."""

    item: AttemptItem
    question: Question
    view: Mapping[str, Any] = field(default_factory=dict)
    locked: bool = False
    error: str = ""  # why what was sent cannot be read
    said: Mapping[str, Said] = field(default_factory=dict)
    show_key: bool = False
    key: Any = None
    grade: GradeEvent | None = None  # where its mark is shown
    told: GradeEvent | None = None  # the same, where what is said is shown
    feedback: bool = False  # whether what is said to the answer is shown
    conflict: Any = None
    answered: bool = False
    runs: Sequence[Any] = ()  # of a challenge

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the mark was made from, where that may be seen."""
        return self.told.facts if self.feedback and self.told is not None else {}

    @property
    def name(self) -> str:
        """Before the names of its fields."""
        return f"q{self.item.slot}"

    @property
    def template(self) -> str:
        return f"quizzes/types/{self.question.type}.html"

    @property
    def can_check(self) -> bool:
        return asking.kind_of(self.question).can_check

    @property
    def prompt(self) -> SafeString:
        return mark_safe(self.question.prompt_html)  # noqa: S308 - sanitised when it was read

    @property
    def explains(self) -> bool:
        """Whether the explanation for everybody is shown. It tells the key, so only beside it or to who was right."""
        return bool(self.question.why) and self.feedback and (self.show_key or (self.grade is not None and self.grade.fraction == 1))

    @property
    def why(self) -> SafeString:
        return mark_safe(self.question.why_html)  # noqa: S308 - sanitised when it was read


def fields_of(posted: Any, slot: int) -> dict[str, list[str]]:
    """A question's fields in a form, without the question's prefix."""
    prefix = f"q{slot}-"
    return {name[len(prefix) :]: posted.getlist(name) for name in posted if name.startswith(prefix)}


def read(item: AttemptItem, fields: Mapping[str, Sequence[str]]) -> Any:
    """The answer in a question's fields. Raises Unreadable."""
    question = asking.question_of(item.question_version)
    return asking.kind_of(question).read(question, item.dealt, fields)


def asked(item: AttemptItem, *, answer: Any = None, error: str = "", **more: Any) -> Row:
    """A question to answer, with what is saved of it or with `answer`."""
    question = asking.question_of(item.question_version)
    held = item.draft if answer is None else answer
    view = asking.kind_of(question).view(question, item.dealt, held)
    return Row(item=item, question=question, view=view, error=error, answered=item.draft is not None, **more)


def as_sent(row: Row, fields: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """The view of an answer that cannot be read, with what was typed and chosen."""
    return asking.kind_of(row.question).view_sent(row.question, row.item.dealt, fields)


def rows(attempt: Attempt) -> list[Row]:
    items = attempt.items.select_related("question_version__question", "attempt")
    return [asked(item, runs=challenges.begun(item)) for item in items]


def releases(attempt: Attempt) -> dict[str, bool]:
    """What the student sees of a graded attempt now."""
    rules, at = policy.of_attempt(attempt), policy.now()
    return {what: rules.shows(what, at) for what in SHOWN}


def looked_back(attempt: Attempt, shows: Mapping[str, bool]) -> tuple[list[Row], Score]:
    """The questions of an attempt that is over, each with what is released of it."""
    found = marking.graded([attempt])[attempt.pk]
    return [reviewed(one, shows) for one in found], marking.score(found)


def reviewed(one: Graded, shows: Mapping[str, bool]) -> Row:
    question = asking.question_of(one.item.question_version)
    kind = asking.kind_of(question)
    answer = one.final.answer if one.final else None
    grade = one.grade
    said = {id: Said(id=id, right=right, html=mark_safe(html)) for id, right, html in grade.feedback} if grade else {}  # noqa: S308 - sanitised
    told = bool(grade and shows["feedback"])
    return Row(
        item=one.item, question=question, view=kind.view(question, one.item.dealt, answer), locked=True, said=said if told else {},
        show_key=shows["key"], key=kind.key_view(question, one.item.dealt) if shows["key"] else None,
        grade=grade if shows["score"] else None, told=grade if told else None, feedback=told, answered=answer is not None,
    )  # fmt: skip


def checked(item: AttemptItem, answer: Any) -> Row:
    """A practice question looked at on its own, marked here and now; nothing is kept of the mark."""
    question = asking.question_of(item.question_version)
    found = marking.mark(item, answer)
    view = asking.kind_of(question).view(question, item.dealt, answer)
    said = {one.id: Said(id=one.id, right=one.right, html=mark_safe(one.html)) for one in found.said}  # noqa: S308 - sanitised
    grade = marking.event_of(item, None, found, GradeEvent.Kind.AUTO)
    return Row(
        item=item, question=question, view=view, locked=True, said=said, grade=grade, feedback=True, show_key=True,
        key=asking.kind_of(question).key_view(question, item.dealt), answered=answer is not None,
    )  # fmt: skip


def percent(found: Score) -> Decimal:
    """Of an attempt, for people: whole percents."""
    return (found.fraction * 100).quantize(Decimal(1))


def waits(attempt: Attempt) -> bool:
    """Whether a worker is expected to mark it."""
    return attempt.state == State.SUBMITTED
