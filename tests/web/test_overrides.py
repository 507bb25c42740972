"""Other rules for one student: more time, other dates, more attempts, with a reason, in a log that only grows."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from academy.audit.models import Entry
from academy.classes import members
from academy.classes.models import Membership, Role
from academy.gradebook import book
from academy.gradebook.models import GradebookEvent
from academy.quizzes import attempts, marking, policy, scheduling
from academy.quizzes.attempts import Refused, Sent
from academy.quizzes.models import Attempt, PolicyOverride, QuizSchedule, State
from lessons import revisions
from lessons.models import Quiz

pytestmark = pytest.mark.django_db
QUIZ = """
::::{quiz} clocks
:title: Clocks
:::{question} q-one
:type: single
:points: 1
:concepts: majority
How many of five?

- [ ] {a} 2 | Too few.
- [x] {b} 3 | Right.
:::
::::
"""
EMPTY = {"time_factor": "", "time_limit": "", "opens_at": "", "due_at": "", "closes_at": "", "attempts_max": "", "reason": ""}
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def quiz(db, lesson_source):
    revisions.take_file(lesson_source(extra=QUIZ))
    return Quiz.objects.get()


@pytest.fixture
def school(taught, alice, bob):
    return taught(alice, bob, time_zone="Europe/Berlin")


@pytest.fixture
def ines(as_user, instructor):
    return as_user(instructor)


@pytest.fixture
def scheduled(school, quiz):
    def make(**rules):
        return scheduling.set_quiz(school, quiz, rules=rules, points=Decimal(100), weight=Decimal(1))

    return make


@pytest.fixture
def give(instructor, alice):
    """Other rules for alice, by ines."""

    def give(held, reason="extra time", **different):
        return scheduling.override(held, alice, actor=instructor, reason=reason, **different)

    return give


def page(response):
    return response.content.decode()


def path(held, user):
    seat = Membership.objects.get(school_class=held.school_class, user=user)
    return f"/classes/{held.school_class_id}/quizzes/{held.pk}/students/{seat.pk}/"


def cell_log(held, user):
    return list(GradebookEvent.objects.filter(column=held.column, user=user).order_by("pk"))


def started(attempt, ago):
    Attempt.objects.filter(pk=attempt.pk).update(started_at=timezone.now() - ago)
    return Attempt.objects.get(pk=attempt.pk)


def test_a_student_gets_rules_of_their_own_and_nobody_else(ines, scheduled, alice, bob):
    held = scheduled(time_limit_s=1800, attempts_max=1, closes_at=datetime.datetime(2027, 3, 8, 17, tzinfo=datetime.UTC))
    typed = EMPTY | {"time_factor": "1.5", "closes_at": "2027-03-10T18:00", "attempts_max": "2", "reason": "Extra time, as agreed"}
    said = page(ines.post(path(held, alice), typed, follow=True))
    assert "alice has rules of their own from now on." in said
    assert "alice has time until after the closing" in said
    rules, others = policy.for_user(held, alice), policy.for_user(held, bob)
    assert (rules.time_limit_s, rules.attempts_max, rules.reason) == (2700, 2, "Extra time, as agreed")
    assert rules.closes_at == datetime.datetime(2027, 3, 10, 17, tzinfo=datetime.UTC)
    assert (others.time_limit_s, others.attempts_max, others.closes_at) == (1800, 1, held.closes_at)
    listed = page(ines.get(f"/classes/{held.school_class_id}/quizzes/{held.pk}/students/"))
    assert "1.5 times the time limit" in listed
    assert "Extra time, as agreed" in listed


def test_a_student_is_chosen_from_the_list(ines, scheduled, alice):
    held = scheduled()
    seat = Membership.objects.get(user=alice)
    base = f"/classes/{held.school_class_id}/quizzes/{held.pk}/students/"
    assert f'<option value="{seat.pk}">alice</option>' in page(ines.get(base))
    assert ines.get(f"{base}?seat={seat.pk}").url == f"{base}{seat.pk}/"
    assert ines.get(f"{base}{Membership.objects.get(role=Role.INSTRUCTOR).pk}/").status_code == 404, "staff take no quizzes"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "Say why"),
        ({"reason": "ill"}, "Nothing is different."),
        ({"reason": "   ", "attempts_max": "3"}, "Say why"),
        ({"reason": "x" * 301, "attempts_max": "3"}, "at most 300"),
        ({"reason": "ill", "time_factor": "0.5"}, "a number from 1 to 5"),
        ({"reason": "ill", "time_factor": "5.01"}, "a number from 1 to 5"),
        ({"reason": "ill", "time_factor": "Infinity"}, "a number from 1 to 5"),
        ({"reason": "ill", "time_limit": "0"}, "minutes from 1 to 1440"),
        ({"reason": "ill", "attempts_max": "21"}, "attempts from 1 to 20"),
        ({"reason": "ill", "due_at": "soon"}, "is no date and time"),
        ({"reason": "ill", "due_at": "2027-03-28T02:30"}, "does not exist in Europe/Berlin"),
        ({"reason": "ill", "due_at": "2027-05-01T12:00"}, "closes before it is due"),  # the class's closing comes first
        ({"reason": "ill", "closes_at": "2027-02-01T12:00"}, "closes before it is due"),
        ({"reason": "ill", "opens_at": "2027-03-08T18:30"}, "due before it opens"),
    ],
)
def test_rules_that_cannot_be_say_why_and_what_was_typed_stays(ines, scheduled, alice, wrong, said):
    end = datetime.datetime(2027, 3, 8, 17, tzinfo=datetime.UTC)
    held = scheduled(due_at=end, closes_at=end + 24 * HOUR)
    response = ines.post(path(held, alice), EMPTY | {"attempts_max": ""} | wrong)
    assert response.status_code == 422
    assert said in page(response).replace("&#x27;", "'")
    assert not PolicyOverride.objects.exists()
    for value in wrong.values():
        assert f'value="{value.strip()}"' in page(response).replace('value="   "', 'value=""')


def test_the_newest_row_counts_whole(scheduled, give, alice):
    held = scheduled(time_limit_s=600, attempts_max=1)
    give(held, time_factor=Decimal(2), attempts_max=4)
    give(held, attempts_max=3)
    rules = policy.for_user(held, alice)
    assert (rules.time_limit_s, rules.attempts_max) == (600, 3)
    assert PolicyOverride.objects.count() == 2


def test_as_for_everybody_again_is_a_row_more(ines, scheduled, give, alice):
    held = scheduled(attempts_max=1)
    give(held, attempts_max=3)
    assert "Say why" in page(ines.post(path(held, alice), {"do": "back", "back-reason": ""}))
    said = page(ines.post(path(held, alice), {"do": "back", "back-reason": "A mistake"}, follow=True))
    assert "alice has the same rules as everybody from now on." in said
    assert policy.for_user(held, alice).attempts_max == 1
    assert [one.reason for one in PolicyOverride.objects.order_by("pk")] == ["extra time", "A mistake"]
    shown = page(ines.get(path(held, alice)))
    assert shown.index("A mistake") < shown.index("extra time"), "the newest first"
    assert "Rules as for everybody" in shown
    again = ines.post(path(held, alice), {"do": "back", "back-reason": "Once more"})
    assert "Nothing is different for alice" in page(again)
    assert "Nobody has any." in page(ines.get(f"/classes/{held.school_class_id}/quizzes/{held.pk}/students/"))


def test_rows_are_never_changed(scheduled, give):
    made = give(scheduled(), attempts_max=3)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        PolicyOverride.objects.filter(pk=made.pk).update(attempts_max=9)


def test_more_time_during_an_attempt_counts_at_once(scheduled, give, alice, quiz, school):
    held = scheduled(time_limit_s=600)
    running = started(attempts.begin(alice, quiz, school), datetime.timedelta(minutes=11))
    give(held, time_factor=Decimal(2))
    running.refresh_from_db()
    assert running.state == State.IN_PROGRESS
    assert running.deadline_at == running.started_at + datetime.timedelta(seconds=1200)


def test_time_that_is_taken_back_ends_an_attempt_at_the_time_it_had(scheduled, give, alice, quiz, school):
    held = scheduled(time_limit_s=600)
    give(held, time_factor=Decimal(2))
    running = started(attempts.begin(alice, quiz, school), datetime.timedelta(minutes=11))
    give(held, reason="a mistake")
    running.refresh_from_db()
    assert (running.state, running.finalize_reason) == (State.SUBMITTED, "time")
    assert running.submitted_at == running.started_at + datetime.timedelta(seconds=600)


def test_more_time_for_one_student_moves_nobody_else(scheduled, give, alice, bob, quiz, school):
    held = scheduled(time_limit_s=600)
    theirs = attempts.begin(bob, quiz, school)
    give(held, time_factor=Decimal(2))
    theirs.refresh_from_db()
    assert theirs.deadline_at == theirs.started_at + datetime.timedelta(seconds=600)


def test_a_later_due_date_gives_the_marks_back_and_the_log_tells_why(scheduled, give, instructor, alice, quiz, school):
    held = scheduled(due_at=timezone.now() - 2 * HOUR, late=[[24, 50]])
    made = attempts.begin(alice, quiz, school)
    attempts.submit(made.pk, alice, made.submit_key, {1: Sent(answer="b", base_rev=0)})
    assert marking.grade(made.pk)
    assert book.cell(cell_log(held, alice)).points == 50
    give(held, reason="ill that week", due_at=timezone.now() + HOUR)
    log = cell_log(held, alice)
    assert [(one.state, one.points) for one in log] == [("graded", 50), ("graded", 100), ("extension", None)]
    assert (log[-1].reason, log[-1].actor, log[-1].why) == ("ill that week", instructor, {"override": PolicyOverride.objects.get().pk})
    assert book.cell(log).points == 100
    assert book.cells(school)[alice.pk, held.column.pk].points == 100


def test_an_extension_does_not_move_what_was_decided_by_hand(scheduled, give, instructor, alice):
    held = scheduled()
    book.decide(held.column, alice, "exempt", actor=instructor, reason="abroad")
    give(held, attempts_max=5)
    assert book.cell(cell_log(held, alice)).exempt


def test_a_reason_and_a_student_of_the_class_are_needed(scheduled, give, instructor, person, school):
    held = scheduled()
    with pytest.raises(Refused, match="Say why"):
        give(held, reason="  ", attempts_max=3)
    with pytest.raises(Refused, match="at least one rule"):
        give(held)
    with pytest.raises(Refused, match="no student"):
        scheduling.override(held, person("charlie"), actor=instructor, reason="x", attempts_max=3)
    asked = person("dora")
    members.seat(school, asked, "hand")
    with pytest.raises(Refused, match="no student"):
        scheduling.override(held, asked, actor=instructor, reason="x", attempts_max=3)
    assert not PolicyOverride.objects.exists()
    assert not GradebookEvent.objects.exists()


def test_a_factor_without_a_time_limit_is_kept_and_said(ines, scheduled, alice):
    held = scheduled()
    assert "nothing to multiply" in page(ines.post(path(held, alice), EMPTY | {"time_factor": "2", "reason": "x"}, follow=True))
    assert PolicyOverride.objects.get().time_factor == 2


def test_an_attempt_in_progress_is_named_before_its_rules_change(ines, scheduled, alice, quiz, school):
    held = scheduled(time_limit_s=600)
    attempts.begin(alice, quiz, school)
    assert "Attempt 1 is in progress and ends" in page(ines.get(path(held, alice)))


def test_the_student_reads_the_reason(as_user, scheduled, give, alice):
    give(scheduled(attempts_max=1), reason="Extra time, as agreed", attempts_max=2)
    assert "Extra time, as agreed" in page(as_user(alice).get("/quizzes/clocks/"))


def test_the_audit_trail_tells_who_gave_what(ines, scheduled, alice):
    held = scheduled()
    ines.post(path(held, alice), EMPTY | {"attempts_max": "3", "reason": "ill"})
    entry = Entry.objects.get(content_type__model="policyoverride")
    assert entry.actor_name == "ines"
    assert entry.changes["attempts_max"] == ["None", "3"]
    assert entry.changes["user"] == ["None", "alice"]


def test_only_who_manages_the_class_gives_other_rules(as_user, ines, scheduled, give, person, alice, bob, school):
    held = scheduled()
    place, typed = path(held, alice), EMPTY | {"attempts_max": "3", "reason": "x"}
    assert as_user(alice).post(place, typed).status_code == 403, "no student, themselves included"
    assert as_user(person("charlie")).post(place, typed).status_code == 404
    Membership.objects.filter(user=bob).update(role=Role.ASSISTANT)
    assert as_user(bob).post(place, typed).status_code == 403
    members.archive(school)
    assert ines.post(place, typed).status_code == 404
    assert ines.get(place).status_code == 404
    with pytest.raises(Refused, match="archived"):
        give(QuizSchedule.objects.get(), attempts_max=3)
    assert not PolicyOverride.objects.exists()
