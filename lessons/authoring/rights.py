"""Two rights: `lessons.change_lesson` writes drafts, `lessons.publish_lesson` decides what readers see."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def may_write(user: Any) -> bool:
    return bool(user.is_active and user.is_staff and user.has_perm("lessons.change_lesson"))


def may_publish(user: Any) -> bool:
    return may_write(user) and bool(user.has_perm("lessons.publish_lesson"))


def require_writer(request: HttpRequest) -> None:
    if not may_write(request.user):
        raise PermissionDenied


def require_publisher(request: HttpRequest) -> None:
    if not may_publish(request.user):
        raise PermissionDenied
