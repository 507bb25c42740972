"""Statistics of a test and its items, from marks alone.

Variances and covariances divide by n - 1. For an item j with the marks x_j, T being a student's total and T - x_j the rest:

    facility         mean(x_j) / maximum
    item-rest        cov(x_j, T - x_j) / (s_xj * s_(T-xj))                 never with the total, which holds the item itself
    efficiency       cov(x_j, T - x_j) / cov(sorted x_j, sorted T - x_j)   the most that these marks could discriminate is 1
    weight           sqrt(cov(x_j, T)) / the sum of the same over all items
    alpha            k/(k-1) * (1 - sum(s_j^2) / s_T^2)
    SEM              s_T * sqrt(1 - alpha)

An item whose covariance with the total is negative has no real root: it weighs 0, so that the weights still add up to 1 (Moodle leaves such
an item's cell empty; the others come out the same). What is not defined is None: a correlation without variance, alpha of one item, any
spread of one student.

Sums are sums of whole numbers, so whether something is zero or negative is known and not rounded; only roots and quotients are, to
50 digits. Sources: Moodle, "Quiz statistics calculations"; Cronbach 1951; Crocker and Algina 1986.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import gcd
from operator import mul

DIGITS = 50
PLACES = 9  # decimals of a mark that count
N_MIN = 10  # students; with fewer, pages show nothing but how many there were

Marks = Sequence[Decimal | None]  # of one item, a place for each student; None: was not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFigures:
    """`sd` in points; `facility` and `weight` from 0 to 1, `item_rest` and `efficiency` from -1 to 1. None: not defined."""

    n: int
    facility: Decimal | None = None
    sd: Decimal | None = None
    item_rest: Decimal | None = None
    efficiency: Decimal | None = None
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFigures:
    """`mean`, `sd` and `sem` in points."""

    __test__ = False  # for pytest, which takes the name for one of its own

    n: int
    items: int
    mean: Decimal | None = None
    sd: Decimal | None = None
    alpha: Decimal | None = None
    sem: Decimal | None = None


def of_items(columns: Sequence[Marks], most: Sequence[Decimal | int]) -> list[ItemFigures]:
    """Of each item. `most`: what there was to get in it, all its students together (n times its maximum, where that is the same for all).

    A student's total is that of the items they were asked; an item is looked at among those who were asked it.
    """
    whole = scaled(columns)
    totals = [sum(one for one in row if one is not None) for row in zip(*whole.columns, strict=True)]
    found = [of_item(column, totals, Fraction(there), whole.unit) for column, there in zip(whole.columns, most, strict=True)]
    roots = [root for _, root in found if root is not None]
    with localcontext(Context(prec=DIGITS)):
        every = sum(roots, Decimal(0))
        return [replace(figures, weight=None if root is None or not every else root / every) for figures, root in found]


def of_item(column: Sequence[int | None], totals: Sequence[int], most: Fraction, unit: Fraction) -> tuple[ItemFigures, Decimal | None]:
    """All but its weight, and the root of its covariance with the total, in any unit that is the same for all items."""
    asked = [at for at, mark in enumerate(column) if mark is not None]
    n = len(asked)
    marks = [column[at] or 0 for at in asked]
    facility = decimal(sum(marks) * unit / most) if n and most else None
    if n < 2:
        return ItemFigures(n=n, facility=facility), None
    rest = [totals[at] - mark for at, mark in zip(asked, marks, strict=True)]
    with_rest, own, others = spread(marks, rest), spread(marks, marks), spread(rest, rest)
    best = spread(sorted(marks), sorted(rest))
    figures = ItemFigures(
        n=n,
        facility=facility,
        sd=root(Fraction(own, n * (n - 1)) * unit * unit),
        item_rest=ratio_to_root(with_rest, own * others),
        efficiency=decimal(Fraction(with_rest, best)) if best else None,
    )
    return figures, root(Fraction(max(with_rest + own, 0), n * (n - 1)))  # cov(x, T) = cov(x, T - x) + var(x)


def of_test(columns: Sequence[Sequence[Decimal]]) -> TestFigures:
    """Of items that everybody was asked."""
    whole = scaled(columns)
    totals = [sum(row) for row in zip(*whole.columns, strict=True)]
    n, k = len(totals), len(columns)
    mean = decimal(Fraction(sum(totals), n) * whole.unit) if n else None
    if n < 2:
        return TestFigures(n=n, items=k, mean=mean)
    variance = Fraction(spread(totals, totals), n * (n - 1)) * whole.unit * whole.unit
    sd = root(variance)
    if k < 2 or not variance:
        return TestFigures(n=n, items=k, mean=mean, sd=sd)
    own = sum(spread(column, column) for column in whole.columns)  # type: ignore[arg-type, misc]
    alpha = Fraction(k, k - 1) * (1 - Fraction(own, spread(totals, totals)))
    return TestFigures(n=n, items=k, mean=mean, sd=sd, alpha=decimal(alpha), sem=root(variance * (1 - alpha)))


def correlation(xs: Sequence[Decimal | int], ys: Sequence[Decimal | int]) -> Decimal | None:
    """Pearson's. With xs of 0 and 1 it is the point-biserial correlation. None where one of them does not vary."""
    whole = scaled([xs, ys]).columns
    first, second = whole
    return ratio_to_root(spread(first, second), spread(first, first) * spread(second, second))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Marks as whole numbers of `unit` points."""

    columns: list[Sequence[int | None]]
    unit: Fraction


def scaled(columns: Sequence[Sequence[Decimal | int | None]]) -> Whole:
    """As small whole numbers as there are: sums and sorting of small ones are fast."""
    raw = [[None if one is None else int(Decimal(one).scaleb(PLACES)) for one in column] for column in columns]
    by = gcd(*(one for column in raw for one in column if one)) or 1
    return Whole(columns=[[None if one is None else one // by for one in column] for column in raw], unit=Fraction(by, 10**PLACES))


def spread(xs: Sequence[int], ys: Sequence[int]) -> int:
    """n * (n - 1) times the covariance."""
    return len(xs) * sum(map(mul, xs, ys)) - sum(xs) * sum(ys)


def decimal(value: Fraction) -> Decimal:
    return Context(prec=DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))


def root(value: Fraction) -> Decimal:
    return Context(prec=DIGITS).sqrt(decimal(value))


def ratio_to_root(value: int, square: int) -> Decimal | None:
    """value / sqrt(square)."""
    if not square:
        return None
    exact = Context(prec=DIGITS)
    return exact.divide(Decimal(value), exact.sqrt(Decimal(square)))


def median(values: Iterable[Decimal]) -> Decimal | None:
    return quantile(values, Fraction(1, 2))


def quantile(values: Iterable[Decimal], share: Fraction) -> Decimal | None:
    """Between two values in proportion, as spreadsheets do it."""
    held = sorted(values)
    if not held:
        return None
    place = share * (len(held) - 1)
    low, part = int(place), place - int(place)
    if not part:
        return held[low]
    return held[low] + (held[low + 1] - held[low]) * Decimal(part.numerator) / Decimal(part.denominator)


def negative(figures: ItemFigures) -> bool:
    """Whether the item discriminates negatively: who does well in the rest does badly in it."""
    return figures.n >= N_MIN and figures.item_rest is not None and figures.item_rest < 0


def upside_down(right: Sequence[Decimal | None], wrong: Sequence[Decimal | None]) -> bool:
    """Whether a wrong choice goes with better results, and more so than a right one. Point-biserial correlations."""
    worst = min((one for one in right if one is not None), default=None)
    best = max((one for one in wrong if one is not None), default=None)
    return best is not None and best > 0 and (worst is None or best > worst)
