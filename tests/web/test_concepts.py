"""The pages of the concepts: each one, the list, the map."""

import re

import pytest

from lessons import concept_map, revisions, taught
from lessons.content import concepts
from lessons.content.concepts import Concept
from lessons.models import Lesson


def concept(slug, needs=(), lesson="9.1", section="first", labs=(), name="", definition="What it is."):
    return Concept(slug=slug, name=name or slug.title(), section=section, definition=definition, labs=labs, needs=needs, lesson=lesson)


# --- pages ---

EVIL = "<script>alert(1)</script> $\\frac{1}{2}$ *really* [here](javascript:alert(1))"


@pytest.fixture
def course(db, lesson_source, monkeypatch):
    """Two published lessons and one that is not, with concepts of their own."""
    mine = (
        concept("clock", labs=("raft", "unwritten"), name="Wall clock"),
        concept("drift", ["clock"], section="gone", name="Drift", definition=EVIL),
        concept("order", ["drift", "clock"], lesson="9.2", name="Order"),
        concept("secret", ["clock"], lesson="9.3", name="Secret"),
        concept("after", ["secret"], lesson="9.3", name="After"),
    )
    monkeypatch.setattr(concepts, "every", lambda: mine)
    monkeypatch.setattr(concepts, "by_slug", lambda: {one.slug: one for one in mine})
    concept_map.drawn.cache_clear()
    lab = ":::{{lab}} raft\n:name: {}\nWords.\n:::\n"
    # One lab before the section that teaches, one after it.
    first = lesson_source("9.1", "Clocks").replace("## First idea", lab.format("early") + "\n## First idea") + "\n" + lab.format("near")
    for source in (first, lesson_source("9.2", "Queues"), lesson_source("9.3", "Hidden")):
        revisions.take_file(source)
    Lesson.objects.filter(number="9.3").update(published=None)
    yield mine
    concept_map.drawn.cache_clear()


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_a_concept_says_where_it_is_taught_and_seen_and_what_builds_on_it(client, course):
    said = page(client, "/concepts/clock/")
    assert "<h1>Wall clock</h1>" in said
    assert 'href="/lessons/9.1/#first"' in said
    assert "First idea" in said
    assert 'href="/lessons/9.1/#lab-near"' in said
    assert "lab-early" not in said
    assert 'href="/labs/raft/"' in said
    assert "unwritten" not in said
    assert "What it needs first" not in said
    assert 'href="/concepts/drift/"' in said
    assert 'href="/concepts/order/"' in said
    assert "Questions on it" not in said


def test_nothing_of_an_unpublished_lesson_is_shown(client, course):
    assert client.get("/concepts/secret/").status_code == 404
    for path in ("/concepts/", "/concepts/map/", "/concepts/clock/"):
        said = page(client, path)
        assert "secret" not in said.lower()
        assert "9.3" not in said
    assert client.get("/concepts/?lesson=9.3").status_code == 404


def test_a_definition_is_rendered_and_never_trusted(client, course):
    for path in ("/concepts/drift/", "/concepts/"):
        said = page(client, path)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said
        assert "<math" in said
        assert "<em>really</em>" in said
        assert "javascript:" not in re.sub(r"<[^>]*content=[^>]*>", "", said).replace("[here](javascript:alert(1))", "")
        assert "<script>alert" not in said


def test_a_concept_without_its_section_leads_to_the_lesson(client, course):
    said = page(client, "/concepts/drift/")
    assert 'href="/lessons/9.1/"' in said
    assert "#gone" not in said


def test_all_concepts_stand_by_letter(client, course):
    said = page(client, "/concepts/")
    assert re.findall(r'<a href="#letter-(.)"', said) == ["d", "o", "w"]
    assert re.findall(r'<dt><a href="/concepts/(\w+)/"', said) == ["drift", "order", "clock"]
    for letter in "dow":
        assert f'id="letter-{letter}"' in said


def test_a_lesson_leads_to_its_concepts(client, course, lesson_source):
    assert re.findall(r'<dt><a href="/concepts/(\w+)/"', page(client, "/concepts/?lesson=9.2")) == ["order"]
    revisions.take_file(lesson_source("9.2", "Queues").replace("minutes: 5", "minutes: 5\nconcepts: [order]"))
    assert 'href="/concepts/?lesson=9.2"' in page(client, "/lessons/9.2/")


def test_the_map_draws_every_concept_and_need_and_says_the_same_in_words(client, course):
    said = page(client, "/concepts/map/")
    drawn, words = said.split('id="list"')
    assert re.findall(r'data-concept="(\w+)"', drawn) == ["clock", "drift", "order"]
    assert re.findall(r'data-need="(\w+)" data-builder="(\w+)"', drawn) == [("clock", "drift"), ("drift", "order"), ("clock", "order")]
    for slug in ("clock", "drift", "order"):
        assert f'href="/concepts/{slug}/"' in drawn
        assert f'href="/concepts/{slug}/"' in words
    assert "style=" not in said
    assert words.count("<b>needs</b>") == 2
    assert words.count("<b>leads to</b>") == 2


def test_the_map_keeps_what_is_needed_above_and_boxes_apart(client, course):
    numbers = tuple((number, number) for number in dict.fromkeys(one.lesson for one in course))
    drawing = concept_map.drawn(numbers)
    boxes = {box.concept.slug: box for band in drawing.bands for box in band.boxes}
    for edge in drawing.edges:
        assert boxes[edge.need].y + boxes[edge.need].height < boxes[edge.builder].y


def test_the_map_of_the_whole_course_has_no_two_boxes_in_one_place():
    concept_map.drawn.cache_clear()
    drawing = concept_map.drawn(tuple((number, "Title") for number in dict.fromkeys(one.lesson for one in concepts.every())))
    boxes = [box for band in drawing.bands for box in band.boxes]
    assert len(boxes) == len(concepts.every())
    assert len(drawing.edges) == sum(len(one.needs) for one in concepts.every())
    assert all(box.x >= 0 and box.x + box.width <= drawing.width for box in boxes)
    apart = [
        (a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y)
        for a in boxes
        for b in boxes
        if a is not b
    ]
    assert all(apart)


def test_a_site_without_lessons_has_no_concepts_and_says_so(client, db):
    assert "has been published yet" in page(client, "/concepts/")
    assert "has been published yet" in page(client, "/concepts/map/")
    assert client.get("/concepts/majority/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/concepts/nothing/", "/concepts/UPPER/", "/concepts/?lesson=7.7", "/concepts/?lesson=%3Cb%3E", "/concepts/-/"]
)
def test_what_is_no_concept_is_not_found(client, course, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "<b>" not in response.content.decode()


@pytest.mark.parametrize("path", ["/concepts/", "/concepts/map/", "/concepts/clock/"])
def test_concepts_are_only_read(client, course, as_user, instructor, path):
    assert client.post(path).status_code == 405
    assert as_user(instructor).post(path).status_code == 405
    assert as_user(instructor).get(path).status_code == 200


def test_the_letter_of_a_name_that_begins_with_none(course):
    one = taught.Taught(concept=concept("x", name="3-2-1 backups"), lesson=Lesson(number="9.1"))
    assert taught.alphabetically([one]) == [("0", [one])]
