"""Numbers as people write and read them in a gradebook: points with at most two decimals, a point before them, nothing else."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WRITTEN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
NOTHING = "–"


class Unreadable(ValueError):
    """What was written is no such number: what is the matter, what was expected, an example."""

    def __init__(self, what: str, expected: str, example: str) -> None:
        super().__init__(f"{what} Expected: {expected}. Example: {example}")
        self.what, self.expected, self.example = what, expected, example


def read(text: str, most: Decimal, least: Decimal = Decimal(0)) -> Decimal:
    """A number from `least` to `most`. Exponents, signs, infinities and what is no number at all are refused by one pattern."""
    written = text.strip()
    expected = f"a number from {shown(least)} to {shown(most)} with at most 2 decimals"
    if not WRITTEN.fullmatch(written):
        raise Unreadable(f"{written[:20]!r} {wrong(written)}.", expected, example(most))
    value = Decimal(written)
    if not least <= value <= most:
        raise Unreadable(f"{written} is out of range.", expected, example(most))
    return value


def wrong(written: str) -> str:
    """What is the matter with it, where that can be told."""
    if not written.isascii() and any(sign.isdecimal() and not sign.isascii() for sign in written):
        return "has digits other than 0 to 9"
    if re.fullmatch(r"[0-9]+,[0-9]+", written):
        return "has a decimal comma"
    if written.endswith("%"):
        return "is a percentage, and points are asked for"
    if re.fullmatch(r"[0-9]{1,6}\.[0-9]{3,}", written):
        return "has more than 2 decimals"
    return "is no number of points"


def example(most: Decimal) -> str:
    return shown((most * Decimal("0.875")).quantize(CENT))


def shown(value: Decimal | None) -> str:
    """At most two decimals, halves up, no zeros at the end."""
    if value is None:
        return NOTHING
    text = format(value.quantize(CENT, ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".")


def percent(fraction: Decimal | None) -> str:
    """A share of 1 as percent, with its sign."""
    return NOTHING if fraction is None else f"{shown(fraction * 100)} %"
