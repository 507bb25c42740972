"""The map of the course: concepts as boxes in bands, one band a lesson, everything above what is built on it.

Inside a band the layers of `prerequisites.layers` become rows of at most `COLUMNS` boxes. In a row a box stands as near as can be below the
middle of what it needs, which keeps lines short and few crossings. Lines run between rows and columns, never behind a box. Units are those
of the drawing, which is `WIDTH` wide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, groupby
from textwrap import wrap

from lessons.content import concepts, prerequisites
from lessons.content.concepts import Concept
from lessons.taught import Taught

WIDTH = 1320
COLUMNS = 5
LEFT = 190  # where the boxes begin; the lesson's name stands before
STEP = (WIDTH - LEFT) / COLUMNS
BOX_WIDTH = 206
LINE_HEIGHT = 17
BOX_PADDING = 18
ROW_GAP = 22
BAND_PADDING = 24
BAND_GAP = 14
LINE_LETTERS = 25
TITLE_LETTERS = 19
TRACKS = 5  # beside each other between two columns
TRACK = 3.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    concept: Concept
    x: float
    y: float
    height: float
    lines: tuple[Line, ...]

    width = BOX_WIDTH

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    number: str
    y: float
    height: float
    title: tuple[Line, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    need: str
    builder: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    width: int
    height: float
    bands: tuple[Band, ...]
    edges: tuple[Edge, ...]


@lru_cache(maxsize=4)
def drawn(lessons: tuple[tuple[str, str], ...]) -> Drawing:
    """`lessons` are (number, title) in the order of the course. Kept, since it depends on nothing else but files."""
    boxes: dict[str, Box] = {}
    bands, y = [], 0.0
    for number, title in lessons:
        band = drawn_band(number, title, [one for one in concepts.every() if one.lesson == number], boxes, y)
        bands.append(band)
        y += band.height + BAND_GAP
    return Drawing(width=WIDTH, height=max(y - BAND_GAP, 0), bands=tuple(bands), edges=tuple(edges(boxes)))


def drawn_band(number: str, title: str, mine: Sequence[Concept], boxes: dict[str, Box], top: float) -> Band:
    """Adds its boxes to `boxes`, where those of earlier lessons are."""
    y = top + BAND_PADDING
    own = []
    for row in (row for layer in prerequisites.layers(mine) for row in rows(layer, boxes)):
        height = max(len(words_of(concept)) for concept, _ in row) * LINE_HEIGHT + BOX_PADDING
        own += [box(concept, LEFT + column * STEP, y, height) for concept, column in row]
        boxes.update({one.concept.slug: one for one in own})
        y += height + ROW_GAP
    words = [number, *wrap(title, TITLE_LETTERS)]
    lines = tuple(Line(x=20, y=top + BAND_PADDING + 20 + i * LINE_HEIGHT * 1.15, words=line) for i, line in enumerate(words))
    return Band(number=number, y=top, height=y - ROW_GAP + BAND_PADDING - top, title=lines, boxes=tuple(own))


def rows(layer: Sequence[Concept], boxes: Mapping[str, Box]) -> Iterator[list[tuple[Concept, int]]]:
    """The layer from left to right by what its concepts need, in rows, with a column for each."""
    ordered = sorted(layer, key=lambda concept: centre(concept, boxes) or WIDTH / 2)
    for row in (ordered[i : i + COLUMNS] for i in range(0, len(ordered), COLUMNS)):
        yield list(zip(row, columns([centre(concept, boxes) for concept in row]), strict=True))


def columns(centres: Sequence[float | None]) -> tuple[int, ...]:
    """Of all ways to place these boxes in order, the one with the least way to what they need."""

    def way(chosen: tuple[int, ...]) -> float:
        middles = [LEFT + column * STEP + BOX_WIDTH / 2 for column in chosen]
        return sum(abs(middle - wanted) for middle, wanted in zip(middles, centres, strict=True) if wanted is not None)

    return min(combinations(range(COLUMNS), len(centres)), key=way)


def centre(concept: Concept, boxes: Mapping[str, Box]) -> float | None:
    """The middle of what it needs, from left to right; None where that is nothing on the map."""
    middles = [boxes[need].middle for need in concept.needs if need in boxes]
    return sum(middles) / len(middles) if middles else None


def words_of(concept: Concept) -> list[str]:
    return wrap(concept.name, LINE_LETTERS)


def box(concept: Concept, x: float, y: float, height: float) -> Box:
    words = words_of(concept)
    first = y + height / 2 - (len(words) - 1) * LINE_HEIGHT / 2 + 4.5  # the baseline lies below the middle of the letters
    lines = tuple(Line(x=x + BOX_WIDTH / 2, y=first + i * LINE_HEIGHT, words=line) for i, line in enumerate(words))
    return Box(concept=concept, x=x, y=y, height=height, lines=lines)


def edges(boxes: Mapping[str, Box]) -> Iterator[Edge]:
    tracks = {slug: i % TRACKS for i, slug in enumerate(boxes)}
    for slug, to in boxes.items():
        for need in to.concept.needs:
            if need in boxes:
                yield Edge(need=need, builder=slug, path=path(boxes[need], to, tracks[need]))


def path(above: Box, below: Box, track: int) -> str:
    """From the foot of what is needed to the head of what builds on it; past other rows in the gap beside the column of the latter."""
    x1, y1, x2, y2 = above.middle, above.y + above.height, below.middle, below.y
    if y2 - y1 <= 2 * ROW_GAP:
        return f"M{x1:.0f} {y1:.0f}{bend(x1, y1, x2, y2)}"
    column = round((below.x - LEFT) / STEP) + (above.x >= below.x)
    x = LEFT + column * STEP - (STEP - BOX_WIDTH) / 2 + (track - TRACKS // 2) * TRACK
    return f"M{x1:.0f} {y1:.0f}{bend(x1, y1, x, y1 + ROW_GAP)}V{y2 - ROW_GAP:.0f}{bend(x, y2 - ROW_GAP, x2, y2)}"


def bend(x1: float, y1: float, x2: float, y2: float) -> str:
    half = (y2 - y1) / 2
    return f"C{x1:.0f} {y1 + half:.0f} {x2:.1f} {y2 - half:.0f} {x2:.1f} {y2:.0f}"


def listed(shown: Mapping[str, Taught]) -> list[tuple[object, list[tuple[Taught, list[Taught], list[Taught]]]]]:
    """The map in words: lessons, their concepts, and for each what it needs and what builds on it."""
    builders = prerequisites.builders([one.concept for one in shown.values()])
    rows = [
        (one, [shown[need] for need in one.concept.needs if need in shown], [shown[other.slug] for other in builders[slug]])
        for slug, one in shown.items()
    ]
    return [(lesson, list(group)) for lesson, group in groupby(rows, key=lambda row: row[0].lesson)]
