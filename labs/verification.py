"""Graded challenges: whose run counts, and what its replay says.

What a player shows while it plays is advisory. A grade comes from here: the run is computed anew from lab version, parameters, seed and
command log, and its goal is judged on the way. Nothing a browser sent is believed but the commands themselves.

How far. A goal counts if it is met at or before the last command plus `SPAN_US`, and never beyond the length of a run. The replay stops at
the end of the chunk in which it was met. Under an older version of the lab there is no verdict, which is nobody's fault.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Literal

from labs import copies, runs
from labs.catalog import find, slugs
from labs.engine import limits
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.definition import ENGINE_VERSION
from labs.engine.errors import LabError
from labs.engine.events import GoalEvent
from labs.engine.simulation import Simulation
from labs.models import Run

SPAN_US = 120_000_000  # virtual: so long after the last command a goal may still be met
SECONDS = 90.0  # on the wall, for one replay
ALONE_US = 5_000_000  # virtual: so far a run is looked at that nobody touches
FAMILY_MAX = 500  # branches of branches

Outcome = Literal["met", "not_met", "unavailable", "unfinished"]


class Unfinished(LabError):
    """The replay took too long, perhaps since the machine is busy. It can be tried again."""


class Unavailable(LabError):
    """The lab is not here any more in the version of the run, so nothing can be said about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`met` alone passes. `percent` and `text` are those of the goal at the end; `evidence` are seqs of events, `t_us` the moment it was
    met. `digest` is that of the run's chunks up to and with that moment (else to the bound), as `python -m labs.catalog` prints it.
    """

    outcome: Outcome
    percent: int = 0
    text: str = ""
    evidence: tuple[int, ...] = ()
    t_us: int | None = None
    digest: str = ""
    commands_digest: str
    lab_version: int
    engine_version: int

    @property
    def met(self) -> bool:
        return self.outcome == "met"

    def facts(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self) | {"evidence": list(self.evidence)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A run as its owner left it: all that it is a function of."""

    lab: str
    lab_version: int
    engine_version: int
    parameters: Mapping[str, Any]
    seed: int
    commands: tuple[Command, ...]

    @property
    def is_current(self) -> bool:
        return self.lab in slugs() and (self.lab_version, self.engine_version) == (find(self.lab).version, ENGINE_VERSION)


def told(run: Run) -> Told:
    return Told(
        lab=run.lab, lab_version=run.lab_version, engine_version=run.engine_version, parameters=run.parameters, seed=run.seed,
        commands=tuple(runs.log_of(run)),
    )  # fmt: skip


# The verdict


def verify(run: Run, challenge: str, *, until_us: int | None = None, seconds: float = SECONDS) -> Verdict:
    """What a replay of this run says of the challenge, up to `until_us` if that is earlier than the bound."""
    return verified(told(run), challenge, until_us=until_us, seconds=seconds)


def verified(one: Told, challenge: str, *, until_us: int | None = None, seconds: float = SECONDS) -> Verdict:
    """The same of a run that was written down. Raises LookupError for a challenge that its lab does not have."""
    same: dict[str, Any] = {
        "commands_digest": commands_digest(one.commands), "lab_version": one.lab_version, "engine_version": one.engine_version,
    }  # fmt: skip
    if not one.is_current:
        text = f"This run was made with version {one.lab_version} of the lab, which is not here any more."
        return Verdict(outcome="unavailable", text=text, **same)
    lab = find(one.lab)
    start = {found.name: found.goal.start for found in lab.challenges}[challenge]
    bound = bound_us(one.commands)
    bound = bound if until_us is None else min(bound, until_us)
    engine, newest = EngineRun(Simulation(lab, one.parameters, one.seed)), None
    stop = time.monotonic() + seconds
    while engine.frontier_us <= bound and not engine.finished:
        if time.monotonic() > stop:
            text = f"The replay came to {engine.frontier_us / 1e6:.0f} s of the run and was stopped. It will be tried again."
            return Verdict(outcome="unfinished", text=text, **same)
        engine.next_chunk(one.commands)
        for event in engine.simulation.events:
            if isinstance(event, GoalEvent) and event.challenge == challenge and event.t_us <= bound:
                newest = event
        if newest is not None and newest.progress >= 1:
            break
    if newest is None:
        return Verdict(outcome="not_met", text=start, digest=engine.digest, **same)
    met = newest.progress >= 1
    return Verdict(
        outcome="met" if met else "not_met", percent=round(newest.progress * 100), text=newest.text, evidence=tuple(newest.evidence),
        t_us=newest.t_us if met else None, digest=engine.digest, **same,
    )  # fmt: skip


