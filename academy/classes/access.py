"""Who may do what with a class. One table, asked by every page, the admin and the labs; who is in none of its rows may do nothing.

| who                                | see | roster | runs of its students | manage (dates, code, roster, roles) |
|------------------------------------|-----|--------|----------------------|-------------------------------------|
| administrator (superuser)          | yes | yes    | no                   | yes                                 |
| instructor of the class            | yes | yes    | watch                | yes                                 |
| teaching assistant of the class    | yes | yes    | watch                | no                                  |
| student of the class               | yes | no     | no                   | no                                  |
| anybody else, instructors included | no  | no     | no                   | no                                  |

Who was put in by others, and has not agreed, is anybody else: neither do they see the class, nor its staff anything of theirs.

An instructor of a class holds two keys: the membership, and the site's permission to open classes. Whoever loses the second is a teaching
assistant where the first remains. Nothing is managed in an archived class but its return; its staff see no runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from academy.classes.models import Membership, Role, SchoolClass
from labs.models import Run

OPEN_CLASSES = "classes.add_schoolclass"
STAFF = (Role.ASSISTANT, Role.INSTRUCTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    role: str = ""
    see: bool = False
    roster: bool = False
    runs: bool = False
    manage: bool = False


NONE = Access()


def is_somebody(user: Any) -> bool:
    """Whether this is an account that can be in a class: a guest cannot, see docs/decisions/classes.md."""
    return bool(user.is_authenticated and user.is_active and not user.is_guest)


def may_open_classes(user: Any) -> bool:
    return is_somebody(user) and user.has_perm(OPEN_CLASSES)


def access(user: Any, school_class: SchoolClass) -> Access:
    """What `user` may do with this class."""
    if not is_somebody(user):
        return NONE
    role = Membership.objects.agreed().filter(school_class=school_class, user=user).values_list("role", flat=True).first() or ""
    runs = role in STAFF and not school_class.archived
    if user.is_superuser or (role == Role.INSTRUCTOR and may_open_classes(user)):
        return Access(role=role, see=True, roster=True, runs=runs, manage=True)
    if role in STAFF:
        return Access(role=role, see=True, roster=True, runs=runs)
    return Access(role=role, see=True) if role else NONE


def managed_by(user: Any) -> QuerySet[SchoolClass]:
    """The classes this user may manage, archived ones included."""
    if not is_somebody(user):
        return SchoolClass.objects.none()
    if user.is_superuser:
        return SchoolClass.objects.all()
    if not may_open_classes(user):
        return SchoolClass.objects.none()
    own = Membership.objects.agreed().filter(user=user, role=Role.INSTRUCTOR)
    return SchoolClass.objects.filter(pk__in=own.values("school_class"))


def students_of(user: Any) -> QuerySet[Membership]:
    """The seats of students in the classes this user may manage."""
    return Membership.objects.agreed().filter(role=Role.STUDENT, school_class__in=managed_by(user), school_class__archived_at=None)


def may_watch(user: Any, run: Run) -> bool:
    """Whether `user` is staff of a class in which the run's owner is a student. The labs ask by name (LABS_MAY_WATCH)."""
    if not is_somebody(user):
        return False
    staff = Membership.objects.agreed().filter(user=user, role__in=STAFF, school_class__archived_at=None)
    students = Membership.objects.agreed().filter(user_id=run.owner_id, role=Role.STUDENT)
    return students.filter(school_class__in=staff.values("school_class")).exists()
