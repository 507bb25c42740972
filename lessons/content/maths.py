"""Formulas: LaTeX between dollars becomes MathML, which browsers draw and screen readers speak without any script."""

from functools import lru_cache
from typing import Any

from latex2mathml.converter import convert
from markdown_it.common.utils import escapeHtml

SOURCE_MAX = 400  # characters of one formula
TAGS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover",
    "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom",
}  # fmt: skip
ATTRIBUTES = {
    "display",
    "stretchy",
    "fence",
    "form",
    "accent",
    "linethickness",
    "mathvariant",
    "columnalign",
    "scriptlevel",
    "displaystyle",
}
EXAMPLE = r"$\lfloor n/2 \rfloor + 1$"


@lru_cache(maxsize=1024)
def mathml(source: str, display: str) -> str | None:
    """MathML, or None where the formula cannot be read. `display`: inline or block."""
    if len(source) > SOURCE_MAX:
        return None
    try:
        found = convert(source, display=display)
    except Exception:  # the library raises errors of many kinds, and none of them tells more than the formula itself
        return None
    return None if "<mi>\\" in found else found  # an unknown command comes back as a name


def render_inline(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    return mathml(tokens[at].content.strip(), "inline") or f"<code>{escapeHtml(tokens[at].content)}</code>"


def render_block(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    source = tokens[at].content
    return f'<p class="formula">{mathml(source.strip(), "block") or f"<code>{escapeHtml(source)}</code>"}</p>'


def unreadable(source: str) -> bool:
    return mathml(source.strip(), "inline") is None
