from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from academy.classes.words import counted
from academy.insight.simulation import belief, demonstration
from academy.insight.simulation.belief import Unknown
from academy.insight.simulation.demonstration import Refused
from academy.insight.simulation.students import Sitting, Student
from academy.quizzes import attempts, marking
from academy.quizzes.models import OVER, Attempt, State
from lessons import asking
from lessons.models import Question, Quiz

STUDENTS_MAX = 500
HELP = """
Make a demonstration class whose simulated students take a quiz, or go on with it.

They are more and less able, leave blanks, take their time and change their minds; everything goes through the doors people use, so every
log, mark and cell of the gradebook is real. They answer by what is right. --truth q-8-5-silent=wait says what is right for one question,
whatever its key says: a wrong key then shows in the statistics. Their moments lie in the last two days.

Challenges in labs are really played, by the solution that the lab declares; who does not know how gets no farther than half of it. Each is
marked by a replay at once, which in a busy lab takes up to half a minute where the goal is not met: start with few students.

The class is called "Demonstration: ...", its students demo-CLASS-NUMBER. The same seed makes students of the same ability, with the same
answers to the same questions; which questions of a pool an attempt draws is the site's own dice. A second call goes on where the first
stopped.
"""


def between(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text[:20]!r}")
        return int(text)

    return whole


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiz", required=True, metavar="NAME", help="of a quiz block, such as check-8-5")
        parser.add_argument("--students", type=between(1, STUDENTS_MAX), default=30, metavar="N", help="30 where nothing is said")
        parser.add_argument("--attempts", type=between(1, 20), default=1, metavar="N", help="of each student")
        parser.add_argument("--class", dest="school_class", metavar="NAME", help="of the class; the quiz's title where nothing is said")
        parser.add_argument("--seed", default="7", help="another seed, other students")
        parser.add_argument("--truth", action="append", default=[], metavar="UID=CHOICE", help="what is right, whatever the key says")
        parser.add_argument("--instructor", default="", metavar="NAME", help="whose class it is; the first instructor of the site")
        parser.add_argument("--password", help="of the simulated accounts; without it nobody can log in as one of them")
        parser.add_argument("--yes", action="store_true", help="also on a site that has classes of its own")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.simulate(options)
        except (Refused, Unknown, attempts.Refused) as refused:
            raise CommandError(str(refused)) from refused

    def simulate(self, options: dict[str, Any]) -> None:
        quiz, password = quiz_of(options["quiz"]), checked(options["password"])
        truths = truths_of(options["truth"])
        if demonstration.real_classes() and not options["yes"]:
            raise Refused("This site has classes of its own. Say --yes if simulated students may come to stand beside them.")
        owner = demonstration.instructor(options["instructor"], password)
        school_class = demonstration.class_of(options["school_class"] or str(quiz), owner)
        schedule = demonstration.schedule(school_class, quiz)
        taken = 0
        for number in range(1, options["students"] + 1):
            user = demonstration.student(school_class, number, password)
            sitting = Sitting(
                student=Student(seed=options["seed"], number=number), user=user, quiz=quiz, school_class=school_class, truths=truths
            )
            while attempts.counted(user, quiz, school_class) < options["attempts"]:
                sitting.take()
                taken += 1
        self.report(schedule, options["students"], taken)

    def report(self, schedule: Any, students: int, taken: int) -> None:
        over = Attempt.objects.filter(quiz=schedule.quiz, school_class=schedule.school_class, state__in=OVER)
        scores = [marking.score(rows).fraction * 100 for rows in marking.graded(over.filter(state=State.GRADED)).values()]
        waiting = over.exclude(state=State.GRADED).count()
        mean = f", {sum(scores) / len(scores):.0f} % right on average" if scores else ""
        waits = f", {counted(waiting, 'waits', 'wait')} for marks" if waiting else ""
        sat, made = counted(students, "student"), counted(taken, "new attempt")
        self.stdout.write(f"{schedule.school_class}: {sat}, {made} at {schedule.quiz.name}{mean}{waits}.")
        self.stdout.write(reverse("insight:quiz", args=[schedule.school_class_id, schedule.pk]))


def quiz_of(name: str) -> Quiz:
    found = Quiz.objects.filter(name=name, is_asked=True).first()
    if found is None:
        known = ", ".join(Quiz.objects.filter(is_asked=True).values_list("name", flat=True)[:12])
        raise CommandError(
            f"Expected the name of a quiz ({known or 'there is none: content import brings the course'}), got {name[:40]!r}."
        )
    return found


def checked(password: str | None) -> str | None:
    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
    return password


def truths_of(written: list[str]) -> dict[str, str]:
    """Each looked at beside its question as it is now."""
    found = dict(one.partition("=")[::2] for one in written)
    for uid, truth in found.items():
        row = Question.objects.filter(uid=uid).select_related("current__question").first()
        if row is None or row.current is None:
            raise Unknown(f"Expected --truth UID=CHOICE with a question of the bank; got {uid[:40]!r}.")
        belief.taken_for(asking.question_of(row.current), truth)
    return found
