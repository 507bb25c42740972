"""What was answered to a question, counted: choices, values typed, parts that were right, goals that were met.

Each is set beside the rest of the test, the total without this question: the point-biserial correlation of having answered so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from academy.insight import statistics
from academy.insight.firsts import Answer
from academy.quizzes.models import AttemptRun, ChallengeAttempt, GradeEvent
from lessons import asking
from lessons.models import QuestionVersion
from lessons.questions import showing
from lessons.questions.model import Question
from lessons.questions.types.short_text import folded

VALUES_MAX = 8  # different ones that are listed
LABEL_MAX = 160
BLANK = "no answer"
MET = "met"


@dataclass(slots=True, kw_only=True)
class Line:
    """One way to answer. `share` of those asked; `worth`: the share of the points it got on average."""

    label: str
    count: int
    share: Decimal
    right: bool | None = None
    worth: Decimal | None = None
    correlation: Decimal | None = None
    check: bool = False  # a choice that counts as wrong and goes with better results than a right one


@dataclass(slots=True, kw_only=True)
class Table:
    """All answers to one version. `head`: what a line is."""

    version: int
    n: int
    head: str
    lines: list[Line] = field(default_factory=list)
    said: str = ""

    @property
    def check(self) -> bool:
        return any(line.check for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The answers to one version that count, and what each student got in the rest of the test."""

    question: Question
    answers: Sequence[Answer]
    rest: Sequence[Decimal]

    def line(self, label: str, chose: Sequence[bool], **more: Any) -> Line:
        count, n = sum(chose), len(self.answers)
        points = [one.fraction for one, chosen in zip(self.answers, chose, strict=True) if chosen and one.fraction is not None]
        return Line(
            label=label if len(label) <= LABEL_MAX else label[: LABEL_MAX - 1] + "…",
            count=count,
            share=Decimal(count) / n,
            worth=sum(points, Decimal(0)) / len(points) if points else None,
            correlation=statistics.correlation([int(one) for one in chose], self.rest),
            **more,
        )

    def blank(self) -> list[Line]:
        chose = [one.answer is None for one in self.answers]
        return [self.line(BLANK, chose)] if any(chose) else []


def choices(given: Given) -> tuple[str, list[Line]]:
    """Single and multiple choice. Right is what the key says."""
    question = given.question
    right = set(asking.kind_of(question).key_view(question, {})["right"])
    lines = []
    for one, html in showing.html_of(question, question.spec["choices"]).items():
        chose = [one in (answer.answer if isinstance(answer.answer, list) else (answer.answer,)) for answer in given.answers]
        lines.append(given.line(showing.words(html), chose, right=one in right))
    if len({answer.fraction for answer in given.answers}) > 1:  # where all got the same, the key decides nothing
        flag(lines)
    return "Choice", lines + given.blank()


def flag(lines: Iterable[Line]) -> None:
    """Mark what speaks against the key. A choice accepted in a regrade is not wrong, whatever the key said."""
    held = [line for line in lines if line.count]
    right = [line.correlation for line in held if line.right]
    for line in held:
        accepted = line.worth is not None and line.worth == 1
        line.check = not line.right and not accepted and statistics.upside_down(right, [line.correlation])


def values(given: Given) -> tuple[str, list[Line]]:
    """What was typed, the most frequent first. Right is what got all of the points."""
    texts = [None if one.answer is None else spelled(given.question, one.answer) for one in given.answers]
    counts = Counter(text for text in texts if text is not None)
    often = [text for text, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:VALUES_MAX]]
    lines = [given.line(text, [one == text for one in texts]) for text in often]
    for line in lines:
        line.right = {1: True, 0: False}.get(line.worth) if line.worth is not None else None  # type: ignore[call-overload]
    others = [text is not None and text not in often for text in texts]
    if any(others):
        lines.append(given.line(f"{len(counts) - len(often)} other answers", others))
    return "Answer", lines + given.blank()


def spelled(question: Question, answer: Any) -> str:
    """The same for answers that are the same."""
    if isinstance(answer, dict):  # sealed with what grading needs
        answer = answer.get("answer", answer.get("value", answer))
    if question.type == "numeric" and isinstance(answer, str):
        try:
            return f"{Decimal(answer).normalize():f}"
        except ArithmeticError:
            return answer
    return folded(answer) if question.type == "short" else str(answer)


def parts(given: Given) -> tuple[str, list[Line]]:
    """Pairs and steps: who had each right. As the newest automatic mark said; what the key calls it, where it does not say."""
    said = marked_parts([one.item for one in given.answers])
    lines = []
    for one, label in labels(given.question).items():
        right = [bool(said.get(answer.item, {}).get(one)) for answer in given.answers]
        lines.append(given.line(label, right))
    return "Right", lines + given.blank()


def labels(question: Question) -> dict[str, str]:
    """id -> words of each part."""
    pieces = question.spec.get("left") or question.spec.get("steps") or question.spec.get("events") or []
    html = showing.html_of(question, pieces)
    return {one: showing.words(text) for one, text in html.items()}


def marked_parts(items: Sequence[int]) -> dict[int, dict[str, bool]]:
    """For each item which of its parts were right."""
    kinds = (GradeEvent.Kind.AUTO, GradeEvent.Kind.REGRADE)
    rows = (
        GradeEvent.objects.filter(item__in=items, kind__in=kinds).order_by("item", "-pk").distinct("item").values_list("item", "feedback")
    )
    return {item: {one[0]: one[1] is True for one in feedback} for item, feedback in rows}


def goals(given: Given) -> tuple[str, list[Line]]:
    """A challenge: who began a run for it, and who met it."""
    items = [one.item for one in given.answers]
    runs = Counter(AttemptRun.objects.filter(item__in=items).values_list("item", flat=True))
    met = set(ChallengeAttempt.objects.filter(item__in=items, outcome=MET).values_list("item", flat=True))
    begun = [one in runs for one in items]
    return "Challenge", [
        given.line("met", [one in met for one in items], right=True),
        given.line("begun and not met", [started and one not in met for started, one in zip(begun, items, strict=True)]),
        given.line("not begun", [not started and one not in met for started, one in zip(begun, items, strict=True)]),
    ]


def stuck(items: Sequence[int]) -> list[int]:
    """Runs begun by each of those who began a challenge and never met it."""
    runs = Counter(AttemptRun.objects.filter(item__in=items).values_list("item", flat=True))
    met = set(ChallengeAttempt.objects.filter(item__in=items, outcome=MET).values_list("item", flat=True))
    return [count for item, count in runs.items() if item not in met]


WAYS: Mapping[str, Callable[[Given], tuple[str, list[Line]]]] = {
    "single": choices, "multiple": choices, "numeric": values, "short": values, "predict": values,
    "matching": parts, "ordering": parts, "causal": parts, "challenge": goals,
}  # fmt: skip


def table(version: QuestionVersion, answers: Sequence[Answer], rest: Sequence[Decimal]) -> Table:
    """Nothing but how many there were where they are few."""
    found = Table(version=version.n, n=len(answers), head="")
    if found.n >= statistics.N_MIN:
        question = asking.question_of(version)
        found.head, found.lines = WAYS.get(question.type, values)(Given(question=question, answers=answers, rest=rest))
    return found
