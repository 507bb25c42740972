"""A number is right when |x - a| <= max(atol, rtol * |a|); bands give a share, or say what went wrong."""

from lessons.questions import lines, values
from lessons.questions.model import Answers, Item, QuestionType, Raw


class Numeric(QuestionType):
    name = "numeric"
    title = "A number"
    example = "- [x] 150 | Two round trips of 75 ms."
    options = frozenset({"atol", "rtol", "unit"})

    def parse(self, raw: Raw) -> Answers:
        answers = values.read(raw, self.example)
        bands = [self.band(item, answers) for item in answers.items]
        tolerance = {name: self.tolerance(name, raw, answers) for name in ("atol", "rtol")}
        answers.spec = {"unit": raw.options.get("unit", "")}
        answers.key = tolerance | {"bands": bands}
        return answers

    def band(self, item: Item, answers: Answers) -> dict[str, str]:
        """A value, or a range with both ends in it."""
        low, dots, high = item.text.partition("..")
        ends = [lines.number(end.strip()) for end in ((low, high) if dots else (low,))]
        first, last = ends[0], ends[-1]
        if first is None or last is None or first > last:
            answers.problems.append(self.problem(item.line, f"{item.text[:40]!r} is no number.", "a number, or two as a range, 75..300."))
            return {}
        return {"from": str(first), "to": str(last), "share": values.share_of(item)}

    def tolerance(self, name: str, raw: Raw, answers: Answers) -> str:
        value = lines.number(raw.options.get(name, "0"))
        if value is None or value < 0:
            answers.problems.append(
                self.problem(raw.line, f"`{name}` is {raw.options[name][:40]!r}.", "a number, 0 or more.", f":{name}: 0.05")
            )
        return str(value)


TYPE = Numeric()
