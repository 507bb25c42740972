"""`python -m labs.catalog raft --seed 7 --scenario leader-crash --until 20s`: a run in text, without a site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from labs.catalog import find, slugs
from labs.engine import limits
from labs.engine.chunks import Chunk, Run
from labs.engine.commands import Command
from labs.engine.definition import Lab
from labs.engine.errors import ParameterError
from labs.engine.events import as_object
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


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labs.catalog", description="Run a lab and print what happens.")
    parser.add_argument("lab", nargs="?", help="slug of the lab: " + ", ".join(slugs()))
    parser.add_argument("--list", action="store_true", help="print the catalogue as JSON")
    parser.add_argument("--seed", type=int, help="seed (default: the scenario's)")
    parser.add_argument("--scenario", help="a named start (default: the first)")
    parser.add_argument("--until", type=seconds, default=seconds("20s"), help="virtual time, as 20s or 300ms (default 20s)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="set a parameter")
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
        parameters = scenario.parameters | dict(parameter(lab, text) for text in options.param)
        simulation = Simulation(lab, parameters, scenario.seed if options.seed is None else options.seed)
    except ParameterError as error:
        print(error, file=sys.stderr)
        return 2
    commands = [Command(i + 1, at_us, action, args) for i, (at_us, action, args) in enumerate(scenario.script)]
    run = Run(simulation)
    for chunk in chunks(run, commands, options.until):
        show(lab, options, simulation, chunk)
    if options.digest:
        print(run.digest)
    elif not options.json and not options.chunks:
        for invariant in simulation.invariants:
            violated = invariant.violated
            print(f"{'VIOLATED' if violated else 'holds   '}  {invariant.title}: {violated.text if violated else invariant.summary()}")
    return 0


def show(lab: Lab, options: argparse.Namespace, simulation: Simulation, chunk: Chunk) -> None:
    if options.digest:
        return
    if options.chunks:
        print(chunk.frame(0).decode())
        return
    for event in simulation.events:
        if event.t_us >= options.until:
            return
        print(msgspec.json.encode(as_object(event)).decode() if options.json else line(lab, event))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
