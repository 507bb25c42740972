"""Each of the one belongs to one of the others; some of the others may belong to none."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lessons.questions import dealing, fitting, lines, sent, shares, showing
from lessons.questions.model import Answers, Item, Mark, Question, QuestionType, Raw, Said

START = r"- (\{|=>)"
PAIR = re.compile(rf"- (?:\{{(?P<id>{lines.ID})\}}\s+(?P<text>.+?)\s+)?=>\s+\{{(?P<pair>{lines.ID})\}}\s+(?P<answer>.+)")
PAIRS_MIN = 2
PREFIX = "pair-"


class Matching(QuestionType):
    name = "matching"
    title = "Pairs"
    example = "- {raft} Raft => {leader} One leader at a time | All entries flow from it."
    options = frozenset({"weights"})

    def parse(self, raw: Raw) -> Answers:
        answers = Answers(rule="weighted_pairs")
        for line, text in lines.split(raw, START, answers):
            found = PAIR.fullmatch(text)
            if found:
                answers.items.append(self.item(found, line, raw))
            else:
                answers.problems.append(
                    self.problem(line, f"The pair {text[:40]!r} cannot be read.", "two ids with words, an arrow between them.")
                )
        pairs = [item for item in answers.items if item.id]
        answers.problems += lines.repeated(raw, [item.id for item in pairs], self.example)
        answers.problems += lines.repeated(raw, [item.pair for item in answers.items], self.example)
        if len(pairs) < PAIRS_MIN and not answers.problems:
            answers.problems.append(self.problem(raw.line, f"There are {len(pairs)} pairs.", f"{PAIRS_MIN} or more."))
        answers.spec = {
            "left": [{"id": item.id, "text": item.text} for item in pairs],
            "right": sorted(({"id": item.pair} for item in answers.items), key=lambda one: one["id"]),
        }
        answers.key = {"pairs": {item.id: item.pair for item in pairs}, "weights": self.weights(raw, pairs, answers)}
        return answers

    def item(self, found: re.Match[str], line: int, raw: Raw) -> Item:
        words, said = lines.feedback(found["answer"])
        text = found["text"] or ""
        return Item(
            line=line, id=found["id"] or "", text=text, html=raw.render(text, line), pair=found["pair"], pair_html=raw.render(words, line),
            feedback=said, feedback_html=raw.render(said, line),
        )  # fmt: skip

    def weights(self, raw: Raw, pairs: list[Item], answers: Answers) -> dict[str, str]:
        """1 for each pair, where nothing else is said: `:weights: raft=2`."""
        written = [one.partition("=")[::2] for one in raw.options.get("weights", "").split(",") if one.strip()]
        given = {name.strip(): weight.strip() for name, weight in written}
        ids = {item.id for item in pairs}
        for name, weight in given.items():
            value = lines.number(weight)
            if name not in ids or value is None or value <= 0:
                what = f"The weight {name[:20]}={weight[:20]} cannot be used."
                answers.problems.append(self.problem(raw.line, what, "the id of a pair and a number above 0.", ":weights: raft=2"))
        return {one: given.get(one, "1") for one in sorted(ids)}

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        return {"order": dealing.shuffled(self.rights(question), seed)}

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        """`rich`: some right sides have markup, which no select can show, so they are listed too, each with a letter."""
        html, given = showing.html_of(question, question.spec["left"]), answer or {}
        order = dealing.order_of(dealt, self.rights(question))
        sides = self.sides(question)
        right = [{"id": one, "html": sides[one], "words": showing.words(sides[one]), "letter": letter(n)} for n, one in enumerate(order)]
        return {
            "left": [{"id": one, "html": html[one], "pair": given.get(one, "")} for one in html],
            "right": right,
            "rich": any("<" in side["html"] for side in right),
            "blank": not given,
        }

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> dict[str, str] | None:
        """Left id -> right id. Pairs may be left out; one right side may be given twice, since it is at most once right."""
        left, rights = [one["id"] for one in question.spec["left"]], self.rights(question)
        given = sent.each(fields, PREFIX, left, "A left side")
        return {one: sent.known(pair, rights, "A right side") for one, pair in given.items() if pair} or None

    def fits(self, question: Question, asked: Question, answer: Any) -> None:
        left, was_left = ([one["id"] for one in side.spec["left"]] for side in (question, asked))
        pairs = question.key["pairs"]
        fitting.still_there(answer, left)
        fitting.still_there(answer.values(), self.rights(question))
        fitting.was_there([*pairs, *pairs.values()], [*was_left, *self.rights(asked)])

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        pairs, feedback = question.key["pairs"], showing.feedback_of(question)
        weights = {one: Fraction(question.key["weights"].get(one, "1")) for one in pairs}
        right = [one for one, pair in pairs.items() if answer.get(one) == pair]
        said = [
            Said(id=one["id"], right=one["id"] in right, html=feedback.get(one["id"], "") if one["id"] in answer else "")
            for one in question.spec["left"]
        ]
        share = sum((weights[one] for one in right), Fraction(0)) / sum(weights.values(), Fraction(0))
        return Mark(fraction=shares.decimal(share), said=tuple(said), facts={"right": len(right), "of": len(pairs)})

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        sides = self.sides(question)
        return {"pairs": {one: sides.get(pair, "") for one, pair in question.key["pairs"].items()}}

    def worth(self, question: Question) -> dict[str, Decimal]:
        """Whatever the weights, each pair is right once in as many tries as there are right sides."""
        return {"blank": Decimal(0), "guess": shares.decimal(Fraction(1, len(self.rights(question))))}

    def rights(self, question: Question) -> list[str]:
        return [one["id"] for one in question.spec["right"]]

    def sides(self, question: Question) -> dict[str, str]:
        """HTML of the right sides."""
        found = {item.pair: showing.inline(item.pair_html) for item in question.items}
        return {one: found.get(one) or one for one in self.rights(question)}


def letter(n: int) -> str:
    """A to Z, then AA, AB."""
    return (chr(64 + n // 26) if n >= 26 else "") + chr(65 + n % 26)


TYPE = Matching()
