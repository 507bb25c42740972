"""An account by the name that was typed to a command."""

from __future__ import annotations

from academy.accounts.models import User


def named(username: str) -> User | None:
    """As it is written; where nobody is called that, whatever the case of its letters, if that is one account's."""
    exact = User.objects.filter(username=username).first()
    if exact is not None:
        return exact
    alike = list(User.objects.filter(username__iexact=username)[:2])
    return alike[0] if len(alike) == 1 else None
