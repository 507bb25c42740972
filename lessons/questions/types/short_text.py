"""A word or a few, compared without case, width or spaces around them."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lessons.questions import sent, values
from lessons.questions.model import Answers, Item, Question, Raw

LENGTH_MAX = 120


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class ShortText(values.Values):
    name = "short"
    title = "A few words"
    example = "- [x] quorum"
    length_max = LENGTH_MAX
    control = "text"

    def parse(self, raw: Raw) -> Answers:
        answers = values.read(raw, self.example)
        answers.key = {"accepted": [{"text": folded(item.text), "share": values.share_of(item)} for item in answers.items]}
        seen: set[str] = set()
        for item in answers.items:
            same = folded(item.text)
            if same in seen:
                answers.problems.append(
                    self.problem(item.line, f"{item.text[:40]!r} is listed twice.", "each answer once; case and spaces do not count.")
                )
            if len(same) > LENGTH_MAX:
                answers.problems.append(self.problem(item.line, f"The answer has {len(same)} characters.", f"at most {LENGTH_MAX}."))
            seen.add(same)
        return answers

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> str | None:
        return sent.line(fields, values.VALUE_FIELD, LENGTH_MAX) or None

    def match(self, question: Question, answer: str) -> tuple[Decimal, Item | None]:
        typed = folded(answer)
        for accepted in question.key["accepted"]:
            if accepted["text"] == typed:
                return Decimal(accepted["share"]), written(question, typed)
        return Decimal(0), None

    def right(self, question: Question) -> list[str]:
        """As the author spelled them."""
        texts = [accepted["text"] for accepted in question.key["accepted"] if Decimal(accepted["share"]) == 1]
        return [item.text if (item := written(question, text)) else text for text in texts]


def written(question: Question, text: str) -> Item | None:
    """The author's line of a folded text."""
    return next((item for item in question.items if folded(item.text) == text), None)


TYPE = ShortText()
