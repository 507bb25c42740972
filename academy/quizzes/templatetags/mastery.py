"""What quizzes say of a student's concepts, on the page of their progress."""

from itertools import groupby
from typing import Any

from django import template

from academy.quizzes import mastery

register = template.Library()


@register.inclusion_tag("quizzes/parts/mastery.html")
def mastery_of(user: Any) -> dict[str, Any]:
    found = mastery.of(user) if user.is_authenticated else []
    return {"lessons": [(number, list(group)) for number, group in groupby(found, key=lambda one: one.concept.lesson)]}
