"""Drafts: kept for their author, seen by those who may write, never by readers."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from lessons import revisions
from lessons.models import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def edit(lesson):
    return f"/admin/lessons/lesson/{lesson.pk}/change/"


@pytest.fixture
def assistant(person):
    """May write and not publish."""
    user = person("tara", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_lesson", "change_lesson"]))
    return user


@pytest.fixture
def draft(lesson, assistant, lesson_source):
    return Draft.objects.create(lesson=lesson, author=assistant, source=lesson_source(title="Drafted"), base=1)


def sent(source, action="save", **more):
    return {"source": source, "base": 1, "action": action} | more


def test_a_draft_is_kept_and_readers_go_on_seeing_what_is_published(as_user, instructor, lesson, edit, lesson_source, client):
    source = lesson_source(title="Half-done") + "[not yet](lesson:9.8)\n"
    assert as_user(instructor).post(edit, sent(source)).status_code == 302
    assert Draft.objects.get().source == source
    assert "Half-done" not in client.get("/lessons/9.1/").content.decode()
    page = as_user(instructor).get(edit)
    assert page.context["form"]["source"].value() == source
    assert "This is your draft" in page.content.decode()
    assert "Text about it." in as_user(instructor).get(edit + "?published").content.decode()


def test_a_draft_is_published_later_and_is_gone_then(as_user, instructor, lesson, edit, lesson_source, client):
    browser = as_user(instructor)
    browser.post(edit, sent(lesson_source(title="Ready")))
    form = browser.get(edit).context["form"]
    browser.post(edit, {name: form[name].value() or "" for name in ("source", "base", "saves")} | {"action": "publish"})
    assert "Ready at length" in client.get("/lessons/9.1/").content.decode()
    assert not Draft.objects.exists()


def test_an_assistant_writes_drafts_and_does_not_publish(as_user, assistant, lesson, edit, lesson_source):
    browser = as_user(assistant)
    page = browser.get(edit).content.decode()
    assert "Save draft" in page and 'value="publish"' not in page
    assert browser.post(edit, sent(lesson_source(title="Mine"))).status_code == 302
    assert browser.post(edit, sent(lesson_source(title="Mine"), "publish")).status_code == 403
    lesson.refresh_from_db()
    assert lesson.title == "Clocks"


def test_an_instructor_publishes_what_an_assistant_drafted(as_user, instructor, draft, lesson, edit):
    browser = as_user(instructor)
    assert "tara, " in browser.get(edit).content.decode()
    page = browser.get(f"{edit}?draft={draft.pk}")
    assert "This is the draft of tara, not yours." in page.content.decode()
    browser.post(edit, sent(page.context["form"]["source"].value(), "publish"))
    lesson.refresh_from_db()
    assert (lesson.title, lesson.published.author) == ("Drafted", instructor)
    assert not Draft.objects.exists()


def test_another_window_does_not_overwrite_a_draft(as_user, instructor, edit, lesson_source):
    browser = as_user(instructor)
    browser.post(edit, sent(lesson_source(title="First window")))
    page = browser.post(edit, sent(lesson_source(title="Second window"), saves=0))
    assert "Not saved: you saved another draft" in page.content.decode()
    assert "+title: Second window" in page.content.decode()
    assert Draft.objects.get().source == lesson_source(title="First window")
    form = page.context["form"]
    browser.post(edit, sent(form["source"].value(), saves=form["saves"].value()))
    assert Draft.objects.get().source == lesson_source(title="Second window")


def test_a_draft_thrown_away_stands_in_the_form_until_one_leaves(as_user, instructor, edit, lesson_source):
    browser = as_user(instructor)
    browser.post(edit, sent(lesson_source(title="No good")))
    page = browser.post(edit, sent(lesson_source(title="No good"), "discard", saves=1)).content.decode()
    assert "No good" in page
    assert not Draft.objects.exists()


def test_a_draft_is_seen_as_a_student_would_and_marked(as_user, instructor, draft):
    response = as_user(instructor).get(f"/lessons/9.1/draft/{draft.pk}/")
    page = response.content.decode()
    assert "Drafted at length" in page
    assert "A draft, as a student would see it." in page
    assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "lesson" not in response.cookies


@pytest.mark.parametrize("who", ["nobody", "alice", "clerk", "reader"])
def test_nobody_else_sees_a_draft(as_user, alice, person, draft, who):
    clerk, reader = person("clerk", is_staff=True), person("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_lesson"))
    browser = Client() if who == "nobody" else as_user({"alice": alice, "clerk": clerk, "reader": reader}[who])
    response = browser.get(f"/lessons/9.1/draft/{draft.pk}/")
    assert response.status_code == 403
    assert "Drafted" not in response.content.decode()
    if who == "reader":
        assert browser.get(f"/admin/lessons/lesson/{draft.lesson_id}/change/?draft={draft.pk}").status_code == 403
        assert "tara" not in browser.get(f"/admin/lessons/lesson/{draft.lesson_id}/change/").content.decode()


@pytest.mark.parametrize("path", ["/lessons/9.1/draft/999/", "/lessons/9.9/draft/1/", "/lessons/9.1/draft/x/"])
def test_a_draft_that_does_not_exist_is_not_found(as_user, instructor, draft, path):
    assert as_user(instructor).get(path).status_code == 404
    assert as_user(instructor).post(f"/lessons/9.1/draft/{draft.pk}/").status_code == 405


@pytest.mark.parametrize("query", ["draft=999", "draft=x", "draft=" + "9" * 40])
def test_a_draft_asked_for_in_vain_is_not_found(as_user, instructor, edit, query):
    assert as_user(instructor).get(f"{edit}?{query}").status_code == 404


@pytest.mark.parametrize("more", [{"base": ""}, {"base": "x"}, {"base": "9" * 30}, {"action": "explode"}, {"action": ""}, {"saves": "-1"}])
def test_a_form_that_is_none_stores_nothing_and_keeps_the_text(as_user, instructor, edit, lesson_source, more):
    page = as_user(instructor).post(edit, sent(lesson_source(title="Kept")) | more).content.decode()
    assert "Kept" in page
    assert not Draft.objects.exists()


def test_a_text_keeps_the_line_ends_it_had(as_user, instructor, lesson, edit, lesson_source):
    source = lesson_source().replace("\n", "\r\n").replace("Text about it.\r\n", "Text about it.\n")
    revisions.take_file(source)
    sent_by_browser = lesson_source().replace("See [above]", "Look [above]").replace("\n", "\r\n")
    as_user(instructor).post(edit, sent(sent_by_browser, "publish", base=2))
    lesson.refresh_from_db()
    assert lesson.published.source == source.replace("See [above]", "Look [above]")
