"""Races of many rounds, and what must hold after all of them.

`race` lets threads begin each round at the same moment, each with a connection of its own. `audit` reads the logs alone and says what they
come to, by rules written here once more and not by the site's own code.
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction

from academy.classes.models import How, Membership, Role
from academy.gradebook import book
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import attempts, dealing, marking, policy
from academy.quizzes.attempts import Sent
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, QuizSchedule, Receipt, ResponseEvent
from tests.quiz_source import VOTES, quiz_of
from tests.quiz_source import WHICH as WHICH_HOLD

ROUNDS = 200
FEWER = 80  # where a round marks more than one attempt, or where every round is a race
PHASES = 4  # how many harmless statements a thread may make before it acts: each round has another pair, so that no thread is always first
STUCK_S = 60
SWITCH_S = 0.0002  # threads take turns often: what one does is cut into small pieces
LEADER, WHICH = 1, 2  # slots
RIGHT = {LEADER: "b", WHICH: ["a", "b"]}
HALF = {LEADER: "b", WHICH: ["a"]}
WRONG = {LEADER: "a", WHICH: ["c", "d"]}
OVER = {"submitted", "graded", "needs_review"}

HEAD = """---
id: "9.1"
title: Majorities
lead: A question that hurts.
minutes: 5
---
# Majorities at length

## First idea {#first}

Text about it.
"""
LESSON = HEAD + quiz_of(VOTES, WHICH_HOLD)


@dataclass(kw_only=True)
class Course:
    """A class with a quiz of two questions, and everybody in it."""

    schedule: QuizSchedule
    column: Column
    instructor: object
    users: list = field(default_factory=list)

    @property
    def quiz(self):
        return self.schedule.quiz

    @property
    def school_class(self):
        return self.schedule.school_class

    def enrol(self, count):
        """So many students more."""
        rows = [get_user_model()(username=f"student-{len(self.users) + i}", password="!") for i in range(count)]
        made = get_user_model().objects.bulk_create(rows)
        at = policy.now()
        Membership.objects.bulk_create(
            Membership(school_class=self.school_class, user=user, role=Role.STUDENT, how=How.CODE, agreed_at=at) for user in made
        )
        self.users += made
        return made

    def begun(self, users, number=1):
        """An attempt in progress for each, as `attempts.begin` makes it."""
        at = policy.now()
        deadline = policy.of_schedule(self.schedule, None).deadline(at)
        place = {"quiz": self.quiz, "school_class": self.school_class}
        made = [
            Attempt(**place, user=user, number=number, seed=uuid.uuid4().hex, started_at=at, deadline_at=deadline) for user in users
        ]  # fmt: skip
        Attempt.objects.bulk_create(made)
        pattern = dealing.items(made[0], self.quiz, False) if made else []
        AttemptItem.objects.bulk_create(
            AttemptItem(attempt=one, slot=item.slot, question_version=item.question_version, seed=item.seed, dealt=item.dealt)
            for one in made
            for item in pattern
        )
        return made

    def handed_in(self, users, number, answers):
        """Attempts that wait for a worker, as `attempts.submit` leaves them. `answers`: of each, by slot."""
        made = self.begun(users, number)
        at = policy.now()
        Attempt.objects.filter(pk__in=[one.pk for one in made]).update(state="submitted", submitted_at=at, finalize_reason="student")
        given = {one.pk: answers(i) for i, one in enumerate(made)}
        items = list(AttemptItem.objects.filter(attempt__in=made).select_related("question_version__question").order_by("attempt", "slot"))
        lines = defaultdict(list)
        for item in items:
            item.draft, item.draft_rev, item.drafted_at = given[item.attempt_id][item.slot], 1, at
            lines[item.attempt_id].append(attempts.line(item))
        AttemptItem.objects.bulk_update(items, ["draft", "draft_rev", "drafted_at"])
        ResponseEvent.objects.bulk_create(
            ResponseEvent(item=item, seq=seq, kind=kind, answer=item.draft, received_at=at)
            for item in items
            for seq, kind in ((1, "draft"), (2, "final"))
        )
        Receipt.objects.bulk_create(
            Receipt(attempt=one, code=attempts.new_code(), lines=lines[one.pk], created_at=at) for one in made
        )  # fmt: skip
        return made


def sent(answers, base_rev=0):
    return {slot: Sent(answer=answer, base_rev=base_rev, client_event_id=uuid.uuid4()) for slot, answer in answers.items()}


def race(rounds, *actors, before=None):
    """What each actor came to, round by round: its value, or the refusal it got. `before(i)`: while all wait for round i to begin.

    Any other error, a deadlock among them, ends the race and is raised.
    """
    told = [[None] * len(actors) for _ in range(rounds)]
    failures = []
    numbers = iter(range(rounds))

    def ready():
        i = next(numbers)
        if before is not None:
            before(i)

    gate = threading.Barrier(len(actors), action=ready, timeout=STUCK_S)

    def run(place, act):
        try:
            for i in range(rounds):
                gate.wait()
                for _ in range(i // PHASES**place % PHASES):
                    policy.now()
                try:
                    told[i][place] = act(i)
                except (attempts.Refused, book.Refused) as refused:
                    told[i][place] = refused
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:
            error.add_note(f"in round {i}, actor {place}")
            failures.append(error)
            gate.abort()
        finally:
            connections.close_all()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    threads = [threading.Thread(target=run, args=one, name=f"racer-{one[0]}") for one in enumerate(actors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK_S * 2)
    sys.setswitchinterval(interval)
    assert not any(thread.is_alive() for thread in threads), "a racer is stuck"
    if failures:
        raise failures[0]
    assert next(numbers, None) is None, "a racer waited for another for too long"
    return told


def waiting_for_a_lock():
    """How many connections of this database do, now and not when this transaction first asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone()[0]


