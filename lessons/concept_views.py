"""Pages of the course's concepts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lessons.content import concepts


@require_safe
def concept(request: HttpRequest, slug: str) -> HttpResponse:
    """What it is, where it is taught and seen, what it needs first."""
    found = concepts.by_slug().get(slug)
    if found is None:
        raise Http404(f"There is no concept {slug}.")
    return render(request, "lessons/concept.html", {"concept": found})
