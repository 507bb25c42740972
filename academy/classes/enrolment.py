"""A roster meets a class: what would happen to each line, and doing it. Nobody is removed and no role changes: a roster only adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import How, Invitation, Membership, SchoolClass
from academy.classes.roster import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a line does: `kind` is joins, stays, invites, waits or refused; `text` says it."""

    row: Row
    kind: str
    text: str
    user: Any = None


def plan(school_class: SchoolClass, rows: Sequence[Row]) -> list[Plan]:
    """In the order of the file. Names are compared as at log-in: without regard to case."""
    names = [row.username for row in rows if row.username]
    users = {user.username.lower(): user for user in User.objects.filter(username__in=[*names, *(name.lower() for name in names)])}
    missing = [name for name in names if name.lower() not in users]
    for name in missing:
        user = User.objects.filter(username__iexact=name).order_by("pk").first()
        if user is not None:
            users[name.lower()] = user
    seats = {seat.user_id: seat for seat in school_class.memberships.all()}
    waiting = {value for one in open_invitations(school_class) for value in (one.email.lower(), one.username.lower()) if value}
    return [planned(row, users.get(row.username.lower()), seats, waiting) for row in rows]


def open_invitations(school_class: SchoolClass) -> Any:
    return school_class.invitations.filter(used_at=None)


def planned(row: Row, user: Any, seats: dict[int, Membership], waiting: set[str]) -> Plan:
    if user is None and row.username and not row.email:
        text = "Nobody here has this name. An invitation is made; hand over its link."
        return invited(row, waiting, text)
    if user is None:
        return invited(row, waiting, "An invitation is made; hand over its link.")
    if user.is_guest:
        return Plan(row=row, kind="refused", text="This is a guest, whose account may be gone in a month. Ask them to sign up first.")
    if not user.is_active:
        return Plan(row=row, kind="refused", text="This account is switched off.")
    if user.pk in seats:
        return Plan(row=row, kind="stays", text=f"Is in the class already, as {seats[user.pk].get_role_display()}.", user=user)
    return Plan(row=row, kind="joins", text="Is asked to join as student.", user=user)


def invited(row: Row, waiting: set[str], text: str) -> Plan:
    if {row.email.lower(), row.username.lower()} & waiting:
        return Plan(row=row, kind="waits", text="Has an invitation already, which waits.")
    return Plan(row=row, kind="invites", text=text)


@transaction.atomic
def apply(school_class: SchoolClass, rows: Sequence[Row]) -> dict[str, int]:
    """Do what `plan` says now, which may be less than it said before. Returns how many of each kind. Raises members.Refused."""
    held = members.lock(school_class.pk)
    if held.archived:
        raise members.Refused("This class is archived. Take it out of the archive to change it.")
    plans = plan(held, rows)
    room = members.MEMBERS_MAX - held.memberships.count() - open_invitations(held).count()
    if sum(one.kind in ("joins", "invites") for one in plans) > room:
        raise members.Refused(f"A class has at most {members.MEMBERS_MAX} members and invitations; there is room for {max(room, 0)}.")
    for one in plans:
        row = one.row
        if one.kind == "joins":
            Membership.objects.create(school_class=held, user=one.user, how=How.ROSTER, listed_as=row.name)
        elif one.kind == "invites":
            Invitation.objects.create(school_class=held, name=row.name, email=row.email, username=row.username)
    return {kind: sum(one.kind == kind for one in plans) for kind in ("joins", "stays", "invites", "waits", "refused")}
