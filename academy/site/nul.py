"""Middleware: an address with a NUL character names nothing. PostgreSQL refuses to be asked for one, which would look like our failure."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from academy.site.views import bad_request


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        return get_response(request)

    return middleware
