"""The command log: what was done to a run, and when. With lab, version, parameters and seed it is the run."""

from __future__ import annotations

from typing import Any

import msgspec

from labs.engine.simulation import Simulation


class Command(msgspec.Struct, frozen=True):
    """`seq` counts from 1 in the log; `at_us` never falls from one command to the next."""

    seq: int
    at_us: int
    action: str
    args: dict[str, Any]


def apply(simulation: Simulation, command: Command) -> None:
    """Let a command take effect now. Selectors in its arguments are resolved at this moment."""
    action = simulation.lab.action(command.action)
    resolved: dict[str, Any] = {}
    for arg in action.args:
        value = command.args.get(arg.name, arg.default)
        if arg.type in ("node", "nodes", "process"):
            names = value if arg.type == "nodes" else [value]
            resolved[arg.name] = list(dict.fromkeys(id for name in names for id in resolve(simulation, name)))
        else:
            resolved[arg.name] = value
    simulation.enact(action.name, resolved, command.seq)


def resolve(simulation: Simulation, name: str) -> list[str]:
    """The node of that id, or the nodes a selector means at this moment (it may be none)."""
    if name in simulation.processes:
        return [name]
    return simulation.lab.selectors[name](simulation)
