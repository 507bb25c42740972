"""The door to runs: create them, append to their log, load them into the engine. Views, consumers and tasks come through here.

A command is in PostgreSQL before anybody is told that it was accepted. It is added to the revision it was meant for or not at all, so two
tabs cannot both be right.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from labs import achieved
from labs.catalog import find, slugs
from labs.engine import limits
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.definition import ENGINE_VERSION, Lab, Scenario
from labs.engine.errors import LabError, ParameterError
from labs.engine.events import SCHEMA_VERSION
from labs.engine.simulation import Simulation
from labs.models import Poster, Run, RunCommand
from labs.rights import rights

RUNS_PER_HOUR_MAX = 120
RUNS_MAX = 500  # of one user
SEED_MAX = 2**31 - 1

LAST_US = Coalesce(Subquery(RunCommand.objects.filter(run=OuterRef("pk")).order_by("-seq").values("at_us")[:1]), 0)  # of a run's log
# The revision counts the command, the log has it, and what was met later has not happened (labs/achieved.py): all or nothing, in one
# question. The row is held first, so that the second statement sees what whoever held it before has done.
ADD = """
SELECT 1 FROM labs_run WHERE id = %(run)s FOR UPDATE;
WITH counted AS (
    UPDATE labs_run SET revision = revision + 1
    WHERE id = %(run)s AND revision = %(revision)s AND NOT EXISTS (
        SELECT 1 FROM labs_runcommand used JOIN labs_run own ON own.id = used.run_id
        WHERE own.owner_id = %(owner)s AND used.client_id = %(client_id)s)
    RETURNING id, revision
), undone AS (
    DELETE FROM labs_challengepassed WHERE run_id IN (SELECT id FROM counted) AND t_us >= %(at_us)s
)
INSERT INTO labs_runcommand (run_id, seq, client_id, at_us, action, args, created_at)
SELECT id, revision, %(client_id)s, %(at_us)s, %(action)s, %(args)s, now() FROM counted
"""


class Refused(LabError):
    """A request that is not carried out. `code` is one of docs/stream.md; the text says why and what to do."""

    def __init__(self, code: str, text: str, revision: int | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.revision = code, text, revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Where a command went: `run` differs from the one asked where it made a branch."""

    run: uuid.UUID
    seq: int
    revision: int
    at_us: int


def lab(slug: str) -> Lab:
    """The lab of that name. Raises KeyError for an unknown one."""
    return find(slug)


def lab_of(run: Run) -> Lab:
    return find(run.lab)


def is_current(run: Run) -> bool:
    """Whether the code that gave this run its meaning is still here."""
    return run.lab in slugs() and (run.lab_version, run.engine_version) == (find(run.lab).version, ENGINE_VERSION)


