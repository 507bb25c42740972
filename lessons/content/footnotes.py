"""Footnotes stand in a lesson's prose. One that is called and written nowhere would stay on the page as `[^name]`."""

import re
from collections.abc import Iterator

from markdown_it.token import Token

CALL = re.compile(r"\[\^([^\]\s]{1,60})\]")
EXPECTED = "its text in the lesson's prose, and the call too; inside a block name the source in words."
EXAMPLE = "Said.[^flp] and, after an empty line, [^flp]: Fischer, Lynch, Paterson, 1985."


def without_text(token: Token) -> Iterator[str]:
    """Names of the footnotes that this token calls and that were not found when it was read."""
    for child in token.children or ():
        if child.type == "text":
            yield from CALL.findall(child.content)
