"""Where our accounts differ from allauth's: a guest who signs up keeps the row, a guest who logs in is adopted."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from academy.accounts import guests


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That name and password do not belong together. Check both, or ask for a new password.",
        "too_many_login_attempts": "Too many wrong passwords for this account. Wait five minutes and try again.",
        "username_taken": "Somebody has this name already. Choose another.",
        "username_blacklisted": "This name is reserved. Choose another.",
        "enter_current_password": "That is not your current password.",
    }

    def new_user(self, request: HttpRequest) -> Any:
        guest = getattr(request, "guest", None)
        if guest is not None and guests.claim(guest):
            guest.is_guest = False
            return guest
        return super().new_user(request)

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        guest = getattr(request, "guest", None)
        if guest is not None and guest.pk != user.pk:
            guests.adopt(guest, user)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Said to whoever gave the account's password, and to nobody else."""
        return render(request, "account/account_inactive.html", status=403)

    def forget_wrong_passwords(self, request: HttpRequest, user: Any) -> None:
        """Whoever has just set a password by a link need not wait for having typed the old one wrong."""
        self._delete_login_attempts_cached_email(request, username=user.username)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Where nothing else was asked for: who teaches begins with their classes."""
        return reverse("classes:classes" if request.user.is_staff else "home")
