"""Links that open an account once, for a site without a mail server.

Rules. A link is a signed hash of what it opens (Django's password reset tokens), so nothing is stored, and what stands in an old log or
backup opens nothing: the hash covers the password, the last log-in and the rights, and each use changes one of them. Two kinds:

- reset link: lets its holder set a new password. Valid 3 days (PASSWORD_RESET_TIMEOUT); dies when the password is set, when the user
  logs in, and when the user's rights change after it was made.
- first-login link: logs the first instructor in on a new site. Dies for good when any member of staff has ever logged in.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, int_to_base36, urlsafe_base64_encode

from academy.accounts.models import User


class ResetTokens(PasswordResetTokenGenerator):
    key_salt = "academy.accounts.links.ResetTokens"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        rights = f"{user.is_staff}{user.is_superuser}{user.is_active}{user.is_guest}"
        return super()._make_hash_value(user, timestamp) + rights


class FirstLoginTokens(ResetTokens):
    key_salt = "academy.accounts.links.FirstLoginTokens"


reset_tokens = ResetTokens()
first_login_tokens = FirstLoginTokens()


def reset_path(user: User) -> str:
    """The path of a one-time page on which the user sets a new password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("reset_password", args=[uid, reset_tokens.make_token(user)])


def first_login_is_open() -> bool:
    return not User.objects.filter(is_staff=True, last_login__isnull=False).exists()


@transaction.atomic
def first_login_path() -> str | None:
    """The path of the first instructor's one-time log-in, making that account if need be; None once staff has logged in."""
    if not first_login_is_open():
        return None
    instructor = first_instructor()
    return reverse("first_login", args=[f"{int_to_base36(instructor.pk)}-{first_login_tokens.make_token(instructor)}"])


def first_instructor() -> User:
    waiting = (
        User.objects.filter(is_superuser=True, is_staff=True, is_active=True, username__startswith="instructor").order_by("pk").first()
    )
    if waiting:
        return waiting
    # The name may be a student's; that row must never gain rights, so another name is taken.
    name, n = "instructor", 1
    while User.objects.filter(username__iexact=name).exists():
        n += 1
        name = f"instructor-{n}"
    return User.objects.create_superuser(username=name, password=None)


def first_login_user(token: str, *, lock: bool = False) -> User | None:
    """The instructor this link opens, or None: malformed, expired, used, or staff has logged in since."""
    pk_base36, _, rest = token.partition("-")
    try:
        pk = base36_to_int(pk_base36)
    except ValueError:
        return None
    users = User.objects.select_for_update() if lock else User.objects
    user = users.filter(pk=pk, is_active=True, is_superuser=True).first()
    if user is None or not first_login_tokens.check_token(user, rest) or not first_login_is_open():
        return None
    return user
