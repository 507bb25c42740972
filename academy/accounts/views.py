from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth import login as log_in
from django.contrib.auth import views as django_views
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from academy.accounts import guests, links


class SignupView(allauth_views.SignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        # Two people may take one name in the same moment: the second is told, and a guest stays a guest.
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.add_error("username", "Somebody has just taken this name. Choose another.")
            return self.form_invalid(form)


signup_form = SignupView.as_view()


def signup(request: HttpRequest) -> HttpResponseBase:
    return signup_form(step_aside(request))


def login(request: HttpRequest) -> HttpResponseBase:
    return allauth_views.login(step_aside(request))


def step_aside(request: HttpRequest) -> HttpRequest:
    """allauth turns anyone who is logged in away from its doors. A guest may pass: it becomes `request.guest` until the adapter decides."""
    if request.user.is_authenticated and request.user.is_guest:
        request.guest = request.user  # type: ignore[attr-defined]
        request.user = AnonymousUser()
    return request


def change_password(request: HttpRequest) -> HttpResponseBase:
    return account_holders_only(request, allauth_views.password_change)


def set_password(request: HttpRequest) -> HttpResponseBase:
    return account_holders_only(request, allauth_views.password_set)


def account_holders_only(request: HttpRequest, view: Any) -> HttpResponseBase:
    """A guest gets a password by signing up, which also gives it a name."""
    if request.user.is_authenticated and request.user.is_guest:
        return redirect("account_signup")
    return view(request)


@require_POST
def guest(request: HttpRequest) -> HttpResponse:
    guests.ensure_user(request)
    return redirect(safe_next(request) or "start")


def safe_next(request: HttpRequest) -> str:
    path = request.POST.get("next", "")
    return path if url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure()) else ""


@require_GET
def forgot_password(request: HttpRequest) -> HttpResponse:
    return render(request, "account/forgot_password.html")


class ResetPasswordView(django_views.PasswordResetConfirmView):
    def form_valid(self, form: Any) -> HttpResponse:
        get_adapter().forget_wrong_passwords(self.request, self.user)
        return super().form_valid(form)


reset_password = ResetPasswordView.as_view(
    template_name="account/reset_password.html",
    token_generator=links.reset_tokens,
    success_url=reverse_lazy("reset_password_done"),
    reset_url_token="new",  # noqa: S106 (a path segment, not a secret)
)


@require_GET
def reset_password_done(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Your new password is set. Log in with it.")
    return redirect("account_login")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_login(request: HttpRequest, token: str) -> HttpResponse:
    """A look at the link changes nothing, so a mail scanner or a preview cannot burn it; the button does."""
    refusal = consume_or_429(request, action="first_login")
    if refusal:
        raise ImmediateHttpResponse(refusal)
    if request.method != "POST":
        user = links.first_login_user(token)
        return render(request, "account/first_login.html", {"instructor": user}, status=200 if user else 410)
    with transaction.atomic():
        # The row is locked, so of two requests with one link only the first finds the token still true.
        user = links.first_login_user(token, lock=True)
        if user is None:
            return render(request, "account/first_login.html", {"instructor": None}, status=410)
        log_in(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(reverse("account_set_password"))
