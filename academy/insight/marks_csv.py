"""A table of marks as CSV: a row for each student, a column for each item. The first row has the items as `name:max`.

UTF-8 with or without a byte order mark; commas, semicolons or tabs; quotes. Where commas do not separate, a comma in a number is its point.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from academy.classes.roster import DELIMITERS, numbered

BYTES_MAX = 32 * 1024 * 1024
STUDENTS_MAX = 5_000
ITEMS_MAX = 300
NUMBER = re.compile(r"(?P<sign>[+-]?)(\d{1,9}(\.\d{0,9})?|\.\d{1,9})")
POINT = re.compile(r"(?<=\d),(?=\d)")
NUMBER_WORDS = "a number from 0 with at most nine digits before the point and nine after it"
NAMES = ("", "student", "students", "name", "names", "username", "user", "email", "id")  # of a first column that is no item
BLANK = Decimal(0)


class Unreadable(ValueError):
    """What is wrong with a file, in one line: where, what was expected, what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`columns`: the marks of each item, students in the order of the file."""

    names: list[str]
    maxima: list[Decimal]
    columns: list[list[Decimal]]

    @property
    def n(self) -> int:
        return len(self.columns[0])


def read(data: bytes) -> Table:
    """Raises Unreadable at the first thing that is wrong."""
    if len(data) > BYTES_MAX:
        raise Unreadable(f"the file is larger than {BYTES_MAX // 1024**2} MB. Expected: at most {STUDENTS_MAX} rows and {ITEMS_MAX} items.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        came = f"the byte 0x{data[error.start]:02x}"
        raise Unreadable(f"line {line}: expected UTF-8, got {came}. Save the file as UTF-8 (“CSV UTF-8” in a spreadsheet).") from error
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = separator(head)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return read_lines(numbered(reader), delimiter)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: this is not CSV: {error}. Expected: quotes that are closed.") from error


def separator(head: str) -> str:
    """What there is most of; a comma between digits is a point where something else could separate."""
    others = any(one in head for one in DELIMITERS[1:])
    counted = POINT.sub("", head) if others else head
    return max(DELIMITERS, key=counted.count)


def read_lines(lines: Iterator[tuple[int, list[str]]], delimiter: str) -> Table:
    line, head = next(lines, (1, []))
    if not head:
        raise Unreadable("line 1: the file is empty. Expected: a first line of items, such as q1:1,q2:2.5, and a line for each student.")
    skip = 1 if head[0].strip().lower() in NAMES and len(head) > 1 else 0
    names, maxima = items(head, line, skip, delimiter)
    known: dict[str, Decimal] = {}  # the same few texts come again and again
    rows: list[list[Decimal]] = []
    for line, cells in lines:
        if len(rows) == STUDENTS_MAX:
            raise Unreadable(f"line {line}: more than {STUDENTS_MAX} students. Expected: at most {STUDENTS_MAX} lines under the first.")
        if len(cells) != len(head):
            raise Unreadable(f"line {line}: expected {len(head)} columns, as the first line has, got {len(cells)}.")
        rows.append([mark(cells[at + skip], line, at + skip, names[at], most, delimiter, known) for at, most in enumerate(maxima)])
    if not rows:
        raise Unreadable(f"line {line}: there are no marks. Expected: a line for each student under the first.")
    return Table(names=names, maxima=maxima, columns=[list(column) for column in zip(*rows, strict=True)])


def items(head: list[str], line: int, skip: int, delimiter: str) -> tuple[list[str], list[Decimal]]:
    """Names and maxima of the first line."""
    if len(head) - skip > ITEMS_MAX:
        raise Unreadable(f"line {line}: expected at most {ITEMS_MAX} items, got {len(head) - skip}.")
    names: list[str] = []
    maxima: list[Decimal] = []
    for at, cell in enumerate(head[skip:], skip + 1):
        name, colon, written = (part.strip() for part in cell.rpartition(":"))
        where = f"line {line}, column {at}"
        if not colon or not written or not name:
            extra = " Only a first column may be no item, if it is called student, name, username, email or id." if at == 1 else ""
            raise Unreadable(f"{where}: expected an item as name:max, such as q1:1, got {cell.strip()[:40]!r}.{extra}")
        most = number(written, delimiter)
        if most is None or most <= 0:
            raise Unreadable(f"{where} ({name[:40]}): expected a maximum above 0, got {written[:40]!r}.")
        if name in names:
            raise Unreadable(
                f"{where}: expected each name once, got {name[:40]!r}, which column {names.index(name) + skip + 1} has already."
            )
        names.append(name)
        maxima.append(most)
    return names, maxima


def mark(cell: str, line: int, at: int, name: str, most: Decimal, delimiter: str, known: dict[str, Decimal]) -> Decimal:
    """Of one student in one item. A blank is 0, as in Moodle: who did not answer got nothing."""
    value = known.get(cell)
    if value is None:
        text = cell.strip()
        found = number(text, delimiter) if text else BLANK
        where = f"line {line}, column {at + 1} ({name[:40]})"
        if found is None:
            raise Unreadable(f"{where}: expected {NUMBER_WORDS}, or nothing, got {text[:40]!r}.")
        if found < 0:
            raise Unreadable(f"{where}: expected a mark from 0 to {most:f}, got {text[:40]}, which is below 0.")
        value = known[cell] = found
    if value > most:
        raise Unreadable(f"line {line}, column {at + 1} ({name[:40]}): expected a mark from 0 to {most:f}, got {cell.strip()[:40]}.")
    return value


def number(text: str, delimiter: str) -> Decimal | None:
    """None where it is none. `1e3`, `1_000` and `NaN` are none."""
    written = text if delimiter == "," else text.replace(",", ".")
    return Decimal(written) if NUMBER.fullmatch(written) and written.isascii() else None
