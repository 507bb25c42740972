"""Deleting an account: all of it goes that no class must keep, and what a class must keep loses its name.

A class keeps the marks it has given and what they were made of. Where there are none the account's row itself is deleted. Where there are,
the row stays as "former student 7f3a9c": no name, no address, no password, no rights, no sessions; nobody can log in to it, and no number
in a gradebook changes. An attempt that was not handed in is nobody's mark and is deleted; one whose time is up is ended first, as the
clock would have ended it, and kept.

One transaction. Its locks, in the order in which everybody takes them: classes, attempts, seats, runs, and the account last, since whoever
writes a row of the person's holds one of those before PostgreSQL looks at the account for it. The same call again changes nothing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from auditlog.context import disable_auditlog
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from academy.accounts.models import User
from academy.audit.models import Entry
from academy.classes import members
from academy.classes.models import Invitation, Membership, Role, SchoolClass
from academy.gradebook.models import GradebookEvent
from academy.privacy import table
from academy.quizzes import attempts
from academy.quizzes.models import OVER, Attempt, State
from labs.models import Run

PSEUDONYM = re.compile(r"former student [0-9a-f]{6}")  # no name that is typed at sign-up has a space in it
NO_NAME = "(name removed)"  # of an invitation that nothing else names
ONLY_ADMINISTRATOR = "This is the site's only administrator. Make somebody else one first, or nobody could look after the site."


class Refused(Exception):
    """What is not done, and why, in words for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a class keeps. `marks`: columns of its gradebook that have a log."""

    school_class: SchoolClass
    attempts: int
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What deleting the account would do. `running`: attempts in a class that are not handed in; `refused`: why it is not done."""

    kept: Sequence[Kept]
    runs: int
    practice: int
    running: int
    refused: Sequence[str]


def plan(user: User) -> Plan:
    own = Attempt.objects.filter(user=user)
    in_class = own.filter(state__in=OVER)
    marks = GradebookEvent.objects.filter(user=user)
    kept = [
        Kept(
            school_class=one, attempts=in_class.filter(school_class=one).count(),
            marks=marks.filter(school_class=one).values("column").distinct().count(),
        )
        for one in SchoolClass.objects.filter(pk__in=keeping(user.pk))
    ]  # fmt: skip
    return Plan(
        kept=kept, runs=Run.objects.filter(owner=user).count(), practice=own.filter(school_class=None).count(),
        running=own.filter(state=State.IN_PROGRESS).exclude(school_class=None).count(), refused=refusals(user),
    )  # fmt: skip


def keeping(user_id: int) -> set[int]:
    """The classes that have marks of this account: in the log of their gradebook, or an attempt that was handed in."""
    logged = GradebookEvent.objects.filter(user=user_id).values_list("school_class", flat=True)
    handed_in = Attempt.objects.filter(user=user_id, state__in=OVER).exclude(school_class=None).values_list("school_class", flat=True)
    return {*logged, *handed_in}


def refusals(user: User) -> list[str]:
    """Why the account must not go now: nobody would be left to look after the site, or a class that is not archived."""
    found = []
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    if user.is_superuser and user.is_active and not administrators.exclude(pk=user.pk).exists():
        found.append(ONLY_ADMINISTRATOR)
    for seat in instructed(user.pk).select_related("school_class"):
        try:
            members.check_an_instructor_stays(seat)
        except members.Refused as refused:
            found.append(f"{seat.school_class}: {refused}")
    return found


def instructed(user_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user_id, role=Role.INSTRUCTOR, school_class__archived_at=None).order_by("school_class")


def erase(user_id: int, did: str) -> str:
    """Delete the account, `did` telling the audit trail how. The pseudonym; "" where nothing is left, or was. Raises Refused."""
    with transaction.atomic(), disable_auditlog():  # which would write the name down once more with every row that goes
        user = lock(user_id)
        if user is None:
            return ""
        if found := refusals(user):
            raise Refused(" ".join(found))
        end_due(user_id)
        name = emptied(user)
        if not user.is_guest and user.username != name:
            tell(user_id, name, did)
        return name


def lock(user_id: int) -> User | None:
    """Everything that somebody else may be at work on, held; None where the account is gone."""
    for one in instructed(user_id).values_list("school_class", flat=True):
        members.lock(one)
    hold(Attempt.objects.select_for_update(no_key=True).filter(user=user_id))
    hold(Membership.objects.select_for_update().filter(user=user_id))
    hold(Run.objects.select_for_update().filter(owner=user_id))
    users = Q(pk=user_id)
    if User.objects.filter(pk=user_id, is_superuser=True).exists():
        users |= Q(is_superuser=True, is_active=True)  # of two who go at once, the second finds itself the last
    held = User.objects.select_for_update().filter(users).order_by("pk")
    return next((one for one in held if one.pk == user_id), None)


