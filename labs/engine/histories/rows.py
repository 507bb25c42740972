"""What happened to a system's state, for the checkers that look at effects in place of values.

A row is one line of a file or one event of a run:

- `invoke`, `ok`, `fail`, `info`: a client's operation, as in a history. `operation` names it; `process` sends it, `key` is
  what it is about.
- `effect`: the operation's effect took place. `at` says where, if copies of the state take effect each for itself; left out
  there is one place. For mutual exclusion: the storage let a holder through; `token` is its fencing token.
- `acquire`: a process was given the lock on a key, with a `token`. `release` and `refused` (the storage turned a request
  away) may be told as well; no rule depends on them.

As JSON lines: `{"type": "effect", "operation": 7, "key": "x", "process": "worker-1"}`. Blank lines and further fields are
passed over. Operations are told apart by their names, so a process may have several under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from labs.engine.events import Event, NoteEvent, OperationEvent
from labs.engine.histories.history import HistoryError, encoded, is_scalar
from labs.engine.histories.reading import decoded

OPERATIONS: Final = ("invoke", "ok", "fail", "info")
LOCKS: Final = ("acquire", "release", "refused")
TYPES: Final = (*OPERATIONS, "effect", *LOCKS)
FIELDS: Final = ("process", "operation", "key", "at", "token")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`position` is a line number or a seq. Of the other fields a row has those its type takes."""

    position: int
    type: str
    process: int | str | None = None
    operation: int | str | None = None
    key: Any = None
    at: Any = None
    token: int | None = None


class Wants:
    """What a checker's rows must have. `fields`: type of row -> names."""

    def __init__(self, fields: Mapping[str, tuple[str, ...]]) -> None:
        self.fields = fields

    def check(self, row: Row) -> Row:
        for name in self.fields.get(row.type, ()):
            if getattr(row, name) is None:
                raise HistoryError(row.position, f"{name} is missing: this checker wants it in every {row.type}")
        return row


class Calls:
    """Which operations are under way. Raises HistoryError for one invoked twice, or completed without an invoke."""

    def __init__(self) -> None:
        self.invoked: dict[int | str, int] = {}
        self.completed: dict[int | str, int] = {}

    def take(self, row: Row) -> None:
        if row.type not in OPERATIONS or row.operation is None:
            return
        name, place = encoded(row.operation), row.position
        if row.type == "invoke":
            if row.operation in self.invoked:
                raise HistoryError(place, f"operation {name} is invoked again; it was at {self.invoked[row.operation]}")
            self.invoked[row.operation] = place
        elif row.operation not in self.invoked:
            raise HistoryError(place, f"operation {name} is completed, but was not invoked")
        elif row.operation in self.completed:
            raise HistoryError(place, f"operation {name} is completed again; it was at {self.completed[row.operation]}")
        else:
            self.completed[row.operation] = place


def read_rows(lines: Iterable[bytes], wants: Wants) -> list[Row]:
    """Positions are line numbers, from 1. Raises HistoryError with the first line that is not as it should be."""
    calls, found = Calls(), []
    for number, line in enumerate(lines, start=1):
        if not line.isspace():
            row = wants.check(row_of(number, decoded(number, line)))
            calls.take(row)
            found.append(row)
    return found


def row_of(position: int, entry: Mapping[str, Any]) -> Row:
    """A row whose fields are of the right kind."""
    kind = entry.get("type")
    if kind is None:
        raise HistoryError(position, "type is missing")
    if kind not in TYPES:
        raise HistoryError(position, f"type is one of {', '.join(TYPES)}; got {encoded(kind)}")
    for name in ("process", "operation"):
        value = entry.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, str))):
            raise HistoryError(position, f"{name} is a whole number or text; got {encoded(value)}")
    for name in ("key", "at"):
        if not is_scalar(entry.get(name)):
            raise HistoryError(position, f"{name} is null, a truth value, a number or text; got {encoded(entry[name])}")
    token = entry.get("token")
    if token is not None and (isinstance(token, bool) or not isinstance(token, int)):
        raise HistoryError(position, f"token is a whole number; got {encoded(token)}")
    return Row(position=position, type=kind, **{name: entry.get(name) for name in FIELDS})


def rows_from_events(events: Iterable[Event], notes: Mapping[str, str], wants: Wants) -> list[Row]:
    """The rows of a run. `notes` maps the name of a note to the type of row it is; the note's fields are the row's.

    An operation is named by the seq of its invoke, so a note tells the same number. Reads are left out: they have no effect. A note
    that does not say where it took effect is one of its node's doing, but of the one state that all nodes share.
    """
    calls, found = Calls(), []
    for event in events:
        if isinstance(event, OperationEvent) and event.f != "read":
            row = Row(position=event.seq, type=event.type, process=event.process, operation=event.operation, key=event.key)
        elif isinstance(event, NoteEvent) and event.name in notes:
            row = row_of(event.seq, {"process": event.node, **event.fields, "type": notes[event.name]})
        else:
            continue
        row = wants.check(row)
        calls.take(row)
        found.append(row)
    return found


def table(rows: Iterable[Row]) -> list[str]:
    """The rows, with the columns that any of them has."""
    rows = list(rows)
    names = [name for name in FIELDS if any(getattr(row, name) is not None for row in rows)]
    cells = [("line", "type", *names)]
    for row in rows:
        values = [getattr(row, name) for name in names]
        cells.append((str(row.position), row.type, *("" if value is None else str(value) for value in values)))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
