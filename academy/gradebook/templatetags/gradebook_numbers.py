"""Numbers, names and events of the gradebook in words, and the links of its first line."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString, mark_safe

from academy.classes.models import Membership
from academy.gradebook import grid, numbers
from academy.gradebook.book import State, plain
from academy.gradebook.models import GradebookEvent

register = template.Library()


@register.filter
def number(value: Decimal | None) -> str:
    return numbers.shown(value)


@register.filter
def in_full(value: Decimal) -> str:
    return plain(value)


@register.filter
def percent(value: Decimal | None) -> str:
    return numbers.percent(value)


@register.filter
def student_name(seat: Membership) -> str:
    return grid.name_of(seat)


@register.filter
def happened(event: GradebookEvent) -> str:
    """An event of a cell's log."""
    if event.state == State.GRADED and event.points is None:
        return "nothing counts any more"
    if event.state == State.GRADED and "missing" in event.why:
        return f"missing, 0 of {plain(event.max)}"
    said = State(event.state).label
    return said if event.points is None else f"{said}: {plain(event.points)} of {plain(event.max)}"


@register.simple_tag
def sorted_by(sort: str, name: Any, q: str) -> str:
    """The address of the table sorted by something: names from the first, numbers from the largest; asked again, the other way round."""
    first, other = (str(name), f"-{name}") if name == "name" else (f"-{name}", str(name))
    chosen = other if sort == first or (name == "name" and not sort) else first
    return "?" + urlencode({"sort": chosen} | ({"q": q} if q else {}))


@register.simple_tag
def aria_sort(sort: str, name: Any) -> SafeString | str:
    """An attribute where the table is sorted by this."""
    if sort.removeprefix("-") != str(name) and not (name == "name" and not sort):
        return ""
    return mark_safe(f' aria-sort="{"descending" if sort.startswith("-") else "ascending"}"')  # noqa: S308 - our own words