def hold(rows: QuerySet[Any]) -> None:
    list(rows.order_by("pk").values_list("pk"))


def end_due(user_id: int) -> None:
    """Attempts in a class whose time is up are handed in, as they would have been in a few seconds."""
    running = Attempt.objects.filter(user=user_id, state=State.IN_PROGRESS).exclude(school_class=None)
    for pk in running.values_list("pk", flat=True):
        attempts.finalize(pk)


def emptied(user: User) -> str:
    """Carry out the table. The caller holds the account."""
    kept = keeping(user.pk)
    forget_words(user)
    for line in table.OF_ACCOUNTS:
        rows = table.model_of(line)._base_manager.filter(**{line.column: user.pk})
        if line.fate is table.EMPTIED:
            rows.update(**{line.column: None})
        elif line.fate is table.DELETED:
            rows.delete()
        elif line.fate is table.KEPT:
            NOT_KEPT[line.model](rows, kept).delete()
    Membership.objects.filter(user=user).update(listed_as="")
    end_sessions(user.pk)
    if kept:
        return pseudonymise(user)
    user.delete()
    return ""


# Of the rows of a model that classes may keep, those that they need not.
NOT_KEPT: dict[str, Callable[[QuerySet[Any], set[int]], QuerySet[Any]]] = {
    "classes.Membership": lambda rows, kept: rows.exclude(school_class__in=kept, role=Role.STUDENT),
    "gradebook.GradebookEvent": lambda rows, kept: rows.none(),
    "quizzes.Attempt": lambda rows, kept: rows.exclude(school_class__in=kept, state__in=(*OVER, State.VOIDED)),
    "quizzes.PolicyOverride": lambda rows, kept: rows.exclude(schedule__school_class__in=kept),
}


def forget_words(user: User) -> None:
    """Names and addresses where no key points at the account."""
    for line in table.OF_ACCOUNTS:
        if line.fate in (table.DELETED, table.KEPT):
            about(table.model_of(line)._base_manager.filter(**{line.column: user.pk}))
    about(User.objects.filter(pk=user.pk))
    Invitation.objects.filter(used_by__user=user).delete()
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)} - {""}
    # Nobody's address is verified, so the line and its link stay: they may be meant for somebody else.
    for found, words in (("username", {user.username}), ("email", addresses)):
        for word in words:
            Invitation.objects.filter(**{f"{found}__iexact": word}).update(**{found: ""})
    Invitation.objects.filter(name="", email="", username="").update(name=NO_NAME)


def about(rows: QuerySet[Any]) -> None:
    """What the admin pages' own log says of these rows, without their names."""
    ids = rows.order_by().annotate(as_text=Cast("pk", TextField())).values("as_text")
    kind = ContentType.objects.get_for_model(rows.model)
    LogEntry.objects.filter(content_type=kind, object_id__in=ids).update(object_repr="", change_message="")


def end_sessions(user_id: int) -> None:
    """Their rows. What a browser still holds opens nothing: the password that its session was signed with is gone as well."""
    keys = [one.session_key for one in Session.objects.iterator() if one.get_decoded().get(SESSION_KEY) == str(user_id)]
    Session.objects.filter(session_key__in=keys).delete()


def pseudonymise(user: User) -> str:
    name = user.username if PSEUDONYM.fullmatch(user.username) else new_name()
    User.objects.filter(pk=user.pk).update(
        username=name, password=make_password(None), email="", first_name="", last_name="", last_login=None, seen_on=None,
        date_joined=timezone.now(), is_active=False, is_staff=False, is_superuser=False, is_guest=False,
    )  # fmt: skip
    return name


def new_name() -> str:
    """One of 16 million; tried until it is free."""
    while True:
        name = f"former student {secrets.token_hex(3)}"
        if not User.objects.filter(username=name).exists():
            return name


def tell(user_id: int, name: str, did: str) -> None:
    """One line in the trail, without the name. Not by `save`, which would write down who asks: the person themselves."""
    kind = ContentType.objects.get_for_model(User)
    words = name or f"account {user_id}"
    entry = Entry(content_type=kind, object_pk=str(user_id), object_id=user_id, object_repr=words, action=Entry.Action.DELETE, did=did)
    Entry.objects.bulk_create([entry])
