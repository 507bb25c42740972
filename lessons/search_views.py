"""The page of the search, and the part of it that is asked for while somebody types."""

import time

from allauth.account.adapter import get_adapter
from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from lessons import search as searching

# In a minute. A search goes out whenever somebody pauses while typing.
OF_MEMBER_MAX = 120
OF_ADDRESS_MAX = 600
TOO_FAST = "The site slows down whoever searches this often. Wait a minute and try again."


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=searching.LENGTH_MAX,
        required=False,
        error_messages={"max_length": "At most %(limit_value)d characters can be searched for; these are %(show_value)d. Take words away."},
    )


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """Open to everyone: it finds only what everyone may read."""
    form = SearchForm(request.GET)
    page: dict[str, object] = {"length_max": searching.LENGTH_MAX, "shown_max": searching.SHOWN_MAX, "q": request.GET.get("q", "")}
    status = 200
    if not form.is_valid():
        page["refusal"], status = form.errors["q"][0], 400
    elif form.cleaned_data["q"] and not within_rate(request):
        page["refusal"], status = TOO_FAST, 429
    elif form.cleaned_data["q"]:
        page["found"] = searching.find(form.cleaned_data["q"])
    partial = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "lessons/parts/found.html" if partial else "lessons/search.html"
    response = render(request, template, page | {"partial": bool(partial)}, status=status)
    if partial:  # else a browser could show it, going back, where the page was
        patch_cache_control(response, no_store=True)
    return response


def within_rate(request: HttpRequest) -> bool:
    """A class sits behind one address, so members count for themselves and strangers by address."""
    member = request.user.is_authenticated
    who = f"user:{request.user.pk}" if member else f"address:{get_adapter().get_client_ip(request)}"
    key = f"search:{who}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) <= (OF_MEMBER_MAX if member else OF_ADDRESS_MAX)
