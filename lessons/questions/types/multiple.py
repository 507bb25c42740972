"""Some choices are right, neither none nor all: `balanced_net` has to give 0 for a blank and for ticking everything."""

from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from itertools import compress, product
from math import comb
from typing import Any

from lessons.questions import choices, lines, shares, showing
from lessons.questions.model import Answers, Mark, Question, Raw, Said
from lessons.questions.sent import Fields

WEIGHTS = ":weights: a=0.5, b=0.5, c=-0.5"
EXACT_MAX = 12  # choices: 4096 ways to tick them
SAMPLE = 1000


def balanced_net(question: Question, marked: Collection[str]) -> Fraction:
    """max(0, h/k - w/min(k, n-k)): h of the k right ones and w others of n are ticked."""
    right, of = set(question.key["right"]), len(question.spec["choices"])
    hits = len(right & set(marked))
    return balanced(hits, len(marked) - hits, len(right), of)


def balanced(hits: int, wrong: int, right: int, of: int) -> Fraction:
    """0 for a blank (0/k) and for everything ticked: there w = n - k is at least min(k, n-k), so no less than 1 is taken from 1."""
    return max(Fraction(0), Fraction(hits, right) - Fraction(wrong, min(right, of - right)))


def all_or_nothing(question: Question, marked: Collection[str]) -> Fraction:
    return Fraction(set(marked) == set(question.key["right"]))


def weights(question: Question, marked: Collection[str]) -> Fraction:
    """The sum of what is ticked, not below 0 nor above 1."""
    given = question.key["weights"]
    return min(max(sum((Fraction(given.get(one, "0")) for one in marked), Fraction(0)), Fraction(0)), Fraction(1))


RULES: dict[str, Callable[[Question, Collection[str]], Fraction]] = {
    "balanced_net": balanced_net,
    "all_or_nothing": all_or_nothing,
    "weights": weights,
}


class Multiple(choices.Choices):
    name = "multiple"
    title = "One or more answers"
    control = "checkbox"
    options = frozenset({"rule", "weights"})

    def parse(self, raw: Raw) -> Answers:
        answers = choices.read(raw)
        answers.rule = raw.options.get("rule", "weights" if "weights" in raw.options else "balanced_net")
        right, of = len(answers.key["right"]), len(answers.items)
        if answers.rule not in RULES:
            answers.problems.append(
                self.problem(raw.line, f"There is no rule {answers.rule[:40]!r}.", f"one of {', '.join(RULES)}.", ":rule: balanced_net")
            )
        if right in (0, of) and not answers.problems:
            answers.problems.append(
                self.problem(raw.line, f"{right} of {of} choices are marked right.", "at least one, and not all.", "- [x] {b} 3")
            )
        if answers.rule == "weights":
            self.read_weights(raw, answers)
        return answers

    def read_weights(self, raw: Raw, answers: Answers) -> None:
        written = dict(pair.strip().partition("=")[::2] for pair in raw.options.get("weights", "").split(","))
        given = {name.strip(): lines.number(value.strip()) for name, value in written.items()}
        ids = {item.id for item in answers.items}
        if set(given) != ids or None in given.values():
            answers.problems.append(
                self.problem(
                    raw.line,
                    "The weights do not name each choice once, with a number.",
                    f"one for each of {', '.join(sorted(ids))}.",
                    WEIGHTS,
                )
            )
        elif sum((w for w in given.values() if w is not None and w > 0), Decimal(0)) != 1:
            answers.problems.append(self.problem(raw.line, "The weights above 0 do not add up to 1.", "1 for all that is right.", WEIGHTS))
        else:
            answers.key["weights"] = {name: str(weight) for name, weight in given.items()}

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        return self.shown(question, dealt, answer or [])

    def read(self, question: Question, dealt: Mapping[str, Any], fields: Fields) -> list[str] | None:
        return self.marked(question, fields) or None

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        """Something is said to each choice that was ticked and to each right one that was missed."""
        ids, right, feedback = self.ids(question), self.right(question), showing.feedback_of(question)
        marked = [one for one in answer if one in ids]
        said = [
            Said(id=one, right=one in right and one in marked, html=feedback.get(one, "")) for one in ids if one in marked or one in right
        ]
        hits = len(right.intersection(marked))
        return Mark(
            fraction=shares.decimal(RULES[question.rule](question, marked)),
            said=tuple(said),
            facts={"right": hits, "wrong": len(marked) - hits},
        )

    def right(self, question: Question) -> set[str]:
        """Where weights count, what they take for right."""
        if question.rule == "weights":
            return {one for one, weight in question.key["weights"].items() if Decimal(weight) > 0}
        return set(question.key["right"])

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        return {"right": sorted(self.right(question))}

    def worth(self, question: Question) -> dict[str, Decimal]:
        everything = RULES[question.rule](question, self.ids(question))
        return {"blank": Decimal(0), "everything": shares.decimal(everything), "guess": shares.decimal(self.by_chance(question))}

    def by_chance(self, question: Question) -> Fraction:
        """The mean where a coin decides about each choice; exact but for the weights of many choices."""
        of, right = len(self.ids(question)), len(question.key["right"])
        if question.rule == "all_or_nothing":
            return Fraction(1, 1 << of)
        if question.rule == "balanced_net":
            ways = [
                comb(right, hits) * comb(of - right, wrong) * balanced(hits, wrong, right, of)
                for hits in range(right + 1)
                for wrong in range(of - right + 1)
            ]
            return sum(ways, Fraction(0)) / (1 << of)
        return shares.mean(RULES[question.rule](question, marked) for marked in ticked(self.ids(question)))


def ticked(ids: list[str]) -> Iterator[list[str]]:
    """Every way to tick a few choices, the same sample of those of many."""
    if len(ids) <= EXACT_MAX:
        coins: Iterator[Collection[int]] = product((0, 1), repeat=len(ids))
    else:
        drawn = (int.from_bytes(blake2b(f"guess {n}".encode()).digest()) for n in range(SAMPLE))
        coins = ([bits >> n & 1 for n in range(len(ids))] for bits in drawn)
    return (list(compress(ids, coin)) for coin in coins)


TYPE = Multiple()
