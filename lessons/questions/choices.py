"""What single and multiple choice share: `- [x] {b} 3 | Why.`"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from lessons.content.problems import Problem
from lessons.questions import dealing, fitting, lines, sent, showing
from lessons.questions.model import Answers, Item, Question, QuestionType, Raw

START = r"- \["
CHOICE = re.compile(rf"- \[(?P<mark>[ xX])\]\s+\{{(?P<id>{lines.ID})\}}\s+(?P<text>.+)")
EXAMPLE = "- [ ] {a} 2 | Not a majority: two candidates could both have two."
CHOICES_MIN = 2


def read(raw: Raw) -> Answers:
    """Choices with ids of their own, so that answers stay what they were when the order changes."""
    answers = Answers()
    for line, text in lines.split(raw, START, answers):
        found = CHOICE.fullmatch(text)
        if not found:
            answers.problems.append(
                Problem(line=line, what=f"The choice {text[:40]!r} cannot be read.", expected="a mark, an id, words.", example=EXAMPLE)
            )
            continue
        words, said = lines.feedback(found["text"])
        answers.items.append(
            Item(
                line=line,
                id=found["id"],
                text=words,
                html=raw.render(words, line),
                right=found["mark"] != " ",
                feedback=said,
                feedback_html=raw.render(said, line),
            )
        )
    answers.problems += lines.repeated(raw, [item.id for item in answers.items], EXAMPLE)
    answers.problems += too_few(raw, answers)
    answers.spec = {"choices": [{"id": item.id, "text": item.text} for item in answers.items]}
    answers.key = {"right": [item.id for item in answers.items if item.right]}
    return answers


def too_few(raw: Raw, answers: Answers) -> Iterator[Problem]:
    if len(answers.items) < CHOICES_MIN and not answers.problems:
        what = f"The question has {len(answers.items)} choices."
        yield Problem(line=raw.line, what=what, expected=f"{CHOICES_MIN} to {lines.ITEMS_MAX}.", example=EXAMPLE)


class Choices(QuestionType):
    """Choices are dealt in another order to each student, and marked."""

    example = EXAMPLE
    control: ClassVar[str]  # radio, checkbox

    def ids(self, question: Question) -> list[str]:
        return [choice["id"] for choice in question.spec["choices"]]

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        return {"order": dealing.shuffled(self.ids(question), seed)}

    def marked(self, question: Question, fields: sent.Fields) -> list[str]:
        """The ids that came, each once, in the author's order: the same choices are the same answer."""
        ids = self.ids(question)
        came = {sent.known(one, ids, "A choice") for one in sent.texts(fields, "choice")}
        return [one for one in ids if one in came]

    def fits(self, question: Question, asked: Question, answer: Any) -> None:
        """What was chosen is still there, and what is right now was there to be chosen."""
        fitting.still_there([answer] if isinstance(answer, str) else answer, self.ids(question))
        fitting.was_there(self.key_view(question, {})["right"], self.ids(asked))

    def shown(self, question: Question, dealt: Mapping[str, Any], marked: Collection[str]) -> dict[str, Any]:
        html = showing.html_of(question, question.spec["choices"])
        order = dealing.order_of(dealt, html)
        return {
            "choices": [{"id": one, "html": html[one], "marked": one in marked} for one in order],
            "control": self.control,
            "blank": not marked,
        }

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        return {"right": list(question.key["right"])}
