"""What questions ask of runs: a run is replayed, looked at, and perhaps played afterwards by who answered.

A question names a lab, a scenario, parameters, a script of its own, tables to show and a quantity to measure; the seed is the student's.
`look` computes what is shown and what is asked for, `play` makes a run of it. All that goes in and out is plain data, since it is kept
with attempts and grades.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import transaction

from labs import runs
from labs.catalog import find, slugs
from labs.engine.commands import Command
from labs.engine.definition import ENGINE_VERSION, Arg, Lab
from labs.engine.errors import LabError, ParameterError
from labs.engine.measures import Given, Measure, Measured, Moment, Table, Unclear, replay
from labs.models import Run, RunCommand

CALL = re.compile(r"(?P<action>[a-z][a-z0-9_]*)\((?P<args>[^()]*)\)")
CALL_EXAMPLE = "crash(node=n3)"
LOOKS_KEPT = 256  # of a process
Line = tuple[int, str, dict[str, Any]]  # at_us, action, args


class Unavailable(LabError):
    """The lab is not here any more in the version a question was dealt under, so its run cannot be computed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question asks of one run. `script`: lines `[at_us, action, args]`; `shows` and `measure`: `[name, at_us]`, 0 where the
    moment does not matter. `parameters` are those that differ from the scenario's.
    """

    lab: str
    scenario: str | None
    parameters: Mapping[str, Any]
    seed: int
    script: Sequence[Sequence[Any]]
    shows: Sequence[Sequence[Any]]
    measure: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found. `digest` is that of the run's chunks up to and with the last moment, as `python -m labs.catalog` prints it."""

    tables: tuple[Table, ...]
    measured: Measured
    digest: str


def look(asked: Asked) -> Looked:
    """Replay the run and look. Raises Unclear where its answer does not follow from what is shown, ParameterError or runs.Refused where
    what is asked does not fit the lab.
    """
    return _look(json.dumps([getattr(asked, name) for name in Asked.__slots__], sort_keys=True))


@lru_cache(maxsize=LOOKS_KEPT)
def _look(written: str) -> Looked:
    asked = Asked(**dict(zip(Asked.__slots__, json.loads(written), strict=True)))
    lab, scenario, parameters = runs.resolve(asked.lab, asked.scenario, asked.parameters)
    shown = [(given_of(lab, name), at_us) for name, at_us in asked.shows]
    measure, measured_us = measure_of(lab, asked.measure[0]), asked.measure[1]
    tables: dict[int, Table] = {}
    found: list[Measured] = []

    def take(moment: Moment) -> None:
        for number, (given, at_us) in enumerate(shown):
            if at_us == moment.at_us:
                tables[number] = given.show(moment)
        if measured_us == moment.at_us:
            found.append(measure.take(moment))

    commands = log(asked.lab, scenario.name, asked.parameters, asked.script)
    digest = replay(lab, parameters, asked.seed, commands, dict.fromkeys([*(at_us for _, at_us in shown), measured_us], take))
    return Looked(tables=tuple(tables[number] for number in sorted(tables)), measured=found[0], digest=digest)


def measure_of(lab: Lab, name: str) -> Measure:
    return _named(lab, "measure", name, lab.measures)


def given_of(lab: Lab, name: str) -> Given:
    return _named(lab, "given", name, lab.givens)


def _named(lab: Lab, what: str, name: str, of: Sequence[Any]) -> Any:
    found = next((one for one in of if one.name == name), None)
    if found is None:
        raise ParameterError(f"{lab.title} has no {what} {name[:60]!r}; it has {', '.join(one.name for one in of) or 'none'}.")
    return found


# The script


