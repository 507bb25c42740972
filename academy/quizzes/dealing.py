"""What one attempt asks, drawn from its seed: which questions of each pool, in which order, and what each deals to this student.

Hashes and no generator: the same seed deals the same attempt in every version of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from academy.quizzes.models import Attempt, AttemptItem
from lessons import asking
from lessons.models import Question, QuestionVersion, Quiz


def drawn(seed: str, *words: str) -> str:
    """32 hexadecimal digits for a purpose."""
    return blake2b("/".join((seed, *words)).encode(), digest_size=16).hexdigest()


def asked(quiz: Quiz, seed: str, shuffle: bool) -> list[str]:
    """The ids of the questions, in the order asked."""
    chosen: list[str] = []
    for slot in quiz.slots:
        if "ask" in slot:
            chosen.append(slot["ask"])
        else:
            chosen += in_order(slot["of"], seed, slot["pool"])[: slot["pick"]]
    return in_order(chosen, seed, "order") if shuffle else chosen


def in_order(uids: Iterable[str], seed: str, purpose: str) -> list[str]:
    return sorted(uids, key=lambda uid: drawn(seed, purpose, uid))


def items(attempt: Attempt, quiz: Quiz, shuffle: bool) -> list[AttemptItem]:
    """Not saved yet. Raises LookupError where the quiz asks what the bank does not have."""
    uids = asked(quiz, attempt.seed, shuffle)
    rows = Question.objects.filter(uid__in=uids).select_related("current", "current__question")
    found = {one.uid: one.current for one in rows if one.current is not None}
    if missing := sorted(set(uids) - set(found)):
        raise LookupError(f"The bank has no question {missing[0]}.")
    return [item(attempt, slot, found[uid]) for slot, uid in enumerate(uids, 1)]


def item(attempt: Attempt, slot: int, version: QuestionVersion) -> AttemptItem:
    question = asking.question_of(version)
    seed = drawn(attempt.seed, "item", version.question.uid)
    dealt = asking.kind_of(question).deal(question, seed)
    return AttemptItem(attempt=attempt, slot=slot, question_version=version, seed=seed, dealt=dealt)
