"""Acting on single pending things: a message in flight, a timer that is set.

A message is named by its seq, a timer by its node and name, as they stand at the moment the command takes effect; one
that is no longer pending then gets a sentence and nothing else, so a log never becomes invalid. A message that will be
lost on the way is pending like any other until the moment it visibly vanishes: nobody may tell from what can be done to
it what would have become of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from labs.engine.definition import Action, Arg
from labs.engine.events import HALFWAY_PPM, MessageEvent, MessageMovedEvent
from labs.engine.heap import DELIVER
from labs.engine.process import PAUSED, UP
from labs.engine.simulation import Simulation

WHOLE_PPM = 2 * HALFWAY_PPM
MESSAGE = Arg(name="message", type="message", label="Message")
TIMER = (Arg(name="node", type="process", label="Node"), Arg(name="timer", type="timer", label="Timer"))


# Messages


def way_ppm(simulation: Simulation, event: MessageEvent) -> int:
    """How far a message in flight has come, in millionths of its way. A delayed one goes on from where it was, more slowly."""
    moved = simulation.moved.get(event.seq)
    from_us, from_ppm = (event.t_us, 0) if moved is None else (moved.t_us, moved.way_ppm)
    span_us = event.arrives_us - from_us
    return WHOLE_PPM if span_us <= 0 else from_ppm + (WHOLE_PPM - from_ppm) * (simulation.now_us - from_us) // span_us


def on_message(change: Callable[[Simulation, MessageEvent, dict[str, Any]], str]) -> Callable[[Simulation, dict[str, Any]], str]:
    """An action on the message `args["message"]`: nothing where it is not in flight at this moment."""

    def apply(simulation: Simulation, args: dict[str, Any]) -> str:
        seq = args["message"]
        event = simulation.flights.get(seq) or next((e for e in simulation.vanishing if e.seq == seq), None)
        if event is None or (seq not in simulation.flights and way_ppm(simulation, event) >= HALFWAY_PPM):
            return f"Nothing done: message {seq} is not in flight at this moment"
        return change(simulation, event, args)

    return apply


def named(event: MessageEvent) -> str:
    return f"{type(event.body).__name__} from {event.src} to {event.dst}"


def reschedule(simulation: Simulation, event: MessageEvent, arrives_us: int) -> MessageEvent:
    """Let a message arrive at another time, and say so. Its old heap entry then comes too early and finds nothing due."""
    come_ppm = way_ppm(simulation, event)
    simulation.emit(MessageMovedEvent, event.seq, arrives_us, come_ppm)
    simulation.moved[event.seq] = MessageMovedEvent(simulation.seq, simulation.now_us, event.seq, arrives_us, come_ppm)
    return replace(event, arrives_us=arrives_us)


@on_message
def deliver(simulation: Simulation, event: MessageEvent, args: dict[str, Any]) -> str:
    moved = reschedule(simulation, event, simulation.now_us)
    simulation.vanishing = [e for e in simulation.vanishing if e.seq != event.seq]
    simulation.flights[event.seq] = moved
    status = simulation.processes[event.dst].status
    simulation.deliver(moved)
    if status == UP:
        return f"{named(event)} was delivered at once"
    return f"{named(event)} came at once, but {event.dst} is {'paused: it waits there' if status == PAUSED else 'stopped: it is lost'}"


@on_message
def drop(simulation: Simulation, event: MessageEvent, args: dict[str, Any]) -> str:
    simulation.vanishing = [e for e in simulation.vanishing if e.seq != event.seq]
    simulation.flights[event.seq] = event
    simulation.drop(event.seq, "by hand")
    return f"{named(event)} was dropped"


@on_message
def duplicate(simulation: Simulation, event: MessageEvent, args: dict[str, Any]) -> str:
    # As long on the way as the link takes without its tail: no dice are thrown, so the rest of the run keeps its luck.
    delay_us = simulation.network.links[event.src][event.dst].latency_us
    simulation.fly(event.src, event.dst, max(delay_us, 1), "duplicate", event.body)
    return f"A copy of {named(event)} was sent"


@on_message
def delay(simulation: Simulation, event: MessageEvent, args: dict[str, Any]) -> str:
    later = reschedule(simulation, event, event.arrives_us + args["ms"] * 1000)
    if event.seq in simulation.flights:
        simulation.flights[event.seq] = later
        simulation.push(later.arrives_us, DELIVER, event.seq)
    else:
        simulation.vanishing = [later if e.seq == event.seq else e for e in simulation.vanishing]
    return f"{named(event)} comes {args['ms']} ms later"


# Timers


def fire(simulation: Simulation, args: dict[str, Any]) -> str:
    ids, timer = args["node"], args["timer"]
    if not ids:
        return "Nothing done: that names no node at this moment"
    process = simulation.processes[ids[0]]
    if timer not in process.timers:
        return f"Nothing done: {process.id} has no timer {timer} set at this moment"
    simulation.fire(process, timer)
    return f"The timer {timer} of {process.id} {'waits until it is resumed' if process.status == PAUSED else 'fired at once'}"


BY_HAND = (
    Action(
        name="deliver_message", title="Deliver now", apply=deliver, args=(MESSAGE,), target="message",
        help="Hand the message to its receiver at this moment, before anything else comes.",
    ),
    Action(
        name="drop_message", title="Drop", apply=drop, args=(MESSAGE,), target="message",
        help="Lose this one message.",
    ),
    Action(
        name="duplicate_message", title="Duplicate", apply=duplicate, args=(MESSAGE,), target="message",
        help="Send a copy of it now, over the same link.",
    ),
    Action(
        name="delay_message", title="Delay", apply=delay, target="message",
        args=(MESSAGE, Arg(name="ms", type="int", label="By", default=100, min=1, max=10_000, unit="ms")),
        help="Let it arrive so much later; others may overtake it.",
    ),
    Action(
        name="fire_timer", title="Fire now", apply=fire, args=TIMER, target="timer",
        help="Let the timer run out at this moment.",
    ),
)  # fmt: skip
