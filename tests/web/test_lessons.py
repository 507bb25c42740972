from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from lessons import embeds, revisions
from lessons.content import library
from lessons.models import Lesson, LessonRevision, Origin

pytestmark = pytest.mark.django_db


def run(*args):
    out = StringIO()
    call_command("content", *args, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path, lesson_source):
    (tmp_path / "9.1.md").write_text(lesson_source())
    return tmp_path


# --- the page ---


def test_everyone_reads_a_lesson(client, lesson):
    response = client.get("/lessons/9.1/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Clocks at length" in page
    assert 'href="#first"' in page
    assert "about 5 minutes" in page
    assert 'id="first"' in page


def test_the_lesson_of_the_course_shows_its_lab(client):
    run("import")
    page = client.get("/lessons/8.5/").content.decode()
    assert 'id="lab-raft-first"' in page
    assert 'data-step="crash-leader"' in page
    assert "This lab cannot be shown" not in page


def test_a_lab_that_fails_leaves_its_words(client, monkeypatch):
    run("import", "--no-posters")
    monkeypatch.setattr(embeds, "player_context", lambda *args, **options: {}["gone"])
    page = client.get("/lessons/8.5/").content.decode()
    assert "This lab cannot be shown at the moment" in page
    assert "A live cluster of five servers belongs here" in page


def test_lessons_lead_to_their_neighbours(client, lesson, lesson_source):
    revisions.take_file(lesson_source("9.2", "Queues"))
    revisions.take_file(lesson_source("9.10", "Last"))
    page = client.get("/lessons/9.2/").content.decode()
    assert page.index("9.1 Clocks") < page.index("9.10 Last")
    assert [shown.number for shown in Lesson.objects.all()] == ["9.1", "9.2", "9.10"]


@pytest.mark.parametrize("number", ["7.7", "x", "9.1.1", "%3Cscript%3E", "9" * 500])
def test_a_lesson_that_does_not_exist_is_not_found(client, lesson, number):
    response = client.get(f"/lessons/{number}/")
    assert response.status_code == 404
    assert "<script>" not in response.content.decode()


def test_an_unpublished_lesson_is_not_found(client, lesson):
    Lesson.objects.update(published=None)
    assert client.get("/lessons/9.1/").status_code == 404


def test_a_lesson_is_only_read(client, lesson):
    assert client.post("/lessons/9.1/").status_code == 405


# --- files into the site ---


def test_files_are_imported_once_and_again_when_they_change(folder, lesson_source):
    assert "9.1 Clocks: created" in run("import", "--folder", str(folder), "--no-posters")
    assert "9.1 Clocks: unchanged" in run("import", "--folder", str(folder), "--no-posters")
    (folder / "9.1.md").write_text(lesson_source(title="Time"))
    assert "updated" in run("import", "--folder", str(folder), "--no-posters")
    lesson = Lesson.objects.get()
    assert (lesson.title, lesson.published.n, lesson.revisions.count()) == ("Time", 2, 2)


def test_a_source_is_kept_byte_for_byte(folder, lesson_source):
    source = lesson_source().replace("\n", "\r\n") + "trailing spaces  \r\n\r\n"
    (folder / "9.1.md").write_bytes(source.encode())
    run("import", "--folder", str(folder), "--no-posters")
    assert LessonRevision.objects.get().source == source


def test_importing_computes_the_first_moments_of_every_lab():
    from labs.models import Poster

    labs = sum(len(file.text.labs) for file in library.read_all())
    assert f"{labs + 1} posters ready" in run("import")  # and the home page's
    assert Poster.objects.count() > 5


def test_a_course_with_a_mistake_is_not_imported(folder, lesson_source):
    (folder / "9.2.md").write_text(lesson_source("9.2", "Queues", "[x](lesson:1.1)\n"))
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 problem in 1 of 2 lessons\. Nothing was changed"):
        call_command("content", "import", "--folder", str(folder), stdout=out, stderr=out)
    assert "9.2.md, line 16: There is no lesson 1.1. Expected: one of 9.1, 9.2. Example:" in out.getvalue()
    assert not Lesson.objects.exists()


def test_a_missing_folder_is_said():
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("content", "validate", "--folder", "/nowhere")


# --- an instructor's edit is never overwritten ---


@pytest.fixture
def edited(lesson, lesson_source, instructor):
    revisions.edit(lesson, lesson_source(title="My clocks"), author=instructor, base=1)
    lesson.refresh_from_db()
    return lesson


def test_a_file_that_did_not_change_leaves_an_edit_alone(edited, lesson_source):
    assert revisions.take_file(lesson_source())[1] == "unchanged"
    edited.refresh_from_db()
    assert (edited.title, edited.pending) == ("My clocks", None)


def test_a_changed_file_is_kept_aside_where_an_instructor_has_edited(edited, lesson_source, client):
    assert revisions.take_file(lesson_source(title="New clocks"))[1] == "kept aside"
    edited.refresh_from_db()
    assert (edited.published.n, edited.published.origin, edited.pending.n, edited.pending.origin) == (2, Origin.ADMIN, 3, Origin.FILE)
    assert "My clocks" in client.get("/lessons/9.1/").content.decode()
    assert revisions.take_file(lesson_source(title="New clocks"))[1] == "unchanged"


def test_a_newer_file_replaces_the_one_that_waits(edited, lesson_source):
    revisions.take_file(lesson_source(title="New clocks"))
    revisions.take_file(lesson_source(title="Newest clocks"))
    edited.refresh_from_db()
    assert edited.pending.n == 4


def test_a_file_equal_to_the_edit_is_no_conflict(edited, lesson_source):
    assert revisions.take_file(lesson_source(title="My clocks"))[1] == "updated"
    edited.refresh_from_db()
    assert edited.pending is None


@pytest.mark.parametrize(("choice", "title"), [("file", "New clocks"), ("ours", "My clocks")])
def test_the_choice_settles_it_and_both_texts_stay(edited, lesson_source, choice, title):
    revisions.take_file(lesson_source(title="New clocks"))
    revisions.settle(edited, 3, 2, choice)
    edited.refresh_from_db()
    assert (edited.title, edited.pending, edited.revisions.count()) == (title, None, 3)
    assert revisions.take_file(lesson_source(title="New clocks"))[1] == "unchanged"


def test_after_the_file_was_chosen_files_are_published_again(edited, lesson_source):
    revisions.take_file(lesson_source(title="New clocks"))
    revisions.settle(edited, 3, 2, "file")
    assert revisions.take_file(lesson_source(title="Newer clocks"))[1] == "updated"


def test_a_choice_about_another_file_is_refused(edited, lesson_source):
    revisions.take_file(lesson_source(title="New clocks"))
    revisions.take_file(lesson_source(title="Newest clocks"))
    with pytest.raises(revisions.Stale):
        revisions.settle(edited, 3, 2, "file")


def test_an_edit_of_an_old_revision_is_refused(edited, lesson_source, instructor):
    with pytest.raises(revisions.Stale):
        revisions.edit(edited, lesson_source(title="Late"), author=instructor, base=1)


# --- revisions ---


def test_a_revision_is_never_changed_and_never_deleted_under_a_reader(lesson):
    revision = lesson.published
    revision.source = "other"
    with pytest.raises(TypeError, match="never changed"):
        revision.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        LessonRevision.objects.create(lesson=lesson, n=1, source="x", origin=Origin.FILE)
