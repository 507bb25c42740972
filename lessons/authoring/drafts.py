"""Texts that instructors work on. Nothing of them reaches readers before somebody publishes."""

from typing import Any

from django.db import transaction
from django.http import Http404

from lessons.models import Draft, Lesson


class Moved(Exception):
    """The stored draft is not the one this form began with: another window saved it. Holds it."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("saved elsewhere")
        self.draft = draft


@transaction.atomic
def save(lesson: Lesson, author: Any, source: str, *, base: int, saves: int | None, settles: int | None = None, note: str = "") -> Draft:
    """Store the author's draft. `saves` is the count the form knows (0 for none, None to store it in any case). Raises Moved."""
    Lesson.objects.select_for_update().get(pk=lesson.pk)  # two windows of one author stand in line
    draft = Draft.objects.filter(lesson=lesson, author=author).first() or Draft(lesson=lesson, author=author, saves=0)
    if saves is not None and draft.saves != saves and draft.source != source:
        raise Moved(draft)
    draft.source, draft.base, draft.settles, draft.note = source, base, settles, note[:200]
    draft.saves += 1
    draft.save()
    return draft


def of(lesson: Lesson, author: Any) -> Draft | None:
    return Draft.objects.filter(lesson=lesson, author=author).first()


def every(lesson: Lesson) -> list[Draft]:
    return list(lesson.drafts.select_related("author"))


def one(lesson: Lesson, pk: Any) -> Draft:
    """Raises Http404."""
    draft = lesson.drafts.select_related("author").filter(pk=pk).first() if str(pk).isdecimal() and len(str(pk)) < 18 else None
    if draft is None:
        raise Http404("There is no such draft. It may have been published or thrown away.")
    return draft


def done(lesson: Lesson, author: Any, source: str) -> None:
    """After publishing: the author's own draft, and those of others that are this very text."""
    lesson.drafts.filter(author=author).delete()
    lesson.drafts.filter(source=source).delete()
