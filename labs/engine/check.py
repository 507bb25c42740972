"""`python -m labs.engine.check FILE --model register|kv`: is a history linearizable?

FILE holds JSON lines (see `labs.engine.histories.reading`; `-` is standard input). Prints `linearizable` (exit 0), `not linearizable`
with the smallest offending key and operations (exit 1), or `unknown` when the budget ran out (exit 2). A file that cannot be read
is told with its line and the reason (exit 3).

The method and its sources are told in `labs.engine.histories.linearizability`. Rules of a history (`info`, failed cas, missing
keys) are told in `labs.engine.histories.history`. The clock for the budget is here, and nowhere below.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

from labs.engine.histories import Budget, HistoryError, Operation, check_history, read_history
from labs.engine.histories.keys import MODELS

EXITS = {"linearizable": 0, "not linearizable": 1, "unknown": 2}
EXIT_UNREADABLE = 3
EXIT_USAGE = 64  # argparse's own 2 would say unknown
BUDGET_SECONDS = 60.0


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"expected a number of seconds, 0 or more; got {text!r}")
    return value


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m labs.engine.check", description="Check a history for linearizability.")
    parser.add_argument("file", help="the history as JSON lines; - reads standard input")
    parser.add_argument("--model", choices=MODELS, required=True, help="register: one register; kv: a map of keys, checked key by key")
    parser.add_argument("--budget", type=seconds, default=BUDGET_SECONDS, metavar="SECONDS", help="give up after so long (default 60)")
    return parser.parse_args(argv)


def read(name: str, model: str) -> list[Operation]:
    if name == "-":
        return read_history(sys.stdin.buffer, model)
    with Path(name).open("rb") as lines:
        return read_history(lines, model)


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    name = "standard input" if options.file == "-" else options.file
    deadline = time.monotonic() + options.budget
    try:
        operations = read(options.file, options.model)
    except HistoryError as error:
        print(f"{name}, line {error.position}: {error.reason}", file=sys.stderr)
        return EXIT_UNREADABLE
    except OSError as error:
        print(f"{name}: {error.strerror}", file=sys.stderr)
        return EXIT_UNREADABLE
    verdict = check_history(operations, options.model, Budget(spent=lambda: time.monotonic() >= deadline))
    print(verdict.kind)
    if verdict.text:
        print(verdict.text)
    return EXITS[verdict.kind]


if __name__ == "__main__":
    sys.exit(main())
