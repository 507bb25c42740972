"""The calls pending at one level of a register's history, indexed as the search asks for them.

Moving by one level is one call out and a few in, so a search that goes down the levels and backs up again pays for the
levels it passes, not for what is pending.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict

from labs.engine.histories.register import APPEND, CAS, READ, WRITE, Call, Register

Bits = defaultdict[int, int]


def due(call: Call) -> int:
    return call.due


class Window:
    """`reads`, `writes`, `cas_from` and `cas_to` map a value to the bits of the pending calls that read it, write it, ..."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.level = 0
        self.reads: Bits = defaultdict(int)
        self.writes: Bits = defaultdict(int)
        self.cas_from: Bits = defaultdict(int)
        self.cas_to: Bits = defaultdict(int)
        self.appends = 0
        self.updates = 0  # ok writes and appends
        self.groups: dict[tuple[int, int, int], list[Call]] = {}  # calls that do the same, in the order they are due
        self.targets: dict[int, dict[int, None]] = {}  # from -> to of pending cas
        for call in register.arrivals[0] if register.arrivals else ():
            self._add(call)

    def move(self, level: int) -> None:
        register = self.register
        while self.level < level:
            self._remove(register.returns[self.level])
            self.level += 1
            for call in register.arrivals[self.level]:
                self._add(call)
        while self.level > level:
            for call in register.arrivals[self.level]:
                self._remove(call)
            self.level -= 1
            self._add(register.returns[self.level])

    def first(self, kind: int, need: int, put: int, used: int) -> Call | None:
        """Of the calls that do the same, the one to take: the first due that is not used. (Any other could change places with it.)"""
        for call in self.groups.get((kind, need, put), ()):
            if not call.bit & used:
                return call
        return None

    def _add(self, call: Call) -> None:
        if call.kind == READ:
            self.reads[call.need] |= call.bit
            return
        insort(self.groups.setdefault((call.kind, call.need, call.put), []), call, key=due)
        if call.kind == CAS:
            self.cas_from[call.need] |= call.bit
            self.cas_to[call.put] |= call.bit
            self.targets.setdefault(call.need, {})[call.put] = None
            return
        if call.kind == WRITE:
            self.writes[call.put] |= call.bit
        else:
            self.appends |= call.bit
        if not call.info:
            self.updates |= call.bit

    def _remove(self, call: Call) -> None:
        if call.kind == READ:
            self._clear(self.reads, call.need, call.bit)
            return
        name = (call.kind, call.need, call.put)
        group = self.groups[name]
        del group[bisect_left(group, call.due, key=due)]
        if not group:
            del self.groups[name]
        if call.kind == CAS:
            self._clear(self.cas_from, call.need, call.bit)
            self._clear(self.cas_to, call.put, call.bit)
            if not group:
                del self.targets[call.need][call.put]
            return
        if call.kind == WRITE:
            self._clear(self.writes, call.put, call.bit)
        elif call.kind == APPEND:
            self.appends &= ~call.bit
        self.updates &= ~call.bit

    @staticmethod
    def _clear(bits: Bits, value: int, bit: int) -> None:
        left = bits[value] & ~bit
        if left:
            bits[value] = left
        else:
            del bits[value]
