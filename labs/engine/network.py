"""Links between processes. Each direction stands on its own: latency, loss, duplication, cut, and its own dice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labs.engine.dice import GAMMA, MASK, TAIL_PERMILLE, mix, seed_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """How a link is configured. `jitter_us` is the mean of an exponential tail on top of `latency_us`."""

    latency_us: int = 10_000
    jitter_us: int = 0
    loss_ppm: int = 0
    duplicate_ppm: int = 0


class Link:
    """One direction between two processes, with its dice."""

    __slots__ = ("cut", "dice", "duplicate_ppm", "jitter_us", "latency_us", "loss_ppm")

    def __init__(self, spec: LinkSpec, dice: int) -> None:
        self.latency_us = spec.latency_us
        self.jitter_us = spec.jitter_us
        self.loss_ppm = spec.loss_ppm
        self.duplicate_ppm = spec.duplicate_ppm
        self.cut = False
        self.dice = dice

    def draw(self) -> tuple[int, bool, int]:
        """(delay_us, lost, delay_us of a duplicate or 0) of the next message. One throw decides all three: its bits are independent."""
        self.dice = (self.dice + GAMMA) & MASK
        bits = mix(self.dice)
        delay_us = self.latency_us + self.jitter_us * TAIL_PERMILLE[bits & 63] // 1000
        lost = ((bits >> 12) & 0xFFFFF) * 1_000_000 >> 20 < self.loss_ppm
        duplicate_us = 0
        if self.duplicate_ppm and ((bits >> 32) & 0xFFFFF) * 1_000_000 >> 20 < self.duplicate_ppm:
            duplicate_us = self.latency_us + self.jitter_us * TAIL_PERMILLE[(bits >> 6) & 63] // 1000
        return delay_us, lost, duplicate_us

    def condition(self) -> dict[str, Any]:
        """What differs from the configured state; empty where nothing does."""
        return {"cut": True} if self.cut else {}


class Network:
    """All links, by source and destination."""

    def __init__(self, ids: list[str], spec: LinkSpec, seed: int) -> None:
        self.links = {src: {dst: Link(spec, seed_of(seed, "link", src, dst)) for dst in ids if dst != src} for src in ids}

    def pairs(self) -> list[tuple[str, str, Link]]:
        return [(src, dst, link) for src, row in self.links.items() for dst, link in row.items()]

    def conditions(self) -> list[Any]:
        """`[src, dst, condition]` of every link that is not as configured."""
        return [[src, dst, condition] for src, dst, link in self.pairs() if (condition := link.condition())]
