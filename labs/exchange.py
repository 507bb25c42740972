"""A run as a file: what it is and what was done to it, as JSON. A run is small; what was seen is computed again.

```
{"format": "academy-run", "format_version": 1, "lab", "lab_version", "engine_version", "scenario", "parameters", "seed", "name",
 "commands": [{"at_us", "action", "args"}]}
```
"""

from __future__ import annotations

import codecs
import json
from typing import Annotated, Any, Literal

import msgspec
from django.db import transaction

from labs import runs
from labs.engine import limits
from labs.models import Run, RunCommand
from labs.runs import Refused

FORMAT_VERSION = 1
FILE_BYTES_MAX = 1024 * 1024

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at_us: Annotated[int, msgspec.Meta(ge=0, lt=limits.RUN_US_MAX)]
    action: Annotated[str, msgspec.Meta(max_length=40)]
    args: dict[str, Any] = {}


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["academy-run"]
    format_version: Literal[1]
    lab: Annotated[str, msgspec.Meta(max_length=40)]
    lab_version: Count
    engine_version: Count
    scenario: Annotated[str, msgspec.Meta(max_length=60)]
    parameters: dict[str, Any]
    seed: int
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    commands: Annotated[list[Line], msgspec.Meta(max_length=limits.COMMANDS_MAX)] = []


def written(run: Run) -> str:
    """The run as the text of a file."""
    file = {"format": "academy-run", "format_version": FORMAT_VERSION}
    for field in ("lab", "lab_version", "engine_version", "scenario", "parameters", "seed", "name"):
        file[field] = getattr(run, field)
    file["commands"] = [{"at_us": c.at_us, "action": c.action, "args": c.args} for c in run.commands.all()]
    return json.dumps(file, indent=1, ensure_ascii=False) + "\n"


@transaction.atomic
def read(user: Any, data: bytes) -> Run:
    """A run of the user's own from the bytes of a file. All of it is checked as if it had been done here. Raises Refused."""
    file = _decoded(data)
    found, chosen, parameters = runs.resolve(file.lab, file.scenario, file.parameters)
    runs.check_room(user)
    seed = runs.check_seed(file.seed)
    if not file.name.isprintable():
        raise Refused("bad_args", "The name in this file has characters that cannot be printed.")
    run = Run(owner=user, lab=file.lab, scenario=chosen.name, parameters=parameters, seed=seed, name=file.name.strip())
    run.lab_version, run.engine_version, run.origin = file.lab_version, file.engine_version, Run.Origin.IMPORT
    run.revision, run.place = len(file.commands), f"lab:{file.lab}"
    if not runs.is_current(run):
        has = f"version {file.lab_version} of {found.title} (engine {file.engine_version})"
        raise Refused("unavailable", f"This file was made with {has}; here is version {found.version} (engine {runs.ENGINE_VERSION}).")
    before_us = 0
    for number, line in enumerate(file.commands, 1):
        if line.at_us < before_us:
            raise Refused("bad_args", f"Command {number} comes at {line.at_us} us, before the one above it, at {before_us} us.")
        before_us = line.at_us
        try:
            runs.check_action(run, line.action, line.args)
        except Refused as error:
            raise Refused("bad_args", f"Command {number}: {error}") from error
    run.save()
    RunCommand.objects.bulk_create(
        RunCommand(run=run, seq=i, at_us=line.at_us, action=line.action, args=line.args) for i, line in enumerate(file.commands, 1)
    )
    return run


def _decoded(data: bytes) -> File:
    if len(data) > FILE_BYTES_MAX:
        raise Refused("malformed", f"A run's file has at most {FILE_BYTES_MAX // 1024} KB; this one has {len(data) // 1024} KB.")
    try:
        return msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", f"This is not the file of a run: {error}. Export one from this page to see what is expected.") from error
