"""SIEVE: a hand moves from the oldest to the newest, lets what was visited stay where it is, and takes the first that was not.

New objects enter at the newest end, unvisited; survivors keep their place, so the hand soon finds what came and was
never asked for again.

Source: Zhang, Yang, Yue, Vigfusson, Rashmi, "SIEVE is Simpler than LRU", NSDI 2024, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from labs.catalog.caching.policies.fifo import Fifo


class Sieve(Fifo, tag="sieve"):
    visited: dict[str, bool] = {}  # holds those that were
    hand: str = ""  # where the search goes on; empty: at the oldest

    def touch(self, key: str) -> None:
        self.visited[key] = True

    def leave(self, key: str) -> None:
        if key == self.hand:
            self.hand = self.queue.newer[key]
        super().leave(key)
        self.visited.pop(key, None)

    def victim(self) -> str:
        newer, visited = self.queue.newer, self.visited
        key = self.hand or newer[""]
        while visited.pop(key, False):
            key = newer[key] or newer[""]
        self.hand = key  # the victim leaves, and the hand goes on to its newer neighbour
        return key

    def order(self) -> Iterator[str]:
        keys = list(self.queue)
        start = keys.index(self.hand) if self.hand else 0
        around = keys[start:] + keys[:start]
        return iter([key for key in around if key not in self.visited] + [key for key in around if key in self.visited])
