"""What single and multiple choice share: `- [x] {b} 3 | Why.`"""

import re
from collections.abc import Iterator

from lessons.content.problems import Problem
from lessons.questions import lines
from lessons.questions.model import Answers, Item, Raw

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
