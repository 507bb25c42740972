"""allauth's forms in our words: labels above, no placeholders, a limit on every field."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator

NAME_LENGTH_MAX = 32
NAME_RULE = "A name begins with a letter or digit and has only letters, digits and . _ + - @ in it."
NAME_VALIDATORS = [RegexValidator(r"\A[^\W_][\w.+@-]*\Z", NAME_RULE)]
PASSWORD_LENGTH_MAX = 128  # hashing costs time with length
PASSWORD_HELP = "8 characters or more. Not only digits, not like your name, not a common one."  # noqa: S105


class Plain:
    """Mixin, before the form it changes."""

    fields: dict[str, forms.Field]
    labels: dict[str, str] = {}
    help_texts: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")
            if "password" in name:
                limit(field, PASSWORD_LENGTH_MAX)


def limit(field: Any, length_max: int) -> None:
    field.max_length = length_max
    field.validators.append(MaxLengthValidator(length_max))
    field.widget.attrs["maxlength"] = str(length_max)


class LoginForm(Plain, allauth_forms.LoginForm):
    labels = {"login": "User name", "password": "Password"}


class SignupForm(Plain, allauth_forms.SignupForm):
    labels = {"username": "User name", "email": "Email", "password1": "Password", "password2": "Password again"}
    help_texts = {
        "username": f"2 to {NAME_LENGTH_MAX} letters, digits and . _ + - @, a letter or digit first. Your instructor sees it.",
        "email": "The site sends no mail. Your instructor sees it.",
        "password1": PASSWORD_HELP,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit(self.fields["username"], NAME_LENGTH_MAX)


class ChangePasswordForm(Plain, allauth_forms.ChangePasswordForm):
    labels = {"oldpassword": "Current password", "password1": "New password", "password2": "New password again"}
    help_texts = {"password1": PASSWORD_HELP}


class SetPasswordForm(Plain, allauth_forms.SetPasswordForm):
    labels = {"password1": "Password", "password2": "Password again"}
    help_texts = {"password1": PASSWORD_HELP}
