"""Numbers and rules of quizzes in words."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template

from academy.quizzes.policy import Policy
from academy.quizzes.schedule_models import Aggregate, When
from academy.quizzes.showing import SHOWN
from lessons.content import concepts

register = template.Library()
NAMES = {"score": "your mark", "feedback": "what is said to your answers", "key": "the right answers"}


@register.filter
def duration(seconds: int) -> str:
    """In the largest units that fit: 1 h 30 min."""
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 s"


@register.filter
def hours(value: Decimal) -> str:
    days, rest = divmod(value, 24)
    if days and not rest:
        return f"{days:f} day{'s' if days != 1 else ''}".replace(".0", "")
    return f"{marks(value)} h"


@register.filter
def share(value: Decimal) -> str:
    return f"{marks(value * 100)} %"


@register.filter
def marks(value: Any) -> str:
    """Points as people read them: at most two decimals, halves up, no trailing zeros."""
    if value is None or value == "":
        return ""
    text = format(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".")


@register.filter
def aggregate(value: str) -> str:
    return Aggregate(value).label


@register.filter
def when(value: str) -> str:
    """After "it is": shown after the quiz closes, or not shown."""
    return "not shown" if value == When.NEVER else f"shown {When(value).label}"


@register.filter
def releases(rules: Policy) -> str:
    """What is seen when, the same moments together."""
    groups: dict[str, list[str]] = {}
    for what in SHOWN:
        groups.setdefault(When(getattr(rules, f"{what}_when")).label, []).append(NAMES[what])
    return "; ".join(f"{' and '.join(names)} {when}" for when, names in groups.items())


@register.filter
def seconds(t_us: int) -> str:
    """Virtual time as people read it."""
    return f"{t_us / 1e6:.2f} s"


@register.filter
def moment(t_us: int) -> str:
    """As an address names a moment, rounded up: what happened then has happened."""
    return f"{-(-t_us // 1000) / 1000:.3f}"


@register.filter
def concept_name(slug: str) -> str:
    """As readers know it; the slug where the course has it no more."""
    found = concepts.by_slug().get(slug)
    return found.name if found else slug
