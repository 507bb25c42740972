"""`python -m labs.engine.check FILE --model register|kv`: is a history linearizable?

FILE holds JSON lines (see `labs.engine.histories.reading`; `-` is standard input). Prints `linearizable` (exit 0), `not linearizable`
with the smallest offending key and operations (exit 1), or `unknown` when the budget ran out (exit 2). A file that cannot be read
is told with its line and the reason (exit 3).

`--consistency NAME` asks for another guarantee of the same history: sequential, causal, read-your-writes and so on, with the
same exits: it prints NAME, `not NAME` or `unknown`, and why. exactly-once, order and mutual-exclusion look at effects and take
lines of another form (see `labs.engine.histories.rows`), without a model.

The method and its sources are told in `labs.engine.histories.linearizability` and its neighbours. Rules of a history (`info`, failed
cas, missing keys) are told in `labs.engine.histories.history`. The clock for the budget is here, and nowhere below.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from labs.engine.histories import CHECKERS, Budget, Checker, HistoryError, Verdict, read_history, read_rows
from labs.engine.histories.consistency import LINEARIZABLE
from labs.engine.histories.keys import MODELS

EXITS = {"holds": 0, "violated": 1, "unknown": 2}
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
    parser = Parser(prog="python -m labs.engine.check", description="Check a history for linearizability, or for another guarantee.")
    parser.add_argument("file", help="the history as JSON lines; - reads standard input")
    parser.add_argument("--model", choices=MODELS, help="register: one register; kv: a map of keys, checked key by key")
    parser.add_argument("--consistency", choices=CHECKERS, default=LINEARIZABLE, help="what must hold (default: linearizable)")
    parser.add_argument("--budget", type=seconds, default=BUDGET_SECONDS, metavar="SECONDS", help="give up after so long (default 60)")
    options = parser.parse_args(argv)
    if options.model is None and CHECKERS[options.consistency].wants is None:
        parser.error("the following arguments are required: --model")
    return options


def read(name: str, model: str, checker: Checker) -> list[Any]:
    if name == "-":
        return parsed(sys.stdin.buffer, model, checker)
    with Path(name).open("rb") as lines:
        return parsed(lines, model, checker)


def parsed(lines: Iterable[bytes], model: str, checker: Checker) -> list[Any]:
    return list(read_history(lines, model)) if checker.wants is None else list(read_rows(lines, checker.wants))


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    checker = CHECKERS[options.consistency]
    name = "standard input" if options.file == "-" else options.file
    deadline = time.monotonic() + options.budget
    try:
        history = read(options.file, options.model, checker)
        verdict: Verdict = checker.check(history, Budget(spent=lambda: time.monotonic() >= deadline))
    except HistoryError as error:
        print(f"{name}, line {error.position}: {error.reason}", file=sys.stderr)
        return EXIT_UNREADABLE
    except OSError as error:
        print(f"{name}: {error.strerror}", file=sys.stderr)
        return EXIT_UNREADABLE
    print(verdict.kind)
    if verdict.text:
        print(verdict.text)
    return EXITS[verdict.outcome]


if __name__ == "__main__":
    sys.exit(main())
