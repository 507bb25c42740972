"""History checkers over a run: a task of its own, since they need all of it and may take long.

Computed when somebody asks, from the beginning of the run to the moment that was watched. What cannot be decided in time is
said to be unknown, never to hold.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any

from labs import runs
from labs.engine.chunks import Run as EngineRun
from labs.engine.definition import Lab
from labs.engine.events import Event, NoteEvent, OperationEvent
from labs.engine.histories import CHECKERS, Budget, check_run
from labs.models import Run

COMPUTE_SECONDS = 12.0
JUDGE_SECONDS = 8.0


def judge(run_id: uuid.UUID, until_us: int) -> dict[str, Any] | None:
    """The `verdict` frame of docs/stream.md; None where the run is gone or of an older version."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or not runs.is_current(run):
        return None
    lab, log = runs.lab_of(run), runs.log_of(run)
    engine, history = runs.load(run), []
    stop = time.monotonic() + COMPUTE_SECONDS
    while engine.frontier_us < until_us and not engine.finished and time.monotonic() < stop:
        engine.next_chunk(log)
        history += [event for event in told(engine, lab) if event.t_us < until_us]
    frame = {"kind": "verdict", "revision": run.revision, "until_us": min(until_us, engine.frontier_us)}
    return frame | {"verdicts": verdicts(lab, history, JUDGE_SECONDS)}


def told(engine: EngineRun, lab: Lab) -> list[Event]:
    """Of the chunk that was computed last, the events that are history: operations, and notes that tell an effect."""
    events = engine.simulation.events
    return [e for e in events if isinstance(e, OperationEvent) or (isinstance(e, NoteEvent) and e.name in lab.effects)]


def verdicts(lab: Lab, history: Iterable[Event], seconds: float) -> list[dict[str, Any]]:
    """What each of the lab's history checkers says within `seconds`."""
    stop, said, events = time.monotonic() + seconds, [], list(history)
    for name in lab.history_checkers():
        verdict, looked_at = check_run(name, events, lab.effects, Budget(spent=lambda: time.monotonic() > stop))
        words = verdict.text or f"{looked_at} {CHECKERS[name].satisfied}"
        said.append({"checker": name, "outcome": verdict.outcome, "text": words, "evidence": verdict.evidence})
    return said
