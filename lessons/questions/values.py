"""What numeric and short answers share: `- [x] 150 | Why.`, `- [50%] 75..300 | Why.`, `- [ ] 75 | Why not.`"""

import re
from collections.abc import Iterator
from decimal import Decimal

from lessons.content.problems import Problem
from lessons.questions import lines
from lessons.questions.model import Answers, Item, Raw

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
