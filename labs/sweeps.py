"""The same run under many seeds: is what was seen the rule, or luck?

A sweep is the log, parameters and length of one run, played under `count` seeds without anybody watching. Workers take one
seed after the other, a couple of seconds at a time, so that other work gets its turn; what they found stands in Redis under
the sweep's id for an hour. A worker that dies loses one seed, which the next look at the sweep gives out again.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from labs import judging, runs, stream
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.definition import Lab
from labs.engine.events import CheckEvent
from labs.engine.simulation import Simulation
from labs.models import Run
from labs.rights import rights
from labs.runs import Refused

COUNT_MAX = 100
UNTIL_US_MAX = 60_000_000
KEEP_SECONDS = 3600
STEP_SECONDS = 2.0  # of one task, then it queues again behind others
HISTORY_SECONDS = 2.0  # for the history checkers of one seed; what they cannot decide in that time counts as kept
STALLED_SECONDS = 15  # without a result the work is given out again
OPEN_MAX = 2  # unfinished sweeps of one user


@dataclass(frozen=True, slots=True)
class Finding:
    """What one seed showed: the first violation, or none."""

    seed: int
    checker: str = ""
    t_us: int = 0
    text: str = ""


def _key(id: str) -> str:
    return f"sweep:{id}"


def seeds_of(first: int, count: int) -> list[int]:
    """The run's own seed and those after it, within bounds."""
    return [(first + i) % (runs.SEED_MAX + 1) for i in range(count)]


def begin(user: Any, run: Run, *, count: int, until_us: int, key: str = "") -> str:
    """Start a sweep of the run as it is now; returns its id. Raises Refused."""
    if not rights(user, run, key).view:
        raise Refused("denied", "This run is not yours, and you hold no link to it.")
    if not runs.is_current(run):
        raise Refused("unavailable", "This run was made with an older version of the lab. Start it again to try other seeds.")
    runs.whole_number("count", count, 1, COUNT_MAX)
    runs.whole_number("until_us", until_us, 1, UNTIL_US_MAX)
    _take_place(user.pk)
    id = uuid.uuid4().hex
    log = [msgspec.structs.asdict(command) for command in runs.log_of(run)]
    about = {"owner": user.pk, "lab": run.lab, "lab_version": run.lab_version, "parameters": run.parameters, "log": log}
    about |= {"run": str(run.pk), "seed": run.seed, "count": count, "until_us": until_us}
    pipe = stream.connection().pipeline(transaction=False)
    pipe.hset(_key(id), mapping={"about": json.dumps(about), "at": time.time()})
    pipe.expire(_key(id), KEEP_SECONDS)
    pipe.sadd(f"sweeps:{user.pk}", id)
    pipe.expire(f"sweeps:{user.pk}", KEEP_SECONDS)
    pipe.execute()
    return id


def _take_place(user_id: int) -> None:
    ids: Any = stream.connection().smembers(f"sweeps:{user_id}")
    running = [id for id in ids if not _over(id.decode())]
    if len(running) >= OPEN_MAX:
        raise Refused("limit", f"{OPEN_MAX} of your trials with other seeds are still running. Wait for one, or cancel it.")
    if ended := [id for id in ids if id not in running]:
        stream.connection().srem(f"sweeps:{user_id}", *ended)


def _over(id: str) -> bool:
    stored: Any = stream.connection().hgetall(_key(id))
    return not stored or b"cancelled" in stored or len(_findings(stored)) >= json.loads(stored[b"about"])["count"]


def _findings(stored: dict[bytes, bytes]) -> list[Finding]:
    found = [Finding(**json.loads(value)) for name, value in stored.items() if name.startswith(b"seed:")]
    return sorted(found, key=lambda finding: finding.seed)


def look(user: Any, id: str) -> dict[str, Any] | None:
    """What is known so far; None where there is no such sweep of this user's. `stalled` says that work must be given out again."""
    stored: Any = stream.connection().hgetall(_key(id))
    if not stored:
        return None
    about = json.loads(stored[b"about"])
    if not user.is_authenticated or about["owner"] != user.pk:
        return None
    found = {finding.seed: asdict(finding) for finding in _findings(stored)}
    done = len(found) >= about["count"] or b"cancelled" in stored
    return {
        "run": about["run"],
        "count": about["count"],
        "until_us": about["until_us"],
        "seeds": seeds_of(about["seed"], about["count"]),
        "findings": list(found.values()),
        "done": done,
        "cancelled": b"cancelled" in stored,
        "stalled": not done and time.time() - float(stored[b"at"]) > STALLED_SECONDS,
    }


def cancel(user: Any, id: str) -> bool:
    """Stop it; what was found stays. False where there is no such sweep of this user's."""
    if look(user, id) is None:
        return False
    stream.connection().hset(_key(id), "cancelled", 1)
    return True


def work(id: str) -> bool:
    """Play seeds for a couple of seconds. True where more are left."""
    redis, until = stream.connection(), time.monotonic() + STEP_SECONDS
    while True:
        stored: Any = redis.hgetall(_key(id))
        if not stored or b"cancelled" in stored:
            return False
        about = json.loads(stored[b"about"])
        missing = [seed for seed in seeds_of(about["seed"], about["count"]) if f"seed:{seed}".encode() not in stored]
        if not missing:
            return False
        if time.monotonic() > until:
            return True
        redis.hset(_key(id), "at", time.time())
        redis.hset(_key(id), f"seed:{missing[0]}", json.dumps(asdict(_play(about, missing[0]))))


def _play(about: dict[str, Any], seed: int) -> Finding:
    lab: Lab = runs.lab(about["lab"])
    log = [Command(**command) for command in about["log"]]
    engine, history = EngineRun(Simulation(lab, about["parameters"], seed)), []
    while engine.frontier_us < about["until_us"] and not engine.finished:
        engine.next_chunk(log)
        for event in engine.simulation.events:
            if isinstance(event, CheckEvent) and not event.holds and event.t_us < about["until_us"]:
                return Finding(seed, event.checker, event.t_us, event.text)
        history += [event for event in judging.told(engine, lab) if event.t_us < about["until_us"]]
    broken = next((said for said in judging.verdicts(lab, history, HISTORY_SECONDS) if said["outcome"] == "violated"), None)
    if broken is None:
        return Finding(seed)
    t_us = max((event.t_us for event in history if event.seq in broken["evidence"]), default=0)
    return Finding(seed, broken["checker"], t_us, broken["text"])
