"""What a question gives away by its form alone, before anybody understands it; and questions that are one question twice."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lessons.content.problems import Problem
from lessons.questions.model import Item, Question

LONGER_MAX = 1.2  # the right choice may be this many times as long as the longest wrong one
LONG = 25  # characters; among shorter choices length tells nothing
CATCH_ALL = re.compile(
    r"\b(all|none|both|neither|any) of (the|these|those) (above|below|others?|answers|choices|options)\b|\ball of these\b", re.I
)
NUMBER = re.compile(r"\d+([.,]\d+)*")
NEEDS_WHY = ("ordering", "causal", "matching", "predict", "challenge")


def tells(question: Question) -> Iterator[Problem]:
    """Reasons to write it otherwise."""
    if question.type in NEEDS_WHY and not question.why:
        what = f"The question {question.uid} explains nothing to who got it wrong."
        yield Problem(
            line=question.line, what=what, expected="a sentence that everybody reads afterwards.", example=":why: The reply comes last."
        )
    if question.type not in ("single", "multiple"):
        return
    for item in question.items:
        if CATCH_ALL.search(item.text):
            what = f"The choice {item.text[:40]!r} is about the other choices."
            yield Problem(
                line=item.line, what=what, expected="one that can be judged alone.", example="- [ ] {c} A majority, counted twice | Why."
            )
    if question.type == "single" and longest_by_far(question.items):
        what = f"The right choice of {question.uid} is much the longest."
        yield Problem(
            line=question.line, what=what, expected="choices of about one length.", example="- [ ] {a} A longer wrong choice | Why."
        )


def longest_by_far(items: Iterable[Item]) -> bool:
    right, wrong = ([len(item.text) for item in items if item.right is side] for side in (True, False))
    return bool(right and wrong) and max(right) > LONG and max(right) > LONGER_MAX * max(wrong)


def longest(question: Question) -> bool:
    """Whether who picks the longest choice is right."""
    lengths = {item.id: len(item.text) for item in question.items}
    top = max(lengths.values())
    return [item.id for item in question.items if lengths[item.id] == top] == [item.id for item in question.items if item.right]


def skeleton(question: Question) -> str:
    """The words without their numbers."""
    asked = [line for line in question.source.splitlines() if not line.startswith((":points:", ":why:", ":pool:", ":concepts:"))]
    return NUMBER.sub("#", " ".join(" ".join(asked).lower().split()))


def twins(questions: Iterable[Question]) -> list[tuple[str, ...]]:
    """The ids of questions that differ in their numbers at most."""
    alike: dict[str, list[str]] = defaultdict(list)
    for question in questions:
        alike[skeleton(question)].append(question.uid)
    return [tuple(uids) for uids in alike.values() if len(uids) > 1]
