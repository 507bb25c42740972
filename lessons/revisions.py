"""The door to lesson texts: every change of what readers see goes through here.

Rules. A revision is never changed. The newest file and the instructor's edits meet only here: a file is published over a file, never over
an edit; then it waits as the lesson's `pending` revision until somebody chooses. `common` is the newest file that the published text takes
into account: published itself, merged, or turned down.
"""

from typing import Any, Literal

from django.db import transaction
from django.db.models import Max

from lessons import asking, indexing
from lessons.content.merge import hunks
from lessons.content.text import Text, parse
from lessons.models import Lesson, LessonRevision, Origin, sha256_of

Outcome = Literal["created", "updated", "unchanged", "kept aside"]


class Stale(Exception):
    """Somebody else published in the meantime."""


@transaction.atomic
def take_file(source: str, note: str = "") -> tuple[Lesson, Outcome]:
    """Import one course file, already checked."""
    text = parse(source).require("course file")
    lesson, created = Lesson.objects.get_or_create(
        number=text.matter.number, defaults={"order": text.matter.order, "title": text.matter.title}
    )
    lesson = lock(lesson.pk)
    last_file = lesson.revisions.filter(origin=Origin.FILE).first()
    sha256 = sha256_of(source)
    if last_file is not None and last_file.sha256 == sha256:
        return lesson, "unchanged"
    known = is_known(lesson, sha256)
    revision = add(lesson, source, origin=Origin.FILE, note=note)
    shown = lesson.published
    if shown is not None and shown.origin == Origin.ADMIN and not holds_all(lesson, source):
        lesson.pending = None if known else revision
        lesson.common = revision if known else lesson.common
        lesson.save(update_fields=["pending", "common"])
        return lesson, "unchanged" if known else "kept aside"
    lesson.common = revision
    show(lesson, revision)
    return lesson, "created" if created else "updated"


def is_known(lesson: Lesson, sha256: str) -> bool:
    """Whether the published text came from this one: the file it began with, or an edit since then that was exported."""
    begun = lesson.common.n if lesson.common is not None else 0
    if lesson.common is not None and lesson.common.sha256 == sha256:
        return True
    return lesson.revisions.filter(origin=Origin.ADMIN, n__gt=begun, sha256=sha256).exists()


@transaction.atomic
def edit(lesson: Lesson, source: str, *, author: Any, base: int, note: str = "", settles: int | None = None) -> LessonRevision:
    """Publish an instructor's text. `base` is the revision the edit began with; raises Stale when it is no longer the published one.

    `settles` is the pending file that was merged into it, which then waits no longer; raises Stale when another waits by now.
    """
    parse(source).require(f"lesson {lesson.number}")
    lesson = lock(lesson.pk)
    if lesson.published is not None and lesson.published.n != base:
        raise Stale
    if settles is not None:
        if lesson.pending is None or lesson.pending.n != settles:
            raise Stale
        lesson.common, lesson.pending = lesson.pending, None
    if lesson.published is not None and lesson.published.sha256 == sha256_of(source):
        lesson.save(update_fields=["common", "pending"])
        return lesson.published
    revision = add(lesson, source, origin=Origin.ADMIN, author=author, note=note)
    show(lesson, revision, keep_pending=True)
    return revision


@transaction.atomic
def settle(lesson: Lesson, pending_n: int, published_n: int, choice: Literal["file", "ours"]) -> None:
    """End a conflict. Raises Stale when the two texts are not those that were looked at."""
    lesson = lock(lesson.pk)
    if lesson.pending is None or lesson.pending.n != pending_n or lesson.published is None or lesson.published.n != published_n:
        raise Stale
    lesson.common = lesson.pending
    if choice == "file":
        show(lesson, lesson.pending)
    else:
        lesson.pending = None
        lesson.save(update_fields=["pending", "common"])


def holds_all(lesson: Lesson, source: str) -> bool:
    """Whether a file has in it everything that was edited here, as one has that was exported and worked on."""
    ours = lesson.published.source if lesson.published is not None else ""
    return all(hunk.kind in ("same", "both", "theirs") for hunk in hunks(base_of(lesson), ours, source))


def base_of(lesson: Lesson) -> str:
    """The text from which the published one and the pending file parted. Empty where none is known."""
    if lesson.common is not None:
        return lesson.common.source
    limit = lesson.published.n if lesson.published is not None else 0
    older = lesson.revisions.filter(origin=Origin.FILE, n__lt=limit).first()
    return older.source if older is not None else ""


def lock(pk: int) -> Lesson:
    return Lesson.objects.select_for_update(of=("self",)).select_related("published", "pending", "common").get(pk=pk)


def add(lesson: Lesson, source: str, *, origin: str, author: Any = None, note: str = "") -> LessonRevision:
    """The next revision. The caller holds the lesson's row."""
    newest = lesson.revisions.aggregate(n=Max("n"))["n"] or 0
    return LessonRevision.objects.create(lesson=lesson, n=newest + 1, source=source, origin=origin, author=author, note=note[:200])


def show(lesson: Lesson, revision: LessonRevision, *, keep_pending: bool = False) -> None:
    text: Text = parse(revision.source)
    lesson.published = revision
    lesson.title, lesson.lead, lesson.minutes = text.matter.title, text.matter.lead, text.matter.minutes
    if not keep_pending:
        lesson.pending = None
    lesson.save()
    asking.publish(lesson, text)
    indexing.lesson(lesson, text)
