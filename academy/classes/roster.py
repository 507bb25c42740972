"""A class's roster as CSV: read it, say line by line what would happen, and write it out.

Read: UTF-8 with or without a byte order mark; commas, semicolons or tabs; quotes; a first line that names its columns (username, email,
name, in any order and case; others are passed over). An email never finds an account: the site sends no mail, so nobody has shown that an
address is theirs. It becomes an invitation, whose one-time link the instructor hands to the person.

Written: what begins like a formula gets an apostrophe, so that a spreadsheet shows it and does not run it; reading takes it off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

BYTES_MAX = 1024 * 1024
LINES_MAX = 2_000
NAME_MAX = 150
PROBLEMS_MAX = 50  # shown at once
COLUMNS = ("username", "email", "name")
DELIMITERS = ",;\t"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXAMPLE = "username,email,name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a line, 1 being the first of the file."""

    line: int
    what: str
    expected: str
    example: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} Expected: {self.expected} Example: {self.example}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    line: int
    username: str
    email: str
    name: str

    @property
    def label(self) -> str:
        return self.username or self.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    rows: Sequence[Row]
    problems: Sequence[Problem]


def decode(data: bytes) -> str | Problem:
    """The text of an uploaded file, or what is wrong with it."""
    if len(data) > BYTES_MAX:
        return Problem(
            line=1, what=f"The file is larger than {BYTES_MAX // 1024} kB.", expected="at most 1 MB.", example="one file for each class"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(
            line=line,
            what="This is not UTF-8.",
            expected="a file saved as UTF-8.",
            example="the format “CSV UTF-8” of a spreadsheet",
        )


def read(text: str) -> Roster:
    """The rows of a roster, and every problem found."""
    if len(text.encode()) > BYTES_MAX:
        return Roster(rows=[], problems=[Problem(line=1, what="The text is too long.", expected="at most 1 MB.", example=EXAMPLE)])
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(DELIMITERS, key=head.count), strict=True)
    try:
        return read_lines(numbered(reader))
    except csv.Error as error:
        what = f"This is not CSV: {error}."
        return Roster(
            rows=[], problems=[Problem(line=reader.line_num, what=what, expected="quotes that are closed.", example='"Lovelace, Ada"')]
        )


def numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line it begins on (a quoted field may hold line breaks)."""
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1  # type: ignore[attr-defined]


def read_lines(lines: Iterator[tuple[int, list[str]]]) -> Roster:
    line, head = next(lines, (1, []))
    places = {name.strip().lower(): at for at, name in reversed(list(enumerate(head))) if name.strip().lower() in COLUMNS}
    if not {"username", "email"} & set(places):
        got = ", ".join(name.strip()[:20] for name in head[:6]) or "nothing"
        what = f"The first line names no column username or email; it says {got}."
        return Roster(rows=[], problems=[Problem(line=line, what=what, expected="the names of the columns.", example=EXAMPLE)])
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for count, (line, cells) in enumerate(lines, 1):
        if count > LINES_MAX:
            expected = f"at most {LINES_MAX} lines under the first."
            problems.append(Problem(line=line, what="There are too many lines.", expected=expected, example="one file for each class"))
            break
        row = Row(line=line, **{name: cell(cells, places.get(name)) for name in COLUMNS})
        found = problem_of(row, seen)
        if found is None:
            rows.append(row)
        else:
            problems.append(found)
    if not rows and not problems:
        problems.append(Problem(line=1, what="There is nobody in it.", expected="a line for each student.", example="ada,,Ada"))
    return Roster(rows=rows, problems=problems[:PROBLEMS_MAX])


def cell(cells: Sequence[str], place: int | None) -> str:
    """The value in a column; "" where the line is too short. The apostrophe of an export comes off."""
    value = cells[place].strip() if place is not None and place < len(cells) else ""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA) else value


def problem_of(row: Row, seen: dict[str, int]) -> Problem | None:
    """What is wrong with a row. `seen` keeps where each person stood first."""
    if not row.label:
        return Problem(line=row.line, what="It names nobody.", expected="a user name or an email.", example="ada or ada@example.org")
    for name, value in (("user name", row.username), ("email", row.email), ("name", row.name)):
        if len(value) > NAME_MAX:
            return Problem(
                line=row.line, what=f"The {name} is too long.", expected=f"at most {NAME_MAX} characters.", example="Ada Lovelace"
            )
        if not value.isprintable():
            return Problem(
                line=row.line, what=f"The {name} has characters that cannot be printed.", expected="text.", example="Ada Lovelace"
            )
    if row.email:
        try:
            validate_email(row.email)
        except ValidationError:
            return Problem(line=row.line, what=f"{row.email!r} is no email.", expected="an address.", example="ada@example.org")
    for value in {row.username.lower(), row.email.lower()} - {""}:
        first = seen.setdefault(value, row.line)
        if first != row.line:
            what = f"{value!r} stands in line {first} already."
            return Problem(line=row.line, what=what, expected="each person once.", example="one of the two lines")
    return None


def write(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """CSV for a spreadsheet, with a byte order mark, since Excel takes a file without one for something else than UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()


def harmless(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value
