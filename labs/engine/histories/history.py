"""A history: what clients asked of a system, when, and what they were told. Invoke and completion, as in Jepsen.

Rules every reader of a history keeps:

- An operation is pending from its `invoked` to its `completed` position: line numbers of a file, or seqs of a run.
  Only their order matters.
- `ok`: it took effect at some moment in between. The value of an `ok` read is what was read; the value of any other
  completion says nothing and is not looked at.
- `fail`: it did not happen. That goes for a compare-and-set as well: one that found another value is a `fail`, and what
  it found is not held against the system.
- `info`, and an invoke without a completion: nobody knows. It may take effect at any moment from `invoked` on, or never.
- A process has one operation outstanding at most. After `info` it may go on (Jepsen would retire its number).
- A key that was never written reads as null. `append` concatenates, and to null as to the empty text; so a key that is
  appended to holds only text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from labs.engine.errors import LabError
from labs.engine.events import Event, OperationEvent

FUNCTIONS = ("read", "write", "cas", "append")

Outcome = Literal["ok", "fail", "info"]


class HistoryError(LabError):
    """Not a history: where (a line or a seq) and why."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"{position}: {reason}")
        self.position, self.reason = position, reason


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is what was read, written or appended, or `[from, to]`; None for a read that was never answered."""

    process: int | str
    f: str
    key: Any = None
    value: Any = None
    type: Outcome = "info"
    invoked: int
    completed: int | None = None  # > invoked; None: never

    def words(self) -> str:
        """`write 1`, `cas 1 -> 2`, `read`."""
        if self.f == "read":
            return "read"
        if self.f == "cas":
            return f"cas {encoded(self.value[0])} -> {encoded(self.value[1])}"
        return f"{self.f} {encoded(self.value)}"


def encoded(value: Any) -> str:
    """A value as a history spells it."""
    return msgspec.json.encode(value).decode()


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def check_argument(position: int, f: str, value: Any) -> None:
    """Refuses what the model has no meaning for."""
    if f == "cas":
        if not (isinstance(value, (list, tuple)) and len(value) == 2 and all(map(is_scalar, value))):
            raise HistoryError(position, f"the value of a cas is [from, to], two scalars; got {encoded(value)}")
    elif f == "append":
        if not isinstance(value, str):
            raise HistoryError(position, f"append takes text; got {encoded(value)}")
    elif f not in FUNCTIONS:
        raise HistoryError(position, f"f is one of {', '.join(FUNCTIONS)}; got {encoded(f)}")
    elif not is_scalar(value):
        raise HistoryError(position, f"the value of a {f} is null, a truth value, a number or text; got {encoded(value)}")


class Pairing:
    """Joins each completion to its invoke. `outstanding` maps a name to the one operation open under it."""

    def __init__(self) -> None:
        self.outstanding: dict[int | str, Operation] = {}
        self.done: list[Operation] = []

    def invoke(self, name: int | str, operation: Operation) -> None:
        check_argument(operation.invoked, operation.f, None if operation.f == "read" else operation.value)
        earlier = self.outstanding.get(name)
        if earlier is not None:
            raise HistoryError(
                operation.invoked, f"process {encoded(name)} is still waiting for its {earlier.words()} of {earlier.invoked}"
            )
        self.outstanding[name] = operation

    def complete(self, name: int | str, position: int, outcome: Outcome, value: Any) -> None:
        operation = self.outstanding.pop(name, None)
        if operation is None:
            raise HistoryError(position, f"process {encoded(name)} completes an operation it has not invoked")
        if operation.f == "read":
            value = value if outcome == "ok" else None
            check_argument(position, "read", value)
        else:
            value = operation.value
        completed = None if outcome == "info" else position
        self.done.append(msgspec.structs.replace(operation, type=outcome, value=value, completed=completed))

    def operations(self) -> list[Operation]:
        """All of them in the order of their invokes; what is still outstanding is `info`."""
        found = sorted([*self.done, *self.outstanding.values()], key=lambda operation: operation.invoked)
        check_appended(found)
        return found


def check_appended(operations: Iterable[Operation]) -> None:
    """A key that is appended to holds only text (or null): there is no text of a number to append to."""
    operations = list(operations)
    appended = {encoded(operation.key) for operation in operations if operation.f == "append"}
    for operation in operations:
        if operation.f in ("write", "cas") and encoded(operation.key) in appended:
            put = operation.value[1] if operation.f == "cas" else operation.value
            if not (put is None or isinstance(put, str)):
                raise HistoryError(operation.invoked, f"key {encoded(operation.key)} is appended to, so it holds text; got {encoded(put)}")


def from_events(events: Iterable[Event]) -> list[Operation]:
    """The history of a run. Positions are seqs; other events are passed over."""
    pairing = Pairing()
    for event in events:
        if not isinstance(event, OperationEvent):
            continue
        if event.type == "invoke":
            value = None if event.f == "read" else event.value
            operation = Operation(process=event.process, f=event.f, key=event.key, value=value, invoked=event.seq)
            pairing.invoke(event.operation, operation)
        else:
            pairing.complete(event.operation, event.seq, event.type, event.value)
    return pairing.operations()
