"""One order is right: the author writes it, the student sees another. What is kept in order counts (longest common subsequence)."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from lessons.questions import lines, orders, showing
from lessons.questions.model import Answers, Item, Question, Raw
from lessons.questions.places import Places

STEP = re.compile(rf"\d{{1,2}}\.\s+\{{(?P<id>{lines.ID})\}}\s+(?P<text>.+)")
STEPS_MIN = 3


class Ordering(Places):
    name = "ordering"
    title = "In order"
    example = "1. {append} The leader appends the entry to its log."
    parts = "steps"
    noun = "step"

    def parse(self, raw: Raw) -> Answers:
        answers = Answers(rule="longest_common_subsequence")
        for line, text in lines.split(raw, r"\d{1,2}\. \{", answers):
            found = STEP.fullmatch(text)
            if not found:
                answers.problems.append(self.problem(line, f"The step {text[:40]!r} cannot be read.", "a number, an id, words."))
                continue
            words, said = lines.feedback(found["text"])
            html, said_html = raw.render(words, line), raw.render(said, line)
            answers.items.append(Item(line=line, id=found["id"], text=words, html=html, feedback=said, feedback_html=said_html))
        answers.problems += lines.repeated(raw, [item.id for item in answers.items], self.example)
        if len(answers.items) < STEPS_MIN and not answers.problems:
            answers.problems.append(
                self.problem(raw.line, f"There are {len(answers.items)} steps.", f"{STEPS_MIN} or more, in the right order.")
            )
        answers.spec = {"steps": sorted(({"id": item.id, "text": item.text} for item in answers.items), key=lambda one: one["id"])}
        answers.key = {"order": [item.id for item in answers.items]}
        return answers

    def in_place(self, question: Question, order: Sequence[str]) -> list[str]:
        return orders.in_order(order, question.key["order"])

    def share(self, question: Question, in_place: int) -> Fraction:
        return share(in_place, len(question.key["order"]))

    def by_chance(self, question: Question) -> Fraction:
        return by_chance(len(question.key["order"]))

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        html = showing.html_of(question, question.spec["steps"])
        return {"order": [html[one] for one in question.key["order"] if one in html]}


def share(in_order: int, of: int) -> Fraction:
    """One step alone is always in order and is worth nothing."""
    return Fraction(max(in_order - 1, 0), of - 1)


@cache
def by_chance(of: int) -> Fraction:
    """The same whatever the steps are."""
    right = [str(n) for n in range(of)]
    return orders.by_chance(right, lambda order: share(len(orders.in_order(order, right)), of))


TYPE = Ordering()
