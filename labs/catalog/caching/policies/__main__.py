"""`python -m labs.catalog.caching.policies --policy lru --capacity 1000000 < trace`: hits and misses of a policy on a trace.

A trace has one request a line, `key size`: a key without blanks and the object's size in bytes. Empty lines count for nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from labs.catalog.caching.policies import POLICIES
from labs.catalog.caching.policies.belady import belady

NAMES = ("fifo", "lru", "lfu", "clock", "sieve", "wtinylfu", "belady")


def requests(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """`(key, size)` of each line. Raises ValueError with the line that is wrong."""
    for number, line in enumerate(lines, 1):
        fields = line.split()
        try:
            key, text = fields
            size = int(text)
            if size <= 0:
                raise ValueError
        except ValueError:
            if not fields:
                continue
            raise ValueError(f"line {number}: expected `key size` with a size of at least 1 byte; got {line.strip()[:60]!r}") from None
        yield key, size


def replay(policy: str, capacity: int, trace: Iterable[tuple[str, int]]) -> tuple[int, int]:
    """(hits, misses) of a policy of that name on a trace, from an empty cache of so many bytes."""
    if policy == "belady":
        whole = list(trace)
        hits = belady(whole, capacity)
        return hits, len(whole) - hits
    request, hits, number = POLICIES[policy](capacity=capacity).request, 0, 0
    for number, (key, size) in enumerate(trace, 1):  # noqa: B007 - the last number is the count
        hits += request(key, size)
    return hits, number - hits


def main(argv: list[str], lines: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m labs.catalog.caching.policies", description="Replay a trace from standard input, one `key size` a line."
    )
    parser.add_argument("--policy", required=True, choices=NAMES)
    parser.add_argument("--capacity", required=True, type=int, metavar="BYTES", help="size of the cache")
    options = parser.parse_args(argv)
    if options.capacity < 0:
        parser.error(f"--capacity is a number of bytes, 0 or more; got {options.capacity}")
    try:
        hits, misses = replay(options.policy, options.capacity, requests(lines))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"hits: {hits}\nmisses: {misses}\nhit ratio: {hits / max(1, hits + misses):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin))
