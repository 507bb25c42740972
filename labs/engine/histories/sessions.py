"""A history as sessions: what each process did, one step after the other, and which write each read saw.

Made ready for the checkers that look at program order in place of real time. Rules beyond those of `history`:

- A process is a session: its operations follow one another. An `info` operation comes after what its process had done
  before; nothing of its process needs to come after it, since it may take effect at any time or never.
- An `info` operation nobody saw is left out: what may never have happened cannot contradict anything.
- A cas is a read and a write in one step; a cas from a value to itself is a read.
- Which write a read saw is told by its value, which takes a history where every write of a key has a value of its own
  (a *differentiated* history) other than null. A value that was put twice tells nothing if it was read: `unclear` is the
  first such read. Keys that are appended to tell nothing either: a text does not say which appends it is made of.

Steps are numbered within chains: a chain is the answered operations of a process in their order, or one `info` operation
for itself. A *clock* gives for each chain how many of its first steps come before; so a comparison is one look-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from labs.engine.histories.evidence import token
from labs.engine.histories.history import HistoryError, Operation, encoded

Clock = tuple[int, ...]
Place = tuple[str, Any]  # a key and a value it held
NOTHING: Final = object()  # observed or put by a step that does neither


class Step:
    """`source` is the step whose value this one observed; None: the beginning, or not known (see `known`)."""

    __slots__ = (
        "chain",
        "clock",
        "f",
        "followers",
        "index",
        "info",
        "key",
        "known",
        "need",
        "operation",
        "parent",
        "put",
        "readers",
        "source",
    )

    def __init__(self, operation: Operation) -> None:
        value = operation.value
        self.operation = operation
        self.key = encoded(operation.key)
        self.f = operation.f
        self.info = operation.type == "info"
        self.need: Any = NOTHING
        self.put: Any = NOTHING
        if operation.f == "cas":
            self.need, self.put = token(value[0]), token(value[1])
            if self.need == self.put:
                self.f, self.put = "read", NOTHING
        elif operation.f == "read":
            self.need = token(value)
        else:
            self.put = token(value)
        self.known = False  # what it observed can be told by its value
        self.source: Step | None = None
        self.readers: list[Step] = []
        self.parent: Step | None = None  # the step before it in its process
        self.followers: list[Step] = []  # the steps right after it: the next of its chain, and `info` operations
        self.chain = self.index = -1
        self.clock: Clock = ()


class Sessions:
    """`chains[i][j]` is step j of chain i. `thin_air`: the first read of what nobody put. `silent`: invokes of reads that shall tell
    nothing, as when these are some operations of a history in which they did not.
    """

    def __init__(self, operations: Iterable[Operation], silent: frozenset[int] = frozenset()) -> None:
        self.silent = silent
        self.chains: list[list[Step]] = []
        self.steps: list[Step] = []
        self.thin_air: Step | None = None
        self.unclear: Step | None = None
        self.appended: set[str] = set()
        self._lines: dict[int | str, list[Operation]] = {}
        for operation in sorted(operations, key=lambda operation: operation.invoked):
            self._lines.setdefault(operation.process, []).append(operation)
        for line in self._lines.values():
            follow_one_another(line)
        self._sort(seen(operation for line in self._lines.values() for operation in line))
        self._find_sources()

    def _sort(self, kept: set[int]) -> None:
        """Into chains; those of the `info` operations come last."""
        asides: list[Step] = []
        for line in self._lines.values():
            chain: list[Step] = []
            for operation in line:
                if operation.invoked not in kept:
                    continue
                step = Step(operation)
                step.parent = chain[-1] if chain else None
                if step.parent is not None:
                    step.parent.followers.append(step)
                (asides if step.info else chain).append(step)
            if chain:
                self.chains.append(chain)
        self.chains += [[step] for step in asides]
        for number, chain in enumerate(self.chains):
            for index, step in enumerate(chain):
                step.chain, step.index = number, index
        self.steps = sorted((step for chain in self.chains for step in chain), key=lambda step: step.operation.invoked)
        self.appended = {step.key for step in self.steps if step.f == "append"}

    def _find_sources(self) -> None:
        writers: dict[Place, list[Step]] = defaultdict(list)
        for step in self.steps:
            if step.put is not NOTHING:
                writers[step.key, step.put].append(step)
        asides: list[Step] = []
        for step in self.steps:
            if step.need is not NOTHING and step.operation.invoked not in self.silent and not step.info:
                asides += self._find_source(step, writers)
        while asides:  # that an `info` cas was seen shows that it happened, and so that it saw something itself
            step = asides.pop()
            if step.need is not NOTHING and step.operation.invoked not in self.silent and not step.known and step is not self.thin_air:
                asides += self._find_source(step, writers)

    def _find_source(self, step: Step, writers: dict[Place, list[Step]]) -> list[Step]:
        """Gives the source if it is an `info` step."""
        found = writers.get((step.key, step.need), [])
        if step.key in self.appended or len(found) + (step.need is None) > 1:
            self.unclear = self.unclear or step
        elif found:
            step.known, step.source = True, found[0]
            found[0].readers.append(step)
            return [found[0]] if found[0].info else []
        elif step.need is None:
            step.known = True
        else:
            self.thin_air = self.thin_air or step
        return []

    def proof_of(self, step: Step) -> list[Step]:
        """The step and, if it is an `info` one, those that show that it happened."""
        found = [step]
        while found[-1].info and found[-1].readers:
            found.append(found[-1].readers[0])
        return found

    def tell_nothing(self) -> frozenset[int]:
        """The invokes of the reads that do not tell what they saw."""
        return frozenset(step.operation.invoked for step in self.steps if step.need is not NOTHING and not step.known)

    def why_unclear(self) -> str:
        """Why not every read tells what it saw."""
        assert self.unclear is not None
        key, value = encoded(self.unclear.operation.key), encoded(observed(self.unclear.operation))
        who = f"process {encoded(self.unclear.operation.process)} at {self.unclear.operation.invoked}"
        if self.unclear.key in self.appended:
            return f"key {key} is appended to, and the text read by {who} does not tell which appends it saw"
        if self.unclear.need is None:
            return f"null was written to key {key}, which held null from the start, so the read of {who} does not tell what it saw"
        return f"{value} was written to key {key} more than once, so the read of {who} does not tell which write it saw"


def observed(operation: Operation) -> Any:
    return operation.value[0] if operation.f == "cas" else operation.value


def follow_one_another(line: Iterable[Operation]) -> None:
    """Refuses a process with two operations under way at once: such a one has no order."""
    earlier: Operation | None = None
    for operation in line:
        if earlier is not None and earlier.completed is not None and earlier.completed > operation.invoked:
            reason = f"process {encoded(operation.process)} is still waiting for its {earlier.words()} of {earlier.invoked}"
            raise HistoryError(operation.invoked, reason)
        if operation.completed is not None:
            earlier = operation


def seen(operations: Iterable[Operation]) -> set[int]:
    """The invokes of all that happened, with those `info` operations whose value somebody saw. On keys that are appended to, of all."""
    operations = [operation for operation in operations if operation.type != "fail"]
    appended = {encoded(operation.key) for operation in operations if operation.f == "append"}
    observers: dict[Place, int] = defaultdict(int)
    infos: dict[Place, list[Operation]] = defaultdict(list)
    kept: set[int] = set()
    for operation in operations:
        key = encoded(operation.key)
        if operation.type == "ok":
            kept.add(operation.invoked)
            if operation.f in ("read", "cas"):
                observers[key, token(observed(operation))] += 1
        elif operation.f == "read" or (operation.f == "cas" and token(operation.value[0]) == token(operation.value[1])):
            continue
        elif key in appended:
            kept.add(operation.invoked)
        else:
            infos[key, token(operation.value[1] if operation.f == "cas" else operation.value)].append(operation)
    # What an `info` cas observed was there, if the cas was: so the values are followed backwards.
    wanted = [place for place in infos if place in observers]
    while wanted:
        for operation in infos.pop(wanted.pop(), ()):
            kept.add(operation.invoked)
            if operation.f == "cas":
                wanted.append((encoded(operation.key), token(operation.value[0])))
    return kept


def knows(step: Step, clock: Clock, other: Step) -> bool:
    """Does `other` come before `step`, whose clock this is?"""
    if step.chain == other.chain:
        return other.index < step.index
    return clock[other.chain] > other.index


def merged(clock: Clock, other: Clock, step: Step) -> Clock:
    """`clock`, after `step` and what comes before it (its clock is `other`) as well."""
    found = list(map(max, clock, other))
    if found[step.chain] <= step.index:
        found[step.chain] = step.index + 1
    return tuple(found)
