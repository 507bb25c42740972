"""Each of the one belongs to one of the others; some of the others may belong to none."""

import re

from lessons.questions import lines
from lessons.questions.model import Answers, Item, QuestionType, Raw

START = r"- (\{|=>)"
PAIR = re.compile(rf"- (?:\{{(?P<id>{lines.ID})\}}\s+(?P<text>.+?)\s+)?=>\s+\{{(?P<pair>{lines.ID})\}}\s+(?P<answer>.+)")
PAIRS_MIN = 2


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
        given = dict(one.strip().partition("=")[::2] for one in raw.options.get("weights", "").split(",") if one.strip())
        ids = {item.id for item in pairs}
        for name, written in given.items():
            value = lines.number(written.strip())
            if name.strip() not in ids or value is None or value <= 0:
                what = f"The weight {name[:20]}={written[:20]} cannot be used."
                answers.problems.append(self.problem(raw.line, what, "the id of a pair and a number above 0.", ":weights: raft=2"))
        return {one: given.get(one, "1").strip() for one in sorted(ids)}


TYPE = Matching()
