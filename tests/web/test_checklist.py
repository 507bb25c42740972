"""What is looked at before publishing: errors block, warnings do not."""

import pytest

from lessons import revisions
from lessons.authoring import checklist

pytestmark = pytest.mark.django_db


@pytest.fixture
def edit(lesson):
    return f"/admin/lessons/lesson/{lesson.pk}/change/"


def said(problems):
    return [f"{problem.line} {problem.what}" for problem in problems]


def test_a_good_text_has_nothing_to_say(lesson, lesson_source):
    assert checklist.of(lesson, lesson_source()) == checklist.Checklist(errors=(), warnings=())


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ("### Deep\n\n#### Deeper\n", "18 The heading is of level 4."),
        ("[x](lesson:9.9)\n", "16 There is no lesson 9.9."),
        ("[x](concept:no-such-thing)\n", "16 There is no concept 'no-such-thing'."),
        (":::{lab} quantum\n:name: q\n:::\n", "16 There is no lab 'quantum'."),
        (":::{lab} raft\n:name: q\n:seed: 7\n:::\n", "16 The lab raft has no parameter 'seed'."),
        (":::{lab} raft\n:name: q\n:::\n\n[x](lab:q#melt)\n", "20 The lab raft has no step 'melt'."),
    ],
)
def test_an_error_names_its_line_and_blocks_publishing(as_user, instructor, lesson, edit, lesson_source, extra, what):
    found = checklist.of(lesson, lesson_source() + extra)
    assert said(found.errors) == [what]
    as_user(instructor).post(edit, {"source": lesson_source() + extra, "base": 1, "action": "publish"})
    lesson.refresh_from_db()
    assert lesson.published.n == 1


def test_a_level_that_is_left_out_is_an_error(lesson, lesson_source):
    source = lesson_source().replace("## First idea {#first}", "### First idea {#first}")
    assert said(checklist.of(lesson, source).errors) == ["9 The heading is of level 3 under one of level 1."]


def test_a_heading_that_others_point_at_cannot_go(lesson, lesson_source):
    other = revisions.take_file(lesson_source("9.2", "Queues") + "\n[x](lesson:9.1#first)\n")[0]
    source = lesson_source().replace("{#first}", "{#renamed}").replace("(#first)", "(#renamed)")
    found = checklist.of(lesson, source).errors
    assert said(found) == ["9 Lesson 9.2, line 17, points at #first, which this text does not have."]
    assert found[0].example == "## The new words {#first}"
    revisions.take_file(lesson_source("9.2", "Queues"))
    assert checklist.of(lesson, source).errors == ()
    assert other.number == "9.2"


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ("[x](http://example.org/)\n", "16 A link goes to http:."),
        ("a\u200bb\n", "16 There is the invisible character U+200B ZERO WIDTH SPACE."),
        (
            "::::{quiz} q\n:::{question} q-1\n:type: single\n:points: 1\n:concepts: majority\n"
            "How?\n\n- [x] {a} A\n- [ ] {b} B\n:::\n::::\n",
            "24 The answer 'B' has no feedback.",
        ),
    ],
)
def test_a_warning_does_not_block(as_user, instructor, lesson, edit, lesson_source, extra, what):
    found = checklist.of(lesson, lesson_source() + extra)
    assert said(found.errors) == []
    assert said(found.warnings)[-1] == what
    as_user(instructor).post(edit, {"source": lesson_source() + extra, "base": 1, "action": "publish"})
    lesson.refresh_from_db()
    assert lesson.published.n == 2


def test_a_drawing_without_a_text_is_a_warning(lesson, lesson_source, settings, tmp_path):
    folder = tmp_path / "lessons" / "figures"
    folder.mkdir(parents=True)
    (folder / "mute.html").write_text("<svg viewBox='0 0 1 1'></svg>")
    (folder / "told.html").write_text("<svg viewBox='0 0 1 1'><title>All of it</title></svg>")
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    source = lesson_source() + ":::{figure} mute\n:::\n\n:::{figure} told\n:::\n"
    found = checklist.of(lesson, source)
    assert said(found.warnings) == ["16 The drawing 'mute' has no text for those who cannot see it."]


def test_the_check_button_says_what_it_found_with_links_to_the_lines(as_user, instructor, lesson, edit, lesson_source):
    source = lesson_source() + "[x](lesson:9.9)\n[y](http://example.org/)\n"
    page = as_user(instructor).post(edit, {"source": source, "base": 1, "action": "check"}).content.decode()
    assert "It cannot be published yet." in page
    assert 'data-line="16">line 16</a>: There is no lesson 9.9. <span class="academy-expected">Expected: one of 9.1.</span>' in page
    assert 'data-line="17">line 17</a>: A link goes to http:.' in page
    page = as_user(instructor).post(edit, {"source": lesson_source(), "base": 1, "action": "check"}).content.decode()
    assert "Nothing stands in the way of publishing." in page


def test_two_lessons_do_not_ask_the_same_question(lesson, lesson_source):
    asked = "::::{quiz} q\n:::{question} q-1\n:type: short\n:points: 1\n:concepts: majority\nHow?\n\n- [x] A\n:::\n::::\n"
    revisions.take_file(lesson_source("9.2", "Queues") + asked)
    assert said(checklist.of(lesson, lesson_source() + asked).errors) == [
        "16 The quiz 'q' stands in lesson 9.2 already.",
        "17 The question 'q-1' stands in lesson 9.2 already.",
    ]
