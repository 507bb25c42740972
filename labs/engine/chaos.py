"""A chaos schedule: faults at random times, drawn from the seed, each healed after a while.

Strikes come as a Poisson process (its gaps from the table of `dice`); kind, node and length of each are drawn from one
generator of its own, so that switching chaos on changes nobody else's dice.

Source: "Principles of Chaos Engineering", principlesofchaos.org, 2019 (vary real-world events; keep the blast radius small).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from labs.engine.dice import TAIL_PERMILLE, Dice, seed_of
from labs.engine.heap import CHAOS
from labs.engine.process import UP

if TYPE_CHECKING:
    from labs.engine.simulation import Simulation

UNDO = {"crash": "restart", "power_loss": "restart", "pause": "resume", "partition": "heal", "slow_link": "heal", "lossy_link": "heal"}
LASTS_US = (500_000, 3_000_000)  # how long a fault stays
DEGREE = {"slow_link": {"ms": 100}, "lossy_link": {"percent": 30}}


class Chaos(msgspec.Struct, array_like=True):
    """A schedule under way. `command` is the seq of the command that began it; `mean_us` the mean gap between strikes."""

    command: int
    mean_us: int
    kinds: tuple[str, ...]
    dice: int


def begin(simulation: Simulation, command: int, strikes_per_minute: int, kinds: tuple[str, ...]) -> None:
    """Start a schedule, in place of one that is under way; 0 strikes a minute end it."""
    if not strikes_per_minute:
        simulation.chaos = None
        return
    simulation.chaos = Chaos(command, 60_000_000 // strikes_per_minute, kinds, seed_of(simulation.seed, "chaos", command))
    _next_strike(simulation, simulation.chaos)


def act(simulation: Simulation, command: int, undo: Any) -> None:
    """What the heap brings: a strike of the schedule that `command` began, or the end of one of its faults."""
    chaos = simulation.chaos
    if undo is not None:
        simulation.enact(undo[0], undo[1], command)
        return
    if chaos is None or chaos.command != command:
        return
    dice = Dice(chaos.dice)
    kind = chaos.kinds[dice.between(0, len(chaos.kinds) - 1)]
    up = [id for id in simulation.servers if simulation.processes[id].status == UP]
    first, second = dice.between(0, max(len(up) - 1, 0)), dice.between(0, max(len(simulation.servers) - 2, 0))
    lasts_us = dice.between(*LASTS_US)
    chaos.dice = dice.state
    if up:
        args = _aim(kind, up[first], [id for id in simulation.servers if id != up[first]][second])
        simulation.enact(kind, args, command)
        undone = UNDO[kind]
        simulation.push(simulation.now_us + lasts_us, CHAOS, command, [undone, {} if undone == "heal" else args])
    _next_strike(simulation, chaos)


def _aim(kind: str, node: str, other: str) -> dict[str, Any]:
    if kind in DEGREE:
        return {"a": [node], "b": [other], **DEGREE[kind]}
    return {"nodes": [node]} if kind == "partition" else {"node": [node]}


def _next_strike(simulation: Simulation, chaos: Chaos) -> None:
    dice = Dice(chaos.dice)
    gap_us = chaos.mean_us * TAIL_PERMILLE[dice.bits() & 63] // 1000
    chaos.dice = dice.state
    simulation.push(simulation.now_us + gap_us, CHAOS, chaos.command)
