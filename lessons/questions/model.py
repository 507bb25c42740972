"""What a question is, whatever its type."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from lessons.content.problems import Problem

TYPED_MAX = 200  # characters of an unreadable answer that are shown again
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
    pool: str = ""  # of which an attempt draws some; "": every attempt asks it
    why: str = ""  # CommonMark: said to everybody once feedback is shown
    why_html: str = ""
    source: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()


class Unreadable(ValueError):
    """An answer that means nothing to its question. It is not wrong and costs nothing; the text says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said to one part of an answer: a choice, a pair, a step. `html` is sanitised."""

    id: str
    right: bool | None
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an answer is worth. `facts` are plain data kept with the grade: what was measured, the digest of the run that was replayed."""

    fraction: Decimal  # of the points, 0 to 1
    said: tuple[Said, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


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

    can_check = True  # whether an answer can be marked at once, in practice: without replaying a run
    grader_version: ClassVar[int] = 1  # rises whenever `grade` would give another mark to the same answer

    @abstractmethod
    def parse(self, raw: Raw) -> Answers: ...

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        """What is particular to one student: the order of what is shown, the seed of a run. Plain data, a function of `seed` alone."""
        return {}

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        """What `templates/quizzes/types/NAME.html` needs to show the question with this answer (None: blank). Never the key."""
        return {}

    def view_sent(self, question: Question, dealt: Mapping[str, Any], fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The same for what a form sent and `read` refused, so that nothing that was typed is lost."""
        return {**self.view(question, dealt, None), "value": (fields.get("value") or [""])[0][:TYPED_MAX]}

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        """What the template needs to show what would have been right. Only for those who may see it."""
        return {}

    def read(self, question: Question, dealt: Mapping[str, Any], fields: Mapping[str, Sequence[str]]) -> Any:
        """The answer in a form's fields (names without the question's prefix) as plain data; None for a blank. Raises Unreadable."""
        raise NotImplementedError

    def seal(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Any:
        """The answer as it is kept when the attempt ends: with it everything that grading needs and that could change afterwards."""
        return answer

    def fits(self, question: Question, asked: Question, answer: Any) -> None:
        """Whether `question` can judge an answer to `asked`, another version of it. Raises Unreadable, with the reason for instructors."""
        return

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        """What an answer that `read` gave is worth. The same arguments give the same mark."""
        raise NotImplementedError

    def worth(self, question: Question) -> dict[str, Decimal]:
        """For authors: shares of the points for a `blank`, for `everything` ticked, for a `guess` on average; what the type can tell."""
        return {}

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
