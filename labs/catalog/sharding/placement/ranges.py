"""Ranges of the alphabet: neighbours stay together, so a scan asks one server, and a popular letter is one server's burden.

A border `(start, name)` says: from `start` on, in alphabetical order, keys belong to `name`, up to the next border.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

Borders = tuple[tuple[str, str], ...]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = 13  # letters that count: 26 ** 13 is less than 2 ** 64
LAST: int = 26**DIGITS


def alphabet_place(text: str) -> int:
    """Where a text stands between a (0) and the end of z (2**64): letters as digits in base 26, capitals as small ones,
    anything else as a.
    """
    value = 0
    for i in range(DIGITS):
        value = value * 26 + max(0, LETTERS.find(text[i].lower()) if i < len(text) else 0)
    return (value << 64) // LAST


def text_at(place: int, letters: int = 2) -> str:
    """The shortest way to write the border at this place of the alphabet, in at most so many letters."""
    value = (place * 26**letters + (1 << 63)) >> 64
    text = ""
    for _ in range(letters):
        value, digit = divmod(value, 26)
        text = LETTERS[digit] + text
    return text.rstrip("a") or "a"


def equal_part(place: int, buckets: int) -> int:
    """The bucket, from 0, where the space [0, 2**64) is cut into equal parts."""
    return place * buckets >> 64


def owner(borders: Borders, text: str) -> str:
    """Whose range the text falls into. `borders` are sorted and begin with the empty text."""
    return borders[bisect_right(borders, (text, "\x7f")) - 1][1]


def widest(borders: Borders) -> tuple[int, int]:
    """The widest range as two places: where it starts and where it ends."""
    places = [alphabet_place(start) for start, _ in borders] + [1 << 64]
    return max(pairwise(places), key=lambda span: (span[1] - span[0], -span[0]))


def cut(borders: Borders, at: str, name: str) -> Borders:
    """From `at` to the end of the range that holds it, keys belong to `name`."""
    return merged(tuple(sorted({**dict(borders), at: name}.items())))


def without(borders: Borders, name: str) -> Borders:
    """The ranges of `name` go to the neighbour before them (the first range to the one after). Others must be left."""
    rest = [border for border in borders if border[1] != name]
    return merged((("", rest[0][1]), *rest[1:]))


def merged(borders: Borders) -> Borders:
    """One border fewer where two ranges of one server meet."""
    return tuple(border for i, border in enumerate(borders) if i == 0 or borders[i - 1][1] != border[1])
