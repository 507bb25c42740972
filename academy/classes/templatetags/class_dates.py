"""Dates of classes on pages: moments as the class's clock shows them, and those of a lesson for its reader."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from academy.classes.access import is_somebody
from academy.classes.models import ClassDate, Membership, SchoolClass
from academy.classes.zones import wall_clock

register = template.Library()


@register.simple_tag
def class_time(at: datetime | None, school_class: SchoolClass) -> SafeString | str:
    """A moment in the class's zone. The browser adds its own clock where that shows something else (`js/dates.js`)."""
    if at is None:
        return ""
    shown = wall_clock(at, school_class.zone)
    words = f"{shown:%a} {shown.day} {shown:%B %Y, %H:%M}"
    return format_html(
        '<time datetime="{}" data-zone="{}">{} <span class="zone">{}</span></time>',
        at.isoformat().replace("+00:00", "Z"),
        school_class.time_zone,
        words,
        school_class.time_zone,
    )


@register.inclusion_tag("classes/lesson_dates.html", takes_context=True)
def lesson_dates(context: dict[str, Any], number: str) -> dict[str, Any]:
    """What the reader's classes say about a lesson; nothing for readers who are in none."""
    user = context.get("user")
    if user is None or not is_somebody(user):
        return {"dates": []}
    mine = Membership.objects.agreed().filter(user=user, school_class__archived_at=None).values("school_class")
    dates = ClassDate.objects.filter(lesson_number=number, school_class__in=mine).select_related("school_class")
    return {"dates": list(dates)}
