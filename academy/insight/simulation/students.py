"""Simulated students: how able they are, and how one of them takes a quiz.

Ability and difficulty are on one scale, as in item response theory: who is as able as a question is difficult knows it every other time
(Rasch; here with a slope). All dice are thrown from a seed, the student's number and the question, so the same seed makes the same class;
what a quiz deals to an attempt is drawn by the site itself and differs.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from academy.classes.models import SchoolClass
from academy.insight.simulation import belief
from academy.insight.simulation.belief import Asked
from academy.quizzes import attempts, challenges, marking, policy
from academy.quizzes.attempts import Over, Sent
from academy.quizzes.models import Attempt, AttemptItem
from labs import runs
from labs.models import Run
from lessons import asking
from lessons.models import Quiz
from lessons.questions.model import Question

SLOPE = 1.8  # how sharply a question tells the able from the others
EASE = 0.5  # how much easier questions are than the mean student is able
SPREAD = 0.8  # of difficulties; abilities have 1
LEARNED = 0.5  # more ability in each further attempt
BLANK, BLANK_UNABLE = 0.02, 0.12  # chance of no answer, and how much more of it where there is no chance to know
SECOND_THOUGHTS = 0.15
SECONDS, SECONDS_SPREAD, SPEED_SPREAD = 40, 0.5, 0.25  # median of a question; spreads of logarithms
HOURS = 48  # ago, at most, an attempt began
LATE_US = 400_000  # at most, in a lab: by so much a student acts later than its solution says

Deed = tuple[int, str, Mapping[str, Any]]  # at_us, action, args


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """`number` 1, 2, 3 ... within the class."""

    seed: str
    number: int

    def dice(self, *words: object) -> Random:
        return Random("/".join(map(str, (self.seed, self.number, *words))))  # noqa: S311 - a simulation

    @property
    def ability(self) -> float:
        return self.dice("ability").gauss(0, 1)

    @property
    def slowness(self) -> float:
        return math.exp(self.dice("speed").gauss(0, SPEED_SPREAD))


@dataclass(slots=True)
class Clock:
    """Stands in for the database's clock while a simulated attempt is made, so that its log tells of minutes and not of milliseconds."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    @contextmanager
    def instead(self) -> Iterator[None]:
        """In this process, and nowhere else."""
        real, policy.now = policy.now, self
        try:
            yield
        finally:
            policy.now = real


@dataclass(slots=True, kw_only=True)
class Sitting:
    """One student's attempt. `truths`: uid -> the choice that is right, whatever the key says."""

    student: Student
    user: Any
    quiz: Quiz
    school_class: SchoolClass
    truths: Mapping[str, str] = field(default_factory=dict)

    def take(self) -> Attempt:
        """Begin, answer, hand in, and be marked. Raises attempts.Refused, belief.Unknown."""
        with transaction.atomic():  # nobody else's sweeper sees an attempt that began yesterday
            made = self.answered()
        marking.grade(made.pk)
        made.refresh_from_db()
        return made

    def answered(self) -> Attempt:
        clock = Clock(self.begins())
        with clock.instead():
            attempt = attempts.begin(self.user, self.quiz, self.school_class)
            try:
                for item in attempt.items.select_related("question_version__question").order_by("slot"):
                    self.answer(attempt, item, clock)
                clock.wait(self.student.dice("end", attempt.number).uniform(5, 60))
                attempts.submit(attempt.pk, self.user, attempt.submit_key, {})
            except Over:  # its time was up
                pass
        return attempt

    def begins(self) -> datetime:
        """Some hours ago, and while the quiz was open."""
        now = policy.now()
        done = Attempt.objects.filter(user=self.user, quiz=self.quiz, school_class=self.school_class).order_by("-number").first()
        dice = self.student.dice("begins", self.quiz.name, done.number if done else 0)
        schedule = self.school_class.quiz_schedules.get(quiz=self.quiz)
        earliest = now - timedelta(hours=HOURS)
        bounds = [schedule.opens_at, done.submitted_at if done else None]
        earliest = max([earliest, *(bound for bound in bounds if bound)])
        latest = min(now - timedelta(hours=1), schedule.closes_at or now)
        return earliest + (latest - earliest) * dice.random() if earliest < latest else max(earliest, latest)

    def answer(self, attempt: Attempt, item: AttemptItem, clock: Clock) -> None:
        question = self.believed(asking.question_of(item.question_version))
        dice = self.student.dice("answer", question.uid, attempt.number)
        asked = Asked(question=question, dealt=item.dealt, likes=lambda choice: attraction(self.student.seed, question.uid, choice))
        chance = self.chance(question.uid, attempt.number)
        clock.wait(self.seconds(question, dice) * (0.4 if dice.random() < SECOND_THOUGHTS else 1))
        if dice.random() < BLANK + BLANK_UNABLE * (1 - chance):
            return
        knows = dice.random() < chance
        thoughts = [belief.answer(asked, not knows, dice)] if dice.random() < SECOND_THOUGHTS else []
        rev = item.draft_rev
        for said in (*thoughts, belief.answer(asked, knows, dice)):
            if challenges.is_challenge(item):
                said = self.played(item, said, dice.randrange(LATE_US), clock.at)
            if said is not None:
                rev = attempts.save(attempt.pk, self.user, item.slot, Sent(answer=said, base_rev=rev)).draft_rev
                clock.wait(dice.uniform(2, 15))

    def played(self, item: AttemptItem, deeds: Sequence[Deed], late_us: int, at: datetime) -> dict[str, str]:
        """The answer: a run begun from the attempt, with these deeds in its log as the player sends them, all so much later; no two
        students act at the same moments. The run says that it was begun at `at`.
        """
        run = challenges.begin(item, self.user)
        for at_us, action, args in deeds:
            last_us = max((command.at_us for command in runs.log_of(run)), default=0)
            moment_us = at_us + late_us
            done = runs.append(
                self.user, run.pk, client_id=uuid.uuid4(), revision=run.revision, at_us=moment_us, action=action, args=args,
                branch=moment_us < last_us,
            )  # fmt: skip
            run = Run.objects.get(pk=done.run)
        Run.objects.filter(place=run.place, owner=self.user, created_at__gt=at).update(created_at=at)
        return {"run": str(run.pk)}

    def believed(self, question: Question) -> Question:
        truth = self.truths.get(question.uid)
        return question if truth is None else belief.taken_for(question, truth)

    def chance(self, uid: str, number: int) -> float:
        """To know a question."""
        return 1 / (1 + math.exp(-SLOPE * (self.student.ability + LEARNED * (number - 1) - difficulty(self.student.seed, uid))))

    def seconds(self, question: Question, dice: Random) -> float:
        return SECONDS * belief.SLOWNESS.get(question.type, 1) * self.student.slowness * math.exp(dice.gauss(0, SECONDS_SPREAD))


def difficulty(seed: str, uid: str) -> float:
    return Random(f"{seed}/difficulty/{uid}").gauss(-EASE, SPREAD)  # noqa: S311 - a simulation


def attraction(seed: str, uid: str, choice: str) -> float:
    """Some wrong answers are more tempting than others."""
    return 0.2 + Random(f"{seed}/attraction/{uid}/{choice}").random()  # noqa: S311 - a simulation
