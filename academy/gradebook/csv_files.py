"""Grades as CSV: write them out, read them back, and say line by line what a file would change before it changes anything.

Written: `username, name`, each column as `title:points` (its points are the number's maximum), `total %`, then for each column what its
cell is (`title: state`). What begins like a formula gets an apostrophe, in the first line too; reading takes it off again.

Read: as the roster is (UTF-8; commas, semicolons or tabs). `username` is needed; columns are named as they are written out, or by title.
An empty cell leaves things alone, and so does a number that the table shows already, so the same file twice changes nothing. Everything
else is set by hand. A bad line is named with what was expected, and holds back the whole file.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from academy.classes import roster
from academy.classes.models import Membership, SchoolClass
from academy.classes.roster import BYTES_MAX, LINES_MAX, PROBLEMS_MAX, Problem, harmless
from academy.gradebook import grid, numbers
from academy.gradebook.book import plain
from academy.gradebook.grid import Grid, Row
from academy.gradebook.models import Column
from academy.gradebook.numbers import shown

PASSED_OVER = ("name", "total %")
STATE = ": state"
NAMED_MAX = 12  # columns in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cell that would be set. `before` as the table shows it."""

    line: int
    seat: Membership
    column: Column
    before: str
    after: Decimal

    @property
    def name(self) -> str:
        return grid.name_of(self.seat)

    @property
    def text(self) -> str:
        return f"{self.before} → {shown(self.after)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    changes: Sequence[Change] = ()
    problems: Sequence[Problem] = ()
    same: int = 0  # cells whose number stands there already
    digest: str = field(default="")  # of the changes: what was agreed to

    @property
    def of_quizzes(self) -> int:
        return sum(change.column.schedule_id is not None for change in self.changes)


# --- out ---


def write(table: Grid) -> str:
    states = [f"{column.title}{STATE}" for column in table.columns]
    head = ["username", "name", *(head_of(column) for column in table.columns), "total %", *states]
    return roster.write([line(row) for row in table.rows], [harmless(value) for value in head])


def head_of(column: Column) -> str:
    return f"{column.title}:{plain(column.points)}"


def line(row: Row) -> list[str]:
    points = ["" if value is None else shown(value) for value in row.points]
    total = "" if row.total is None else shown(row.total * 100)
    states = map(state, row.points, row.signs)
    return [row.seat.user.username, row.name, *points, total, *states]


def state(value: Decimal | None, sign: str) -> str:
    return grid.WORDS.get(sign) or ("nothing yet" if value is None else "graded")


# --- in ---


def plan(school_class: SchoolClass, text: str) -> Plan:
    """What a file would do now."""
    if len(text.encode()) > BYTES_MAX:
        return Plan(problems=[Problem(line=1, what="The text is too long.", expected="at most 1 MB.", example="one file for each class")])
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(roster.DELIMITERS, key=head.count), strict=True)
    try:
        return planned(grid.of_class(school_class), list(roster.numbered(reader)))
    except csv.Error as error:
        what = f"This is not CSV: {error}."
        return Plan(problems=[Problem(line=reader.line_num, what=what, expected="quotes that are closed.", example='"Lovelace, Ada"')])


def planned(table: Grid, lines: Sequence[tuple[int, list[str]]]) -> Plan:
    if not lines:
        return Plan(problems=[Problem(line=1, what="There is nothing in it.", expected="a line of names.", example=example(table))])
    at, head = lines[0]
    if len(lines) - 1 > LINES_MAX:
        expected = f"at most {LINES_MAX} lines under the first."
        return Plan(problems=[Problem(line=at, what="There are too many lines.", expected=expected, example="one file for each class")])
    places, problems = placed(table, at, head)
    if problems:
        return Plan(problems=problems[:PROBLEMS_MAX])
    rows = {row.seat.user.username.lower(): row for row in table.rows}
    changes: list[Change] = []
    seen: dict[str, int] = {}
    same = 0
    for number, cells in lines[1:]:
        row = rows.get(roster.cell(cells, places["username"]).lower())
        problem = who(number, roster.cell(cells, places["username"]), row, seen)
        if problem is not None or row is None:
            problems += [problem] if problem else []
            continue
        for found in of_line(table, row, number, cells, places):
            if isinstance(found, Problem):
                problems.append(found)
            elif found is not None:
                changes.append(found)
            else:
                same += 1
    if problems:
        return Plan(problems=problems[:PROBLEMS_MAX])
    return Plan(changes=changes, same=same, digest=digest(changes))


