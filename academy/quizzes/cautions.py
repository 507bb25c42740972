"""What the rules of a quiz give away, or promise and do not keep: said to those who set them, and left to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction

from academy.quizzes.models import PolicyOverride, QuizSchedule
from academy.quizzes.schedule_models import When
from lessons.models import Quiz

REPEATED_MAX = Fraction(1, 2)  # of the questions, on average, that two attempts have in common
WORDS = {"score": "The mark is", "feedback": "What is said to the answers is", "key": "The right answers are"}


def of(schedule: QuizSchedule, at: datetime) -> list[str]:
    """In sentences; none where nothing is to be said."""
    found = (one(schedule, at) for one in CHECKS)
    return [text for text in found if text]


def key_while_open(schedule: QuizSchedule, at: datetime) -> str:
    closes = schedule.closes_at
    if schedule.key_when == When.NEVER or (closes is not None and closes <= at):
        return ""
    open_still = "while the quiz is still open" if closes else "and the quiz never closes"
    if schedule.released_at is not None:
        return f"The right answers are released {open_still}: they reach those who have not answered yet."
    if schedule.key_when == When.AT_ONCE:
        return f"The right answers are shown as soon as an attempt is graded, {open_still}: they reach those who have not answered yet."
    if schedule.key_when == When.DUE and schedule.due_at and (closes is None or closes > schedule.due_at):
        return f"The right answers are shown after the due date, {open_still}: whoever comes later can read them first."
    return ""


def feedback_between_attempts(schedule: QuizSchedule, at: datetime) -> str:
    many = schedule.attempts_max is None or schedule.attempts_max > 1
    same = repeated(schedule.quiz)
    if schedule.feedback_when != When.AT_ONCE or not many or same < REPEATED_MAX * schedule.quiz.size:
        return ""
    allowed = "as many attempts as one likes" if schedule.attempts_max is None else f"{schedule.attempts_max} attempts"
    return (
        f"What is said to the answers is shown after each of {allowed}, and about {round(same)} of the {schedule.quiz.size} questions "
        "come again in the next. Show it later, allow one attempt, or give the quiz larger pools."
    )


def repeated(quiz: Quiz) -> Fraction:
    """How many questions two attempts have in common, on average: all that are always asked, k of n of a pool k times in n."""
    same = Fraction(0)
    for slot in quiz.slots:
        same += Fraction(slot["pick"] ** 2, len(slot["of"])) if "pool" in slot else 1
    return same


def waits_for_nothing(schedule: QuizSchedule, at: datetime) -> str:
    if schedule.released_at is not None:
        return ""
    bounds = {When.DUE: (schedule.due_at, "the due date"), When.CLOSED: (schedule.closes_at, "the closing")}
    found = []
    for what, words in WORDS.items():
        bound, name = bounds.get(getattr(schedule, f"{what}_when"), (at, ""))
        if bound is None:
            found.append(f"{words} shown after {name}, and there is none.")
    return " ".join([*found, "Set one, or release by hand when the time has come."]) if found else ""


def due_without_effect(schedule: QuizSchedule, at: datetime) -> str:
    if schedule.due_at is None:
        return ""
    if schedule.late and schedule.closes_at is not None and schedule.closes_at <= schedule.due_at:
        return "It closes when it is due, so nothing arrives late and nothing is ever taken off."
    if not schedule.late and (schedule.closes_at is None or schedule.closes_at > schedule.due_at):
        return "Nothing is taken off after the due date, and the quiz stays open after it."
    return ""


def less_time_than_said(schedule: QuizSchedule, at: datetime) -> str:
    opens, closes, limit = schedule.opens_at, schedule.closes_at, schedule.time_limit_s
    if opens and closes and limit and closes - opens < timedelta(seconds=limit):
        return "An attempt may take longer than the quiz is open: nobody has all of the time."
    return ""


def others_still_answer(schedule: QuizSchedule, at: datetime) -> str:
    """Somebody has more time than the others, who are shown the answers meanwhile."""
    closes = schedule.closes_at
    shown = [what for what in ("feedback", "key") if getattr(schedule, f"{what}_when") == When.CLOSED]
    if closes is None or not shown or not schedule.pk:
        return ""
    later = [one for one in newest_overrides(schedule).values() if one.closes_at and one.closes_at > max(closes, at)]
    if not later:
        return ""
    who = f"{later[0].user} has" if len(later) == 1 else f"{len(later)} students have"
    return f"{who} time until after the closing, when the others are shown {' and '.join(NAMES[what] for what in shown)}."


NAMES = {"feedback": "what is said to their answers", "key": "the right answers"}


def newest_overrides(schedule: QuizSchedule) -> dict[int, PolicyOverride]:
    """The row that counts of each student who has one, by user."""
    rows = PolicyOverride.objects.filter(schedule=schedule).select_related("user", "actor").order_by("pk")
    return {one.user_id: one for one in rows}


CHECKS: tuple[Callable[[QuizSchedule, datetime], str], ...] = (
    key_while_open, feedback_between_attempts, waits_for_nothing, due_without_effect, less_time_than_said, others_still_answer,
)  # fmt: skip
