"""The course as it is: lessons long enough to teach and short enough to be read, drawings that everybody can read."""

import re
from xml.etree import ElementTree

import pytest

from academy.launch.place import ROOT
from lessons.content import blocks, library
from lessons.content.text import Prose

LESSONS = library.read_all()
WORDS_MIN, WORDS_MAX = 1800, 4500
FIGURES_MIN = 3
DRAWINGS = sorted((ROOT / "templates/lessons/figures").glob("*.html"))
SVG = "{http://www.w3.org/2000/svg}"


def html_of(file):
    """All that a reader sees, labs excepted."""
    for part in file.text.parts:
        if isinstance(part, Prose):
            yield part.html
        elif isinstance(part, blocks.FigureBlock | blocks.LabBlock):
            yield part.caption
        elif isinstance(part, blocks.NoteBlock):
            yield part.html
        elif isinstance(part, blocks.GuideBlock):
            yield from (step.html for step in part.steps)


def words(file):
    text = re.sub(r"<math.*?</math>", " x ", " ".join(html_of(file)), flags=re.S)
    return len(re.findall(r"\w[\w'’.,-]*", re.sub(r"<[^>]+>", " ", text)))


def test_the_course_has_its_eleven_lessons():
    assert [file.number for file in LESSONS] == [f"8.{n}" for n in range(11)]


@pytest.mark.parametrize("file", LESSONS, ids=lambda file: file.number)
def test_a_lesson_is_as_long_as_a_lesson(file):
    assert WORDS_MIN <= words(file) <= WORDS_MAX


@pytest.mark.parametrize("file", LESSONS, ids=lambda file: file.number)
def test_a_lesson_has_three_figures_or_tables_besides_its_labs(file):
    figures = sum(isinstance(part, blocks.FigureBlock) for part in file.text.parts)
    tables = sum(html.count("<table") for html in html_of(file))
    assert figures >= 2 and figures + tables >= FIGURES_MIN


@pytest.mark.parametrize("file", LESSONS, ids=lambda file: file.number)
def test_a_lesson_names_its_sources_and_ends_with_a_summary_and_further_reading(file):
    headings = [heading.text.lower() for heading in file.text.outline]
    assert any("summary" in words for words in headings)
    assert any("reading" in words for words in headings)
    assert sum(html.count('href="https://') for html in html_of(file)) >= 3


def test_every_drawing_is_in_a_lesson_and_none_in_two():
    used = [part.name for file in LESSONS for part in file.text.parts if isinstance(part, blocks.FigureBlock)]
    assert sorted(used) == [path.stem for path in DRAWINGS]


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_a_drawing_tells_in_words_what_it_shows_and_takes_its_looks_from_classes(path):
    text = path.read_text(encoding="utf-8")
    drawing = ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    title = drawing.find(f"{SVG}title")
    assert title is not None and len(title.text.split()) >= 8
    assert drawing.get("role") == "img" and drawing.get("aria-labelledby") == title.get("id")
    assert not re.search(r"<(style|script|image|foreignObject)|\sstyle=|\son\w+=|href=", text)