def placed(table: Grid, line: int, head: Sequence[str]) -> tuple[dict[str | int, int], list[Problem]]:
    """Where in a line the user name stands and each column of the gradebook, by its number; and what is wrong with the first line."""
    places: dict[str | int, int] = {}
    problems = []
    for at, written in enumerate(head):
        name = roster.cell(head, at)
        key = meant(table, written.strip(), name)
        if key is None or key in places:
            problems.append(unplaced(table, line, name, key is not None))
        elif key != "":
            places[key] = at
    if "username" not in places and not problems:
        problems.append(Problem(line=line, what="No column is named username.", expected="user names.", example=example(table)))
    return places, problems


def meant(table: Grid, written: str, name: str) -> str | int | None:
    """The column that a name of the first line means; "" for those that are passed over, None for what is unknown or means two."""
    for spelled in (written, name):
        for names in (head_of, str):
            found = [column.pk for column in table.columns if names(column).casefold() == spelled.casefold()]
            if found:
                return found[0] if len(found) == 1 else None
    if name.lower() == "username":
        return "username"
    return "" if not name or name.lower() in PASSED_OVER or name.endswith(STATE) else None


def unplaced(table: Grid, line: int, name: str, is_double: bool) -> Problem:
    if is_double:
        what = f"{name[:60]!r} stands in the first line twice."
        return Problem(line=line, what=what, expected="each column once.", example=example(table))
    named = sum(column.title.casefold() == name.rpartition(":")[0].casefold() for column in table.columns)
    if named == 1:
        column = next(one for one in table.columns if one.title.casefold() == name.rpartition(":")[0].casefold())
        what = f"{name[:60]!r}: {column} has {plain(column.points)} points in the gradebook."
        return Problem(line=line, what=what, expected="numbers out of the same points.", example=head_of(column))
    if named > 1 or sum(str(column).casefold() == name.casefold() for column in table.columns) > 1:
        what = f"{name[:60]!r} means two columns."
        return Problem(line=line, what=what, expected="a title for each column.", example="rename one of them in the gradebook")
    names = ", ".join(head_of(column) for column in table.columns[:NAMED_MAX]) or "none yet"
    what = f"The gradebook has no column {name[:60]!r}."
    return Problem(line=line, what=what, expected=f"username and columns of the gradebook: {names}.", example=example(table))


def example(table: Grid) -> str:
    return ",".join(["username", *(head_of(column) for column in table.columns[:2])])


def who(line: int, username: str, row: Row | None, seen: dict[str, int]) -> Problem | None:
    """What is wrong with a line's user name. `seen` keeps where each stood first."""
    if not username:
        return Problem(line=line, what="It names nobody.", expected="a user name.", example="ada")
    if row is None:
        what = f"{username[:60]!r} is no student of this class."
        return Problem(line=line, what=what, expected="a user name as on the roster.", example="take the line out")
    first = seen.setdefault(username.lower(), line)
    if first != line:
        what = f"{username[:60]!r} stands in line {first} already."
        return Problem(line=line, what=what, expected="each student once.", example="one of the two lines")
    return None


def of_line(table: Grid, row: Row, line: int, cells: Sequence[str], places: Mapping[str | int, int]) -> Iterator[Change | Problem | None]:
    """For each number in a line a change, a problem, or None where it stands there already."""
    for column, points, held in zip(table.columns, row.points, row.cells, strict=True):
        written = roster.cell(cells, places.get(column.pk))
        if not written:
            continue
        try:
            after = numbers.read(written, column.points)
        except numbers.Unreadable as error:
            yield Problem(line=line, what=f"{column}: {error.what}", expected=f"{error.expected}, or nothing.", example=error.example)
            continue
        before = "exempt" if held.exempt else shown(points)
        yield None if before == shown(after) else Change(line=line, seat=row.seat, column=column, before=before, after=after)


def digest(changes: Sequence[Change]) -> str:
    """The same changes from the same numbers have the same one."""
    rows = "\n".join(f"{one.seat.user_id} {one.column.pk} {one.before} {one.after} {one.column.points}" for one in changes)
    return hashlib.sha256(rows.encode()).hexdigest()[:32]
