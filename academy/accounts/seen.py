"""Middleware: note on which day an account was last here, and keep its session alive, at the cost of one write per account and day."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from academy.accounts.models import User


def seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        # Without a session cookie nobody is logged in; not looking keeps /healthz free of the database.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            mark_seen(request)
        return get_response(request)

    return middleware


def mark_seen(request: HttpRequest) -> None:
    today, user = timezone.now().date(), request.user
    if isinstance(user, User) and user.seen_on != today:
        User.objects.filter(username=user.username).update(seen_on=today)
        request.session.modified = True
