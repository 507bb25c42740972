"""What numeric and short answers share: `- [x] 150 | Why.`, `- [50%] 75..300 | Why.`, `- [ ] 75 | Why not.`"""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from lessons.content.problems import Problem
from lessons.questions import lines
from lessons.questions.model import Answers, Item, Mark, Question, QuestionType, Raw, Said

START = r"- \["
VALUE = re.compile(r"- \[(?P<mark>[ xX]|[1-9]\d?%)\]\s+(?P<text>.+)")


def read(raw: Raw, example: str) -> Answers:
    answers = Answers(rule="first_match")
    for line, text in lines.split(raw, START, answers):
        found = VALUE.fullmatch(text)
        if not found:
            what = f"The answer {text[:40]!r} cannot be read."
            answers.problems.append(
                Problem(line=line, what=what, expected="[x], [ ] or a share such as [50%], then a value.", example=example)
            )
            continue
        words, said = lines.feedback(found["text"])
        share = Decimal(found["mark"][:-1]) / 100 if found["mark"].endswith("%") else None
        answers.items.append(
            Item(
                line=line,
                text=words,
                html=raw.render(words, line),
                right=found["mark"] in "xX",
                fraction=share,
                feedback=said,
                feedback_html=raw.render(said, line),
            )
        )
    answers.problems += no_key(raw, answers, example)
    return answers


def no_key(raw: Raw, answers: Answers, example: str) -> Iterator[Problem]:
    if not any(item.right for item in answers.items) and not answers.problems:
        yield Problem(line=raw.line, what="No answer is marked right.", expected="at least one.", example=example)


def share_of(item: Item) -> str:
    return str(item.fraction) if item.fraction is not None else "1" if item.right else "0"


VALUE_FIELD = "value"  # in a form, and the id under which something is said to it


class Values(QuestionType):
    """An answer is the text typed. The first value it matches says what it is worth."""

    length_max: ClassVar[int]
    control: ClassVar[str]  # inputmode

    @abstractmethod
    def match(self, question: Question, answer: str) -> tuple[Decimal, Item | None]:
        """The share of the points, and the author's line it comes from. What matches none is worth nothing."""

    @abstractmethod
    def right(self, question: Question) -> list[str]:
        """The values that are wholly right, as readers see them."""

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        return {
            "value": answer or "",
            "unit": question.spec.get("unit", ""),
            "length_max": self.length_max,
            "control": self.control,
            "blank": not answer,
        }

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        share, item = self.match(question, answer)
        right = True if share == 1 else None if share > 0 else False
        return Mark(fraction=share, said=(Said(id=VALUE_FIELD, right=right, html=item.feedback_html if item else ""),))

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        return {"values": self.right(question)}

    def worth(self, question: Question) -> dict[str, Decimal]:
        """There is no telling what a guess would be."""
        return {"blank": Decimal(0)}
