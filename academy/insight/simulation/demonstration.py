"""The class that simulated students are in: its name says what it is, and so do the names of all who are in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from academy.accounts.models import User
from academy.classes import members
from academy.classes.access import may_open_classes
from academy.classes.models import How, Membership, Role, SchoolClass
from academy.quizzes import scheduling
from academy.quizzes.models import QuizSchedule
from lessons.models import Quiz

PREFIX = "Demonstration: "
ADDRESS = "@demonstration.invalid"  # of their accounts: no mail ever goes there, and no person has it
INSTRUCTOR = "demo-instructor"


class Refused(Exception):
    """What is not done, and why."""


def named(name: str) -> str:
    return (name if name.startswith(PREFIX) else PREFIX + name)[:120]


def real_classes() -> int:
    return SchoolClass.objects.exclude(name__startswith=PREFIX).count()


@transaction.atomic
def class_of(name: str, instructor: Any) -> SchoolClass:
    """The class of this name, made where there is none. Nobody joins it by code."""
    found = SchoolClass.objects.filter(name=named(name), archived_at=None).order_by("pk").first()
    if found is None:
        found = members.open_class(instructor, SchoolClass(name=named(name)))
        members.switch_code_off(found)
    return found


def instructor(name: str = "", password: str | None = None) -> Any:
    """The account of that name; without one the first that may open classes, and one made for this where there is none."""
    if name:
        found = User.objects.filter(username=name).first()
        if found is None or not may_open_classes(found):
            raise Refused(f"Expected the user name of an instructor, got {name[:40]!r}.")
        return found
    able = (one for one in User.objects.filter(is_active=True, is_guest=False, is_staff=True).order_by("pk") if may_open_classes(one))
    return next(able, None) or made_instructor(password)


def made_instructor(password: str | None) -> Any:
    made = account(INSTRUCTOR, "Demonstration", "instructor", password, is_staff=True)
    made.groups.add(Group.objects.get(name="Instructors"))
    return User.objects.get(pk=made.pk)  # its permissions are looked up anew


@transaction.atomic
def student(school_class: SchoolClass, number: int, password: str | None) -> Any:
    """The account with this number in the class, in its seat."""
    user = account(f"demo-{school_class.pk}-{number:03}", "Demonstration", f"student {number:02}", password)
    members.seat(members.lock(school_class.pk), user, How.CODE)
    Membership.objects.filter(school_class=school_class, user=user, role=Role.STUDENT).update(listed_as=user.get_full_name())
    return user


def account(username: str, first: str, last: str, password: str | None, **rights: Any) -> Any:
    """Raises Refused where a person has the name."""
    found = User.objects.filter(username=username).first()
    if found is not None and not found.email.endswith(ADDRESS):
        raise Refused(f"There is an account {username} already, and it is no demonstration's.")
    if found is None:
        found = User(username=username, first_name=first, last_name=last, email=username + ADDRESS, **rights)
        found.set_unusable_password()
    if password is not None:
        found.set_password(password)
    found.save()
    return found


def schedule(school_class: SchoolClass, quiz: Quiz) -> QuizSchedule:
    """As it is set for the class; where it is not, it is set without dates and without limits."""
    found = QuizSchedule.objects.filter(school_class=school_class, quiz=quiz).first()
    if found is not None:
        return found
    return scheduling.set_quiz(school_class, quiz, rules={"attempts_max": None}, points=Decimal(100), weight=Decimal(1))