def line(slug: str, at_us: int, written: str, parameters: Mapping[str, Any]) -> Line:
    """What stands in a question as a step's name, `crash-leader`, or as an action of the lab, `partition(nodes=n1+leader)`: arguments
    apart by semicolons, nodes by plus signs. Raises ParameterError.
    """
    lab = find(slug)
    step = next((one for one in lab.steps if one.name == written), None)
    if step is not None:
        return at_us, step.action, dict(step.args)
    call = CALL.fullmatch(written)
    if not call:
        raise ParameterError(f"{lab.title} has no step {written[:60]!r}; an action is written as {CALL_EXAMPLE}.")
    action = next((one for one in lab.actions if one.name == call["action"]), None)
    if action is None:
        raise ParameterError(f"There is no action {call['action'][:60]!r}; expected one of {', '.join(a.name for a in lab.actions)}.")
    pairs = dict(part.strip().partition("=")[::2] for part in call["args"].split(";") if part.strip())
    known = {arg.name: arg for arg in action.args}
    args = {name: _value(value, known.get(name)) for name, value in pairs.items()}
    return at_us, action.name, lab.check_action(action.name, args, lab.check_parameters(parameters))


def _value(written: str, arg: Arg | None) -> Any:
    if arg is not None and arg.type == "nodes":
        return written.split("+")
    if arg is not None and arg.type == "int":
        return int(written) if re.fullmatch(r"-?\d{1,9}", written) else written
    return written


def log(slug: str, scenario: str | None, parameters: Mapping[str, Any], script: Sequence[Sequence[Any]]) -> tuple[Command, ...]:
    """The scenario's script and the question's, as the log of one run. Raises runs.Refused, ParameterError."""
    lab, chosen, settings = runs.resolve(slug, scenario, parameters)
    own = [(at_us, action, lab.check_action(action, args, settings)) for at_us, action, args in script]
    merged = sorted([*chosen.script, *own], key=lambda entry: entry[0])
    return tuple(Command(seq, at_us, action, args) for seq, (at_us, action, args) in enumerate(merged, 1))


# What is kept, and what becomes of it


def is_current(kept: Mapping[str, Any]) -> bool:
    """Whether the lab is still here as it was when this was dealt."""
    return kept["lab"] in slugs() and (kept["lab_version"], kept["engine_version"]) == (find(kept["lab"]).version, ENGINE_VERSION)


def facts(asked: Asked, looked: Looked) -> dict[str, Any]:
    """What is kept with a grade: enough to compute the very run again, and what came out of it."""
    lab, scenario, _ = runs.resolve(asked.lab, asked.scenario, asked.parameters)
    return {
        "lab": lab.slug,
        "lab_version": lab.version,
        "engine_version": ENGINE_VERSION,
        "scenario": scenario.name,
        "parameters": dict(asked.parameters),
        "seed": asked.seed,
        "script": [list(entry) for entry in asked.script],
        "measure": asked.measure[0],
        "at_us": asked.measure[1],
        "measured": looked.measured.value,
        "why": looked.measured.why,
        "digest": looked.digest,
    }


@transaction.atomic
def play(user: Any, facts: Mapping[str, Any], place: str) -> Run:
    """The run a question asked about, for its student to play; `facts["at_us"]` is the moment to open it at. It is a copy of what the
    question did, so it counts for no challenge. Raises runs.Refused, Unavailable.
    """
    if not is_current(facts):
        raise Unavailable(f"Version {facts['lab_version']} of the lab {facts['lab']}, under which this was asked, is not here any more.")
    commands = log(facts["lab"], facts["scenario"], facts["parameters"], facts["script"])
    run = runs.create(user, facts["lab"], facts["scenario"], facts["parameters"], facts["seed"], place)
    run.origin, run.revision = Run.Origin.COPY, len(commands)
    run.save(update_fields=["origin", "revision"])
    run.commands.all().delete()
    RunCommand.objects.bulk_create(RunCommand(run=run, seq=c.seq, at_us=c.at_us, action=c.action, args=c.args) for c in commands)
    return run


__all__ = ["Asked", "Looked", "Unavailable", "Unclear", "facts", "given_of", "is_current", "line", "log", "look", "measure_of", "play"]
