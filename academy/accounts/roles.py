"""Who may do what. One table of rights for instructors, and the one rule that keeps a right from growing into another."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions

INSTRUCTORS = "Instructors"
INSTRUCTOR_PERMISSIONS = {
    "accounts": ["view_user", "hand_out_reset_link"],
    "lessons": ["view_lesson", "change_lesson", "view_lessonrevision"],
}


def is_instructor(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active and user.is_staff)


def may_hand_out_reset_link(actor: Any, user: Any) -> bool:
    """A password link is the account: handing one out for staff would hand out staff's rights, so only a superuser may."""
    if not is_instructor(actor) or user.is_guest or not user.is_active:
        return False
    if actor.is_superuser:
        return True
    return actor.has_perm("accounts.hand_out_reset_link") and not (user.is_staff or user.is_superuser)


def make_instructors_group(**kwargs: Any) -> None:
    """After migrating: the group exists. Its rights are set when it is made and left alone afterwards; they are the site's to change."""
    from django.contrib.auth.models import Group, Permission

    group, created = Group.objects.using(kwargs["using"]).get_or_create(name=INSTRUCTORS)
    if not created:
        return
    for label, codenames in INSTRUCTOR_PERMISSIONS.items():
        # Permissions are made by a receiver of the same signal, which may run after this one.
        create_permissions(apps.get_app_config(label), verbosity=0, using=kwargs["using"])
        group.permissions.add(*Permission.objects.filter(content_type__app_label=label, codename__in=codenames))
