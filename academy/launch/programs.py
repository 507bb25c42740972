"""The site's own processes: one web server, workers for live labs (what follows on a command; simulating ahead), and one for the rest.

The last also keeps the clock (beat).
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from academy.launch.place import Place
from academy.launch.processes import Program

LIVE_PROCESSES = 2
ACTING_PROCESSES = 2
SITE = "academy.asgi:application"
# Why frames are deflated: docs/decisions/stream.md. On SIGTERM sockets are closed with 1012, and browsers come back.
WEB = [
    "--ws",
    "academy.wire:Wire",
    "--ws-max-size",
    "262144",
    "--ws-per-message-deflate",
    "true",
    "--timeout-graceful-shutdown",
    "10",
    "--lifespan",
    "off",
]
WORKER = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]


def web(place: Place, environment: Mapping[str, str], descriptor: int, application: str = SITE) -> Program:
    command = [sys.executable, "-m", "uvicorn", application, "--fd", str(descriptor), "--no-access-log", *WEB]
    return program("web", command, place, environment, (descriptor,))


def acting_worker(place: Place, environment: Mapping[str, str]) -> Program:
    """What follows on a command: somebody waits for it."""
    return program("worker-acts", worker("acts", "acts", ACTING_PROCESSES), place, environment)


def live_worker(place: Place, environment: Mapping[str, str]) -> Program:
    """Simulates ahead of the players: seconds before it is needed, so it steps back where processors are scarce."""
    return program("worker-live", worker("live", "live", LIVE_PROCESSES), place, {**environment, "WORKER_NICE": "3"})


def background_worker(place: Place, environment: Mapping[str, str]) -> Program:
    beat = ["--beat", "--schedule", str(place.local / "beat-schedule")]
    return program("worker-background", worker("background", "default,grading", 1) + beat, place, environment)


def worker(name: str, queues: str, processes: int) -> list[str]:
    named = ["--hostname", f"{name}@%h", "--queues", queues, "--concurrency", str(processes)]
    return [sys.executable, "-m", "celery", "--app", "academy", "worker", *named, *WORKER]


def program(name: str, command: list[str], place: Place, environment: Mapping[str, str], descriptors: tuple[int, ...] = ()) -> Program:
    log = place.logs / f"{name}.log"
    return Program(name=name, command=command, environment=environment, log=log, directory=Path(place.root), descriptors=descriptors)
