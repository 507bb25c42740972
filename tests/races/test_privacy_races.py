"""An account is deleted while something else happens to it: no deadlock, no half of anything, no number lost."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model

from academy.audit.models import Entry
from academy.gradebook import book
from academy.gradebook.models import GradebookEvent
from academy.privacy import erasure
from academy.quizzes import attempts, marking
from academy.quizzes.models import Attempt, GradeEvent, Receipt
from labs.models import Run
from tests.races.rounds import RIGHT, audit, race, sent

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 30


@pytest.fixture(autouse=True)
def no_queue(asked):
    return asked


def erase(user):
    return erasure.erase(user.pk, "test")


def unless_gone(act):
    """What it came to; the error where the account or the attempt was gone."""

    def run(i):
        try:
            return act(i)
        except Attempt.DoesNotExist as gone:
            return gone

    return run


def test_two_deletions_are_one(course):
    made = course(TIMES)
    rows = made.handed_in(made.users[: TIMES // 2], 1, lambda i: RIGHT)
    told = race(TIMES, lambda i: erase(made.users[i]), lambda i: erase(made.users[i]))
    for i, (one, other) in enumerate(told):
        assert one == other
        assert bool(one) == (i < len(rows))
    left = get_user_model().objects.exclude(username="ines")
    assert {one.username for one in left} == {one for one, _ in told if one}
    assert len(left) == len(rows)
    assert Entry.objects.filter(did="test").count() == TIMES
    assert Receipt.objects.count() == len(rows)


def test_deleting_against_handing_in(course):
    made = course(TIMES)
    rows = made.begun(made.users)
    submit = unless_gone(lambda i: attempts.submit(rows[i].pk, made.users[i], rows[i].submit_key, sent(RIGHT)))
    told = race(TIMES, lambda i: erase(made.users[i]), submit)
    for one, (name, came) in zip(rows, told, strict=True):
        kept = Attempt.objects.filter(pk=one.pk).first()
        assert bool(name) == isinstance(came, Receipt) == (kept is not None)
        if kept is not None:
            assert marking.grade(one.pk)
            assert GradebookEvent.objects.get(user=one.user_id).points == 100
    audit(made)


def test_deleting_against_marking_and_deciding(course):
    made = course(TIMES)
    rows = made.handed_in(made.users, 1, lambda i: RIGHT)
    told = race(
        TIMES,
        lambda i: erase(made.users[i]),
        lambda i: marking.grade(rows[i].pk),
        lambda i: book.decide(made.column, made.users[i], "override", actor=made.instructor, reason="why", points=Decimal(7)),
    )
    assert all(name.startswith("former student ") for name, _, _ in told)
    assert all(graded for _, graded, _ in told)
    assert GradeEvent.objects.count() == 2 * TIMES
    found = book.cells(made.school_class)
    assert len(found) == TIMES
    assert {cell.points for cell in found.values()} == {Decimal(7)}
    audit(made)


def test_deleting_against_beginning_another_attempt(course):
    made = course(TIMES)
    made.handed_in(made.users, 1, lambda i: RIGHT)
    told = race(TIMES, lambda i: erase(made.users[i]), lambda i: attempts.begin(made.users[i], made.quiz, made.school_class))
    assert all(name.startswith("former student ") for name, _ in told)
    assert not Attempt.objects.filter(state="in_progress").exists()
    assert not Run.objects.exists()