def bound_us(commands: Sequence[Command]) -> int:
    """The last moment at which a goal may be met."""
    return min((commands[-1].at_us if commands else 0) + SPAN_US, limits.RUN_US_MAX)


def commands_digest(commands: Sequence[Command]) -> str:
    """Of a log: the same for the same commands at the same moments, whoever gave them."""
    written = json.dumps([[c.at_us, c.action, c.args] for c in commands], sort_keys=True, separators=(",", ":"))
    return blake2b(written.encode(), digest_size=16).hexdigest()


def meets_itself(slug: str, scenario: str, parameters: Mapping[str, Any], seed: int, challenge: str) -> bool:
    """Whether a run reaches the goal soon without anybody's help, as an unlucky first election may. Such a seed is nobody's to be given.
    Busy labs are not asked: a replay takes a second there, and their goals need somebody who acts.
    """
    lab = find(slug)
    if Simulation(lab, parameters, seed).flows is not None:
        return False
    script = lab.scenario(scenario).script
    commands = tuple(Command(seq, *entry) for seq, entry in enumerate(script, 1))
    alone = Told(lab=slug, lab_version=lab.version, engine_version=ENGINE_VERSION, parameters=parameters, seed=seed, commands=commands)
    return verified(alone, challenge, until_us=ALONE_US).met


# Whose run counts


def belongs(run: Run, registered: Collection[uuid.UUID], owner: Any, dealt: Mapping[str, Any]) -> bool:
    """Whether this run is the owner's own work on what was dealt: begun here, for this attempt, and not altered."""
    return not why_not(run, registered, owner, dealt)


def why_not(run: Run, registered: Collection[uuid.UUID], owner: Any, dealt: Mapping[str, Any]) -> str:
    """Why a run does not count, in words for its owner; nothing where it does. `dealt`: lab, scenario, all parameters, seed.

    It counts if it is one of the `registered` runs, or a branch of one, of a branch of one, and so on, all of them the owner's. Its log
    begins with the scenario's script; a branch lacks what was to come after the moment it left, as any branch does.
    """
    if any(getattr(run, name) != dealt[name] for name in ("lab", "scenario", "parameters", "seed")):
        return "This run is of another lab, scenario or seed than the one you were given."
    one, left_us = run, limits.RUN_US_MAX
    for _ in range(FAMILY_MAX):
        if one.owner_id != owner.pk:
            return "This run, or one that it branched from, is somebody else's."
        if not copies.counts(one):
            return "This run, or one that it branched from, is a copy or was read from a file. Only what was done here counts."
        if one.pk in registered:
            return "" if keeps_script(run, left_us) else "This run does not begin with what its scenario does."
        if one.origin != Run.Origin.BRANCH or one.parent is None:
            break
        left_us = min(left_us, one.branched_at_us or 0)
        one = one.parent
    return "This run was not started in this attempt, or the run that it branched from was deleted."


def keeps_script(run: Run, left_us: int) -> bool:
    """Whether the log begins with the scenario's script, as far as that went when a branch left at `left_us`."""
    script = find(run.lab).scenario(run.scenario).script if run.lab in slugs() else ()
    kept = [(at_us, action, args) for at_us, action, args in script if at_us <= left_us]
    log = [(c.at_us, c.action, c.args) for c in runs.log_of(run)]
    return log[: len(kept)] == kept


# What is kept when an attempt ends


def sealed(run_id: uuid.UUID, registered: Collection[uuid.UUID], owner: Any, dealt: Mapping[str, Any]) -> dict[str, Any]:
    """A run as plain data, as it is now: what its owner does later, or deletes, changes nothing. `refused` says why it does not count."""
    run = Run.objects.filter(pk=run_id).select_related("parent").first()
    if run is None:
        return {"run": str(run_id), "refused": "This run is not there any more."}
    if reason := why_not(run, registered, owner, dealt):
        return {"run": str(run_id), "refused": reason}
    one = told(run)
    return {
        "run": str(run.pk),
        "refused": "",
        "lab_version": one.lab_version,
        "engine_version": one.engine_version,
        "log": [[c.at_us, c.action, c.args] for c in one.commands],
    }


def unsealed(kept: Mapping[str, Any], dealt: Mapping[str, Any]) -> Told:
    """The run that `sealed` wrote down and did not refuse. `dealt` is what it was sealed under."""
    return Told(
        lab=dealt["lab"], lab_version=kept["lab_version"], engine_version=kept["engine_version"], parameters=dealt["parameters"],
        seed=dealt["seed"], commands=tuple(Command(seq, *entry) for seq, entry in enumerate(kept["log"], 1)),
    )  # fmt: skip
