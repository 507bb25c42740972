"""From the site back into the course's files, byte for byte, and the difference between the two."""

import difflib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lessons.content.line_ends import END
from lessons.models import Lesson, LessonRevision, Origin

What = Literal["written", "unchanged", "refused", "overwritten"]
BYTES_SHOWN_MAX = 4 * 1024 * 1024  # of a file that is compared; a lesson has 64 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    number: str
    path: Path
    what: What
    revision: int


class Unknown(LookupError):
    """A number that no published lesson has."""


def published(numbers: Sequence[str]) -> list[Lesson]:
    """The lessons asked for, or all, in the order of the course. Raises Unknown."""
    lessons = list(Lesson.objects.select_related("published").exclude(published=None))
    missing = sorted(set(numbers) - {lesson.number for lesson in lessons})
    if missing:
        known = ", ".join(lesson.number for lesson in lessons) or "none"
        raise Unknown(f"No lesson {missing[0]!r} is published. Expected: one of {known}. Example: content export 8.5")
    return [lesson for lesson in lessons if not numbers or lesson.number in numbers]


def export(lesson: Lesson, folder: Path, *, force: bool = False) -> Export:
    """Write the published text. A file with a text that the site does not have is left alone, unless `force`."""
    assert lesson.published is not None
    path, source = folder / f"{lesson.number}.md", lesson.published.source.encode()
    there = path.read_bytes() if path.exists() else None
    what: What = "unchanged" if there == source else "written" if there is None or is_ours(lesson, there) else "overwritten"
    if what == "overwritten" and not force:
        what = "refused"
    if what in ("written", "overwritten"):
        write(path, source)
    return Export(number=lesson.number, path=path, what=what, revision=lesson.published.n)


def is_ours(lesson: Lesson, there: bytes) -> bool:
    """What was imported last, or an edit that was exported before: both are kept as revisions."""
    known: list[LessonRevision] = list(lesson.revisions.filter(origin=Origin.FILE)[:1]) + list(lesson.revisions.filter(origin=Origin.ADMIN))
    return any(there == revision.source.encode() for revision in known)


def write(path: Path, source: bytes) -> None:
    """All of it or nothing: a full disk leaves the old file."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(source)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def difference(lesson: Lesson, folder: Path) -> str:
    """Unified, from the file to what is published. Empty when they are the same bytes."""
    assert lesson.published is not None
    path = folder / f"{lesson.number}.md"
    there = path.read_bytes()[:BYTES_SHOWN_MAX].decode(errors="backslashreplace") if path.exists() else ""
    names = (str(path) if path.exists() else "(no file)", f"{lesson.number} revision {lesson.published.n}")
    return "".join(shown(difflib.unified_diff(lines(there), lines(lesson.published.source), *names, lineterm="\n")))


def lines(source: str) -> list[str]:
    """With their ends, so that another line end is a difference."""
    found, at = [], 0
    for end in END.finditer(source):
        found.append(source[at : end.end()])
        at = end.end()
    return [*found, source[at:]] if at < len(source) else found


def shown(diff: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(diff):
        body = line.rstrip("\r\n")
        end = line[len(body) :]
        yield body + {"\r\n": "\\r", "\r": "\\r (alone)"}.get(end, "") + "\n"
        if not end and number > 1:
            yield "\\ No newline at end of file\n"
