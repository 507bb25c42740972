"""`manage.py bench stream`: a site with throw-away servers on free ports, players on it, and what was measured as JSON."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from academy.launch.errors import LaunchError
from academy.launch.place import ROOT, Place
from academy.launch.up import site

USAGE = "usage: manage.py bench stream [--players N] [--seconds S] [--speed X] [--every S] [--lab SLUG] [--scenario NAME]"


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if arguments[:1] != ["stream"]:
        raise LaunchError(f"There is one thing to measure here: stream. {USAGE}")
    options = parse(arguments[1:])
    with (
        tempfile.TemporaryDirectory(prefix="academy-bench-") as directory,
        site(Place(Path(directory)), "127.0.0.1", 0, throwaway=True, application="academy.bench.asgi:application") as running,
    ):
        names = {watched.program.name: watched.child.pid for watched in running.supervisor.watched if watched.child}
        asked = vars(options) | {"address": running.address, "processes": names}
        command = [sys.executable, "-m", "academy.bench.stream", json.dumps(asked)]
        return running.supervisor.processes.foreground(command, running.environment, ROOT)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py bench stream", description="Players over real websockets, and what they had to wait.")
    parser.add_argument("--players", type=between(int, 1, 1000), default=100, help="how many runs play at once, each its own")
    parser.add_argument("--seconds", type=between(float, 5, 3600), default=60, help="how long it is measured, after all have begun")
    parser.add_argument("--speed", type=between(float, 0.02, 20), default=1.0, help="virtual seconds played in a second")
    parser.add_argument("--every", type=between(float, 0.5, 3600), default=10, help="seconds between two commands of one player")
    parser.add_argument("--lab", default="raft")
    parser.add_argument("--scenario", default=None)
    return parser.parse_args(arguments)


def between(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a number from {low:g} to {high:g}, got {text!r}")
        return value

    return number
