"""`manage.py bench stream|gradebook`: a site with throw-away servers on free ports, what it is asked for, and what was measured as JSON."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from academy.launch.errors import LaunchError
from academy.launch.place import ROOT, Place
from academy.launch.up import site

USAGE = """usage: manage.py bench stream [--players N] [--seconds S] [--speed X] [--every S] [--lab SLUG] [--scenario NAME]
       manage.py bench gradebook [--students N] [--columns N] [--times N]"""


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    what = arguments[0] if arguments else ""
    if what not in PARSERS:
        raise LaunchError(f"There are two things to measure here: {' and '.join(PARSERS)}. {USAGE}")
    options = PARSERS[what]().parse_args(arguments[1:])
    with (
        tempfile.TemporaryDirectory(prefix="academy-bench-") as directory,
        site(Place(Path(directory)), "127.0.0.1", 0, throwaway=True, application="academy.bench.asgi:application") as running,
    ):
        names = {watched.program.name: watched.child.pid for watched in running.supervisor.watched if watched.child}
        asked = vars(options) | {"address": running.address, "processes": names}
        command = [sys.executable, "-m", f"academy.bench.{what}", json.dumps(asked)]
        return running.supervisor.processes.foreground(command, running.environment, ROOT)


def stream() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py bench stream", description="Players over real websockets, and what they had to wait.")
    parser.add_argument("--players", type=between(int, 1, 1000), default=100, help="how many runs play at once, each its own")
    parser.add_argument("--seconds", type=between(float, 5, 3600), default=60, help="how long it is measured, after all have begun")
    parser.add_argument("--speed", type=between(float, 0.02, 20), default=1.0, help="virtual seconds played in a second")
    parser.add_argument("--every", type=between(float, 0.5, 3600), default=10, help="seconds between two commands of one player")
    parser.add_argument("--lab", default="raft")
    parser.add_argument("--scenario", default=None)
    return parser


def gradebook() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py bench gradebook", description="The gradebook of a large class, and a bare page.")
    parser.add_argument("--students", type=between(int, 1, 2000), default=300)
    parser.add_argument("--columns", type=between(int, 1, 100), default=40)
    parser.add_argument("--times", type=between(int, 5, 1000), default=20, help="how often each page is fetched")
    return parser


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


PARSERS = {"stream": stream, "gradebook": gradebook}
