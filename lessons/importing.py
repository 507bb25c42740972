"""From the course's files into the site."""

from collections.abc import Sequence

from lessons import embeds, revisions
from lessons.content.library import File, anchors_of
from lessons.content.quizzes import Names
from lessons.content.text import parse
from lessons.models import Lesson, Question, Quiz


def take(files: Sequence[File]) -> list[tuple[Lesson, revisions.Outcome]]:
    """Import files that have been checked, each in its own transaction: one lesson's trouble does not hold back the others."""
    return [revisions.take_file(file.source, note=file.path.name) for file in files]


def anchors_on_site() -> dict[str, set[str]]:
    """The heading ids of each published lesson."""
    return {lesson.number: anchors_of(parse(lesson.published.source)) for lesson in published() if lesson.published}


def questions_on_site() -> Names:
    """Which published lesson asks which question, and the type each id has had."""
    shown = [(lesson.number, parse(lesson.published.source)) for lesson in published() if lesson.published]
    asked = {question.uid: number for number, text in shown for question in text.questions}
    quizzes = dict(Quiz.objects.values_list("name", "lesson__number"))
    return Names(asked_in=asked, types=dict(Question.objects.values_list("uid", "type")), quizzes=quizzes)


def make_posters() -> int:
    """For every lab that a published lesson or the home page shows. Cheap when they exist already."""
    blocks = [embeds.HOME_LAB, *(block for lesson in published() if lesson.published for block in parse(lesson.published.source).labs)]
    for block in blocks:
        embeds.make_poster(block)
    return len(blocks)


def published() -> list[Lesson]:
    return list(Lesson.objects.select_related("published").exclude(published=None))
