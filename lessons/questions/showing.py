"""What stands on the page: the author's sanitised HTML, found by the ids that a stored answer names."""

from collections.abc import Iterable, Mapping
from html import unescape

from django.utils.html import escape, strip_tags

from lessons.questions.model import Question


def inline(html: str) -> str:
    """Without the one paragraph around it, so that it can stand in a label."""
    text = html.strip()
    alone = text.startswith("<p>") and text.endswith("</p>") and text.count("<p>") == 1
    return text[3:-4] if alone else text


def words(html: str) -> str:
    """Without markup, for places that can hold none, such as an option of a select."""
    return " ".join(unescape(strip_tags(html)).split())


def html_of(question: Question, parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """id -> HTML of each part of the spec, its text where the source has no such item any more."""
    found = {item.id: inline(item.html) for item in question.items}
    return {part["id"]: found.get(part["id"]) or escape(part.get("text", part["id"])) for part in parts}


def feedback_of(question: Question) -> dict[str, str]:
    return {item.id: item.feedback_html for item in question.items if item.id}
