"""What charts draw, as rows of tables: the table is on the page, and the script draws from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

BINS = 10
LEVELS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    label: str
    count: int


def scores(fractions: Iterable[Decimal]) -> list[Bar]:
    """Students by tenths of the marks; all of them is in the last."""
    counts = [0] * BINS
    for fraction in fractions:
        counts[min(int((fraction * BINS).to_integral_value(ROUND_FLOOR)), BINS - 1)] += 1
    return [Bar(label=f"{at * 100 // BINS} to {(at + 1) * 100 // BINS} %", count=count) for at, count in enumerate(counts)]


STEPS_MIN = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1440, 10080)  # minutes


def minutes(seconds: Sequence[Decimal]) -> list[Bar]:
    """Students by how long they took, in at most twelve steps of a round length; the last takes what is longer."""
    if not seconds:
        return []
    longest = max(seconds)
    step = next((one for one in STEPS_MIN if longest < one * 60 * 12), STEPS_MIN[-1])
    steps = min(int(longest // (step * 60)) + 1, 12)
    counts = [0] * steps
    for one in seconds:
        counts[min(int(one // (step * 60)), steps - 1)] += 1
    return [Bar(label=f"{at * step} to {(at + 1) * step} min", count=count) for at, count in enumerate(counts)]


def level(share: Decimal | None) -> int | None:
    """0 where all is right to 10 where nothing is: how warm a cell is."""
    return None if share is None else int(((1 - share) * LEVELS).to_integral_value())
