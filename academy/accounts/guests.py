"""Guests: a student without a password yet.

Rules. A guest is a real account, so everything a student can do a guest can do, and nothing is special-cased further down. Signing up keeps
the row. Logging in to an existing account moves what the guest made there and deletes the guest. A guest that has not been seen for a while
is deleted with its runs: nobody can log in to it again, the browser's session was its only key.
"""

import datetime
import secrets
from contextlib import suppress
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import consume_or_429
from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest
from django.utils import timezone

from academy.accounts.models import User

IDLE_DAYS = 30
ABOUT_THE_ACCOUNT = {"account", "admin", "audit"}  # addresses, and who did what: these stay what they are
FIRST_WORDS = (
    "amber", "brisk", "calm", "deep", "early", "fair", "grand", "hazel", "ivory", "jade", "keen", "light", "mellow",
    "north", "opal", "plain", "quiet", "rapid", "solid", "tidal", "upper", "vivid",
)  # fmt: skip
LAST_WORDS = (
    "badger", "crane", "dolphin", "egret", "falcon", "gecko", "heron", "ibis", "jay", "koala", "lark", "marten", "newt",
    "otter", "plover", "quail", "raven", "seal", "tern", "vole", "wren", "yak",
)  # fmt: skip


def ensure_user(request: HttpRequest) -> User:
    """The logged-in user, or a new guest logged in now. For views that change something: call it on POST only.

    Raises ImmediateHttpResponse (answered as 429 by allauth's middleware) when an address makes too many guests.
    """
    if request.user.is_authenticated:
        return request.user
    refusal = consume_or_429(request, action="guest")
    if refusal:
        raise ImmediateHttpResponse(refusal)
    user = new_guest()
    token = request.META.get("CSRF_COOKIE")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if token:  # logging in makes a new one; the page that asked stays open and must be able to ask again
        request.META["CSRF_COOKIE"] = token
    return user


def new_guest() -> User:
    guest = User(username=guest_name(), is_guest=True, seen_on=timezone.now().date())
    guest.set_unusable_password()
    guest.save()
    return guest


def guest_name() -> str:
    """Readable, and with enough digits that the unique constraint is never met in practice (43 million names)."""
    return f"guest-{secrets.choice(FIRST_WORDS)}-{secrets.choice(LAST_WORDS)}-{secrets.randbelow(90_000) + 10_000}"


def claim(guest: User) -> bool:
    """Turn the row into an account, once. False when another request was faster or the guest is gone."""
    return bool(User.objects.filter(pk=guest.pk, is_guest=True).update(is_guest=False))


@transaction.atomic
def adopt(guest: User, user: User) -> None:
    """Move what the guest made to the account it has just logged in to, and delete the guest."""
    held = User.objects.select_for_update().filter(pk=guest.pk, is_guest=True).exclude(pk=user.pk).first()
    if held is None:
        return
    for relation in relations():
        move(relation, held, user)
    held.delete()


def relations() -> list[Any]:
    """Every column that points at a user, but for those about the account itself. Found, not listed: a new table is not forgotten here."""
    fields: Any = User._meta.get_fields(include_hidden=True)
    found = [field for field in fields if field.auto_created and field.one_to_many and not field.related_model._meta.auto_created]
    return [field for field in found if field.related_model._meta.app_label not in ABOUT_THE_ACCOUNT]


def move(relation: Any, guest: User, user: User) -> None:
    """The guest's rows to the user. Where the user has the only one there may be, theirs stays and the guest's goes with the guest."""
    name, rows = relation.field.name, relation.related_model._base_manager.filter(**{relation.field.name: guest})
    try:
        with transaction.atomic():
            rows.update(**{name: user})
    except IntegrityError:
        for row in rows:
            with suppress(IntegrityError), transaction.atomic():
                relation.related_model._base_manager.filter(pk=row.pk).update(**{name: user})


def idle_guests(days: int = IDLE_DAYS) -> Any:
    """Guests not seen for `days` days."""
    since = timezone.now().date() - datetime.timedelta(days=days)
    return (
        User.objects.filter(is_guest=True)
        .annotate(idle_since=Coalesce(F("seen_on"), TruncDate("date_joined")))
        .filter(idle_since__lt=since)
    )


def expire_guests(days: int = IDLE_DAYS) -> int:
    """Delete them, a few at a time so that no transaction is long. Returns how many."""
    expired = 0
    while ids := list(idle_guests(days).values_list("pk", flat=True)[:200]):
        User.objects.filter(pk__in=ids, is_guest=True).delete()
        expired += len(ids)
    return expired
