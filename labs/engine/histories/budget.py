"""What a check may use. The search counts steps; whoever calls it may count something else too, and is asked now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SLICE_STEPS: Final = 2_000  # steps between two questions, some milliseconds


def never() -> bool:
    return False


class Budget:
    """`steps`: how many in all (None: no bound). `spent`: True once something else has run out, for good."""

    def __init__(self, steps: int | None = None, spent: Callable[[], bool] = never) -> None:
        self.steps = steps
        self.spent = spent

    def grant(self, wanted: int) -> int:
        """Takes up to `wanted` steps, and not more than a slice. 0: the budget has run out."""
        if self.is_spent():
            return 0
        granted = min(wanted, SLICE_STEPS)
        if self.steps is not None:
            granted = min(granted, self.steps)
            self.steps -= granted
        return granted

    def is_spent(self) -> bool:
        return self.steps == 0 or self.spent()
