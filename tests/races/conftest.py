import pytest
from django.contrib.auth.models import Group

from academy.classes import members
from academy.classes.models import SchoolClass
from academy.gradebook import book
from academy.quizzes import tasks
from academy.quizzes.models import QuizSchedule
from lessons import revisions
from lessons.models import Quiz
from tests.races.rounds import LESSON, Course


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


@pytest.fixture
def asked(monkeypatch):
    """Marks that were asked for, by attempt, instead of the queue: no worker of another test joins a race unseen."""
    found = []
    monkeypatch.setattr(tasks.grade, "delay", found.append)
    return found
