"""Pages of the course's concepts: each one, all by letter, and the map of what needs what. Open to everyone, as the lessons are."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lessons import asking, concept_map, taught
from lessons.content import prerequisites


@require_safe
def concept(request: HttpRequest, slug: str) -> HttpResponse:
    """What it is, where it is taught and seen, what it needs first, what builds on it."""
    shown = taught.every()
    found = shown.get(slug)
    if found is None:
        raise Http404(f"There is no concept {slug}.")
    text = taught.text_of(found.lesson)
    builds = prerequisites.builders([one.concept for one in shown.values()])[slug]
    page = {
        "one": found,
        "heading": taught.heading(found.concept, text),
        "sights": taught.sights(found.concept, text),
        "needs": [shown[need] for need in found.concept.needs if need in shown],
        "builds": [shown[other.slug] for other in builds],
        "quizzes": asking.quizzes_on(slug),
    }
    return render(request, "lessons/concept.html", page)


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """All concepts by letter, or those of one lesson: `?lesson=8.5`."""
    shown = list(taught.every().values())
    lessons = list({one.lesson.number: one.lesson for one in shown}.values())
    number = request.GET.get("lesson", "")
    chosen = next((lesson for lesson in lessons if lesson.number == number), None)
    if number and chosen is None:
        raise Http404("There is no such lesson, or it has no concepts.")
    listed = [one for one in shown if chosen is None or one.lesson == chosen]
    page = {"letters": taught.alphabetically(listed), "lessons": lessons, "chosen": chosen, "count": len(listed)}
    return render(request, "lessons/glossary.html", page)


@require_safe
def course_map(request: HttpRequest) -> HttpResponse:
    """Every concept and what it needs, drawn, and the same as a list."""
    shown = taught.every()
    titles = {one.lesson.number: one.lesson.title for one in shown.values()}
    return render(request, "lessons/map.html", {"map": concept_map.drawn(tuple(titles.items())), "lessons": concept_map.listed(shown)})
