"""One choice is right."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lessons.questions import choices, shares, showing
from lessons.questions.model import Answers, Mark, Question, Raw, Said, Unreadable
from lessons.questions.sent import Fields


class Single(choices.Choices):
    name = "single"
    title = "One answer"
    control = "radio"

    def parse(self, raw: Raw) -> Answers:
        answers = choices.read(raw)
        answers.rule = "all_or_nothing"
        right = len(answers.key["right"])
        if right != 1 and not answers.problems:
            answers.problems.append(self.problem(raw.line, f"{right} choices are marked right.", "exactly one.", "- [x] {b} 3"))
        return answers

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        return self.shown(question, dealt, [answer] if answer else [])

    def read(self, question: Question, dealt: Mapping[str, Any], fields: Fields) -> str | None:
        marked = self.marked(question, fields)
        if len(marked) > 1:
            raise Unreadable(f"One choice was expected and {len(marked)} came ({', '.join(marked)}). Choose one of them.")
        return marked[0] if marked else None

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        """A regrade may take more than one choice for right."""
        right = answer in question.key["right"]
        return Mark(fraction=Decimal(right), said=(Said(id=answer, right=right, html=showing.feedback_of(question).get(answer, "")),))

    def worth(self, question: Question) -> dict[str, Decimal]:
        return {"blank": Decimal(0), "guess": shares.decimal(Fraction(len(question.key["right"]), len(self.ids(question))))}


TYPE = Single()
