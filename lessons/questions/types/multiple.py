"""Some choices are right, neither none nor all: `balanced_net` has to give 0 for a blank and for ticking everything."""

from decimal import Decimal

from lessons.questions import choices, lines
from lessons.questions.model import Answers, QuestionType, Raw

RULES = ("balanced_net", "all_or_nothing", "weights")
WEIGHTS = ":weights: a=0.5, b=0.5, c=-0.5"


class Multiple(QuestionType):
    name = "multiple"
    title = "One or more answers"
    example = choices.EXAMPLE
    options = frozenset({"rule", "weights"})

    def parse(self, raw: Raw) -> Answers:
        answers = choices.read(raw)
        answers.rule = raw.options.get("rule", "weights" if "weights" in raw.options else RULES[0])
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
        weights = {name.strip(): lines.number(value.strip()) for name, value in written.items()}
        ids = {item.id for item in answers.items}
        if set(weights) != ids or None in weights.values():
            answers.problems.append(
                self.problem(
                    raw.line,
                    "The weights do not name each choice once, with a number.",
                    f"one for each of {', '.join(sorted(ids))}.",
                    WEIGHTS,
                )
            )
        elif sum((w for w in weights.values() if w is not None and w > 0), Decimal(0)) != 1:
            answers.problems.append(self.problem(raw.line, "The weights above 0 do not add up to 1.", "1 for all that is right.", WEIGHTS))
        else:
            answers.key["weights"] = {name: str(weight) for name, weight in weights.items()}


TYPE = Multiple()
