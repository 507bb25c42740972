"""Concepts as readers meet them: only those of published lessons, with the place that teaches each and the labs that show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from labs import catalog
from lessons import embeds
from lessons.content import concepts
from lessons.content.blocks import LabBlock
from lessons.content.concepts import Concept
from lessons.content.markdown import inline
from lessons.content.text import Prose, Text, parse
from lessons.models import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A concept with its lesson."""

    concept: Concept
    lesson: Lesson

    @property
    def definition(self) -> str:
        """Sanitised HTML, inline."""
        return inline(self.concept.definition)

    @property
    def letter(self) -> str:
        first = self.concept.name[:1].upper()
        return first if first.isascii() and first.isalpha() else "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A lab that shows a concept, at the block nearest to the section that teaches it."""

    slug: str
    title: str
    summary: str
    block: str  # name of the block, for its anchor


def every() -> Mapping[str, Taught]:
    """By slug, in the order of the course."""
    published = {lesson.number: lesson for lesson in Lesson.objects.exclude(published=None)}
    return {one.slug: Taught(concept=one, lesson=published[one.lesson]) for one in concepts.every() if one.lesson in published}


def alphabetically(taught: Sequence[Taught]) -> list[tuple[str, list[Taught]]]:
    """By first letter; names that begin with none stand first, under "0"."""
    ordered = sorted(taught, key=lambda one: (one.letter, one.concept.name.casefold()))
    return [(letter, list(group)) for letter, group in groupby(ordered, key=lambda one: one.letter)]


def text_of(lesson: Lesson) -> Text:
    """What its readers see. The lesson is a published one."""
    revision = lesson.published
    assert revision is not None
    return parse(revision.source)


def heading(concept: Concept, text: Text) -> str:
    """The words of the section that teaches it; empty where the lesson has no such section."""
    return next((one.text for one in text.outline if one.id == concept.section), "")


def sights(concept: Concept, text: Text) -> list[Sight]:
    """Labs that exist and stand in the lesson."""
    found = []
    for slug in concept.labs:
        block = nearest_block(slug, concept.section, text)
        if block is not None and slug in catalog.slugs() and (info := embeds.lab_info(slug)):
            found.append(Sight(slug=slug, title=info["title"], summary=info["summary"], block=block.name))
    return found


def nearest_block(lab: str, section: str, text: Text) -> LabBlock | None:
    """The first block of the lab from the section on, else the last before it."""
    before, reached = None, False
    for part in text.parts:
        reached = reached or (isinstance(part, Prose) and f' id="{section}"' in part.html)
        if isinstance(part, LabBlock) and part.lab == lab:
            if reached:
                return part
            before = part
    return before