class Queue:
    """Threads that stand in line for a row in the order they were added, while this thread holds it."""

    def __init__(self, hold, eventually):
        self.hold, self.eventually, self.threads, self.told = hold, eventually, [], []

    def __enter__(self):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.hold()
        return self

    def add(self, act):
        place = len(self.threads)
        self.told.append(None)

        def run():
            try:
                self.told[place] = act()
            except Exception as error:
                self.told[place] = error
            finally:
                connections.close_all()

        self.threads.append(threading.Thread(target=run, name=f"in-line-{place}"))
        self.threads[-1].start()
        self.eventually("its turn at the lock", lambda: waiting_for_a_lock() == place + 1)

    def __exit__(self, *error):
        self.transaction.__exit__(*error)
        for thread in self.threads:
            thread.join(STUCK_S)
            assert not thread.is_alive(), "a thread is stuck"


def worth(slot, answer):
    """What an answer is worth, 0 to 1: of `q-which`, k = 2 of n = 4 are right."""
    if slot == LEADER:
        return Decimal(answer == "b")
    chosen = set(answer or ())
    return max(Decimal(0), Decimal(len(chosen & {"a", "b"})) / 2 - Decimal(len(chosen & {"c", "d"})) / 2)


def counts(events):
    """The event that counts, of an item's grades in the order written."""
    newest = {}
    for event in events:
        if event.kind == "cleared":
            newest.pop("by hand", None)
            newest.pop("manual", None)
        else:
            newest["by hand" if event.kind in ("override", "excused") else event.kind] = event
    return next((newest[name] for name in ("by hand", "manual", "regrade", "auto") if name in newest), None)


