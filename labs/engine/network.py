"""Links between processes. Each direction stands on its own: latency, jitter, loss, duplication, bandwidth, cut, and its own dice.

A link has a spec (how the lab configured it) and may be in a worse condition than that (what a fault did to it).
Mending brings back the spec.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labs.engine.dice import GAMMA, MASK, TAIL_PERMILLE, seed_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """`jitter_us` is the mean of an exponential tail on top of `latency_us`. `bytes_per_s` 0: as much as one likes."""

    latency_us: int = 10_000
    jitter_us: int = 0
    loss_ppm: int = 0
    duplicate_ppm: int = 0
    bytes_per_s: int = 0


class Link:
    """One direction between two processes, as it is now, with its dice."""

    __slots__ = ("bytes_per_s", "cut", "dice", "duplicate_ppm", "free_at_us", "jitter_us", "latency_us", "loss_ppm", "nominal", "spec")

    def __init__(self, spec: LinkSpec, dice: int) -> None:
        self.spec = spec
        self.dice = dice
        self.free_at_us = 0  # when the last byte queued so far has left
        self.mend()

    def mend(self) -> None:
        """Back to the configured state."""
        spec = self.spec
        self.cut = False
        self.nominal = True  # as configured: whether `condition()` is empty
        self.latency_us, self.jitter_us = spec.latency_us, spec.jitter_us
        self.loss_ppm, self.duplicate_ppm = spec.loss_ppm, spec.duplicate_ppm
        self.bytes_per_s = spec.bytes_per_s

    def worsen(self, condition: dict[str, Any]) -> None:
        """Take these values instead of the configured ones."""
        for name, value in condition.items():
            setattr(self, name, value)
        self.nominal = not self.condition()

    def draw(self) -> tuple[int, bool, int]:
        """(delay_us, lost, delay_us of a duplicate or 0) of the next message. One throw decides all three: its bits are independent."""
        self.dice = z = (self.dice + GAMMA) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK  # dice.mix, written out: this is the most frequent throw of all
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        bits = z ^ (z >> 31)
        delay_us = self.latency_us
        if self.jitter_us:
            delay_us += self.jitter_us * TAIL_PERMILLE[bits & 63] // 1000
        lost = self.loss_ppm > 0 and ((bits >> 12) & 0xFFFFF) * 1_000_000 >> 20 < self.loss_ppm
        duplicate_us = 0
        if self.duplicate_ppm and ((bits >> 32) & 0xFFFFF) * 1_000_000 >> 20 < self.duplicate_ppm:
            duplicate_us = self.latency_us + self.jitter_us * TAIL_PERMILLE[(bits >> 6) & 63] // 1000
        return delay_us, lost, duplicate_us

    def queue_us(self, now_us: int, size_bytes: int) -> int:
        """How long a message waits for those before it and for its own bytes to leave. Only for a link with a bandwidth."""
        start_us = max(now_us, self.free_at_us)
        self.free_at_us = start_us + size_bytes * 1_000_000 // self.bytes_per_s
        return self.free_at_us - now_us

    def condition(self) -> dict[str, Any]:
        """What differs from the configured state, in the units it is configured in; empty where nothing does."""
        now: dict[str, Any] = {"cut": True} if self.cut else {}
        for name in ("latency_us", "jitter_us", "loss_ppm", "duplicate_ppm", "bytes_per_s"):
            value = getattr(self, name)
            if value != getattr(self.spec, name):
                now[name] = value
        return now

    def dump(self) -> tuple[int, int, dict[str, Any]]:
        return self.dice, self.free_at_us, self.condition()

    def load(self, dice: int, free_at_us: int, condition: dict[str, Any]) -> None:
        self.dice, self.free_at_us = dice, free_at_us
        if condition:
            self.worsen(condition)


class Network:
    """All links, by source and destination."""

    def __init__(self, ids: list[str], spec: LinkSpec | Callable[[str, str], LinkSpec], seed: int | None) -> None:
        """`seed` None: about to be loaded, so no dice are made (hashing their names is half the cost of a load)."""
        of = spec if callable(spec) else lambda src, dst: spec
        self.links = {
            src: {dst: Link(of(src, dst), 0 if seed is None else seed_of(seed, "link", src, dst)) for dst in ids if dst != src}
            for src in ids
        }

    def pairs(self) -> list[tuple[str, str, Link]]:
        return [(src, dst, link) for src, row in self.links.items() for dst, link in row.items()]

    def conditions(self) -> list[Any]:
        """`[src, dst, condition]` of every link that is not as configured."""
        return [[src, dst, condition] for src, dst, link in self.pairs() if not link.nominal and (condition := link.condition())]
