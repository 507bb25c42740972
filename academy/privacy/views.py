"""Your data: what there is of it, all of it as a file, and the end of the account. Everybody's own and nobody else's, guests included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import IO, Any

from allauth.core.ratelimit import consume_or_429
from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academy.privacy import erasure, forms
from academy.privacy import export as file_of

PIECE_BYTES = 64 * 1024


@login_required
@require_safe
@never_cache
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/data.html", {"plan": erasure.plan(person(request))})


def person(request: HttpRequest) -> Any:
    return request.user  # logged in


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """By POST, so that no link elsewhere makes the site work, and so that it is counted."""
    refusal = consume_or_429(request, action="export_data", user=request.user)
    if refusal:
        return refusal
    file = file_of.written(person(request))
    response = StreamingHttpResponse(slowly(file) if isinstance(request, ASGIRequest) else read(file), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="academy-data-{timezone.now():%Y-%m-%d}.json"'
    response["Cache-Control"] = "no-store"
    return response


def read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


async def slowly(file: IO[bytes]) -> AsyncIterator[bytes]:
    """As `read`, for a server that would put an ordinary iterator into its memory whole."""
    with file:
        while piece := await sync_to_async(file.read)(PIECE_BYTES):
            yield piece


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """A look says what goes and what stays; only the button, with the password or the name, does it."""
    user = person(request)
    plan = erasure.plan(user)
    form = forms.proof(user, request.POST if request.method == "POST" else None)
    if form.is_bound and not plan.refused and form.is_valid():
        try:
            return gone(request, erasure.erase(user.pk, "deleted their own account"))
        except erasure.Refused as refused:  # somebody else has left since the page was made
            form.add_error(None, str(refused))
    status = 200 if not form.is_bound else 409 if plan.refused else 422
    return render(request, "privacy/delete.html", {"plan": plan, "form": form}, status=status)


def gone(request: HttpRequest, name: str) -> HttpResponse:
    """Logged out, with nothing of the person left in the browser either."""
    logout(request)
    kept = f" What your classes keep stands under the name “{name}” from now on." if name else ""
    messages.success(request, f"Your account is deleted.{kept}")
    response = redirect("home")
    response["Clear-Site-Data"] = '"storage"'
    return response
