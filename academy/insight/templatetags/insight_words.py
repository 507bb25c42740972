"""Figures as people read them: rounded for display and nowhere else."""

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.safestring import SafeString, mark_safe

from academy.insight import charts

register = template.Library()
NONE = "–"
SPACE = "\u00a0"  # at which no line breaks


def rounded(value: Decimal, places: int) -> str:
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


@register.filter
def percent(value: Decimal | None) -> str:
    return NONE if value is None else f"{rounded(value * 100, 0)} %"


@register.filter
def figure(value: Decimal | None, places: int = 2) -> str:
    return NONE if value is None else rounded(value, places)


@register.filter
def took(seconds: Decimal | None) -> str:
    """48 s, 3 min 20 s, 1 h 5 min: whole seconds under an hour, whole minutes above."""
    if seconds is None:
        return NONE
    whole = int(seconds.to_integral_value(ROUND_HALF_UP))
    if whole < 60:
        return f"{whole}{SPACE}s"
    if whole < 3600:
        return f"{whole // 60}{SPACE}min" + (f"{SPACE}{whole % 60}{SPACE}s" if whole % 60 else "")
    return f"{whole // 3600}{SPACE}h{SPACE}{whole % 3600 // 60}{SPACE}min"


@register.filter
def level(value: Decimal | None) -> SafeString:
    """How warm a cell is, as an attribute; nothing where there is nothing."""
    found = charts.level(value)
    return mark_safe("" if found is None else f'data-level="{found}"')  # noqa: S308 - a number


@register.filter
def number(value: Decimal | None) -> str:
    """Of an attribute that a script reads."""
    return "" if value is None else f"{value:.4f}"
