"""A lesson as plain words by section, for the search: what a reader sees, without markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from lessons.content.blocks import Block, FigureBlock, GuideBlock, LabBlock, NoteBlock
from lessons.content.text import Prose, Text

SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")
INSIDE_WORDS = {"a", "abbr", "code", "del", "em", "s", "strong", "sub"}  # tags that end no word


@dataclass(slots=True, kw_only=True)
class Section:
    id: str  # "" for what stands before the first heading
    title: str
    text: str


def sections(text: Text) -> list[Section]:
    """In reading order. What stands before the first heading goes under the lesson's title."""
    reader = Reader()
    reader.begin("")
    reader.pieces[-1].title.append(plain(text.title))
    for html in (html for part in text.parts for html in html_of(part)):
        reader.feed(html)
        reader.feed(" ")
    reader.close()
    found = [Section(id=one.id, title=tidy("".join(one.title)), text=tidy("".join(one.text))) for one in reader.pieces]
    return [one for one in found if one.id or one.text]


def html_of(part: Prose | Block) -> Iterator[str]:
    if isinstance(part, Prose | NoteBlock):
        yield part.html
    elif isinstance(part, LabBlock | FigureBlock):
        yield part.caption
    elif isinstance(part, GuideBlock):
        yield part.title
        yield from (step.html for step in part.steps)


def plain(html: str) -> str:
    """The words of a piece of sanitised HTML."""
    reader = Reader()
    reader.begin("")
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.pieces[-1].text))


def tidy(text: str) -> str:
    return SPACES.sub(" ", text).strip()


@dataclass(slots=True, kw_only=True)
class Piece:
    id: str
    title: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects words under the headings that have an id. Numbers of footnotes are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.in_heading = False
        self.in_reference = False

    def begin(self, identifier: str) -> None:
        self.pieces.append(Piece(id=identifier))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        identifier = dict(attrs).get("id")
        if tag in ("h2", "h3") and identifier:
            self.begin(identifier)
            self.in_heading = True
        self.in_reference = self.in_reference or tag == "sup" or dict(attrs).get("class") == "footnote-backref"
        self.part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3"):
            self.in_heading = False
        if tag in ("sup", "a"):
            self.in_reference = False
        self.part(tag)

    def part(self, tag: str) -> None:
        if tag not in INSIDE_WORDS and not tag.startswith("m"):  # a formula stays together
            self.pieces[-1].text.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.in_reference:
            piece = self.pieces[-1]
            (piece.title if self.in_heading else piece.text).append(data)
