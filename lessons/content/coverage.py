"""Whether the lessons keep what the course promises: every concept has its section, its lab on the page of its lesson, and a question.

A lab that nobody has written yet is owed, which is no mistake; one that exists and is missing from the lesson is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lessons.content import prerequisites
from lessons.content.concepts import FOLDER, Concept
from lessons.content.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A line of `slugs.txt`."""

    lesson: str
    slug: str
    lab: str | None  # None where the concept is explained only


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A concept held against its lesson."""

    concept: Concept
    heading: str | None  # words of the section that teaches it; None: there is no such section
    labs: tuple[str, ...]  # exist and stand in the lesson
    absent: tuple[str, ...]  # exist and do not stand there
    owed: tuple[str, ...]  # do not exist yet
    questions: tuple[str, ...]  # ids of those that test it, in any lesson

    @property
    def holes(self) -> list[str]:
        concept = self.concept
        no_section = [] if self.heading is not None else [f"lesson {concept.lesson} has no section {concept.section!r}"]
        no_question = [] if self.questions else ["no question tests it"]
        return [*no_section, *(f"lesson {concept.lesson} does not show the lab {lab!r}" for lab in self.absent), *no_question]


@cache
def promises() -> tuple[Promise, ...]:
    """What the course promises, `lessons/concepts/slugs.txt`. Raises ValueError on a line that is not three words."""
    lines = (FOLDER / "slugs.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return tuple(Promise(lesson=lesson, slug=slug, lab=None if lab == "-" else lab) for lesson, slug, lab in rows)


def rows(concepts: Sequence[Concept], texts: Mapping[str, Text], labs: Collection[str]) -> list[Row]:
    """`texts` by lesson number; `labs` are the slugs that exist."""
    asked: dict[str, list[str]] = {}
    for question in (one for text in texts.values() for one in text.questions):
        for slug in question.concepts:
            asked.setdefault(slug, []).append(question.uid)
    return [row(concept, texts.get(concept.lesson), labs, asked.get(concept.slug, ())) for concept in concepts]


def row(concept: Concept, text: Text | None, labs: Collection[str], questions: Iterable[str]) -> Row:
    embedded = {block.lab for block in text.labs} if text else set()
    return Row(
        concept=concept,
        heading=next((one.text for one in text.outline if one.id == concept.section), None) if text else None,
        labs=tuple(lab for lab in concept.labs if lab in labs and lab in embedded),
        absent=tuple(lab for lab in concept.labs if lab in labs and lab not in embedded),
        owed=tuple(lab for lab in concept.labs if lab not in labs),
        questions=tuple(questions),
    )


def broken_promises(concepts: Sequence[Concept], promised: Sequence[Promise]) -> Iterator[str]:
    """Where the files of concepts and the list of the course part."""
    by_slug = {concept.slug: concept for concept in concepts}
    for promise in promised:
        concept = by_slug.pop(promise.slug, None)
        if concept is None:
            yield f"{promise.slug} is promised for lesson {promise.lesson}, and lessons/concepts/{promise.lesson}.yaml does not have it."
        elif concept.lesson != promise.lesson:
            yield f"{promise.slug} is promised for lesson {promise.lesson} and stands in {concept.lesson}."
        elif promise.lab and promise.lab not in concept.labs:
            yield f"{promise.slug} ({concept.lesson}) is promised with the lab {promise.lab} and names {', '.join(concept.labs) or 'none'}."
    yield from (f"{slug} ({concept.lesson}) is not in lessons/concepts/slugs.txt." for slug, concept in by_slug.items())


def other_front_matter(concepts: Sequence[Concept], texts: Mapping[str, Text]) -> Iterator[str]:
    """Lessons whose front matter lists other concepts than their file, or in another order."""
    for number, text in texts.items():
        listed, filed = text.matter.concepts, tuple(concept.slug for concept in concepts if concept.lesson == number)
        if listed == filed:
            continue
        different = sorted(set(listed) ^ set(filed))
        yield f"The front matter of {number}.md and {number}.yaml differ: {', '.join(different) or 'the order of the concepts'}."


def problems(concepts: Sequence[Concept], texts: Mapping[str, Text], labs: Collection[str]) -> list[str]:
    """All of it, each in a sentence. Empty: the course keeps its word, but for labs still owed."""
    holes = [f"{one.concept.slug}: {hole}." for one in rows(concepts, texts, labs) for hole in one.holes]
    return [
        *prerequisites.wrong(concepts),
        *broken_promises(concepts, promises()),
        *other_front_matter(concepts, texts),
        *holes,
    ]
