"""What a class's page says about questions that changed since its answers were marked."""

from typing import Any

from django import template

from academy.classes.models import SchoolClass
from academy.quizzes import regrading

register = template.Library()


@register.inclusion_tag("quizzes/regrade/offered.html")
def regrades_offered(school_class: SchoolClass) -> dict[str, Any]:
    """For instructors; nothing where nothing is offered."""
    return {"class": school_class, "offers": regrading.offered(school_class)}
