"""Search: what it finds, what it hides, and what it refuses."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from lessons import indexing, revisions, search, search_views
from lessons.content.sections import sections
from lessons.content.text import parse
from lessons.models import Lesson, SearchEntry

pytestmark = pytest.mark.django_db

TEXT = """
## Vector clocks {#vectors}

A replica counts its own events. Replicas that exchanged counters are *ordered* & <safe>.

:::{note}
Lamport had a simpler one.
:::

### Deeper {#deeper}

Elections[^1] of a archivist.

[^1]: A footnote about xylophones.
"""


@pytest.fixture
def course(lesson_source):
    revisions.take_file(lesson_source("9.1", "Clocks", TEXT))
    revisions.take_file(lesson_source("9.2", "Queues"))
    indexing.everything()


def titles(words):
    return [re.sub("<.?mark>", "", one.title) for one in search.find(words).results]


# --- what is found ---


def test_sections_are_found_by_heading_by_stem_and_by_the_beginning_of_a_word(course):
    assert titles("vector clocks")[0] == "Vector clocks"
    assert titles("exchanging") == ["Vector clocks"]
    assert titles("archiv") == ["Deeper"]
    assert titles("lamport simpler") == ["Vector clocks"]
    assert titles("xylophone") == ["Deeper"]
    assert titles("election archivist") == ["Deeper"]


def test_results_lead_to_the_section(course):
    assert search.find("archivist").results[0].url == "/lessons/9.1/#deeper"
    assert search.find("archivist").results[0].kind == "Lesson 9.1"
    assert search.find("queues").results[0].url == "/lessons/9.2/"


def test_labs_and_concepts_are_found(lesson_source):
    call_command("content", "import", "--no-posters", verbosity=0)
    found = {(one.kind, one.url) for one in search.find("raft").results}
    assert ("Lab", "/labs/raft/") in found
    assert ("Concept, 8.5", "/concepts/raft-election/") in found
    assert titles("Majority decision")[0] == "Majority decision"


def test_a_heading_weighs_more_than_a_mention(lesson_source):
    revisions.take_file(
        lesson_source("9.1", "Clocks", "\n## Pigeons\n\nOther words.\n\n## Others\n\nA pigeon among many other words here.\n")
    )
    assert titles("pigeon") == ["Pigeons", "Others"]


def test_operators_are_understood(course):
    assert titles('"exchanged counters"') == ["Vector clocks"]
    assert titles('"counters exchanged"') == []
    assert "Vector clocks" not in titles("clocks -lamport")
    assert set(titles("xylophones or lamport")) == {"Deeper", "Vector clocks"}


def test_a_misspelt_word_is_taken_for_the_nearest_known_one(course):
    found = search.find("archvist")
    assert found.meant == "archivist"
    assert [one.url for one in found.results] == ["/lessons/9.1/#deeper"]
    assert search.find("qqqqzzzz").count == 0


def test_what_was_found_is_marked_and_nothing_else_is_markup(course):
    text = search.find("ordered").results[0].text
    assert "<mark>ordered</mark> &amp; &lt;safe&gt;" in text
    assert re.sub("</?mark>", "", text).count("<") == 0


def test_a_text_cannot_forge_a_mark(lesson_source):
    revisions.take_file(lesson_source("9.1", "Clocks"))
    odd = indexing.entry("section", "9.1#odd", "Odd", "A \x02pelican\x03 <mark>sings</mark>.", Lesson.objects.get())
    indexing.replace(SearchEntry.objects.none(), [odd])
    text = search.find("sings").results[0].text
    assert "\x02" not in text
    assert "&lt;mark&gt;<mark>sings</mark>&lt;/mark&gt;" in text


def test_a_text_shown_to_its_end_does_not_say_that_more_follows(lesson_source):
    revisions.take_file(lesson_source("9.1", "Clocks", "\n## Short\n\nThe pelican stands on one leg until it falls.\n"))
    assert search.find("pelican").results[0].text == "The <mark>pelican</mark> stands on one leg until it falls."


def test_a_piece_of_a_longer_text_says_that_it_is_one(lesson_source):
    before, after = (" ".join(f"{word} {n}." for n in range(60)) for word in ("Before", "After"))
    revisions.take_file(lesson_source("9.1", "Clocks", f"\n## Long\n\n{before} The pelican. {after}\n"))
    text = search.find("pelican").results[0].text
    assert text.startswith("… ")
    assert text.endswith(" …")


# --- what a lesson is made of ---


def test_a_lesson_is_read_by_section_without_its_markup(lesson_source):
    found = {one.id: one for one in sections(parse(lesson_source(extra=TEXT)))}
    assert list(found) == ["first", "second-idea", "vectors", "deeper"]
    assert found["vectors"].title == "Vector clocks"
    assert found["vectors"].text.startswith("A replica counts its own events. Replicas that exchanged counters are ordered & <safe>.")
    assert "[1]" not in found["deeper"].text
    assert "↩" not in found["deeper"].text


# --- it follows what is shown ---


def test_the_entries_follow_the_shown_text(course, lesson_source, instructor):
    lesson = Lesson.objects.get(number="9.1")
    revisions.edit(lesson, lesson_source("9.1", "Clocks", "\n## Sundials\n\nShadows.\n"), author=instructor, base=lesson.published.n)
    assert titles("lamport") == []
    assert titles("sundial") == ["Sundials"]


def test_an_unpublished_lesson_is_not_found_and_its_words_are_not_suggested(course):
    Lesson.objects.filter(number="9.1").update(published=None)
    assert search.find("archivist").count == 0
    assert search.find("archvist").meant == ""


def test_making_all_entries_anew_changes_nothing_and_drops_what_is_gone(course):
    SearchEntry.objects.create(kind="lab", key="gone", title="A lab that is no more", text="")
    before = set(SearchEntry.objects.exclude(key="gone").values_list("kind", "key", "title", "text"))
    indexing.everything()
    assert set(SearchEntry.objects.values_list("kind", "key", "title", "text")) == before


# --- the page ---


def test_everybody_searches_without_javascript(client, course, as_user, alice, instructor):
    for asking in (client, as_user(alice), as_user(instructor)):
        response = asking.get("/search/?q=archivist")
        page = response.content.decode()
        assert response.status_code == 200
        assert 'href="/lessons/9.1/#deeper"' in page
        assert "1 place." in page
        assert "<!doctype html>" in page


def test_htmx_gets_the_results_alone(client, course):
    response = client.get("/search/?q=archivist", headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "<!doctype" not in page
    assert 'hx-swap-oob="innerHTML"' in page
    assert 'href="/lessons/9.1/#deeper"' in page
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


def test_going_back_with_htmx_gets_the_whole_page(client, course):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<!doctype html>" in client.get("/search/?q=archivist", headers=headers).content.decode()


def test_what_was_asked_is_escaped(client, course):
    page = client.get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "q", ["", "   ", "!!!", "'", "\\", "a & b | !c:*", "(((", "the", "ł", "日本", '"', "-", "- -", "or", "x" * 200, "'" * 200, "a " * 100]
)
def test_any_words_are_answered(client, course, q):
    assert client.get("/search/", {"q": q}).status_code == 200


def test_too_many_characters_are_refused_with_the_reason(client, course):
    for headers in ({}, {"HX-Request": "true"}):
        response = client.get("/search/", {"q": "x" * 201}, headers=headers)
        assert response.status_code == 400
        assert "At most 200 characters can be searched for; these are 201." in response.content.decode()


def test_a_nul_is_refused(client, course):
    assert client.get("/search/?q=a%00b").status_code == 400


def test_the_search_is_only_read(client, course):
    assert client.post("/search/", {"q": "x"}).status_code == 405


def test_who_searches_too_often_waits(client, course, monkeypatch, as_user, alice):
    monkeypatch.setattr(search_views, "OF_ADDRESS_MAX", 2)
    monkeypatch.setattr(search_views, "OF_MEMBER_MAX", 3)
    monkeypatch.setattr(search_views.time, "time", lambda: 1_800_000_000)  # all within one minute
    assert [client.get("/search/?q=x").status_code for _ in range(3)] == [200, 200, 429]
    assert "Wait a minute" in client.get("/search/?q=x").content.decode()
    assert client.get("/search/").status_code == 200
    member = as_user(alice)
    assert [member.get("/search/?q=x").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_the_bar_has_a_box_and_a_link_and_the_search_has_one_box(client, course):
    home = client.get("/").content.decode()
    assert 'id="bar-q"' in home
    assert 'href="/search/" aria-label="Search"' in home
    page = Client().get("/search/").content.decode()
    assert page.count("data-search") == 1
