"""CommonMark and tables to HTML that can be trusted: raw HTML is off, and what comes out is sanitised all the same."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from lessons.content import links, maths

TAGS = {
    "a", "abbr", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "section",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul", *maths.TAGS,
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title", "class", "id", "data-lab", "data-step", "data-params", "data-moment"},
    "h2": {"id"},
    "h3": {"id"},
    "code": {"class"},
    "p": {"class"},
    "td": {"class"},
    "th": {"class"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    "section": {"class"},
    "sup": {"class"},
    **dict.fromkeys(maths.TAGS, maths.ATTRIBUTES),
}
SCHEMES = {"http", "https", "mailto"}
ALIGN = re.compile(r"text-align:(left|right|center)")


def reader() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
    md.use(front_matter_plugin).use(colon_fence_plugin).use(footnote_plugin, inline=False)
    md.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False)
    md.add_render_rule("math_inline", maths.render_inline)
    md.add_render_rule("math_block", maths.render_block)
    return md


MARKDOWN = reader()


def to_html(tokens: Sequence[Token]) -> str:
    """Sanitised HTML of these tokens."""
    return sanitise(MARKDOWN.renderer.render(list(tokens), MARKDOWN.options, {}))


@lru_cache(maxsize=1024)
def inline(source: str) -> str:
    """Sanitised HTML of a line of CommonMark, without a paragraph around it."""
    tokens = MARKDOWN.parseInline(source)
    resolve(tokens, 1)
    return to_html(tokens)


def sanitise(html: str) -> str:
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")


def resolve(tokens: Sequence[Token], line: int) -> tuple[list[Any], list[tuple[int, str]]]:
    """Rewrite `lab:`, `lesson:` and `concept:` links and table alignment in place. `line` is added to the tokens' own, which count from 0.

    Returns the links read and (line, target) of those that could not be.
    """
    read: list[Any] = []
    unread: list[tuple[int, str]] = []
    here = line
    for token in tokens:
        here = line + token.map[0] if token.map else here
        align_by_class(token)
        at = here
        for child in token.children or ():
            at += child.type in ("softbreak", "hardbreak")
            if child.type == "link_open":
                resolve_link(child, at, read, unread)
    return read, unread


def align_by_class(token: Token) -> None:
    """Inline styles are forbidden on our pages."""
    align = ALIGN.fullmatch(str(token.attrs.pop("style", "")))
    if align:
        token.attrSet("class", f"align-{align[1]}")


def resolve_link(token: Token, line: int, read: list[Any], unread: list[tuple[int, str]]) -> None:
    href = str(token.attrGet("href") or "")
    scheme, _, rest = href.partition(":")
    link: Any = READERS[scheme](rest, line) if scheme in READERS else None
    if isinstance(link, links.LabLink):
        token.attrs.update(link.attributes)
    elif isinstance(link, links.LessonLink):
        token.attrs["href"] = reverse("lesson", args=[link.number]) + (f"#{link.anchor}" if link.anchor else "")
    elif isinstance(link, links.ConceptLink):
        token.attrs.update({"href": reverse("concept", args=[link.slug]), "class": "concept"})
    elif href.startswith("#"):
        link = (line, href[1:])
    elif scheme not in SCHEMES or not rest.strip("/"):
        unread.append((line, href))
        token.attrs["href"] = "#"
    if link:
        read.append(link)


READERS = {"lab": links.read_lab, "lesson": links.read_lesson, "concept": links.read_concept}
