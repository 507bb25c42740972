"""What a check may use. The search counts steps; whoever calls it may count something else too, and is asked now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SLICE_STEPS: Final = 2_000  # steps between two questions, some milliseconds


def never() -> bool:
    return False


class Budget:
    """`steps`: how many in all (None: no bound). `spent`: True once something else has run out, for good.

    `whole`: the budget this is a part of.
    """

    def __init__(self, steps: int | None = None, spent: Callable[[], bool] = never, whole: Budget | None = None) -> None:
        self.steps = steps
        self.spent = spent
        self.whole = whole

    def part(self, steps: int) -> Budget:
        """So many steps of this budget, for a try that may come to nothing."""
        return Budget(steps, self.spent, self)

    def grant(self, wanted: int) -> int:
        """Takes up to `wanted` steps, and not more than a slice. 0: the budget has run out."""
        if self.is_spent():
            return 0
        granted = min(wanted, SLICE_STEPS)
        if self.whole is not None:
            granted = self.whole.grant(granted if self.steps is None else min(granted, self.steps))
        if self.steps is not None:
            granted = min(granted, self.steps)
            self.steps -= granted
        return granted

    def is_spent(self) -> bool:
        return self.steps == 0 or self.spent() or (self.whole is not None and self.whole.is_spent())
