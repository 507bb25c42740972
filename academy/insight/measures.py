"""What the marks of a class say: about a quiz, about all of its quizzes, about concepts.

Everything is about first attempts that are wholly marked, since later ones have seen the feedback. With fewer than ten students nothing but
their number is said.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from academy.classes.models import Membership, Role, SchoolClass
from academy.insight import answers, firsts, statistics
from academy.insight.firsts import Answer, Taken
from academy.insight.statistics import N_MIN, ItemFigures, TestFigures
from academy.quizzes.models import QuizSchedule, Why
from lessons import asking
from lessons.content import concepts
from lessons.content.concepts import Concept
from lessons.models import QuestionVersion, Quiz

NOTHING = Decimal(0)
HARD_MAX = 5  # questions listed as those where the class gets stuck
HARD = Decimal("0.6")  # of the points, on average: what lies under it is hard
QUARTER = Fraction(1, 4)


@dataclass(slots=True, kw_only=True)
class QuestionInsight:
    """`figures` have only `n` where that is below ten. `blank`: the share of those who gave no answer."""

    uid: str
    words: str
    title: str  # of the type
    place: str = ""  # the pool it is drawn from
    concepts: tuple[str, ...] = ()
    figures: ItemFigures
    blank: Decimal | None = None
    seconds: Decimal | None = None  # median
    tables: list[answers.Table] = field(default_factory=list)  # one for each version by which answers are marked, newest first
    reasons: list[str] = field(default_factory=list)  # to check the key
    unmet: list[int] = field(default_factory=list)  # runs of each student who began its challenge and never met it

    @property
    def few(self) -> bool:
        return self.figures.n < N_MIN

    @property
    def unmet_runs(self) -> Decimal | None:
        return statistics.median(Decimal(one) for one in self.unmet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds from beginning to handing in, of those who handed in themselves."""

    seconds: Sequence[Decimal]

    @property
    def n(self) -> int:
        return len(self.seconds)

    @property
    def median(self) -> Decimal | None:
        return statistics.median(self.seconds)

    @property
    def lower(self) -> Decimal | None:
        return statistics.quantile(self.seconds, QUARTER)

    @property
    def upper(self) -> Decimal | None:
        return statistics.quantile(self.seconds, 1 - QUARTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptInsight:
    """`n` answers about a concept; `share` of their points, none where they are few."""

    concept: Concept
    n: int
    share: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizInsight:
    """`n` students whose first attempt is wholly marked; `waiting`: handed in, and not yet. `scores`: of each student, 0 to 1."""

    n: int
    waiting: int
    scores: Sequence[Decimal]
    test: TestFigures | None  # of those who were asked something in each of its places
    durations: Durations
    questions: Sequence[QuestionInsight]
    concepts: Sequence[ConceptInsight]

    @property
    def few(self) -> bool:
        return self.n < N_MIN

    @property
    def mean(self) -> Decimal | None:
        return sum(self.scores, NOTHING) / len(self.scores) if self.scores else None

    @property
    def median(self) -> Decimal | None:
        return statistics.median(self.scores)

    @property
    def to_check(self) -> list[QuestionInsight]:
        """What speaks loudest against its key first."""
        found = [one for one in self.questions if one.reasons]
        return sorted(found, key=lambda one: one.figures.item_rest or NOTHING)

    @property
    def hard(self) -> list[QuestionInsight]:
        """Where the class gets stuck: the questions that get the least of their points."""
        found = [one for one in self.questions if one.figures.facility is not None and not one.few and one.figures.facility < HARD]
        return sorted(found, key=lambda one: (one.figures.facility, one.uid))[:HARD_MAX]

    @property
    def unmet(self) -> list[QuestionInsight]:
        return [one for one in self.questions if one.unmet and not one.few]


def of_quiz(schedule: QuizSchedule) -> QuizInsight:
    taken = firsts.taken(schedule)
    marked = wholly(firsts.answers(schedule))
    versions = versions_of(answer.version for rows in marked.values() for answer in rows)
    students = [one for one in taken if one.attempt in marked]
    rows = [marked[one.attempt] for one in students]
    return QuizInsight(
        n=len(students),
        waiting=len(taken) - len(students),
        scores=scores(rows),
        test=test_of(rows, schedule.quiz, versions),
        durations=Durations(seconds=[seconds_of(one) for one in students if one.why == Why.STUDENT]),
        questions=questions(rows, versions, schedule),
        concepts=concepts_of(per_concept(rows, versions)),
    )


def wholly(found: Iterable[Answer]) -> dict[uuid.UUID, list[Answer]]:
    """The answers of each attempt that has a mark for all of them."""
    rows: dict[uuid.UUID, list[Answer]] = defaultdict(list)
    for answer in found:
        rows[answer.attempt].append(answer)
    return {attempt: held for attempt, held in rows.items() if all(answer.points is not None for answer in held)}


def versions_of(pks: Iterable[int]) -> dict[int, QuestionVersion]:
    return QuestionVersion.objects.select_related("question").in_bulk(set(pks))


def points(answer: Answer) -> Decimal:
    return answer.points or NOTHING


def scores(rows: Iterable[Sequence[Answer]]) -> list[Decimal]:
    """Who was excused from everything has none."""
    sums = [(sum(map(points, held), NOTHING), sum((one.most or NOTHING for one in held), NOTHING)) for held in rows]
    return [got / most for got, most in sums if most]


def seconds_of(one: Taken) -> Decimal:
    return Decimal(str((one.submitted_at - one.started_at).total_seconds()))


# Questions


def questions(rows: Sequence[Sequence[Answer]], versions: Mapping[int, QuestionVersion], schedule: QuizSchedule) -> list[QuestionInsight]:
    """In the order of the quiz; those it asks no more come last."""
    uid_of = {pk: version.question.uid for pk, version in versions.items()}
    counting = [{uid_of[one.version]: one for one in held if one.most} for held in rows]
    places = places_of(schedule.quiz)
    order = {uid: at for at, uid in enumerate(places)}
    uids = sorted({uid for held in counting for uid in held}, key=lambda uid: (order.get(uid, len(order)), uid))
    columns = [[points(held[uid]) if uid in held else None for held in counting] for uid in uids]
    most = [sum((held[uid].most or NOTHING for held in counting if uid in held), NOTHING) for uid in uids]
    totals = [sum(map(points, held.values()), NOTHING) for held in counting]
    times = firsts.seconds(schedule)
    found = []
    for uid, figures in zip(uids, statistics.of_items(columns, most), strict=True):
        own = [(held[uid], total - points(held[uid])) for held, total in zip(counting, totals, strict=True) if uid in held]
        found.append(question(uid, figures, own, versions, times, places.get(uid, "")))
    return found


def places_of(quiz: Quiz) -> dict[str, str]:
    """uid -> the pool it is drawn from, "" where it is always asked; in the order of the quiz."""
    found: dict[str, str] = {}
    for slot in quiz.slots:
        found |= {slot["ask"]: ""} if "ask" in slot else dict.fromkeys(slot["of"], slot["pool"])
    return found


def question(
    uid: str, figures: ItemFigures, own: Sequence[tuple[Answer, Decimal]], versions: Mapping[int, QuestionVersion],
    times: Mapping[int, Decimal], place: str,
) -> QuestionInsight:  # fmt: skip
    """`own`: each answer that counts, with what its student got in the rest."""
    by_version: dict[int, list[tuple[Answer, Decimal]]] = defaultdict(list)
    for answer, rest in own:
        by_version[answer.version].append((answer, rest))
    newest = sorted(by_version, key=lambda pk: -versions[pk].n)
    asked = asking.question_of(versions[newest[0]])
    few = figures.n < N_MIN
    found = QuestionInsight(
        uid=uid, words=asking.words_of(asked), title=asked.title, place=place, concepts=tuple(versions[newest[0]].concepts),
        figures=ItemFigures(n=figures.n) if few else figures,
    )  # fmt: skip
    found.tables = [answers.table(versions[pk], [one for one, _ in by_version[pk]], [rest for _, rest in by_version[pk]]) for pk in newest]
    if not few:
        found.blank = Decimal(sum(one.answer is None for one, _ in own)) / len(own)
        spent = [times[one.item] for one, _ in own if one.item in times]
        found.seconds = statistics.median(spent) if len(spent) >= N_MIN else None
        found.unmet = answers.stuck([one.item for one, _ in own]) if asked.type == "challenge" else []
        found.reasons = reasons(found)
    return found


def reasons(found: QuestionInsight) -> list[str]:
    """Why the key should be looked at."""
    said = []
    if statistics.negative(found.figures):
        said.append(f"Who does well in the rest of the quiz does badly here{by_chance(found.figures)}.")
    for line in (line for table in found.tables for line in table.lines if line.check):
        said.append(f"“{line.label}” counts as wrong, and goes with better results than what counts as right.")
    return said


def by_chance(figures: ItemFigures) -> str:
    """A correlation of n students who answer at random has a standard error of about 1 / sqrt(n - 1); twice that is rare."""
    rest = figures.item_rest or NOTHING
    return f"; with {figures.n} students that may be chance" if rest * rest * (figures.n - 1) < 4 else ""


# The quiz as a test


def test_of(rows: Sequence[Sequence[Answer]], quiz: Quiz, versions: Mapping[int, QuestionVersion]) -> TestFigures | None:
    """A pool fills as many places as it draws questions for; who lacks one, for the quiz was another then, is not among them."""
    complete = [marks for marks in (in_places(held, quiz, versions) for held in rows) if marks is not None]
    if len(complete) < N_MIN:
        return None
    return statistics.of_test([list(column) for column in zip(*complete, strict=True)])


def in_places(held: Sequence[Answer], quiz: Quiz, versions: Mapping[int, QuestionVersion]) -> list[Decimal] | None:
    """A student's marks, one for each place of the quiz."""
    marks = {versions[one.version].question.uid: points(one) for one in held if one.most}
    found: list[Decimal] = []
    for slot in quiz.slots:
        uids = [slot["ask"]] if "ask" in slot else slot["of"]
        got = [marks[uid] for uid in uids if uid in marks]
        if len(got) != slot.get("pick", 1):
            return None
        found += got
    return found or None


# Concepts


def per_concept(rows: Iterable[Sequence[Answer]], versions: Mapping[int, QuestionVersion]) -> dict[str, tuple[int, Decimal, Decimal]]:
    """slug -> answers, points, the most there was to get."""
    return summed(
        (slug, 1, points(answer), answer.most or NOTHING)
        for held in rows
        for answer in held
        if answer.most
        for slug in versions[answer.version].concepts
    )


def summed(rows: Iterable[tuple[str, int, Decimal, Decimal]]) -> dict[str, tuple[int, Decimal, Decimal]]:
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    for slug, n, got, most in rows:
        count, before, there = found.get(slug, (0, NOTHING, NOTHING))
        found[slug] = (count + n, before + got, there + most)
    return found


def concepts_of(found: Mapping[str, tuple[int, Decimal, Decimal]]) -> list[ConceptInsight]:
    """In the order of the course."""
    return [
        ConceptInsight(concept=one, n=n, share=got / most if n >= N_MIN and most else None)
        for one in concepts.every()
        if one.slug in found
        for n, got, most in [found[one.slug]]
    ]


# Students by concepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """`shares`: for each concept asked about, 0 to 1; none where the student was not asked."""

    name: str
    username: str
    shares: Sequence[Decimal | None]


def seats(school_class: SchoolClass) -> Any:
    return school_class.memberships.agreed().filter(role=Role.STUDENT)


def students(school_class: SchoolClass, lesson: str) -> tuple[list[ConceptInsight], list[Student]]:
    """The concepts of a lesson that were asked about, and each student's share of the points in them, the class's hardest first."""
    slugs = [one.slug for one in concepts.every() if one.lesson == lesson]
    marks: dict[int, dict[str, tuple[int, Decimal, Decimal]]] = {}
    for user, slug, n, got, most in firsts.of_concepts(school_class.pk, quizzes_of(school_class), slugs):
        marks.setdefault(user, {})[slug] = (n, got, most)
    whole = summed((slug, *cell) for cells in marks.values() for slug, cell in cells.items())
    shown = concepts_of(whole)
    own: Iterable[Membership] = seats(school_class).select_related("user").order_by("listed_as", "user__username")
    return shown, [
        Student(
            name=seat.listed_as or seat.user.get_full_name(),
            username=seat.user.username,
            shares=[share_of(marks.get(seat.user_id, {}).get(one.concept.slug)) for one in shown],
        )
        for seat in own
    ]


def share_of(cell: tuple[int, Decimal, Decimal] | None) -> Decimal | None:
    return cell[1] / cell[2] if cell and cell[2] else None


def quizzes_of(school_class: SchoolClass) -> list[int]:
    return list(QuizSchedule.objects.filter(school_class=school_class).values_list("quiz_id", flat=True))
