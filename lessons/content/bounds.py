"""What keeps a text from being read at all: its size, and characters that show something else than what stands there."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from lessons.content.problems import Problem

# Reading Markdown takes time with the square of a paragraph's length, so these together keep any text, however it is made, under a second.
SOURCE_BYTES_MAX = 96 * 1024
LINES_MAX = 2000
PARAGRAPH_MAX = 5000  # characters in lines that follow each other without an empty one
DEPTH_MAX = 12  # quotation marks and lists inside each other, at the beginning of a line
TWO_LESSONS = "two lessons instead of one"
LINE_END = re.compile(r"\r\n?|\n")
NESTED = re.compile(r"(?:[ \t]{0,3}(?:>|[-+*](?=[ \t>])|\d{1,9}[.)](?=[ \t>])))" + f"{{{DEPTH_MAX + 1}}}")
MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}$")

# Characters that reorder what is shown (CVE-2021-42574), end lines where no editor does, or cannot be stored.
MISLEADING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff\x85"}
PLAIN_CONTROLS = {"\n", "\r", "\t"}


def lines_of(source: str) -> list[str]:
    """As Markdown counts them: LF, CRLF and CR end a line, nothing else does."""
    return LINE_END.split(source)


def too_large(source: str) -> Iterator[Problem]:
    lines = lines_of(source)
    if len(source.encode(errors="replace")) > SOURCE_BYTES_MAX:
        yield Problem(line=1, what=f"The text has more than {SOURCE_BYTES_MAX} bytes.", expected="at most that.", example=TWO_LESSONS)
    elif len(lines) - 1 > LINES_MAX:
        yield Problem(line=1, what=f"The text has {len(lines) - 1} lines.", expected=f"at most {LINES_MAX}.", example=TWO_LESSONS)
    else:
        yield from too_long_paragraphs(lines)
        yield from too_deep(lines)
        yield from misleading(lines)


def too_long_paragraphs(lines: list[str]) -> Iterator[Problem]:
    line = 1
    for blank, group in groupby(lines, lambda text: not text.strip()):
        paragraph = list(group)
        length = 0 if blank else sum(map(len, paragraph))
        if length > PARAGRAPH_MAX:
            what = f"There are {length} characters without an empty line."
            yield Problem(line=line, what=what, expected=f"at most {PARAGRAPH_MAX}.", example="a paragraph for each thought")
        line += len(paragraph)


def too_deep(lines: list[str]) -> Iterator[Problem]:
    for line, text in enumerate(lines, 1):
        if NESTED.match(text):
            what = f"More than {DEPTH_MAX} quotations or lists stand inside each other."
            yield Problem(line=line, what=what, expected="three or four at most.", example="> - A list in a quotation")
            return


def misleading(lines: list[str]) -> Iterator[Problem]:
    for line, text in enumerate(lines, 1):
        for character in text:
            if character in MISLEADING or (unicodedata.category(character) in ("Cc", "Cs") and character not in PLAIN_CONTROLS):
                yield unwanted(line, character)
                return


def unwanted(line: int, character: str) -> Problem:
    what = "There is a NUL character." if character == "\0" else f"There is the invisible character {name_of(character)}."
    return Problem(line=line, what=what, expected="text that is what it looks like.", example="a file saved as UTF-8 without marks")


def name_of(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '(a control character)')}"


def merge_markers(source: str) -> Iterator[Problem]:
    """Lines that a merge left for somebody to decide."""
    for line, text in enumerate(lines_of(source), 1):
        if MARKER.match(text):
            what = f"The merge marker {text[:40]!r} stands here."
            yield Problem(
                line=line, what=what, expected="one of the two texts, and no markers.", example="a line without <<<<<<< or >>>>>>>"
            )
