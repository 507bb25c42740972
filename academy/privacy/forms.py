"""Is it you? Asked once more before an account goes: the password, or where there is none the name, typed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms

from academy.accounts.forms import PASSWORD_LENGTH_MAX
from academy.accounts.models import User

WRONG_PASSWORD = "That is not your password. Nothing was deleted."  # noqa: S105
WRONG_NAME = "That is not your name. Nothing was deleted. It is written above, letter by letter."


class Proof(forms.Form):
    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user


class PasswordProof(Proof):
    password = forms.CharField(
        label="Your password", strip=False, max_length=PASSWORD_LENGTH_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def clean_password(self) -> str:
        """Wrong ones count with those of the log-in page. Raises ValidationError."""
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise forms.ValidationError(WRONG_PASSWORD)
        return password


class NameProof(Proof):
    name = forms.CharField(
        label="Your name, as above", max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.user.get_username():
            raise forms.ValidationError(WRONG_NAME)
        return self.cleaned_data["name"]


def proof(user: User, data: Any = None) -> Proof:
    return (PasswordProof if user.has_usable_password() else NameProof)(user, data)
