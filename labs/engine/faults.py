"""Faults that labs offer. Each is an `Action`: data for the browser, a function for the engine. A lab takes the groups it has a use for.

A process that crashes keeps what was written to disk and loses its memory; after a power loss, what was not synced is
gone as well; a paused one keeps everything and answers nothing, as after SIGSTOP, while its clock runs on. A partition
cuts the links between two groups of servers, both ways, and takes what is in flight on them; clients still reach every
server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labs.engine import chaos as schedule
from labs.engine.by_hand import BY_HAND as BY_HAND  # a group like those below; see there
from labs.engine.definition import Action, Arg
from labs.engine.process import DOWN, PAUSED, UP
from labs.engine.simulation import Simulation

NODE = Arg(name="node", type="node", label="Node")
NODES = Arg(name="nodes", type="nodes", label="Nodes")
ENDS = (Arg(name="a", type="node", label="From"), Arg(name="b", type="node", label="To"))


def words(ids: list[str]) -> str:
    return ", ".join(ids[:-1]) + (" and " if len(ids) > 1 else "") + ids[-1] if ids else ""


def on_nodes(simulation: Simulation, ids: list[str], wanted: tuple[str, ...], change: Any, done: str) -> str:
    """Apply `change` to those of the nodes that are in a wanted status, and say so."""
    changed = [id for id in ids if simulation.processes[id].status in wanted]
    for id in changed:
        change(simulation.processes[id])
    if not ids:
        return "Nothing done: that names no node at this moment"
    if not changed:
        return f"{words(ids)}: nothing to do at this moment"
    return f"{words(changed)} {'was' if len(changed) == 1 else 'were'} {done}"


# Processes


def crash(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (UP, PAUSED), simulation.crash, "stopped")


def power_loss(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (UP, PAUSED), simulation.power_loss, "cut from power; what was not synced is lost")


def disk_loss(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (UP, PAUSED, DOWN), simulation.disk_loss, "stopped, and its disk wiped")


def restart(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (DOWN,), simulation.restart, "started again")


def restart_all(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, list(simulation.servers), (DOWN,), simulation.restart, "started again")


def pause(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (UP,), lambda process: simulation.set_status(process, PAUSED), "paused")


def resume(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, args["node"], (PAUSED,), simulation.resume, "resumed")


# Links


def both_ways(inside: list[str], outside: list[str]) -> list[tuple[str, str]]:
    return [(a, b) for a in inside for b in outside] + [(b, a) for a in inside for b in outside]


def partition(simulation: Simulation, args: dict[str, Any]) -> str:
    inside = args["nodes"]
    outside = [id for id in simulation.servers if id not in inside]
    if not inside or not outside:
        return "Nothing to cut: one side of the partition would be empty"
    simulation.worsen(both_ways(inside, outside), cut=True)
    return f"{words(inside)} cut off from {words(outside)}"


LinkFault = Callable[[Simulation, str, str, dict[str, Any]], str]


def on_link(fault: LinkFault) -> Callable[[Simulation, dict[str, Any]], str]:
    """An action on the link between `args["a"]` and `args["b"]`: nothing where they name no two different nodes at this moment."""

    def apply(simulation: Simulation, args: dict[str, Any]) -> str:
        a, b = args["a"], args["b"]
        if not a or not b or a[0] == b[0]:
            return "Nothing changed: a link needs two different nodes"
        return fault(simulation, a[0], b[0], args)

    return apply


@on_link
def cut(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.worsen(both_ways([a], [b]), cut=True)
    return f"The link between {a} and {b} was cut"


@on_link
def cut_one_way(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.worsen([(a, b)], cut=True)
    return f"{b} no longer hears {a}"


@on_link
def slow_link(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    for src, dst in both_ways([a], [b]):
        simulation.worsen([(src, dst)], latency_us=simulation.network.links[src][dst].spec.latency_us + args["ms"] * 1000)
    return f"The link between {a} and {b} became {args['ms']} ms slower"


@on_link
def lossy_link(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.worsen(both_ways([a], [b]), loss_ppm=args["percent"] * 10_000)
    return f"The link between {a} and {b} loses {args['percent']} % of its messages"


@on_link
def duplicating_link(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.worsen(both_ways([a], [b]), duplicate_ppm=args["percent"] * 10_000)
    return f"The link between {a} and {b} delivers {args['percent']} % of its messages twice"


@on_link
def reordering_link(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.worsen(both_ways([a], [b]), jitter_us=args["ms"] * 1000)
    return f"The link between {a} and {b} lets messages overtake each other, by {args['ms']} ms on average"


@on_link
def mend_link(simulation: Simulation, a: str, b: str, args: dict[str, Any]) -> str:
    simulation.mend(both_ways([a], [b]))
    return f"The link between {a} and {b} was mended"


def heal(simulation: Simulation, args: dict[str, Any]) -> str:
    pairs = [(src, dst) for src, dst, link in simulation.network.pairs() if not link.nominal]
    if not pairs:
        return "No link needs mending"
    simulation.mend(pairs)
    return "All links were mended"


# Clocks


def clock_skew(simulation: Simulation, args: dict[str, Any]) -> str:
    def change(process: Any) -> None:
        process.skew_us += args["ms"] * 1000

    return on_nodes(simulation, args["node"], (UP, PAUSED, DOWN), change, f"set {args['ms']} ms {'ahead' if args['ms'] >= 0 else 'back'}")


def clock_drift(simulation: Simulation, args: dict[str, Any]) -> str:
    def change(process: Any) -> None:
        process.set_drift(args["percent"] * 10_000, simulation.now_us)

    return on_nodes(simulation, args["node"], (UP, PAUSED, DOWN), change, f"given a clock that runs {args['percent']} % fast")


# Zones


def zone_down(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, list(simulation.zones.get(args["zone"], ())), (UP, PAUSED), simulation.power_loss, "lost with their zone")


def zone_up(simulation: Simulation, args: dict[str, Any]) -> str:
    return on_nodes(simulation, list(simulation.zones.get(args["zone"], ())), (DOWN,), simulation.restart, "started again with their zone")


def zone_cut(simulation: Simulation, args: dict[str, Any]) -> str:
    return partition(simulation, {"nodes": list(simulation.zones.get(args["zone"], ()))})


# Chaos


def chaos(simulation: Simulation, args: dict[str, Any]) -> str:
    kinds = tuple(schedule.UNDO) if args["kind"] == "everything" else (args["kind"],)
    schedule.begin(simulation, simulation.applied, args["per_minute"], kinds)
    return f"Chaos: {args['kind']}, {args['per_minute']} times a minute" if args["per_minute"] else "Chaos ended"


def _percent(default: int) -> Arg:
    return Arg(name="percent", type="int", label="Share", default=default, min=0, max=100, unit="%")


def _ms(default: int, low: int = 0, high: int = 10_000) -> Arg:
    return Arg(name="ms", type="int", label="By", default=default, min=low, max=high, unit="ms")


PROCESS_FAULTS = (
    Action(
        name="crash",
        title="Stop",
        apply=crash,
        args=(NODE,),
        target="node",
        when=(UP, PAUSED),
        key="s",
        help="End the process. What it wrote to disk stays, its memory is gone.",
    ),
    Action(
        name="restart",
        title="Start",
        apply=restart,
        args=(NODE,),
        target="node",
        when=(DOWN,),
        key="r",
        help="Start the process again with what is on its disk.",
    ),
    Action(
        name="pause",
        title="Pause",
        apply=pause,
        args=(NODE,),
        target="node",
        when=(UP,),
        key="p",
        help="Freeze the process: it answers nothing, but forgets nothing.",
    ),
    Action(
        name="resume",
        title="Resume",
        apply=resume,
        args=(NODE,),
        target="node",
        when=(PAUSED,),
        key="u",
        help="Let a paused process go on with what has waited for it.",
    ),
    Action(name="restart_all", title="Start all stopped nodes", apply=restart_all, help="Start every stopped process again."),
)
DISK_FAULTS = (
    Action(
        name="power_loss",
        title="Cut power",
        apply=power_loss,
        args=(NODE,),
        target="node",
        when=(UP, PAUSED),
        help="Stop it and lose what was written to disk but not yet synced.",
    ),
    Action(
        name="disk_loss",
        title="Wipe disk",
        apply=disk_loss,
        args=(NODE,),
        target="node",
        help="Stop it and empty its disk. No protocol here promises to survive this.",
    ),
)
LINK_FAULTS = (
    Action(
        name="partition",
        title="Cut off",
        apply=partition,
        args=(NODES,),
        target="nodes",
        key="x",
        help="Cut all links between these nodes and the others, both ways.",
    ),
    Action(
        name="cut",
        title="Cut link",
        apply=cut,
        args=ENDS,
        target="link",
        when=("open", "changed"),
        help="Cut one link, both ways. What is on it is lost.",
    ),
    Action(
        name="cut_one_way",
        title="Cut one way",
        apply=cut_one_way,
        args=ENDS,
        target="link",
        when=("open", "changed"),
        one_way=True,
        help="Nothing from the first node reaches the second; the way back stays open.",
    ),
    Action(name="slow_link", title="Slow link", apply=slow_link, args=(*ENDS, _ms(200)), target="link", help="Add latency, both ways."),
    Action(
        name="lossy_link",
        title="Lossy link",
        apply=lossy_link,
        args=(*ENDS, _percent(30)),
        target="link",
        help="Lose a share of the messages, both ways.",
    ),
    Action(
        name="duplicating_link",
        title="Duplicate",
        apply=duplicating_link,
        args=(*ENDS, _percent(30)),
        target="link",
        help="Deliver a share of the messages twice.",
    ),
    Action(
        name="reordering_link",
        title="Reorder",
        apply=reordering_link,
        args=(*ENDS, _ms(100)),
        target="link",
        help="Let messages overtake each other.",
    ),
    Action(
        name="mend_link",
        title="Mend link",
        apply=mend_link,
        args=ENDS,
        target="link",
        when=("changed", "cut"),
        help="Bring this link back to how it was.",
    ),
    Action(name="heal", title="Mend all links", apply=heal, key="h", help="Bring every link back to how it was."),
)
CLOCK_FAULTS = (
    Action(
        name="clock_skew",
        title="Set clock",
        apply=clock_skew,
        args=(NODE, _ms(500, -10_000)),
        target="node",
        help="Move the node's clock ahead (or back, with a negative number).",
    ),
    Action(
        name="clock_drift",
        title="Drift clock",
        apply=clock_drift,
        target="node",
        args=(NODE, Arg(name="percent", type="int", label="Fast by", default=10, min=-90, max=300, unit="%")),
        help="Let the node's clock run fast (or slow, with a negative number). Its timers run with it.",
    ),
)
CHAOS = (
    Action(
        name="chaos",
        title="Chaos",
        apply=chaos,
        help="Faults at random times, each healed after a while; 0 ends it.",
        args=(
            Arg(name="per_minute", type="int", label="Strikes", default=20, min=0, max=600, unit="a minute"),
            Arg(name="kind", type="choice", label="Kinds", default="everything", choices=("everything", *schedule.UNDO)),
        ),
    ),
)


def zone_faults(zones: tuple[str, ...]) -> tuple[Action, ...]:
    """Faults of whole zones, for a lab whose setup has these."""
    zone = (Arg(name="zone", type="choice", label="Zone", default=zones[0], choices=zones),)
    return (
        Action(name="zone_down", title="Lose a zone", apply=zone_down, args=zone, help="Every machine of the zone loses power."),
        Action(name="zone_up", title="Bring a zone back", apply=zone_up, args=zone, help="Start every machine of the zone."),
        Action(name="zone_cut", title="Cut a zone off", apply=zone_cut, args=zone, help="Cut all links between this zone and the others."),
    )


FAULTS = (*PROCESS_FAULTS, *DISK_FAULTS, *LINK_FAULTS, *CLOCK_FAULTS, *CHAOS)
# fmt: skip