def by(rows, name):
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def audit(course=None):
    """Everything in the database is consistent. Gives the scores by attempt: (points, max, questions without a mark)."""
    rows = list(Attempt.objects.select_related("user"))
    items = by(AttemptItem.objects.order_by("slot"), "attempt_id")
    responses = by(ResponseEvent.objects.order_by("seq"), "item_id")
    grades = by(GradeEvent.objects.order_by("pk"), "item_id")
    receipts = by(Receipt.objects.all(), "attempt_id")
    scores = {}
    for attempt in rows:
        at = f"attempt {attempt.number} of {attempt.user}, {attempt.state}"
        is_over = attempt.state in OVER
        assert len(items[attempt.pk]) == 2, at
        assert len(receipts[attempt.pk]) == is_over, f"{at}: one receipt"
        for item in items[attempt.pk]:
            check_responses(attempt, item, responses[item.pk], f"{at}, question {item.slot}")
            check_grades(item, responses[item.pk], grades[item.pk], f"{at}, question {item.slot}")
        if is_over:
            check_receipt(receipts[attempt.pk][0], items[attempt.pk], at)
            marks = [counts(grades[item.pk]) for item in items[attempt.pk]]
            made = [mark for mark in marks if mark is not None]
            found = (sum(mark.points for mark in made), sum(mark.points_max for mark in made), marks.count(None))
            scores[attempt.pk] = found
            assert (attempt.state == "graded") == (found[2] == 0), f"{at}: {found}"
    its = marking.graded(rows)
    for pk, (points, most, missing) in scores.items():
        said = marking.score(its[pk])
        assert (said.points, said.max, said.open) == (points, most, missing)
    if course is not None:
        check_cells(course, rows, scores)
    return scores


def check_responses(attempt, item, log, at):
    kinds = [event.kind for event in log]
    assert [event.seq for event in log] == list(range(1, len(log) + 1)), at
    assert kinds.count("final") == (attempt.state in OVER), f"{at}: one final answer; its log: {kinds}"
    drafts = [event for event in log if event.kind == "draft"]
    assert item.draft_rev == len(drafts), f"{at}: revision {item.draft_rev} and {kinds}"
    assert item.draft == (drafts[-1].answer if drafts else None), at
    end = attempt.deadline_at and attempt.deadline_at + timedelta(seconds=15)
    for event in log:
        if event.kind == "final":
            assert event.answer == item.draft, f"{at}: what is graded is what was kept last"
        if event.kind == "draft":
            assert "final" not in kinds[: event.seq - 1], f"{at}: kept after the end"
            assert end is None or event.received_at <= end, f"{at}: kept {event.received_at - end} after time"
        if event.kind == "late":
            assert "final" in kinds[: event.seq - 1], f"{at}: late before the end"
            assert attempt.finalize_reason != "time" or event.received_at > end, f"{at}: refused in time"


def check_receipt(receipt, items, at):
    for line, item in zip(receipt.lines, items, strict=True):
        arrived = item.drafted_at and item.drafted_at.isoformat(timespec="milliseconds")
        assert (line["slot"], line["answered"], line["received_at"]) == (item.slot, item.draft is not None, arrived), at


def check_grades(item, log, events, at):
    made = Counter((event.response_id, event.question_version_id, event.grader_version) for event in events if event.kind == "auto")
    assert not made or max(made.values()) == 1, f"{at}: graded twice"
    final = next((event for event in log if event.kind == "final"), None)
    for event in events:
        assert final is not None and event.response_id == final.pk, at
        if event.kind == "auto":
            assert event.fraction == worth(item.slot, final.answer), f"{at}: {final.answer} for {event.fraction}"


def check_cells(course, rows, scores):
    """The cells are what the logs come to, and no log says the same twice in a row."""
    events = by(GradebookEvent.objects.filter(column=course.column).order_by("pk"), "user_id")
    computed = {user.pk: book.computed(course.column, course.schedule, user) for user in course.users if user.pk in events}
    for user_id, own in by(rows, "user_id").items():
        log = [event for event in events[user_id] if event.state == "graded"]
        marked = [scores[one.pk] for one in own if one.pk in scores and scores[one.pk][2] == 0]
        best = max((points / most if most else Decimal(0) for points, most, _ in marked), default=None)
        at = f"cell of {own[0].user}"
        assert bool(log) == bool(marked), f"{at}: {len(marked)} marked attempts and {len(log)} events"
        if not log:
            continue
        assert abs(log[-1].points - best * course.column.points) <= Decimal("1e-8"), f"{at}: {log[-1].points} for {best}"
        assert (log[-1].points, log[-1].why) == computed[user_id], at
        for one, other in pairwise(log):
            assert (one.points, one.max, one.why) != (other.points, other.max, other.why), f"{at}: the same twice"
