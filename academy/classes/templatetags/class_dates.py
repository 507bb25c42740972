"""Dates of classes on pages: moments as the class's clock shows them, and those of a lesson for its reader."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from academy.classes.access import is_somebody
from academy.classes.models import ClassDate, Membership, SchoolClass
from academy.classes.zones import wall_clock

register = template.Library()
UTC_ZONE = ZoneInfo("UTC")


@register.simple_tag
def class_time(at: datetime | None, school_class: SchoolClass | None, to: str = "minutes") -> SafeString | str:
    """A moment in the class's zone, in UTC where there is no class; `to` minutes, seconds or milliseconds. The browser adds its own clock
    where that shows something else (`js/dates.js`).
    """
    if at is None:
        return ""
    zone = school_class.zone if school_class else UTC_ZONE
    shown = wall_clock(at, zone)
    clock = shown.isoformat(timespec=to).partition("T")[2].partition("+")[0].partition("-")[0]
    return format_html(
        '<time datetime="{}" data-zone="{}">{} <span class="zone">{}</span></time>',
        at.isoformat().replace("+00:00", "Z"),
        zone.key,
        f"{shown:%a} {shown.day} {shown:%B %Y}, {clock}",
        zone.key,
    )


@register.filter
def as_moment(written: str) -> datetime:
    """Of a receipt's line: `2026-11-30T10:00:00.123+00:00`."""
    return datetime.fromisoformat(written)


@register.inclusion_tag("classes/lesson_dates.html", takes_context=True)
def lesson_dates(context: dict[str, Any], number: str) -> dict[str, Any]:
    """What the reader's classes say about a lesson; nothing for readers who are in none."""
    user = context.get("user")
    if user is None or not is_somebody(user):
        return {"dates": []}
    mine = Membership.objects.agreed().filter(user=user, school_class__archived_at=None).values("school_class")
    dates = ClassDate.objects.filter(lesson_number=number, school_class__in=mine).select_related("school_class")
    return {"dates": list(dates)}
