"""Belady's MIN: whoever is asked for again latest goes. It has to know the future, so it serves as the yardstick.

Like the other policies of the textbook it admits every object that fits. For objects of one size nothing that admits
every miss has fewer misses; a policy that may refuse (W-TinyLFU) can, in principle. For objects of several sizes it is
a good rule, not the best one: finding that is NP-hard (Chrobak et al., "Caching Is Hard", ESA 2010).

Source: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush


def next_uses(trace: Sequence[tuple[str, int]]) -> list[int]:
    """For each request the number of the next one for the same key; past the end where there is none."""
    never, later, uses = len(trace), {}, [0] * len(trace)  # type: int, dict[str, int], list[int]
    for i in range(len(trace) - 1, -1, -1):
        key = trace[i][0]
        uses[i] = later.get(key, never)
        later[key] = i
    return uses


def belady(trace: Sequence[tuple[str, int]], capacity: int) -> int:
    """The number of hits on a whole trace of `(key, size)` with a capacity in bytes."""
    sizes: dict[str, int] = {}  # of what is in
    due: dict[str, int] = {}  # when it is asked for next
    latest: list[tuple[int, str]] = []  # heap of (-next use, key); an entry that `due` does not confirm is out of date
    used = hits = 0
    for (key, size), next_use in zip(trace, next_uses(trace), strict=True):
        if key in sizes:
            hits += 1
        elif size > capacity:
            continue
        else:
            while used + size > capacity:
                at, victim = heappop(latest)
                if due.get(victim) == -at:
                    used -= sizes.pop(victim)
                    del due[victim]
            sizes[key] = size
            used += size
        due[key] = next_use
        heappush(latest, (-next_use, key))
    return hits
