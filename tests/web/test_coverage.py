"""What the course promises of its concepts, and what the lessons keep of it."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labs import catalog
from lessons.content import concepts, coverage, library, prerequisites
from lessons.content.concepts import Concept
from lessons.content.text import parse


def concept(slug, needs=(), lesson="9.1", section="first", labs=(), name="", definition="What it is."):
    return Concept(slug=slug, name=name or slug.title(), section=section, definition=definition, labs=labs, needs=needs, lesson=lesson)


# --- the course keeps its word ---


@pytest.fixture(scope="module")
def texts():
    return {file.number: file.text for file in library.read_all()}


def test_every_concept_has_its_section_and_its_lab_in_its_lesson(texts):
    rows = coverage.rows(concepts.every(), texts, catalog.slugs())
    assert [f"{row.concept.slug}: {hole}" for row in rows for hole in row.holes] == []


def test_needs_are_known_come_no_later_and_make_no_circle():
    assert list(prerequisites.wrong(concepts.every())) == []


def test_every_promised_concept_is_there_with_its_lab():
    assert len(coverage.promises()) == 177
    assert list(coverage.broken_promises(concepts.every(), coverage.promises())) == []


def test_the_front_matter_of_each_lesson_lists_its_concepts(texts):
    assert list(coverage.other_front_matter(concepts.every(), texts)) == []


def test_every_definition_is_words_and_formulas_that_can_be_read():
    from lessons.content.markdown import inline

    for one in concepts.every():
        html = inline(one.definition)
        assert html, one.slug
        assert "<code>\\" not in html, f"{one.slug} has a formula that cannot be read"
        assert 'href="#"' not in html, f"{one.slug} has a link that leads nowhere"


def test_labs_still_owed_are_listed(texts, capsys):
    """Never fails: it says what the course has yet to write."""
    owed: dict[str, list[str]] = {}
    for row in coverage.rows(concepts.every(), texts, catalog.slugs()):
        for lab in row.owed:
            owed.setdefault(lab, []).append(row.concept.slug)
    with capsys.disabled():
        print(f"\n{len(owed)} labs owed: " + ", ".join(f"{lab} ({len(slugs)})" for lab, slugs in sorted(owed.items())))


# --- what is found where it does not ---


def test_a_missing_section_and_a_missing_lab_are_holes(lesson_source):
    text = parse(lesson_source())
    mine = [concept("clock", section="nowhere", labs=("raft", "unwritten")), concept("drift", lesson="9.2")]
    first, second = coverage.rows(mine, {"9.1": text}, ["raft"])
    assert first.holes == [
        "lesson 9.1 has no section 'nowhere'",
        "lesson 9.1 does not show the lab 'raft'",
        "no question tests it",
    ]
    assert (first.heading, first.labs, first.absent, first.owed) == (None, (), ("raft",), ("unwritten",))
    assert second.holes == ["lesson 9.2 has no section 'first'", "no question tests it"]


def test_a_section_an_embedded_lab_and_a_question_are_none(lesson_source):
    asked = "::::{quiz} q\n:::{question} q-1\n:type: short\n:points: 1\n:concepts: clock\nHow?\n\n- [x] A\n:::\n::::\n"
    text = parse(lesson_source(extra="\n:::{lab} raft\n:name: here\nWords.\n:::\n\n" + asked))
    (row,) = coverage.rows([concept("clock", labs=("raft",))], {"9.1": text}, ["raft"])
    assert (row.holes, row.heading, row.labs, row.questions) == ([], "First idea", ("raft",), ("q-1",))


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ([concept("a", ["b"]), concept("b", ["a"])], "Each of these needs the next"),
        ([concept("a", ["a"])], "Each of these needs the next"),
        ([concept("a", ["z"])], "a (9.1) needs z, which is no concept."),
        ([concept("a", ["b"]), concept("b", lesson="9.10")], "a (9.1) needs b, which comes later, in 9.10."),
        ([concept("a"), concept("a", lesson="9.2")], "a stands twice, in 9.1 and 9.2."),
    ],
)
def test_wrong_needs_are_said(mine, said):
    found = list(prerequisites.wrong(mine))
    assert len(found) == 1
    assert said in found[0]


def test_a_need_from_an_earlier_lesson_is_right():
    assert list(prerequisites.wrong([concept("b", ["a"], lesson="9.10"), concept("a", lesson="9.9")])) == []


def test_where_list_and_files_part_is_said():
    promised = [
        coverage.Promise(lesson="9.1", slug="gone", lab=None),
        coverage.Promise(lesson="9.1", slug="moved", lab=None),
        coverage.Promise(lesson="9.1", slug="blind", lab="raft"),
        coverage.Promise(lesson="9.1", slug="kept", lab="raft"),
    ]
    mine = [concept("moved", lesson="9.2"), concept("blind"), concept("kept", labs=("raft",)), concept("new")]
    assert list(coverage.broken_promises(mine, promised)) == [
        "gone is promised for lesson 9.1, and lessons/concepts/9.1.yaml does not have it.",
        "moved is promised for lesson 9.1 and stands in 9.2.",
        "blind (9.1) is promised with the lab raft and names none.",
        "new (9.1) is not in lessons/concepts/slugs.txt.",
    ]


def test_a_front_matter_that_differs_is_said(lesson_source):
    text = parse(lesson_source().replace("minutes: 5", "minutes: 5\nconcepts: [b, a]"))
    same = [concept("b"), concept("a")]
    assert list(coverage.other_front_matter(same, {"9.1": text})) == []
    assert "the order of the concepts" in next(coverage.other_front_matter(same[::-1], {"9.1": text}))
    assert "differ: c." in next(coverage.other_front_matter([*same, concept("c")], {"9.1": text}))


# --- the command ---


def test_the_command_prints_what_each_concept_has():
    out = StringIO()
    call_command("concepts", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert set(found) == {promise.slug for promise in coverage.promises()}
    assert found["majority"] == {"lesson": "8.5", "section": "majority", "labs": ["raft"]} | {"questions": found["majority"]["questions"]}
    assert "q-8-5-size" in found["majority"]["questions"]


def test_the_command_tells_readers_and_checks(monkeypatch):
    out = StringIO()
    call_command("concepts", stdout=out)
    assert "177 concepts. Labs owed:" in out.getvalue()
    call_command("concepts", "--check", stdout=out)
    assert "no problems" in out.getvalue()
    whole = concepts.every()
    monkeypatch.setattr(concepts, "every", lambda: (*whole[:-1], concept("stray", lesson="8.5", section="nowhere")))
    err = StringIO()
    with pytest.raises(CommandError, match="problems"):
        call_command("concepts", "--check", stdout=out, stderr=err)
    assert "stray: lesson 8.5 has no section 'nowhere'." in err.getvalue()
