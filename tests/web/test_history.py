"""Revisions: any two compared, an old one published again."""

import pytest
from django.contrib.auth.models import Permission

from lessons import revisions

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(lesson, lesson_source, instructor):
    revisions.edit(lesson, lesson_source(title="Second"), author=instructor, base=1, note="again")
    revisions.edit(lesson, lesson_source(title="Third"), author=instructor, base=2)
    lesson.refresh_from_db()
    return f"/admin/lessons/lesson/{lesson.pk}/revisions/"


def test_any_two_revisions_are_compared(as_user, instructor, path):
    page = as_user(instructor).get(f"{path}?from=1&to=3").content.decode()
    assert "-title: Clocks" in page and "+title: Third" in page
    page = as_user(instructor).get(f"{path}?from=3&to=2").content.decode()
    assert "-title: Third" in page and "+title: Second" in page
    assert "The two texts are equal." in as_user(instructor).get(f"{path}?from=2&to=2").content.decode()


@pytest.mark.parametrize("query", ["", "?from=1", "?from=x&to=3", "?from=99&to=3", "?from=" + "9" * 40 + "&to=1", "?page=99"])
def test_a_comparison_that_is_none_shows_the_list(as_user, instructor, path, query):
    response = as_user(instructor).get(path + query)
    assert response.status_code == 200
    assert "academy-diff" not in response.content.decode()


def test_restoring_makes_a_new_revision(as_user, instructor, path, lesson, lesson_source):
    as_user(instructor).post(path, {"restore": 1, "published": 3})
    lesson.refresh_from_db()
    assert (lesson.published.n, lesson.published.source, lesson.published.note) == (4, lesson_source(), "r1 restored")
    assert lesson.revisions.count() == 4


@pytest.mark.parametrize(
    "data", [{}, {"restore": 9, "published": 3}, {"restore": "x", "published": 3}, {"restore": 1, "published": 2}, {"restore": 1}]
)
def test_a_restoring_that_cannot_be_changes_nothing(as_user, instructor, path, lesson, data):
    as_user(instructor).post(path, data)
    lesson.refresh_from_db()
    assert lesson.published.n == 3


def test_a_revision_that_would_be_wrong_today_is_not_restored(as_user, instructor, path, lesson, lesson_source):
    wrong = revisions.add(lesson, lesson_source() + "[x](lesson:7.7)\n", origin="admin")
    page = as_user(instructor).post(path, {"restore": wrong.n, "published": 3}, follow=True).content.decode()
    assert "cannot be published as it is: line 16: There is no lesson 7.7." in page
    lesson.refresh_from_db()
    assert lesson.published.n == 3


def test_who_may_not_publish_does_not_restore(as_user, person, path, lesson):
    tara = person("tara", is_staff=True)
    tara.user_permissions.set(Permission.objects.filter(codename__in=["view_lesson", "change_lesson"]))
    browser = as_user(tara)
    assert "Restore" not in browser.get(path).content.decode().replace("Restoring", "")
    assert browser.post(path, {"restore": 1, "published": 3}).status_code == 403
    lesson.refresh_from_db()
    assert lesson.published.n == 3


def test_an_old_revision_opens_in_the_editor(as_user, instructor, path, lesson, lesson_source):
    page = as_user(instructor).get(f"/admin/lessons/lesson/{lesson.pk}/change/?revision=1")
    assert page.context["form"]["source"].value() == lesson_source()
    assert page.context["form"]["base"].value() == 3
