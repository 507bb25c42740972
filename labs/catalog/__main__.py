"""`python -m labs.catalog raft --seed 7 --scenario leader-crash --until 20s`: a run in text, without a site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from labs.catalog import find, slugs
from labs.engine import limits
from labs.engine.chunks import Chunk, Run
from labs.engine.commands import Command
from labs.engine.definition import Lab
from labs.engine.dump import dump
from labs.engine.errors import ParameterError
from labs.engine.events import Event, NoteEvent, OperationEvent, TimerEvent, as_object
from labs.engine.histories import CHECKERS, Budget, check_run
from labs.engine.simulation import Simulation
from labs.engine.trace import line


def seconds(text: str) -> int:
    """`20s`, `1.5s` or `300ms` in microseconds."""
    for unit, us in (("ms", 1_000), ("s", 1_000_000)):
        number = text.removesuffix(unit)
        if number != text:
            try:
                value = round(float(number) * us)
            except ValueError:
                break
            if 0 < value <= limits.RUN_US_MAX:
                return value
    raise argparse.ArgumentTypeError(f"expected a time such as 20s or 300ms, at most {limits.RUN_US_MAX // 1_000_000}s; got {text!r}")


def parameter(lab: Lab, text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"A parameter is written name=value; got {text!r}.")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


HISTORY_STEPS_MAX = 5_000_000  # of the search for an order; past it the verdict is unknown


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a script: `{"at": "2.5s", "action": "crash", "args": {"node": "leader"}}`."""

    at: str
    action: str
    args: dict[str, Any] = {}


def script_of(lab: Lab, path: Path, parameters: dict[str, Any]) -> list[tuple[int, str, dict[str, Any]]]:
    """A script file: a JSON list of lines, in any order of time. Raises ParameterError with the line that is wrong."""
    try:
        lines = msgspec.json.decode(path.read_bytes(), type=list[Line])
    except (OSError, msgspec.DecodeError) as error:
        raise ParameterError(f"{path}: {error}. Expected a list such as {Line.__doc__ and Line.__doc__.split('`')[1]}.") from error
    script = []
    for number, entry in enumerate(lines, 1):
        try:
            at_us = 0 if entry.at in ("0", "0s") else seconds(entry.at)
            script.append((at_us, entry.action, lab.check_action(entry.action, entry.args, parameters)))
        except (ParameterError, argparse.ArgumentTypeError) as error:
            raise ParameterError(f"{path}, entry {number}: {error}") from error
    return sorted(script, key=lambda entry: entry[0])


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labs.catalog", description="Run a lab and print what happens.")
    parser.add_argument("lab", nargs="?", help="slug of the lab: " + ", ".join(slugs()))
    parser.add_argument("--list", action="store_true", help="print the catalogue as JSON")
    parser.add_argument("--seed", type=int, help="seed (default: the scenario's)")
    parser.add_argument("--scenario", help="a named start (default: the first)")
    parser.add_argument("--until", type=seconds, default=seconds("20s"), help="virtual time, as 20s or 300ms (default 20s)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="set a parameter")
    parser.add_argument("--script", type=Path, metavar="FILE", help="commands as JSON, after the scenario's own")
    parser.add_argument("--dump", type=Path, metavar="FILE", help="write the run as it is at the end to a file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--digest", action="store_true", help="print the digest alone")
    form.add_argument("--json", action="store_true", help="print the events as JSON lines")
    form.add_argument("--chunks", action="store_true", help="print the chunks as the browser gets them, one a line")
    options = parser.parse_args(argv)
    if not options.list and options.lab not in slugs():
        parser.error(f"name a lab, one of: {', '.join(slugs())}")
    return options


def chunks(run: Run, commands: list[Command], until_us: int) -> Iterator[Chunk]:
    while run.frontier_us < until_us and not run.finished:
        yield run.next_chunk(commands)


def main(argv: list[str]) -> int:
    options = parse(argv)
    if options.list:
        print(msgspec.json.format(msgspec.json.encode([find(slug).info() for slug in slugs()])).decode())
        return 0
    lab = find(options.lab)
    try:
        scenario = lab.scenario(options.scenario)
        parameters = lab.check_parameters(scenario.parameters | dict(parameter(lab, text) for text in options.param))
        script = [*scenario.script, *(script_of(lab, options.script, parameters) if options.script else ())]
    except ParameterError as error:
        print(error, file=sys.stderr)
        return 2
    simulation = Simulation(lab, parameters, scenario.seed if options.seed is None else options.seed)
    commands = [Command(i + 1, *entry) for i, entry in enumerate(sorted(script, key=lambda entry: entry[0]))]
    run, history = Run(simulation), []
    for chunk in chunks(run, commands, options.until):
        show(lab, options, simulation, chunk)
        history += [event for event in simulation.events if isinstance(event, OperationEvent) or told_by(event, lab)]
    if options.dump:
        options.dump.write_bytes(dump(run))
    if options.digest:
        print(run.digest)
    elif not options.json and not options.chunks:
        verdicts(lab, simulation, history)
    return 0


def told_by(event: Event, lab: Lab) -> bool:
    """Is it a note that tells an effect?"""
    return isinstance(event, NoteEvent) and event.name in lab.effects


def verdicts(lab: Lab, simulation: Simulation, history: list[Event]) -> None:
    """What the checkers say, and how far the challenges are."""
    for invariant in simulation.invariants:
        violated = invariant.violated
        print(f"{'VIOLATED' if violated else 'holds   '}  {invariant.title}: {violated.text if violated else invariant.summary()}")
    for name in lab.history_checkers():
        checker = CHECKERS[name]
        verdict, looked_at = check_run(name, history, lab.effects, Budget(HISTORY_STEPS_MAX))
        word = {"holds": "holds   ", "violated": "VIOLATED", "unknown": "unknown "}[verdict.outcome]
        print(f"{word}  {checker.title}: {verdict.text or f'{looked_at} {checker.satisfied}'}")
    for challenge in lab.challenges:
        goal = simulation.goals[challenge.name]
        if goal.percent:
            print(f"{goal.percent:6d} %  {challenge.title}: {goal.text}")


def show(lab: Lab, options: argparse.Namespace, simulation: Simulation, chunk: Chunk) -> None:
    if options.digest:
        return
    if options.chunks:
        print(chunk.frame(0).decode())
        return
    for event in simulation.events:
        if event.t_us >= options.until:
            return
        if options.json:
            print(msgspec.json.encode(as_object(event)).decode())
        elif not isinstance(event, TimerEvent):  # every heartbeat moves one: a reader of text would see little else
            print(line(lab, event))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
