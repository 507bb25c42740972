"""What there is to do in a lesson: its sections, labs, guides. Read once for each text: a page about the whole course needs them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lessons.content.blocks import GuideBlock
from lessons.content.sections import plain
from lessons.content.text import Text, parse
from lessons.models import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Pairs are (id, words), in reading order."""

    sections: tuple[tuple[str, str], ...]  # headings of the second level
    within: Mapping[str, str]  # any heading -> the section it stands in
    labs: tuple[tuple[str, str], ...]  # (name of the block, slug of the lab)
    guides: tuple[tuple[str, str], ...]


def shape(lesson: Lesson) -> Shape:
    """Of the published text. Its source may be deferred: it is fetched only where this text has not been read yet."""
    revision = lesson.published
    assert revision is not None
    known = _known(revision.sha256)
    if not known:
        known.append(of_text(parse(revision.source)))
    return known[0]


@lru_cache(maxsize=256)
def _known(sha256: str) -> list[Shape]:
    """A place for the shape of this text, empty until it is filled."""
    return []


def of_text(text: Text) -> Shape:
    sections, within, here = [], {}, ""
    for heading in text.outline:
        if heading.level == 2:
            here = heading.id
            sections.append((heading.id, heading.text))
        within[heading.id] = here
    guides = tuple((part.key, plain(part.title)) for part in text.parts if isinstance(part, GuideBlock))
    return Shape(sections=tuple(sections), within=within, labs=tuple((block.name, block.lab) for block in text.labs), guides=guides)
