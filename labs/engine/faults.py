"""Faults that every lab has. Each is an `Action`: data for the browser, a function for the engine.

A process that crashes keeps what was written to disk and loses its memory; a paused one keeps everything and answers
nothing, as after SIGSTOP. A partition cuts the links between two groups of servers, both ways, and takes what is in
flight on them; clients still reach every server.
"""

from __future__ import annotations

from typing import Any

from labs.engine.definition import Action, Arg
from labs.engine.simulation import DOWN, PAUSED, UP, Simulation

NODE = Arg(name="node", type="node", label="Node")
NODES = Arg(name="nodes", type="nodes", label="Nodes")


def _on_nodes(simulation: Simulation, ids: list[str], wanted: tuple[str, ...], change: Any, done: str) -> str:
    """Apply `change` to those of the nodes that are in a wanted status, and say so."""
    changed = [id for id in ids if simulation.processes[id].status in wanted]
    for id in changed:
        change(simulation.processes[id])
    if not changed:
        return f"{_words(ids) or 'No such node'}: nothing to do at this moment"
    return f"{_words(changed)} {'was' if len(changed) == 1 else 'were'} {done}"


def _words(ids: list[str]) -> str:
    return ", ".join(ids[:-1]) + (" and " if len(ids) > 1 else "") + ids[-1] if ids else ""


def crash(simulation: Simulation, args: dict[str, Any]) -> str:
    return _on_nodes(simulation, args["node"], (UP, PAUSED), simulation.crash, "stopped")


def restart(simulation: Simulation, args: dict[str, Any]) -> str:
    return _on_nodes(simulation, args["node"], (DOWN,), simulation.restart, "started again")


def restart_all(simulation: Simulation, args: dict[str, Any]) -> str:
    return _on_nodes(simulation, list(simulation.servers), (DOWN,), simulation.restart, "started again")


def pause(simulation: Simulation, args: dict[str, Any]) -> str:
    return _on_nodes(simulation, args["node"], (UP,), lambda process: simulation.set_status(process, PAUSED), "paused")


def resume(simulation: Simulation, args: dict[str, Any]) -> str:
    return _on_nodes(simulation, args["node"], (PAUSED,), simulation.resume, "resumed")


def partition(simulation: Simulation, args: dict[str, Any]) -> str:
    inside = args["nodes"]
    outside = [id for id in simulation.servers if id not in inside]
    if not inside or not outside:
        return "Nothing to cut: one side of the partition would be empty"
    simulation.set_cut([(a, b) for a in inside for b in outside] + [(b, a) for a in inside for b in outside], True)
    return f"{_words(inside)} cut off from {_words(outside)}"


def cut(simulation: Simulation, args: dict[str, Any]) -> str:
    a, b = args["a"], args["b"]
    if not a or not b or a == b:
        return "Nothing to cut: a link needs two different nodes"
    simulation.set_cut([(a[0], b[0]), (b[0], a[0])], True)
    return f"The link between {a[0]} and {b[0]} was cut"


def heal(simulation: Simulation, args: dict[str, Any]) -> str:
    pairs = [(src, dst) for src, dst, link in simulation.network.pairs() if link.cut]
    if not pairs:
        return "No link is cut"
    simulation.set_cut(pairs, False)
    return "All links were mended"


FAULTS = (
    Action(name="crash", title="Stop", apply=crash, args=(NODE,), target="node", when=(UP, PAUSED), key="s",
           help="End the process. What it wrote to disk stays, its memory is gone."),
    Action(name="restart", title="Start", apply=restart, args=(NODE,), target="node", when=(DOWN,), key="r",
           help="Start the process again with what is on its disk."),
    Action(name="pause", title="Pause", apply=pause, args=(NODE,), target="node", when=(UP,), key="p",
           help="Freeze the process: it answers nothing, but forgets nothing."),
    Action(name="resume", title="Resume", apply=resume, args=(NODE,), target="node", when=(PAUSED,), key="u",
           help="Let a paused process go on with what has waited for it."),
    Action(name="partition", title="Cut off", apply=partition, args=(NODES,), target="nodes", key="x",
           help="Cut all links between these nodes and the others, both ways."),
    Action(name="cut", title="Cut link", apply=cut, args=(
           Arg(name="a", type="node", label="One end"), Arg(name="b", type="node", label="Other end")), target="link",
           help="Cut one link, both ways. What is on it is lost."),
    Action(name="heal", title="Mend all links", apply=heal, key="h", help="Undo every cut."),
    Action(name="restart_all", title="Start all stopped nodes", apply=restart_all, help="Start every stopped process again."),
)  # fmt: skip
