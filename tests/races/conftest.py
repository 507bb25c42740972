import threading
import uuid
from collections import Counter

import pytest
from django.contrib.auth.models import Group

from academy.classes import members
from academy.classes.models import SchoolClass
from academy.gradebook import book
from academy.quizzes import tasks
from academy.quizzes.models import QuizSchedule
from lessons import revisions
from lessons.models import Quiz
from tests.races.rounds import LESSON, STUCK_S, Course


@pytest.fixture
def course(transactional_db, django_user_model):
    """Makes a class with the quiz set and so many students."""

    def make(students=0, **rules):
        revisions.take_file(LESSON)
        instructor = django_user_model.objects.create_user("ines", is_staff=True)
        instructor.groups.add(Group.objects.get(name="Instructors"))
        school_class = members.open_class(instructor, SchoolClass(name="Systems"))
        schedule = QuizSchedule.objects.create(
            quiz=Quiz.objects.get(), school_class=school_class, shuffle=False, **{"attempts_max": None, **rules}
        )
        made = Course(schedule=schedule, column=book.add_schedule(schedule), instructor=instructor)
        made.enrol(students)
        return made

    return make


class Asked:
    """Marks that were asked for, instead of the queue: no worker of another test joins a race unseen."""

    def __init__(self):
        self.times, self.changed = Counter(), threading.Condition()

    def ask(self, pk):
        with self.changed:
            self.times[uuid.UUID(pk)] += 1
            self.changed.notify_all()

    def wait_for(self, attempt):
        """As a worker does, until the attempt was handed in."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.times[attempt.pk], STUCK_S), "nobody asked for marks"


@pytest.fixture
def asked(monkeypatch):
    made = Asked()
    monkeypatch.setattr(tasks.grade, "delay", made.ask)
    return made
