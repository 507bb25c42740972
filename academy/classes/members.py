"""The door to classes: whoever comes in, goes out or changes roles does it here, under the class's row lock.

The caller has asked `access` whether the asker may. What cannot be done raises Refused, whose text is for the page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from academy.classes import codes
from academy.classes.access import is_somebody, may_open_classes
from academy.classes.models import How, Invitation, Membership, Role, SchoolClass

MEMBERS_MAX = 2_500  # of a class
CLASSES_MAX = 200  # opened by one person and not archived
INVITATION_DAYS = 14
NO_SUCH_CODE = "No class takes this code now. Check it with whoever gave it to you: codes are replaced and switched off at times."
NO_SUCH_LINK = "This link works no more: it was used, withdrawn or replaced, or is older than two weeks. Ask your instructor for another."


class Refused(Exception):
    """What is not done, and why, in words for whoever asked."""


def lock(pk: int) -> SchoolClass:
    """The class's row, held against others who lock it, and not against rows that only point at it: those may hold what comes next here."""
    return SchoolClass.objects.select_for_update(no_key=True).get(pk=pk)


@transaction.atomic
def open_class(user: Any, school_class: SchoolClass) -> SchoolClass:
    """A new class with its first instructor."""
    if SchoolClass.objects.filter(created_by=user, archived_at=None).count() >= CLASSES_MAX:
        raise Refused(f"You have {CLASSES_MAX} open classes, which is the limit. Archive one that is over first.")
    school_class.created_by = user
    school_class.join_code = codes.new_code()
    school_class.save()
    Membership.objects.create(school_class=school_class, user=user, role=Role.INSTRUCTOR, how=How.HAND, agreed_at=timezone.now())
    return school_class


@transaction.atomic
def join_by_code(user: Any, typed: str) -> tuple[Membership, bool]:
    """The user's seat, and whether it is new. Raises Refused with the same words for every code that does not open a class."""
    code = codes.read(typed)
    found = SchoolClass.objects.select_for_update().filter(join_code=code).first() if code else None
    if found is None or not found.code_is_open:
        raise Refused(NO_SUCH_CODE)
    return seat(found, user, How.CODE)


@transaction.atomic
def join_by_link(user: Any, token: str) -> tuple[Membership, bool]:
    """The seat that an invitation kept. The link is used up, also by somebody who sits there already. Raises Refused."""
    found = invitation(token, lock_row=True)
    if found is None:
        raise Refused(NO_SUCH_LINK)
    membership, is_new = seat(lock(found.school_class_id), user, How.LINK, found.name)
    found.used_by, found.used_at = membership, timezone.now()
    found.token_hash = found.token_expires_at = None
    found.save()
    return membership, is_new


def invitation(token: str, *, lock_row: bool = False) -> Invitation | None:
    """The invitation that a link opens, while it does."""
    rows = Invitation.objects.select_for_update(of=("self",)) if lock_row else Invitation.objects.all()
    live = rows.filter(used_at=None, token_expires_at__gt=timezone.now(), school_class__archived_at=None)
    return live.select_related("school_class").filter(token_hash=codes.token_hash(token)).first()


def seat(school_class: SchoolClass, user: Any, how: How, listed_as: str = "") -> tuple[Membership, bool]:
    """A student's seat; the one they have, in whatever role, where they are in the class already. The caller holds the class's row."""
    if school_class.archived:
        raise Refused("This class is archived. Nobody joins it any more.")
    if not is_somebody(user):
        raise Refused("A seat in a class belongs to an account. Sign up first.")
    by_oneself = how in (How.CODE, How.LINK)
    before = Membership.objects.filter(school_class=school_class, user=user).first()
    if before is not None:
        if by_oneself:
            agree(before)
        return before, False
    if school_class.memberships.count() >= MEMBERS_MAX:
        raise Refused(f"This class is full: it has {MEMBERS_MAX} members, which is the limit.")
    agreed_at = timezone.now() if by_oneself else None
    return Membership.objects.create(school_class=school_class, user=user, how=how, listed_as=listed_as[:150], agreed_at=agreed_at), True


def agree(membership: Membership) -> None:
    """The member takes the seat that others made for them."""
    if membership.agreed_at is None:
        membership.agreed_at = timezone.now()
        membership.save(update_fields=["agreed_at"])


@transaction.atomic
def leave(membership: Membership) -> None:
    """Out of the class, by oneself or by an instructor. Runs and answers stay the member's own. Raises Refused for the last instructor."""
    lock(membership.school_class_id)
    check_an_instructor_stays(membership)
    membership.delete()


@transaction.atomic
def set_role(membership: Membership, role: str) -> None:
    """Raises Refused where nobody would be left to manage the class, and where the site has not made this account an instructor."""
    school_class = lock(membership.school_class_id)
    if school_class.archived:
        raise Refused("This class is archived. Take it out of the archive to change it.")
    if role not in Role.values:
        raise Refused(f"There is no role {role[:20]!r}; there are {', '.join(Role.values)}.")
    if role == Role.INSTRUCTOR and not may_open_classes(membership.user):
        raise Refused(
            f"{membership.user} is no instructor of this site, and only those instruct a class. An administrator makes one by adding "
            "the account to the group Instructors; until then it can be a teaching assistant."
        )
    if role != Role.INSTRUCTOR:
        check_an_instructor_stays(membership)
    membership.role = role
    membership.save()


def check_an_instructor_stays(membership: Membership) -> None:
    others = Membership.objects.agreed().filter(school_class=membership.school_class_id, role=Role.INSTRUCTOR).exclude(pk=membership.pk)
    if membership.role == Role.INSTRUCTOR and membership.agreed_at is not None and not others.exists():
        raise Refused("This is the class's only instructor. Make somebody else one first, or archive the class.")


@transaction.atomic
def replace_code(school_class: SchoolClass, expires_at: Any = None) -> None:
    held = lock(school_class.pk)
    held.join_code, held.code_expires_at = codes.new_code(), expires_at
    held.save()


@transaction.atomic
def switch_code_off(school_class: SchoolClass) -> None:
    held = lock(school_class.pk)
    held.join_code = held.code_expires_at = None
    held.save()


@transaction.atomic
def archive(school_class: SchoolClass) -> None:
    """Over. Its code and its invitations open nothing from now on; its pages can still be read."""
    held = lock(school_class.pk)
    held.archived_at = held.archived_at or timezone.now()
    held.join_code = held.code_expires_at = None
    held.save()


@transaction.atomic
def take_out_of_archive(school_class: SchoolClass) -> None:
    held = lock(school_class.pk)
    held.archived_at = None
    held.save()


def make_link(found: Invitation) -> str:
    """A token for the invitation, in place of any it had. Only its hash is kept."""
    token = codes.new_token()
    found.token_hash = codes.token_hash(token)
    found.token_expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
    found.save(update_fields=["token_hash", "token_expires_at"])
    return token
