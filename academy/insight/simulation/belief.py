"""What a simulated student answers: for each type of question one way to know and one way not to.

Knowing is answering by what is right: the key, computed where it is not written, or what the simulation was told is the truth. Not knowing
is a plausible mistake. Answers are plain data as `read` of their type would give them, but for challenges: there they are what the student
would do in the lab, and whoever takes the attempt does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from labs import runs
from labs.measuring import Unavailable
from lessons import asking
from lessons.questions import orders
from lessons.questions.model import Question

LISTED = Decimal("0.7")  # of wrong numbers and words: those the author foresaw
TRIES = 20


class Unknown(ValueError):
    """A truth that the question cannot have. The text says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`question` with what the student takes for its key; `likes`: how much each wrong choice attracts, the same for all students."""

    question: Question
    dealt: Mapping[str, Any]
    likes: Callable[[str], float]


Answer = Callable[[Asked, bool, Random], Any]


def single(asked: Asked, knows: bool, dice: Random) -> Any:
    right = asked.question.key["right"]
    if knows:
        return right[0]
    wrong = [one["id"] for one in asked.question.spec["choices"] if one["id"] not in right]
    return dice.choices(wrong, [asked.likes(one) for one in wrong])[0]


def multiple(asked: Asked, knows: bool, dice: Random) -> Any:
    """A mistake is one or two ticks too many or too few."""
    ids = [one["id"] for one in asked.question.spec["choices"]]
    right = set(asked.question.key["right"])
    if knows:
        return [one for one in ids if one in right]
    for _ in range(TRIES):
        ticked = right.symmetric_difference(dice.sample(ids, dice.choice((1, 2))))
        if ticked:
            return [one for one in ids if one in ticked]
    return [ids[0]]


def numeric(asked: Asked, knows: bool, dice: Random) -> Any:
    bands = asked.question.key["bands"]
    right = next(band for band in bands if Decimal(band["share"]) == 1)
    if knows:
        return written((Decimal(right["from"]) + Decimal(right["to"])) / 2)
    foreseen = [band for band in bands if Decimal(band["share"]) < 1]
    if foreseen and dice.random() < LISTED:
        band = dice.choice(foreseen)
        return written((Decimal(band["from"]) + Decimal(band["to"])) / 2)
    return written(Decimal(right["to"]) * dice.choice((2, 3, 10)) + 1)


def written(number: Decimal) -> str:
    return f"{number.normalize():f}"


def short(asked: Asked, knows: bool, dice: Random) -> Any:
    accepted = asked.question.key["accepted"]
    if knows:
        return next(one["text"] for one in accepted if Decimal(one["share"]) == 1)
    foreseen = [one["text"] for one in accepted if Decimal(one["share"]) < 1]
    return dice.choice(foreseen) if foreseen and dice.random() < LISTED else dice.choice(("not sure", "the leader", "a timeout"))


def matching(asked: Asked, knows: bool, dice: Random) -> Any:
    pairs = dict(asked.question.key["pairs"])
    if knows:
        return pairs
    rights = [one["id"] for one in asked.question.spec["right"]]
    mixed = sorted(pairs)
    for one in dice.sample(mixed, max(2, len(mixed) // 2)):
        pairs[one] = dice.choice([right for right in rights if right != asked.question.key["pairs"][one]])
    return pairs


def ordering(asked: Asked, knows: bool, dice: Random) -> Any:
    return order(list(asked.question.key["order"]), knows, dice)


def causal(asked: Asked, knows: bool, dice: Random) -> Any:
    """Any order that keeps to what happened before what."""
    ids = [one["id"] for one in asked.question.spec["events"]]
    dice.shuffle(ids)
    kind: Any = asking.kind_of(asked.question)
    return order(orders.extension(ids, kind.after(asked.question)), knows, dice)


def order(right: list[str], knows: bool, dice: Random) -> list[str]:
    """A mistake is one to three exchanges of two that stand apart."""
    if not knows:
        for _ in range(dice.choice((1, 2, 3))):
            first, second = sorted(dice.sample(range(len(right)), 2))
            right[first], right[second] = right[second], right[first]
    return right


def predict(asked: Asked, knows: bool, dice: Random) -> Any:
    """The engine is asked what the student would have reasoned out."""
    kind: Any = asking.kind_of(asked.question)
    try:
        right = kind.facts(asked.dealt)["measured"]
    except Unavailable:
        return None
    if knows:
        return right
    if asked.dealt["kind"] == "number":
        return written(Decimal(right) * dice.choice((2, 3)) + 1)
    others = [one for one in asked.dealt["options"] if one != right]
    return dice.choice(others) if others else None


def challenge(asked: Asked, knows: bool, dice: Random) -> Any:
    """Deeds, `(at_us, action, args)`: the solution that the lab declares. Who does not know how gets no farther than half of it."""
    lab = runs.lab(asked.dealt["lab"])
    deeds = next(one.solution for one in lab.challenges if one.name == asked.dealt["challenge"])
    return deeds if knows else deeds[: len(deeds) // 2]


def blank(asked: Asked, knows: bool, dice: Random) -> Any:
    return None


WAYS: Mapping[str, Answer] = {
    "single": single, "multiple": multiple, "numeric": numeric, "short": short, "matching": matching, "ordering": ordering,
    "causal": causal, "predict": predict, "challenge": challenge,
}  # fmt: skip
SLOWNESS = {"predict": 2.2, "causal": 1.6, "ordering": 1.5, "matching": 1.4, "multiple": 1.2, "challenge": 4}


def answer(asked: Asked, knows: bool, dice: Random) -> Any:
    """A blank for a type that nobody here knows how to answer."""
    return WAYS.get(asked.question.type, blank)(asked, knows, dice)


def taken_for(question: Question, truth: str) -> Question:
    """The question with another key: `truth` is a choice, or several with + between them. Raises Unknown."""
    if question.type not in ("single", "multiple"):
        raise Unknown(f"{question.uid} has the type {question.type}. Expected: a question with choices, whose truth is one of them.")
    ids = [one["id"] for one in question.spec["choices"]]
    chosen = [one.strip() for one in truth.split("+")]
    if set(chosen) - set(ids) or (question.type == "single" and len(chosen) != 1):
        expected = "one of" if question.type == "single" else "some of"
        raise Unknown(f"{question.uid}: expected {expected} {', '.join(ids)}; got {truth[:40]!r}.")
    return replace(question, key={**question.key, "right": chosen})
