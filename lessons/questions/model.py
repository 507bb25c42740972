"""What a question is, whatever its type."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from lessons.content.problems import Problem

LabInfo = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A question as read: its options, its body, where it stands. `render(source, line)` gives sanitised HTML."""

    uid: str
    options: dict[str, str]
    body: str
    line: int
    body_line: int  # of the body's first line
    source: str = field(repr=False)
    render: Callable[[str, int], str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an answer: a choice, an accepted value, a pair, an event. `id` is written by the author and never a position."""

    line: int
    id: str = ""
    text: str  # CommonMark
    html: str
    right: bool = True
    fraction: Decimal | None = None  # of the points, where it is neither right nor wrong
    feedback: str = ""
    feedback_html: str = ""
    pair: str = ""  # id of what it belongs to
    pair_html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`spec`, `key` and `rule` are plain data: strings, numbers as strings, lists, dicts."""

    uid: str
    type: str
    title: str  # of the type, for readers
    template: str = ""
    line: int
    points: Decimal = Decimal(1)
    concepts: tuple[str, ...] = ()
    prompt_html: str = ""
    items: tuple[Item, ...] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)
    key: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""
    source: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True, kw_only=True)
class Answers:
    """What a type makes of a body. `problems` are added to while reading."""

    prompt: str = ""
    items: list[Item] = field(default_factory=list)
    spec: dict[str, Any] = field(default_factory=dict)
    key: dict[str, Any] = field(default_factory=dict)
    rule: str = ""
    problems: list[Problem] = field(default_factory=list)


class QuestionType(ABC):
    """One file in `types/` with `TYPE = ...`."""

    name: ClassVar[str]
    title: ClassVar[str]  # as students read it
    example: ClassVar[str]  # a line that shows how an answer is written
    options: ClassVar[frozenset[str]] = frozenset()
    any_option = False  # options that are parameters of a lab

    @abstractmethod
    def parse(self, raw: Raw) -> Answers: ...

    def problems(self, question: Question, lab_info: LabInfo) -> list[Problem]:
        """What can be seen only beside the labs."""
        return []

    def warnings(self, question: Question) -> list[Problem]:
        """Wrong answers that tell the student nothing."""
        return [
            Problem(
                line=item.line, what=f"The answer {item.text[:40]!r} has no feedback.", expected="a reason after |.", example=self.example
            )
            for item in question.items
            if not item.right and not item.feedback
        ]

    def problem(self, line: int, what: str, expected: str, example: str = "") -> Problem:
        return Problem(line=line, what=what, expected=expected, example=example or self.example)
