"""`python -m labs.catalog.sharding.placement --scheme jump --buckets 10 < keys`: the bucket of each key.

Keys come one a line on standard input. A line of digits is the 64-bit key itself; any other is text, and its key is a
hash. Empty lines are passed over. Buckets are numbered from 0 and printed one a line, in the order of the keys. Exit 2
with a sentence where an argument or a key is out of bounds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from labs.catalog.sharding.placement.hashing import key64
from labs.catalog.sharding.placement.jump import jump
from labs.catalog.sharding.placement.modulo import modulo
from labs.catalog.sharding.placement.ranges import alphabet_place, equal_part
from labs.catalog.sharding.placement.rendezvous import Rendezvous
from labs.catalog.sharding.placement.ring import Ring

SCHEMES = ("jump", "ring", "rendezvous", "modulo", "range")
WEIGHTED = ("ring", "rendezvous")
BUCKETS_MAX = {"jump": 2**31 - 1, "modulo": 2**31 - 1, "range": 2**31 - 1, "ring": 4096, "rendezvous": 4096}
WEIGHT_MAX = 100


def number_of(line: str) -> int | None:
    """The key a line of digits is; None for other text. Raises ValueError outside unsigned 64 bits."""
    if not (line.isascii() and line.isdigit()):
        return None
    if len(line) > 40 or int(line) >= 1 << 64:
        raise ValueError(f"a numeric key is an unsigned 64-bit integer; got {line[:40]}")
    return int(line)


def place(scheme: str, buckets: int, weights: list[int], virtual_nodes: int) -> Callable[[str], int]:
    """The function from a line to its bucket."""
    members = tuple((str(i), weight) for i, weight in enumerate(weights))

    def key(line: str) -> int:
        number = number_of(line)
        return key64(line) if number is None else number

    if scheme == "jump":
        return lambda line: jump(key(line), buckets)
    if scheme == "modulo":
        return lambda line: modulo(key(line), buckets)
    if scheme == "range":
        return lambda line: equal_part(alphabet_place(line) if (n := number_of(line)) is None else n, buckets)
    of = Ring(members, virtual_nodes).owner if scheme == "ring" else Rendezvous(members).owner
    return lambda line: int(of(key(line)))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m labs.catalog.sharding.placement", description="Read keys, one per line, and print the bucket of each."
    )
    parser.add_argument("--scheme", choices=SCHEMES, required=True)
    parser.add_argument("--buckets", type=int, required=True, metavar="N")
    parser.add_argument("--weights", nargs="+", metavar="W", help="one weight a bucket, with spaces or commas: ring and rendezvous only")
    parser.add_argument(
        "--virtual-nodes", type=int, default=128, metavar="V", help="points a bucket and unit of weight (ring; default 128)"
    )
    options = parser.parse_args(argv)
    if not 1 <= options.buckets <= BUCKETS_MAX[options.scheme]:
        parser.error(f"--buckets must be from 1 to {BUCKETS_MAX[options.scheme]} for {options.scheme}; got {options.buckets}")
    if not 1 <= options.virtual_nodes <= 1024:
        parser.error(f"--virtual-nodes must be from 1 to 1024; got {options.virtual_nodes}")
    if options.weights is not None and options.scheme not in WEIGHTED:
        parser.error(f"{options.scheme} knows no weights; {' and '.join(WEIGHTED)} do")
    if options.scheme in WEIGHTED:
        options.weights = weights_of(parser, options.weights, options.buckets)
    else:
        options.weights = []
    return options


def weights_of(parser: argparse.ArgumentParser, given: list[str] | None, buckets: int) -> list[int]:
    if given is None:
        return [1] * buckets
    words = [word for text in given for word in text.split(",") if word]
    if not all(word.isascii() and word.isdigit() and 0 <= int(word) <= WEIGHT_MAX for word in words):
        parser.error(f"--weights are whole numbers from 0 to {WEIGHT_MAX}; got {' '.join(words)[:60]}")
    weights = [int(word) for word in words]
    if len(weights) != buckets or not any(weights):
        parser.error(f"--weights needs one weight for each of the {buckets} buckets, not all 0; got {len(weights)}")
    return weights


def run(lines: Iterable[str], of: Callable[[str], int]) -> int:
    for number, line in enumerate(lines, 1):
        key = line.rstrip("\r\n")
        if not key:
            continue
        try:
            bucket = of(key)
        except ValueError as error:
            print(f"line {number}: {error}", file=sys.stderr)
            return 2
        print(bucket)
    return 0


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    try:
        return run(sys.stdin, place(options.scheme, options.buckets, options.weights, options.virtual_nodes))
    except UnicodeDecodeError as error:
        print(f"keys are read as {error.encoding} text: {error.reason}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stdout = None  # so that nothing is flushed into the pipe at the end
        return 0


if __name__ == "__main__":
    sys.exit(main())
