"""A number is right when |x - a| <= max(atol, rtol * |a|); bands give a share, or say what went wrong.

The tolerance belongs to values. A range, 75..300, is as wide as it is written.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from typing import Any

from lessons.questions import lines, sent, values
from lessons.questions.model import Answers, Item, Question, Raw, Unreadable

EXACT = Context(prec=500)  # digits: those of the product of any two numbers that can be written, and of their sums
COMMA = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d*),(?P<part>\d+)(?P<power>[eE].*)?")
MINUS = str.maketrans("\u2212", "-")


class Numeric(values.Values):
    name = "numeric"
    title = "A number"
    example = "- [x] 150 | Two round trips of 75 ms."
    options = frozenset({"atol", "rtol", "unit"})
    length_max = 60
    control = "decimal"

    def parse(self, raw: Raw) -> Answers:
        answers = values.read(raw, self.example)
        bands = [self.band(item, answers) for item in answers.items]
        tolerance = {name: self.tolerance(name, raw, answers) for name in ("atol", "rtol")}
        answers.spec = {"unit": raw.options.get("unit", "")}
        answers.key = tolerance | {"bands": bands}
        return answers

    def band(self, item: Item, answers: Answers) -> dict[str, str]:
        found = ends(item.text)
        if found is None:
            answers.problems.append(self.problem(item.line, f"{item.text[:40]!r} is no number.", "a number, or two as a range, 75..300."))
            return {}
        return {"from": str(found[0]), "to": str(found[1]), "share": values.share_of(item)}

    def tolerance(self, name: str, raw: Raw, answers: Answers) -> str:
        value = lines.number(raw.options.get(name, "0"))
        if value is None or value < 0:
            answers.problems.append(
                self.problem(raw.line, f"`{name}` is {raw.options[name][:40]!r}.", "a number, 0 or more.", f":{name}: 0.05")
            )
        return str(value)

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> str | None:
        """As typed, but for what would be read otherwise than it is meant: the unit that stands beside the field, a decimal comma."""
        typed = unicodedata.normalize("NFKC", sent.line(fields, values.VALUE_FIELD, self.length_max)).translate(MINUS).strip()
        if not typed:
            return None
        unit = unicodedata.normalize("NFKC", question.spec.get("unit", ""))
        for text in (typed, typed.removesuffix(unit).strip()):
            if lines.number(pointed := with_point(text)) is not None:
                return pointed
        kind = f"A number, in {unit} and without it," if unit else "A number alone"
        raise Unreadable(f"{kind} was expected and {typed[:40]!r} came. Write it like 1500, 0.25 or 2.5e-3.")

    def match(self, question: Question, answer: str) -> tuple[Decimal, Item | None]:
        value = lines.number(answer)
        if value is None:
            raise Unreadable(f"A number was expected and {answer[:40]!r} came. Write it like 1500, 0.25 or 2.5e-3.")
        for band in question.key["bands"]:
            if holds(question.key, band, value):
                item = next((item for item in question.items if ends(item.text) == (Decimal(band["from"]), Decimal(band["to"]))), None)
                return Decimal(band["share"]), item
        return Decimal(0), None

    def right(self, question: Question) -> list[str]:
        return [worded(question.key, band) for band in question.key["bands"] if Decimal(band["share"]) == 1]


def ends(text: str) -> tuple[Decimal, Decimal] | None:
    """Of a value, or of a range, to which both belong. None where it is neither."""
    low, dots, high = text.partition("..")
    first, last = (lines.number(end.strip()) for end in (low, high if dots else low))
    return None if first is None or last is None or first > last else (first, last)


def with_point(text: str) -> str:
    """`1,5` is 1.5; `1,500` could be that too, or 1500, and stays as it is."""
    found = COMMA.fullmatch(text)
    if not found:
        return text
    thousands = len(found["part"]) == 3 and 1 <= len(found["whole"]) <= 3 and not found["whole"].startswith("0")
    return text if thousands else text.replace(",", ".")


def reach(key: Mapping[str, Any], value: Decimal) -> Decimal:
    """How far from a value is near enough."""
    return max(Decimal(key["atol"]), Decimal(key["rtol"]) * abs(value))


def holds(key: Mapping[str, Any], band: Mapping[str, str], value: Decimal) -> bool:
    low, high = Decimal(band["from"]), Decimal(band["to"])
    with localcontext(EXACT):
        return abs(value - low) <= reach(key, low) if low == high else low <= value <= high


def worded(key: Mapping[str, Any], band: Mapping[str, str]) -> str:
    low, high = Decimal(band["from"]), Decimal(band["to"])
    if low != high:
        return f"{plain(low)} to {plain(high)}"
    with localcontext(EXACT):
        near = reach(key, low)
    return f"{plain(low)} \u00b1 {plain(near)}" if near else plain(low)


def plain(value: Decimal) -> str:
    """150 and 0.05, not 1.5E+2; what would be long stays short."""
    text = f"{value.normalize(EXACT):f}"
    return text if len(text) <= 24 else str(value)


TYPE = Numeric()
