"""`manage.py content export` and `diff`: byte for byte, and never over what the site does not have."""

import io

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons import exporting, revisions
from lessons.models import Lesson

pytestmark = pytest.mark.django_db
LINE = st.text(alphabet=st.sampled_from(list("ab \t*_é漢😀\u0301\u00a0\u200b|`$\\")), max_size=12)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
BODY = st.lists(st.tuples(LINE, ENDS), max_size=12).map(lambda lines: "".join(text + end for text, end in lines))


def content(*arguments):
    out = io.StringIO()
    call_command("content", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@given(body=BODY, tail=LINE, end=ENDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_text_goes_round_byte_for_byte(db, tmp_path, lesson_source, body, tail, end):
    source = (lesson_source() + "\n").replace("\n", end) + body.replace("$", "").replace("`", "") + tail.replace("$", "")
    (tmp_path / "9.1.md").write_bytes(source.encode())
    lesson, _ = revisions.take_file((tmp_path / "9.1.md").read_bytes().decode())
    revisions.edit(lesson, source, author=None, base=lesson.published.n)
    lesson = Lesson.objects.select_related("published").get(number="9.1")
    (tmp_path / "9.1.md").unlink()
    assert exporting.export(lesson, tmp_path).what == "written"
    assert (tmp_path / "9.1.md").read_bytes() == source.encode()
    assert exporting.difference(lesson, tmp_path) == ""


def test_what_is_published_is_written_and_then_the_same(lesson, lesson_source, tmp_path):
    assert "9.1.md: revision 1 written" in content("export", "--folder", tmp_path)
    assert (tmp_path / "9.1.md").read_bytes() == lesson_source().encode()
    assert "stands there already" in content("export", "--folder", tmp_path, "9.1")
    assert content("diff", "--folder", tmp_path) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["9.1.md"]


def test_an_edit_is_written_over_the_file_it_began_with(lesson, instructor, lesson_source, tmp_path):
    content("export", "--folder", tmp_path)
    for n, title in ((1, "Second"), (2, "Third")):  # the second time over what was exported before
        revisions.edit(lesson, lesson_source(title=title), author=instructor, base=n)
        content("export", "--folder", tmp_path)
        assert f"title: {title}" in (tmp_path / "9.1.md").read_text()


def test_a_file_that_was_exported_and_worked_on_is_published(lesson, instructor, lesson_source, tmp_path):
    """It holds everything that was edited on the site, so nothing is overwritten."""
    revisions.edit(lesson, lesson_source(title="Second"), author=instructor, base=1)
    content("export", "--folder", tmp_path)
    file = tmp_path / "9.1.md"
    file.write_text(file.read_text() + "\nOne paragraph more.\n")
    assert "updated" in content("import", "--no-posters", "--folder", tmp_path)
    lesson.refresh_from_db()
    assert "One paragraph more." in lesson.published.source
    assert lesson.title == "Second"
    assert lesson.pending is None


def test_a_file_without_what_was_edited_is_kept_aside_and_strict_says_so(lesson, instructor, lesson_source, tmp_path):
    revisions.edit(lesson, lesson_source(title="Second"), author=instructor, base=1)
    (tmp_path / "9.1.md").write_text(lesson_source() + "\nOne paragraph more.\n")
    with pytest.raises(CommandError, match="kept aside"):
        content("import", "--no-posters", "--strict", "--folder", tmp_path)
    lesson.refresh_from_db()
    assert lesson.title == "Second"
    assert lesson.pending is not None


def test_a_file_with_changes_of_its_own_is_left_alone(lesson, instructor, lesson_source, tmp_path):
    (tmp_path / "9.1.md").write_text(lesson_source(title="Not imported"))
    revisions.edit(lesson, lesson_source(title="Edited"), author=instructor, base=1)
    with pytest.raises(CommandError, match="1 of 1 files were left alone"):
        content("export", "--folder", tmp_path)
    assert "Not imported" in (tmp_path / "9.1.md").read_text()
    assert "written over" in content("export", "--folder", tmp_path, "--force")
    assert "Edited" in (tmp_path / "9.1.md").read_text()


def test_an_older_course_file_is_left_alone_too(lesson, lesson_source, tmp_path):
    revisions.take_file(lesson_source(title="Newer file"))
    (tmp_path / "9.1.md").write_text(lesson_source())
    with pytest.raises(CommandError):
        content("export", "--folder", tmp_path)


def test_a_difference_is_shown_and_told_by_the_exit_code(lesson, lesson_source, tmp_path):
    (tmp_path / "9.1.md").write_bytes(lesson_source(title="File").rstrip("\n").encode())
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("content", "diff", "--folder", str(tmp_path), stdout=out)
    assert stopped.value.code == 1
    assert "-title: File\n" in out.getvalue() and "+title: Clocks\n" in out.getvalue()
    assert "\\ No newline at end of file" in out.getvalue()


def test_another_line_end_is_a_difference(lesson, lesson_source, tmp_path):
    (tmp_path / "9.1.md").write_bytes(lesson_source().replace("minutes: 5\n", "minutes: 5\r\n").encode())
    out = exporting.difference(lesson, tmp_path)
    assert "-minutes: 5\\r\n+minutes: 5\n" in out


def test_a_lesson_without_a_file_differs(lesson, tmp_path):
    assert "+title: Clocks" in exporting.difference(lesson, tmp_path)


@pytest.mark.parametrize("action", ["export", "diff"])
def test_a_lesson_that_does_not_exist_is_named(lesson, tmp_path, action):
    with pytest.raises(CommandError, match=r"No lesson '7\.7' is published\. Expected: one of 9\.1\. Example: "):
        content(action, "--folder", tmp_path, "7.7")
    with pytest.raises(CommandError, match="There is no folder"):
        content(action, "--folder", tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
