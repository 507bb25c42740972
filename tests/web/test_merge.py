"""Three-way merges: what one side did is taken, what both did differently is left to somebody, and no line is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons import revisions
from lessons.content import line_ends, merge
from lessons.content.text import parse

TEXT = st.lists(st.sampled_from(["a", "b", "c", "", "## d", "é "]), max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))
ENDLESS = st.tuples(TEXT, st.sampled_from(["", "x"])).map("".join)


def merged(base, ours, theirs):
    return merge.marked(merge.hunks(base, ours, theirs), ours="o", theirs="t")


@given(ENDLESS, ENDLESS)
def test_what_one_side_did_is_taken(base, changed):
    assert merged(base, changed, base) == changed
    assert merged(base, base, changed) == changed
    assert merged(base, changed, changed) == changed


@given(ENDLESS, ENDLESS, ENDLESS)
def test_the_hunks_make_up_all_three_texts(base, ours, theirs):
    found = merge.hunks(base, ours, theirs)
    for text, side in ((base, "base"), (ours, "ours"), (theirs, "theirs")):
        assert "".join(line for hunk in found for line in getattr(hunk, side)) == text


def test_changes_in_different_places_merge_without_a_decision():
    assert merged("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n") == "A\nb\nC\n"


def test_the_same_line_changed_twice_is_marked_with_all_versions():
    assert merged("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n") == "a\n<<<<<<< o\nX\n||||||| before both\nb\n=======\nY\n>>>>>>> t\nc\n"
    assert merged("a", "X", "Y") == "<<<<<<< o\nX\n||||||| before both\na\n=======\nY\n>>>>>>> t\n"


@pytest.mark.parametrize("marker", ["<<<<<<< o", ">>>>>>> t", "||||||| before both", "=======", "<<<<<<<"])
def test_a_text_with_a_marker_is_not_published(lesson_source, marker):
    found = parse(lesson_source() + f"\n{marker}\n\nEnd.\n").problems
    assert (found[0].line, "merge marker" in found[0].what) == (17, True)


def test_what_only_looks_like_a_marker_is_text(lesson_source):
    assert not parse(lesson_source() + "\n    <<<<<<< o\n\na <<<<<<< b\n").problems


@given(st.lists(st.tuples(st.text(alphabet="ab é", max_size=4), st.sampled_from(["\n", "\r\n", "\r"])), max_size=10))
def test_an_unchanged_text_comes_back_byte_for_byte(lines):
    source = "".join(text + end for text, end in lines) + "end"
    from_browser = line_ends.plain(source).replace("\n", "\r\n")
    assert line_ends.as_in(source, from_browser) == source


@pytest.mark.django_db
class TestFileAndEdit:
    @pytest.fixture
    def edited(self, lesson, lesson_source, instructor):
        revisions.edit(lesson, lesson_source() + "\nEdited at the end.\n", author=instructor, base=1)
        lesson.refresh_from_db()
        return lesson

    @pytest.fixture
    def path(self, lesson):
        return f"/admin/lessons/lesson/{lesson.pk}"

    def test_file_and_edit_merge_in_the_editor_and_the_file_waits_no_longer(self, as_user, instructor, edited, path, lesson_source):
        revisions.take_file(lesson_source().replace("A question that hurts.", "Another question."))
        form = as_user(instructor).get(f"{path}/change/?merge=file").context["form"]
        source = form["source"].value()
        assert "lead: Another question." in source and "Edited at the end." in source and "<<<<" not in source
        data = {"source": source, "base": form["base"].value(), "settles": form["settles"].value(), "action": "publish"}
        as_user(instructor).post(f"{path}/change/", data)
        edited.refresh_from_db()
        assert (edited.published.n, edited.pending, edited.common.n) == (4, None, 3)
        assert edited.published.source == source

    def test_a_file_that_came_while_one_merged_is_not_settled(self, as_user, instructor, edited, path, lesson_source):
        revisions.take_file(lesson_source(title="One"))
        revisions.take_file(lesson_source(title="Two"))
        data = {"source": lesson_source(title="Merged"), "base": 2, "settles": 3, "action": "publish"}
        page = as_user(instructor).post(f"{path}/change/", data).content.decode()
        assert "the course file that was merged here changed once more" in page
        edited.refresh_from_db()
        assert (edited.published.n, edited.pending.n) == (2, 4)
        assert edited.drafts.get().source == lesson_source(title="Merged")

    def test_a_draft_remembers_which_file_was_merged_into_it(self, as_user, instructor, edited, path, lesson_source):
        revisions.take_file(lesson_source(title="One"))
        client = as_user(instructor)
        client.post(f"{path}/change/", {"source": lesson_source(title="Merged"), "base": 2, "settles": 3, "action": "save"})
        form = client.get(f"{path}/change/").context["form"]
        assert (form["settles"].value(), form["base"].value()) == (3, 2)

    def test_the_base_is_the_last_file_that_was_settled(self, edited, lesson_source):
        revisions.take_file(lesson_source(title="One"))
        edited.refresh_from_db()
        assert revisions.base_of(edited) == lesson_source()
        revisions.settle(edited, 3, 2, "ours")
        revisions.take_file(lesson_source(title="Two"))
        edited.refresh_from_db()
        assert revisions.base_of(edited) == lesson_source(title="One")

    def test_an_exported_edit_that_comes_back_is_no_conflict(self, edited, instructor, lesson_source):
        exported = edited.published.source
        revisions.edit(edited, lesson_source(title="Later"), author=instructor, base=2)
        assert revisions.take_file(exported)[1] == "unchanged"
        edited.refresh_from_db()
        assert (edited.pending, edited.title) == (None, "Later")
        assert revisions.take_file(lesson_source(title="From the file"))[1] == "kept aside"

    def test_an_older_file_that_comes_back_is_no_news(self, edited, lesson_source):
        revisions.take_file(lesson_source(title="One"))
        assert revisions.take_file(lesson_source())[1] == "unchanged"
        edited.refresh_from_db()
        assert (edited.pending, edited.published.n) == (None, 2)

    def test_a_choice_between_texts_that_moved_on_is_refused(self, edited, instructor, lesson_source):
        revisions.take_file(lesson_source(title="One"))
        edited.refresh_from_db()
        revisions.edit(edited, lesson_source(title="Newer"), author=instructor, base=2)
        with pytest.raises(revisions.Stale):
            revisions.settle(edited, 3, 2, "file")
