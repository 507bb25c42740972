"""Browsers send CRLF for every line end. A text keeps those it had, so that what comes out is byte for byte what went in."""

import re
from collections import Counter
from difflib import SequenceMatcher

END = re.compile(r"\r\n?|\n")


def plain(source: str) -> str:
    """The same text with LF, as editors and merges see it."""
    return END.sub("\n", source)


def as_in(model: str, edited: str) -> str:
    """`edited` with the line ends of `model`: unchanged lines keep theirs, new ones get the most frequent."""
    ends = END.findall(model)
    if set(ends) <= {"\n"}:
        return plain(edited)
    usual = Counter(ends).most_common(1)[0][0]
    before, now = END.split(model), END.split(edited)
    new_ends = [usual] * (len(now) - 1)
    for old, new, size in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
        for i in range(size):
            if old + i < len(ends) and new + i < len(new_ends):
                new_ends[new + i] = ends[old + i]
    return "".join(text + end for text, end in zip(now, [*new_ends, ""], strict=True))
