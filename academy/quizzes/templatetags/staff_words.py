"""A class's quizzes in words for its staff, and on the class's own page."""

from __future__ import annotations

from typing import Any

from django import template

from academy.classes.models import SchoolClass
from academy.quizzes import offers, scheduling, staff_showing
from academy.quizzes.models import PolicyOverride
from academy.quizzes.policy import Policy
from academy.quizzes.schedule_models import When

register = template.Library()
NAMES = {"score": "marks", "feedback": "what is said to answers", "key": "the right answers"}


@register.filter
def shown_when(rules: Policy) -> str:
    """What students see when, the same moments together."""
    groups: dict[str, list[str]] = {}
    for what, words in NAMES.items():
        groups.setdefault(When(getattr(rules, f"{what}_when")).label, []).append(words)
    return "; ".join(f"{' and '.join(words)} {when}" for when, words in groups.items())


@register.filter
def waits_for_release(rules: Policy) -> bool:
    """Whether releasing would show anything that is not shown at once."""
    return any(getattr(rules, f"{what}_when") not in (When.AT_ONCE, When.NEVER) for what in NAMES)


@register.filter
def is_different(override: PolicyOverride) -> bool:
    return scheduling.is_different(override)


@register.filter
def as_written(answer: Any) -> str:
    return staff_showing.written(answer)


@register.inclusion_tag("quizzes/staff/of_class.html", takes_context=True)
def quizzes_of_class(context: dict[str, Any], school_class: SchoolClass) -> dict[str, Any]:
    """For its students: what is set, until when for them, what they have done."""
    user = context["user"]
    own = offers.attempts_of(user, school_class=school_class)
    found = [one for one in offers.schedules_of(user) if one.school_class_id == school_class.pk]
    rows = [offers.offer(user, one, [past for past in own if past.quiz_id == one.quiz_id]) for one in found]
    return {"offers": rows, "class": school_class}
