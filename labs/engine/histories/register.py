"""One register's history, made ready for the search: values as small numbers, time as levels, operations as calls.

Level i is the span that ends with the i-th `ok` completion of this register. Within a level the pending calls stay the
same, which is all that matters, since a linearization point can always be moved to just before a completion (Lowe's
just-in-time linearization).

Each call has one bit. The bits of `ok` calls are used again when the call has returned, so sets of pending calls are
small integers however long the history; `info` calls, which never return, have the bits above those.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from labs.engine.histories.history import Operation
from labs.engine.histories.values import NULL, Prefixes, Values

READ, WRITE, CAS, APPEND = range(4)


class Call:
    """An operation that happened, or may have. A cas from a value to itself is a read of it."""

    __slots__ = ("arrives", "bit", "due", "info", "kind", "need", "put")

    def __init__(self, kind: int, need: int, put: int, info: bool) -> None:
        self.kind = kind
        self.need = need  # value it observes; -1: none
        self.put = put  # value it leaves, or appends; -1: none
        self.info = info
        self.arrives = 0  # first level it is pending in
        self.due = 0  # level it returns at; for info a number past the last level, in the order of invokes
        self.bit = 0


class Register:
    """`returns[i]` is the call that ends level i; `arrivals[i]` are the calls that begin to be pending in it."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        operations = [operation for operation in operations if operation.type != "fail"]
        functions = {operation.f for operation in operations}
        self.appends = "append" in functions
        self.values = Prefixes(texts(operations)) if self.appends and functions <= {"append", "read"} else Values()
        self.returns: list[Call] = []
        self.arrivals: list[list[Call]] = [[]]
        self.operations: list[Operation] = []  # that of returns[i]
        self._sort(operations)
        self.levels = len(self.returns)
        self.arrivals.pop()  # invoked after the last return: nothing can depend on them
        self._number()
        self._summarise()

    def _call(self, operation: Operation) -> Call | None:
        info = operation.completed is None
        number = self.values.number
        match operation.f:
            case "read":
                return None if info else Call(READ, number(operation.value), -1, info)
            case "write":
                return Call(WRITE, -1, number(operation.value), info)
            case "append":
                return Call(APPEND, -1, self.values.tail(operation.value), info)
        need, put = map(number, operation.value)
        if need != put:
            return Call(CAS, need, put, info)
        return None if info else Call(READ, need, -1, info)

    def _sort(self, operations: Iterable[Operation]) -> None:
        moments: list[tuple[int, Call, Operation | None]] = []
        for operation in operations:
            call = self._call(operation)
            if call is not None:
                moments.append((operation.invoked, call, None))
                if operation.completed is not None:
                    moments.append((operation.completed, call, operation))
        moments.sort(key=lambda moment: moment[0])
        for _, call, returned in moments:
            if returned is not None:
                call.due = len(self.returns)
                self.returns.append(call)
                self.operations.append(returned)
                self.arrivals.append([])
            else:
                call.arrives = len(self.returns)
                self.arrivals[-1].append(call)

    def _number(self) -> None:
        """Gives every call its bit, and info calls their place after all returns."""
        free: list[int] = []
        slots = 0
        for level, arrivals in enumerate(self.arrivals):
            for call in arrivals:
                if not call.info:
                    if not free:
                        heapq.heappush(free, slots)
                        slots += 1
                    call.bit = 1 << heapq.heappop(free)
            heapq.heappush(free, self.returns[level].bit.bit_length() - 1)
        self.ok_bits = (1 << slots) - 1
        for place, call in enumerate(call for arrivals in self.arrivals for call in arrivals if call.info):
            call.due = self.levels + place
            call.bit = 1 << (slots + place)

    def _summarise(self) -> None:
        calls = [call for arrivals in self.arrivals for call in arrivals]
        self.writers: dict[int, int] = defaultdict(int, {NULL: 1})  # value -> calls that may leave it
        self.observers: dict[int, list[int]] = defaultdict(list)  # value -> levels by which it must be, or may be, observed
        for call in calls:
            if call.kind in (WRITE, CAS):
                self.writers[call.put] += 1
            if call.need >= 0:
                self.observers[call.need].append(call.due)
        for due in self.observers.values():
            due.sort()
        if isinstance(self.values, Prefixes):
            self.values.expect(self._lengths(self.values))

    def _lengths(self, values: Prefixes) -> list[tuple[int, int]]:
        """At each level the length of the longest text that is read there or later, and the level at which that read is due."""
        longest = (0, self.levels)
        found = []
        for call in reversed(self.returns):
            if call.kind == READ and call.need != values.never and call.need - 1 > longest[0]:
                longest = (call.need - 1, call.due)
            found.append(longest)
        return found[::-1]

    def observed_at(self, value: int, level: int) -> int | None:
        """The first level from `level` on by which a call that observes the value is due, or None. Past the last level: an info call."""
        due = self.observers.get(value, ())
        place = bisect_left(due, level)
        return due[place] if place < len(due) else None


def texts(operations: Iterable[Operation]) -> list[Any]:
    return [operation.value for operation in operations if operation.f == "read" and operation.completed is not None]
