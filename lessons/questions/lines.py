"""The lines of a question's body: what is asked, then answers, each a list item that may go on in indented lines."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from lessons.content.problems import Problem
from lessons.questions.model import Answers, Raw

ID = r"[a-z0-9][a-z0-9-]{0,19}"
FEEDBACK = re.compile(r"\s\|(?:\s|$)")
ITEMS_MAX = 30


def split(raw: Raw, start: str, answers: Answers) -> Iterator[tuple[int, str]]:
    """(line, text) of each item that begins with `start`, a pattern. What stands before the first is the prompt."""
    begins = re.compile(start)
    prompt: list[str] = []
    items: list[tuple[int, list[str]]] = []
    for line, text in enumerate(raw.body.splitlines(), raw.body_line):
        if begins.match(text):
            items.append((line, [text.strip()]))
        elif not items:
            prompt.append(text)
        elif text.startswith((" ", "\t")) and text.strip():
            items[-1][1].append(text.strip())
        elif text.strip():
            what = f"{text.strip()[:40]!r} stands after the answers."
            answers.problems.append(Problem(line=line, what=what, expected="answers, or lines of one, indented.", example="  goes on"))
    answers.prompt = "\n".join(prompt)
    if len(items) > ITEMS_MAX:
        what = f"There are {len(items)} answers."
        answers.problems.append(Problem(line=raw.line, what=what, expected=f"at most {ITEMS_MAX}.", example="two questions instead of one"))
    yield from ((line, " ".join(texts)) for line, texts in items[:ITEMS_MAX])


def feedback(text: str) -> tuple[str, str]:
    """An answer and what is said to who gives it: `2 | Not a majority.`"""
    found = FEEDBACK.search(text)
    return (text[: found.start()].strip(), text[found.end() :].strip()) if found else (text.strip(), "")


def number(written: str) -> Decimal | None:
    """A finite decimal number, or None. `1_000`, `0x1` and `NaN` are none."""
    if not re.fullmatch(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?", written):
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def repeated(raw: Raw, ids: list[str], example: str) -> list[Problem]:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    return [
        Problem(line=raw.line, what=f"The id {one!r} is used twice.", expected="each id once in a question.", example=example)
        for one in twice
    ]
