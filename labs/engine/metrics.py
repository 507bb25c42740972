"""Numbers over time: percentiles of every request, not of a sample.

Each window gathers all measured values; at its end it gives, for each name, the count and the percentiles by nearest rank, and begins anew.
A share (hits of requests) gives one number, the percentage that the window's parts are of its wholes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.engine.events import MetricEvent

if TYPE_CHECKING:
    from labs.engine.simulation import Simulation

PERCENTILES = (50, 95, 99)


def percentile(ordered: list[int], percent: int) -> int:
    """The nearest-rank percentile of sorted values: the smallest that at least `percent` % do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


class Metrics:
    """What was measured in the window that is open now: name -> values in the unit the name ends with."""

    def __init__(self) -> None:
        self.values: dict[str, list[int]] = {}
        self.shares: dict[str, tuple[int, int]] = {}  # name -> part, whole

    def share(self, name: str, part: int, whole: int) -> None:
        before = self.shares.get(name, (0, 0))
        self.shares[name] = (before[0] + part, before[1] + whole)

    def measure(self, name: str, value: int) -> None:
        self.values.setdefault(name, []).append(value)

    def close_window(self, simulation: Simulation) -> None:
        """Tell the window's numbers and open the next."""
        for name, values in sorted(self.values.items()):
            values.sort()
            simulation.emit(MetricEvent, f"{name}.count", len(values), {})
            for percent in PERCENTILES:
                simulation.emit(MetricEvent, f"{name}.p{percent}", percentile(values, percent), {})
        for name, (part, whole) in sorted(self.shares.items()):
            if whole:
                simulation.emit(MetricEvent, name, round(100 * part / whole, 2), {})
        self.values, self.shares = {}, {}
