"""What can be found, as rows of `SearchEntry`: sections of shown lessons, their concepts, the labs.

`revisions.show` keeps a lesson's rows with the text it shows; `everything` renews all of them after an import, since concepts and labs are
files that change without any lesson changing.
"""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from labs import catalog
from labs.brief import brief_html
from labs.engine.errors import LabError
from lessons.content import concepts
from lessons.content.markdown import inline
from lessons.content.sections import plain, sections, tidy
from lessons.content.text import Text, parse
from lessons.models import Lesson, SearchEntry

logger = logging.getLogger(__name__)
TITLE_MAX = 300
FIELDS = ["lesson", "place", "title", "text", "updated_at"]


@transaction.atomic
def lesson(lesson: Lesson, text: Text) -> None:
    """Make the rows of a lesson those of the text it shows."""
    replace(SearchEntry.objects.filter(lesson=lesson), [*of_sections(lesson, text), *of_concepts(lesson)])


def everything() -> int:
    """Renew all rows. Returns how many there are."""
    for shown in Lesson.objects.select_related("published").exclude(published=None):
        if shown.published:
            lesson(shown, parse(shown.published.source))
    with transaction.atomic():
        replace(SearchEntry.objects.filter(kind=SearchEntry.Kind.LAB), of_labs())
    return SearchEntry.objects.count()


def replace(old: QuerySet[SearchEntry], new: Iterable[SearchEntry]) -> None:
    """Rows are written over by kind and key, so two imports at once end with the same ones."""
    made = SearchEntry.objects.bulk_create(new, update_conflicts=True, unique_fields=["kind", "key"], update_fields=FIELDS)
    kept = {(entry.kind, entry.key) for entry in made}
    gone = [pk for pk, kind, key in old.values_list("pk", "kind", "key") if (kind, key) not in kept]
    SearchEntry.objects.filter(pk__in=gone).delete()


def entry(kind: SearchEntry.Kind, key: str, title: str, text: str, lesson: Lesson | None = None, place: str = "") -> SearchEntry:
    return SearchEntry(kind=kind, key=key, lesson=lesson, place=place, title=tidy(title)[:TITLE_MAX], text=tidy(text))


def of_sections(lesson: Lesson, text: Text) -> list[SearchEntry]:
    """The opening carries the lesson's own title and lead."""
    found = sections(text)
    opening = " ".join(one.text for one in found if not one.id)
    whole = entry(SearchEntry.Kind.SECTION, lesson.number, lesson.title, f"{plain(text.title)}. {lesson.lead} {opening}", lesson)
    named = [one for one in found if one.id]
    return [whole, *(entry(SearchEntry.Kind.SECTION, f"{lesson.number}#{one.id}", one.title, one.text, lesson, one.id) for one in named)]


def of_concepts(lesson: Lesson) -> list[SearchEntry]:
    mine = [one for one in concepts.every() if one.lesson == lesson.number]
    return [entry(SearchEntry.Kind.CONCEPT, one.slug, one.name, plain(inline(one.definition)), lesson) for one in mine]


def of_labs() -> list[SearchEntry]:
    """A lab that cannot be read is not found, and says so in the log; the rest are."""
    rows = []
    for slug in catalog.slugs():
        try:
            lab = catalog.find(slug)
        except LabError:
            logger.exception("the lab %s cannot be searched", slug)
            continue
        rows.append(entry(SearchEntry.Kind.LAB, slug, lab.title, f"{lab.summary} {plain(brief_html(lab.brief))}"))
    return rows