def exists(id: uuid.UUID) -> bool:
    """Asked so often, for so little, that Django's way to it would cost more than the answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM labs_run WHERE id = %s", [id])
        return cursor.fetchone() is not None


def create(
    user: Any, slug: str, scenario: str | None = None, parameters: Mapping[str, Any] | None = None, seed: int | None = None, place: str = ""
) -> Run:
    """A new run of a lab, the scenario's script in its log. Raises Refused."""
    found, chosen, settings = resolve(slug, scenario, parameters)
    seed = chosen.seed if seed is None else check_seed(seed)
    if not isinstance(place, str) or len(place) > 120 or not place.isprintable():
        raise Refused("bad_args", "The place must be a text of at most 120 characters that can be printed.")
    check_room(user)
    with transaction.atomic():
        run = Run.objects.create(
            owner=user,
            lab=slug,
            lab_version=found.version,
            engine_version=ENGINE_VERSION,
            scenario=chosen.name,
            parameters=settings,
            seed=seed,
            place=place,
            revision=len(chosen.script),
        )
        RunCommand.objects.bulk_create(
            RunCommand(run=run, seq=i + 1, at_us=at_us, action=action, args=args) for i, (at_us, action, args) in enumerate(chosen.script)
        )
        achieved.tried(user, slug, place)
    return run


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """The value. Raises Refused for anything but a whole number within these bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused("bad_args", f"{name} must be a whole number from {least} to {most}; got {str(value)[:40]!r}.")
    return value


def check_seed(seed: Any) -> int:
    """The seed. Raises Refused for anything that is none."""
    return whole_number("The seed", seed, 0, SEED_MAX)


def check_room(user: Any) -> None:
    """Raises Refused where this user has too many runs, or made too many of late."""
    own = Run.objects.filter(owner=user)
    recent = own.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count()
    if recent >= RUNS_PER_HOUR_MAX:
        text = f"You started {recent} runs in the last hour; the limit is {RUNS_PER_HOUR_MAX}. Wait a while, or go on with one you have."
        raise Refused("limit", text)
    if own.count() >= RUNS_MAX:
        raise Refused("limit", f"You have {RUNS_MAX} runs, which is the limit. Delete some on the page of your runs, then try again.")


def resolve(slug: str, scenario: str | None, parameters: Mapping[str, Any] | None) -> tuple[Lab, Scenario, dict[str, Any]]:
    """The lab, the scenario and all parameters. Raises Refused where one does not exist or is out of bounds."""
    if not isinstance(slug, str) or slug not in slugs():
        raise Refused("bad_args", f"There is no lab {str(slug)[:40]!r}; there are {', '.join(slugs())}.")
    if scenario is not None and not isinstance(scenario, str):
        raise Refused("bad_args", "The scenario must be a name.")
    if parameters is not None and not isinstance(parameters, Mapping):
        raise Refused("bad_args", "Parameters must be an object of names and values.")
    found = find(slug)
    try:
        chosen = found.scenario(scenario)
        return found, chosen, found.check_parameters(chosen.parameters | dict(parameters or {}))
    except ParameterError as error:
        raise Refused("bad_args", str(error)) from error


def log_of(run: Run) -> list[Command]:
    """The command log, in order."""
    return [Command(*row) for row in run.commands.values_list("seq", "at_us", "action", "args")]


def load(run: Run) -> EngineRun:
    """The run at time zero, in the engine."""
    return EngineRun(Simulation(lab_of(run), run.parameters, run.seed))


def append(
    user: Any, run_id: uuid.UUID, *, client_id: uuid.UUID, revision: int, at_us: int, action: str, args: Mapping[str, Any], branch: bool
) -> Accepted:
    """Add a command to the log, or to a branch of it. The same `client_id` again gets the same answer. Raises Refused.

    Somebody waits for it, and on a busy machine each question to the database is a wait of its own: two are enough. What was read
    without a lock still holds when the command is added, since it is added to that revision or not at all.
    """
    run = Run.objects.annotate(last_us=LAST_US).order_by().filter(pk=run_id).first()
    if run is None or not rights(user, run).act:
        raise Refused("denied", "This run is not yours to change. Start one of your own from the lab's page.")
    if branch:
        return _branch(run, client_id, revision, at_us, action, args)
    if revision == run.revision:
        _check(run, at_us, action, args)
        if at_us < run.last_us:
            raise Refused("past", f"Something was already done later, at {run.last_us / 1e6:.2f} s. Acting here makes a branch.", revision)
        if _add(run, client_id, at_us, action, args):
            return Accepted(run=run.pk, seq=revision + 1, revision=revision + 1, at_us=at_us)
    return _already_done(run, client_id) or _stale(run)


def _add(run: Run, client_id: uuid.UUID, at_us: int, action: str, args: Mapping[str, Any]) -> bool:
    """The next line of the log, and all that goes with it. False where the run has a newer revision, or its owner used the id before."""
    given: dict[str, Any] = {
        "run": run.pk,
        "revision": run.revision,
        "owner": run.owner_id,
        "client_id": client_id,
        "at_us": at_us,
        "action": action,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, given | {"args": json.dumps(args)})
        cursor.nextset()
        return bool(cursor.rowcount)


def _branch(run: Run, client_id: uuid.UUID, revision: int, at_us: int, action: str, args: Mapping[str, Any]) -> Accepted:
    """A new run with the log up to this moment, and the command. The parent's row is held, so that a retry makes no second one."""
    with transaction.atomic():
        run = Run.objects.select_for_update().order_by().get(pk=run.pk)
        done = _already_done(run, client_id)
        if done is not None:
            return done
        if revision != run.revision:
            _stale(run)
        _check(run, at_us, action, args)
        check_room(run.owner)
        copy = copy_of(run, run.owner, Run.Origin.BRANCH, at_us)
        _add(copy, client_id, at_us, action, args)
        return Accepted(run=copy.pk, seq=copy.revision + 1, revision=copy.revision + 1, at_us=at_us)


