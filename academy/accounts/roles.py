"""Who may do what. One table from role to rights, and the one rule that keeps a right from growing into another.

Author and instructor are groups of the site. Teaching assistant and student are seats in a class (`academy/classes/access.py`) and give no
right of the site; neither does being an instructor of one class rather than another, which is a seat as well.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions

AUTHORS, INSTRUCTORS = "Authors", "Instructors"
WRITES = {"lessons": ["view_lesson", "change_lesson", "publish_lesson", "view_lessonrevision"]}
TEACHES = {
    "accounts": ["view_user", "hand_out_reset_link"],  # of students in one's own classes: `of_own_classes`
    "classes": ["add_schoolclass", "change_schoolclass", "view_schoolclass", "view_membership", "view_classdate"],  # of one's own classes
}
# role -> its group ("" for a seat in a class) and the permissions of that group, by app
ROLES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "author": (AUTHORS, WRITES),
    "instructor": (INSTRUCTORS, WRITES | TEACHES),
    "teaching assistant": ("", {}),
    "student": ("", {}),
}
APPS = ("accounts", "classes", "lessons")


def is_instructor(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active and user.is_staff)


def of_own_classes(actor: Any, users: Any) -> Any:
    """The users whom `actor` teaches, out of these: students of a class that `actor` instructs. Superusers see all."""
    from academy.classes.access import students_of

    return users if actor.is_superuser else users.filter(pk__in=students_of(actor).values("user"))


def may_hand_out_reset_link(actor: Any, user: Any) -> bool:
    """A password link is the account: handing one out for staff would hand out staff's rights, so only a superuser may."""
    if not is_instructor(actor) or user.is_guest or not user.is_active:
        return False
    if actor.is_superuser:
        return True
    if not actor.has_perm("accounts.hand_out_reset_link") or user.is_staff or user.is_superuser:
        return False
    return of_own_classes(actor, type(user).objects.filter(pk=user.pk)).exists()


def make_groups(**kwargs: Any) -> None:
    """After migrating: the groups exist. Their rights are set when they are made and left alone afterwards; they are the site's to change.

    `manage.py roles` shows what an older group lacks and `manage.py roles --add` gives it.
    """
    from django.contrib.auth.models import Group

    for name, _ in ROLES.values():
        if name and not Group.objects.using(kwargs["using"]).filter(name=name).exists():
            give(name, kwargs["using"])


def give(name: str, using: str = "default") -> None:
    """All permissions of the table to the group of that name, which is made where it is missing."""
    from django.contrib.auth.models import Group

    group, _ = Group.objects.using(using).get_or_create(name=name)
    group.permissions.add(*permissions(name, using))


def missing(name: str) -> list[Any]:
    """The permissions of the table that the group does not have."""
    from django.contrib.auth.models import Group

    has = Group.objects.filter(name=name).values_list("permissions__pk", flat=True)
    return [permission for permission in permissions(name) if permission.pk not in set(has)]


def permissions(name: str, using: str = "default") -> list[Any]:
    """The permissions of a group as rows; those of the table that this version of the site has no use for are passed over."""
    from django.contrib.auth.models import Permission

    rights = next(rights for group, rights in ROLES.values() if group == name)
    found: list[Any] = []
    for label, codenames in rights.items():
        # Permissions are made by a receiver of the same signal, which may run after this one.
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
        found += Permission.objects.using(using).filter(content_type__app_label=label, codename__in=codenames)
    return found
