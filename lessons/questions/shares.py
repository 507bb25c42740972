"""Shares of the points: exact fractions to the end, then a Decimal, so that a mark depends on no rounding in between."""

from collections.abc import Iterable
from decimal import Context, Decimal
from fractions import Fraction

DIGITS = 28


def decimal(share: Fraction) -> Decimal:
    """0 to 1, with 28 digits."""
    within = min(max(share, Fraction(0)), Fraction(1))
    return Context(prec=DIGITS).divide(Decimal(within.numerator), Decimal(within.denominator))


def mean(shares: Iterable[Fraction]) -> Fraction:
    found = list(shares)
    return sum(found, Fraction(0)) / len(found)
