"""A lab's brief as HTML that can be trusted: CommonMark without raw HTML, and what comes out is sanitised all the same."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {"a", "code", "em", "h3", "li", "ol", "p", "pre", "strong", "ul"}
MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable("smartquotes")


@lru_cache(maxsize=64)
def brief_html(text: str) -> str:
    """HTML of a lab's own words; empty for a lab that has none."""
    return nh3.clean(
        MARKDOWN.render(text), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"}, link_rel="noopener noreferrer"
    )
