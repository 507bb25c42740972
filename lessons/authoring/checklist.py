"""What is looked at before a text is published. Errors block it; warnings are for the author to judge."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from lessons import embeds, importing
from lessons.content import blocks, bounds, concepts
from lessons.content.check import check
from lessons.content.library import anchors_of
from lessons.content.links import LessonLink
from lessons.content.problems import Problem
from lessons.content.text import Text, parse
from lessons.models import Lesson
from lessons.questions import form, registry

SHOWN_MAX = 50
INSECURE = re.compile(r"\]\(http://[^)\s]+|<http://[^>\s]+")
UNSEEN = re.compile("[\u00ad\u200b\u2060\U000e0000-\U000e007f]")
TITLE = re.compile(r"<title[^>]*>\s*\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Both in the order of the lines."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def of(lesson: Lesson, source: str) -> Checklist:
    text = parse(source)
    errors = list(text.problems)
    if not errors and text.matter.number != lesson.number:
        errors.append(another(text, lesson))
    if not errors:
        names = importing.questions_on_site()
        anchors = importing.anchors_on_site() | {lesson.number: anchors_of(text)}
        errors = [*check(text, embeds.lab_info, anchors, names), *headings(text), *broken(lesson, text)]
    return Checklist(errors=ordered(errors), warnings=ordered(list(warnings(text, source))))


def ordered(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.line)[:SHOWN_MAX])


def another(text: Text, lesson: Lesson) -> Problem:
    what = f"The text says it is lesson {text.matter.number}."
    return Problem(line=2, what=what, expected="the lesson being edited.", example=f'id: "{lesson.number}"')


def headings(text: Text) -> Iterator[Problem]:
    """Screen readers walk by levels, and only two are shown below the title."""
    before = 1
    for line, level in text.levels:
        if level > 3:
            what, expected = f"The heading is of level {level}.", "level 2 or 3; the others are not shown as headings."
            yield Problem(line=line, what=what, expected=expected, example="### A part of a section")
        elif level > before + 1:
            what = f"The heading is of level {level} under one of level {before}."
            yield Problem(line=line, what=what, expected=f"level {before + 1} first.", example=f"{'#' * (before + 1)} A section")
        before = min(level, 3)


def broken(lesson: Lesson, text: Text) -> Iterator[Problem]:
    """Places that others point at, which are there now and would be no more."""
    if lesson.published is None:
        return
    lost = anchors_of(parse(lesson.published.source)) - anchors_of(text)
    for other in importing.published():
        for link in parse(other.published.source).links if other.published and other.pk != lesson.pk else ():
            if isinstance(link, LessonLink) and link.number == lesson.number and link.anchor in lost:
                yield lost_place(text, link.anchor, f"Lesson {other.number}, line {link.line}, points")
    for concept in concepts.every():
        if concept.lesson == lesson.number and concept.section in lost:
            yield lost_place(text, concept.section, f"The concept {concept.slug!r} points")


def lost_place(text: Text, anchor: str, who: str) -> Problem:
    what = f"{who} at #{anchor}, which this text does not have."
    line = text.outline[0].line if text.outline else 1
    return Problem(line=line, what=what, expected="the id kept, whatever the words.", example=f"## The new words {{#{anchor}}}")


def warnings(text: Text, source: str) -> Iterator[Problem]:
    yield from untitled_drawings(text)
    for slug in sorted(set(text.matter.concepts) - set(concepts.by_slug())):
        yield Problem(
            line=1, what=f"No file describes the concept {slug!r}.", expected="slugs of lessons/concepts.", example="concepts: [majority]"
        )
    for quiz in text.quizzes:
        yield from uneven_pools(quiz)
    for question in text.questions:
        kind = registry.types().get(question.type)
        yield from kind.warnings(question) if kind else ()
        yield from form.tells(question)
    for line, words in enumerate(bounds.lines_of(source), 1):
        if INSECURE.search(words):
            yield Problem(
                line=line,
                what="A link goes to http:.",
                expected="https:, which nobody on the way can change.",
                example="https://raft.github.io/",
            )
        unseen = UNSEEN.search(words)
        if unseen:
            what = f"There is the invisible character {bounds.name_of(unseen[0])}."
            yield Problem(line=line, what=what, expected="none, unless it is meant.", example="the word written anew")


def uneven_pools(quiz: blocks.QuizBlock) -> Iterator[Problem]:
    """Questions drawn in each other's place that are not worth the same: one attempt would have more to gain than another."""
    points: dict[str, set[Decimal]] = {}
    for question in quiz.questions:
        points.setdefault(question.pool, set()).add(question.points)
    for pool in sorted(name for name, held in points.items() if name and len(held) > 1):
        what = f"The questions of the pool {pool!r} are not worth the same."
        yield Problem(line=quiz.line, what=what, expected="equal points in a pool.", example=":points: 1")


def untitled_drawings(text: Text) -> Iterator[Problem]:
    for part in text.parts:
        if isinstance(part, blocks.FigureBlock) and not titled(part.template):
            what = f"The drawing {part.name!r} has no text for those who cannot see it."
            yield Problem(
                line=part.line,
                what=what,
                expected="a <title> in its file that tells all it shows.",
                example="<title>Two majorities of five share a server</title>",
            )


def titled(template: str) -> bool:
    try:
        return bool(TITLE.search(get_template(template).template.source))  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return True  # said among the errors
