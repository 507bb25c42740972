"""Questions on pages: what belongs to one part of an answer, and what little work is worth, for authors."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

from lessons.questions import registry
from lessons.questions.model import Question

register = template.Library()
WORDS = {"blank": "a blank scores {}", "everything": "everything ticked {}", "guess": "a guess {} on average"}


@register.filter
def of(found: Mapping[str, Any] | str | None, one: str) -> Any:
    """What a mapping has for an id, which a template cannot ask for by a variable; "" for nothing, and where there is no mapping."""
    return found.get(one, "") if isinstance(found, Mapping) else ""


@register.simple_tag
def question_worth(question: Question) -> str:
    """A sentence, or nothing where the question cannot be read or its type can tell nothing."""
    if question.problems:
        return ""
    worth = registry.types()[question.type].worth(question)
    told = [words.format(rounded(worth[name])) for name, words in WORDS.items() if name in worth]
    return f"Of the points {', '.join(told)}." if told else ""


def rounded(share: Decimal) -> str:
    """Two decimals, none that say nothing."""
    return f"{share.quantize(Decimal('0.01')).normalize():f}"
