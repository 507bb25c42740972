"""The door to a reader's progress: what they read, finished and passed, and where they were last. Everybody's own, and nobody else's.

A section counts when the browser says so or when the reader marks the lesson as read: it is a bookmark, not a proof, and no grade is made
of it. What is kept is always of the published text; ids that it does not have are passed over, since a text may change under an open page.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from labs import achieved
from labs.models import ChallengePassed, LabTried, Run
from lessons import embeds
from lessons.content import concepts
from lessons.content.concepts import Concept
from lessons.models import GuideDone, Lesson, LessonPlace, SectionRead
from lessons.shapes import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section or a guide, and whether the reader is done with it."""

    id: str
    title: str
    done: bool


@dataclass(slots=True, kw_only=True)
class LabPart:
    """A lab block of a lesson. `run`: what the reader left there last, where there is one."""

    name: str
    title: str
    tried: bool
    run: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengePart:
    lab: str
    title: str
    passed: ChallengePassed | None  # the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a reader is in one lesson."""

    lesson: Lesson
    sections: list[Part]
    labs: list[LabPart]
    guides: list[Part]
    challenges: list[ChallengePart]
    concepts: list[Concept]  # those of sections read

    @property
    def read(self) -> int:
        return sum(one.done for one in self.sections)

    @property
    def tried(self) -> int:
        return sum(one.tried for one in self.labs)

    @property
    def finished(self) -> int:
        return sum(one.done for one in self.guides)

    @property
    def passed(self) -> int:
        return sum(one.passed is not None for one in self.challenges)

    @property
    def begun(self) -> bool:
        return bool(self.read or self.tried or self.finished or self.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All that is kept of one reader, for looking up."""

    sections: frozenset[tuple[int, str]]  # (lesson's key, id)
    guides: frozenset[tuple[int, str]]
    tried: frozenset[tuple[str, str]]  # (place, lab)
    passed: list[ChallengePassed]  # earliest first, with their runs


def take(user: Any, lesson: Lesson, sections: Collection[str] = (), guides: Collection[str] = (), at: str | None = None) -> int:
    """Keep what was read and finished, and where the reader is now. Returns how many of the ids the lesson has."""
    there = shape(lesson)
    read = [id for id, _ in there.sections if id in sections]
    finished = [key for key, _ in there.guides if key in guides]
    SectionRead.objects.bulk_create([SectionRead(user=user, lesson=lesson, section=id) for id in read], ignore_conflicts=True)
    GuideDone.objects.bulk_create([GuideDone(user=user, lesson=lesson, guide=key) for key in finished], ignore_conflicts=True)
    if at is not None and (at == "" or at in there.within):
        opened(user, lesson, section=at)
    return len(read) + len(finished)


def take_whole(user: Any, lesson: Lesson) -> None:
    """The reader says that the lesson is read."""
    take(user, lesson, sections={id for id, _ in shape(lesson).sections})


def opened(user: Any, lesson: Lesson, **changes: Any) -> None:
    """The reader is in this lesson now; `section` where it is known."""
    LessonPlace.objects.update_or_create(user=user, lesson=lesson, defaults={"seen_at": timezone.now()} | changes)


def place(user: Any) -> LessonPlace | None:
    """Where the reader was last, in a lesson that can still be opened."""
    own = LessonPlace.objects.filter(user=user, lesson__published__isnull=False)
    return own.select_related("lesson").order_by("-seen_at", "-pk").first()


@transaction.atomic
def forget(user: Any) -> None:
    """The reader begins anew. Runs stay, and so does what was handed in."""
    for model in (SectionRead, GuideDone, LessonPlace):
        model._default_manager.filter(user=user).delete()
    achieved.forget(user)


def published(numbers: Collection[str] | None = None) -> list[Lesson]:
    """The lessons readers can open, or those of them with these numbers, without their texts."""
    found = Lesson.objects.exclude(published=None).select_related("published").defer("published__source")
    return list(found if numbers is None else found.filter(number__in=numbers))


def of(user: Any, lesson: Lesson) -> Progress:
    return of_lesson(lesson, kept(user))


def of_all(user: Any) -> list[Progress]:
    """Of every published lesson, in order."""
    mine = kept(user)
    return [of_lesson(lesson, mine) for lesson in published()]


def kept(user: Any) -> Kept:
    return Kept(
        sections=frozenset(SectionRead.objects.filter(user=user).values_list("lesson_id", "section")),
        guides=frozenset(GuideDone.objects.filter(user=user).values_list("lesson_id", "guide")),
        tried=frozenset(LabTried.objects.filter(user=user).values_list("place", "lab")),
        passed=list(ChallengePassed.objects.filter(user=user).select_related("run").order_by("passed_at", "pk")),
    )


def of_lesson(lesson: Lesson, mine: Kept) -> Progress:
    there = shape(lesson)
    sections = [Part(id=id, title=words, done=(lesson.pk, id) in mine.sections) for id, words in there.sections]
    guides = [Part(id=key, title=words, done=(lesson.pk, key) in mine.guides) for key, words in there.guides]
    infos = {slug: embeds.lab_info(slug) or {"title": slug, "challenges": []} for _, slug in there.labs}
    labs = [
        LabPart(name=name, title=infos[slug]["title"], tried=(embeds.place_of(lesson.number, name), slug) in mine.tried)
        for name, slug in there.labs
    ]
    passed = {(one.lab, one.challenge): one for one in reversed(mine.passed) if counts_in(lesson, one)}
    challenges = [
        ChallengePart(lab=info["title"], title=one["title"], passed=passed.get((slug, one["name"])))
        for slug, info in infos.items()
        for one in info["challenges"]
    ]
    done = {one.id for one in sections if one.done}
    learned = [one for one in concepts.every() if one.lesson == lesson.number and there.within.get(one.section) in done]
    return Progress(lesson=lesson, sections=sections, labs=labs, guides=guides, challenges=challenges, concepts=learned)


def counts_in(lesson: Lesson, passed: ChallengePassed) -> bool:
    """A lab may stand in several lessons: a challenge counts in the one where it was met; in all of them, where it was met in none."""
    page, block, _ = passed.run.place.partition("#") if passed.run else ("", "", "")
    return not block or page == lesson.number


def with_runs(user: Any, progress: list[Progress]) -> list[Progress]:
    """The same, each lab with the run that was left there last."""
    labs = {embeds.place_of(one.lesson.number, lab.name): lab for one in progress for lab in one.labs}
    own = Run.objects.filter(owner=user, place__in=labs, share_key=None)
    for run in own.order_by("place", "-used_at").distinct("place"):
        labs[run.place].run = run
    return progress