def _stale(run: Run) -> NoReturn:
    newest = Run.objects.filter(pk=run.pk).values_list("revision", flat=True).first()
    raise Refused("stale", "This run was changed elsewhere, perhaps in another tab. It is up to date now; try again.", newest)


def _already_done(run: Run, client_id: uuid.UUID) -> Accepted | None:
    before = RunCommand.objects.filter(client_id=client_id, run__owner_id=run.owner_id).order_by("seq")
    found = before.values_list("run_id", "seq", "at_us", "run__revision", "run__parent_id")[:1]
    for held, seq, at_us, revision, parent in found:
        if held != run.pk and parent != run.pk:
            raise Refused("bad_args", "This command id was already used in another run.")
        return Accepted(run=held, seq=seq, revision=revision, at_us=at_us)
    return None


def _check(run: Run, at_us: int, action: str, args: Mapping[str, Any]) -> None:
    if not is_current(run):
        raise Refused("unavailable", "This run was made with an older version of the lab. Start it again to act on it.")
    if run.revision >= limits.COMMANDS_MAX:
        raise Refused("limit", f"A run takes at most {limits.COMMANDS_MAX} commands. Start a new one.")
    if not 0 <= at_us < limits.RUN_US_MAX:
        raise Refused("limit", f"A run lasts {limits.RUN_US_MAX // 1_000_000} s of its own time. Go back and branch, or start a new one.")
    check_action(run, action, args)


def check_action(run: Run, action: str, args: Mapping[str, Any]) -> None:
    """Raises Refused where this run's lab has no such action, or not with these arguments."""
    subject = lab_of(run)
    if action not in {a.name for a in subject.actions}:
        raise Refused("unknown_action", f"{subject.title} has no action {str(action)[:40]!r}.")
    try:
        subject.check_action(action, args, run.parameters)
    except ParameterError as error:
        raise Refused("bad_args", str(error)) from error


def copy_of(run: Run, owner: Any, origin: str, at_us: int | None = None, **changes: Any) -> Run:
    """A new run with the log of this one (up to and with `at_us`), this one untouched. `changes` are fields that differ."""
    kept = list(run.commands.all() if at_us is None else run.commands.filter(at_us__lte=at_us))
    same = {field: getattr(run, field) for field in ("lab", "lab_version", "engine_version", "scenario", "parameters", "seed", "place")}
    lineage = {"parent": run, "branched_at_us": at_us} if run.owner_id == owner.pk else {}
    copy = Run.objects.create(owner=owner, origin=origin, revision=len(kept), **(same | lineage | changes))
    RunCommand.objects.bulk_create(RunCommand(run=copy, seq=c.seq, at_us=c.at_us, action=c.action, args=c.args) for c in kept)
    return copy


def poster(slug: str, scenario: str | None = None, parameters: Mapping[str, Any] | None = None) -> str:
    """The first chunk of a scenario as the JSON text of its frame: computed once for each version of the lab, then stored."""
    found, chosen, settings = resolve(slug, scenario, parameters)
    identity = [SCHEMA_VERSION, slug, found.version, ENGINE_VERSION, chosen.name, settings, chosen.seed]
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    stored = Poster.objects.filter(key=key).values_list("frame", flat=True).first()
    if stored is not None:
        return stored
    log = [Command(i + 1, at_us, action, args) for i, (at_us, action, args) in enumerate(chosen.script)]
    frame = EngineRun(Simulation(found, settings, chosen.seed)).next_chunk(log).frame(len(log)).decode()
    Poster.objects.get_or_create(key=key, defaults={"lab": slug, "frame": frame})
    return frame


def latest(user: Any, place: str, slug: str) -> Run | None:
    """The run this user left here last, where its version is still current."""
    if not user.is_authenticated:
        return None
    run = Run.objects.filter(owner=user, place=place, lab=slug, share_key=None).first()
    return run if run is not None and is_current(run) else None
