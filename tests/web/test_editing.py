import html
import re
import time

import pytest
from django.test import Client

from labs import runs
from lessons import revisions
from lessons.content.bounds import PARAGRAPH_MAX, SOURCE_BYTES_MAX
from lessons.content.text import parse

pytestmark = pytest.mark.django_db


@pytest.fixture
def paths(lesson):
    base = f"/admin/lessons/lesson/{lesson.pk}"
    edit = {"edit": f"{base}/change/", "choose": f"{base}/choose/", "revisions": f"{base}/revisions/", "beat": f"{base}/beat/"}
    return edit | {"preview": f"/lessons/{lesson.number}/preview/"}


@pytest.fixture
def conflict(lesson, lesson_source, instructor):
    revisions.edit(lesson, lesson_source(title="My clocks"), author=instructor, base=1)
    revisions.take_file(lesson_source(title="New clocks"))
    lesson.refresh_from_db()
    return lesson


def test_an_instructor_edits_a_lesson_and_readers_see_it(as_user, instructor, lesson, paths, lesson_source, client):
    page = as_user(instructor).get(paths["edit"]).content.decode()
    assert "Text about it." in page
    response = as_user(instructor).post(
        paths["edit"], {"source": lesson_source(title="Better").replace("\n", "\r\n"), "base": 1, "note": "clearer", "action": "publish"}
    )
    assert response["Location"] == paths["edit"]
    lesson.refresh_from_db()
    assert (lesson.published.n, lesson.published.origin, lesson.published.author) == (2, "admin", instructor)
    assert "\r" not in lesson.published.source
    assert "Better at length" in client.get("/lessons/9.1/").content.decode()


def test_a_text_with_a_mistake_is_not_published_and_not_lost(as_user, instructor, lesson, paths, lesson_source):
    wrong = lesson_source() + "[x](lab:nothing#step)\n"
    page = as_user(instructor).post(paths["edit"], {"source": wrong, "base": 1, "action": "publish"}).content.decode()
    assert "Not published." in page
    assert 'data-line="16">line 16</a>: No lab on this page is named' in page
    assert "lab:nothing#step" in page
    lesson.refresh_from_db()
    assert lesson.published.n == 1


def test_a_lesson_cannot_become_another(as_user, instructor, lesson, paths, lesson_source):
    page = as_user(instructor).post(paths["edit"], {"source": lesson_source("9.7"), "base": 1, "action": "publish"}).content.decode()
    assert "The text says it is lesson 9.7" in page


def test_two_instructors_do_not_overwrite_each_other(as_user, instructor, administrator, lesson, paths, lesson_source):
    as_user(administrator).post(paths["edit"], {"source": lesson_source(title="First"), "base": 1, "action": "publish"})
    page = (
        as_user(instructor).post(paths["edit"], {"source": lesson_source(title="Second"), "base": 1, "action": "publish"}).content.decode()
    )
    assert "Not published: revision 2 was published by adam while you were writing." in page
    assert "Both changed this" in page
    assert "title: Second" in page and "title: First" in page and "title: Clocks" in page  # his, the newer, the base
    assert lesson.drafts.get().source == lesson_source(title="Second")
    lesson.refresh_from_db()
    assert lesson.title == "First"


def test_who_is_second_merges_in_the_editor_and_publishes(as_user, instructor, administrator, lesson, paths, lesson_source):
    first = lesson_source().replace("Text about it.", "Other words about it.")
    second = lesson_source() + "\nA last word.\n"
    as_user(administrator).post(paths["edit"], {"source": first, "base": 1, "action": "publish"})
    client = as_user(instructor)
    client.post(paths["edit"], {"source": second, "base": 1, "action": "publish"})
    form = client.post(paths["edit"], {"source": second, "base": 1, "action": "merge"}).context["form"]
    assert form["source"].value() == first + "\nA last word.\n"
    assert form["base"].value() == 2
    client.post(paths["edit"], {"source": form["source"].value(), "base": 2, "action": "publish"})
    lesson.refresh_from_db()
    assert (lesson.published.n, lesson.published.source) == (3, first + "\nA last word.\n")


def test_a_merge_with_markers_cannot_be_published(as_user, instructor, administrator, lesson, paths, lesson_source):
    client = as_user(instructor)
    as_user(administrator).post(paths["edit"], {"source": lesson_source(title="First"), "base": 1, "action": "publish"})
    merged = (
        client.post(paths["edit"], {"source": lesson_source(title="Second"), "base": 1, "action": "merge"})
        .context["form"]["source"]
        .value()
    )
    assert "<<<<<<< yours\ntitle: Second\n||||||| revision 1\ntitle: Clocks\n=======\ntitle: First\n>>>>>>> revision 2\n" in merged
    page = client.post(paths["edit"], {"source": merged, "base": 2, "action": "publish"}).content.decode()
    assert "Not published." in page and "The merge marker" in page
    lesson.refresh_from_db()
    assert lesson.published.n == 2


def test_who_else_has_the_lesson_open_is_told(as_user, instructor, administrator, lesson, paths):
    from datetime import timedelta

    from lessons.models import OpenEditor

    as_user(administrator).get(paths["edit"])
    client = as_user(instructor)
    assert "adam has this lesson open too" in client.get(paths["edit"]).content.decode()
    assert client.post(paths["beat"]).json() == {"others": ["adam"], "published": 1}
    one = OpenEditor.objects.get(user=administrator)
    OpenEditor.objects.filter(pk=one.pk).update(seen_at=one.seen_at - timedelta(minutes=5))
    assert client.post(paths["beat"]).json()["others"] == []
    assert client.get(paths["beat"]).status_code == 405


def test_a_text_that_is_too_long_is_refused(as_user, instructor, paths):
    page = as_user(instructor).post(paths["edit"], {"source": "x" * (SOURCE_BYTES_MAX + 1), "base": 1, "action": "save"}).content.decode()
    assert f"Expected: at most {SOURCE_BYTES_MAX}." in page


def test_the_preview_shows_the_text_and_stores_nothing(as_user, instructor, lesson, paths, lesson_source):
    source = lesson_source(title="Draft") + "<script>alert(1)</script>\n\n:::{lab} raft\n:name: a\nWords instead.\n:::\n"
    response = as_user(instructor).post(paths["preview"], {"source": source})
    page = response.content.decode()
    assert "Draft at length" in page
    assert "Words instead." in page
    assert "<script>" not in page and "alert(1)&lt;/script&gt;" in page
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    lesson.refresh_from_db()
    assert lesson.revisions.count() == 1


def test_a_broken_draft_is_previewed_with_what_is_wrong(as_user, instructor, paths):
    page = as_user(instructor).post(paths["preview"], {"source": "# Only a title"}).content.decode()
    assert "It cannot be published yet." in page
    assert "no front matter" in page


def test_a_preview_is_drawn_in_the_theme_of_its_page(as_user, instructor, paths, lesson_source):
    for sent, drawn in (("dark", "dark"), ("light", "light"), ("neon", "auto"), ("", "auto")):
        page = as_user(instructor).post(paths["preview"], {"source": lesson_source(), "theme": sent}).content.decode()
        assert f'data-theme="{drawn}"' in page


BOMB = "\n".join(["a0: &a0 [x,x,x,x,x,x,x,x,x]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)), "title: *a8"])


@pytest.mark.parametrize(
    ("matter", "body", "said"),
    [
        (BOMB, "", "line 2: An anchor or an alias"),
        ("concepts: " + "[" * 5000, "", "Expected: at most"),
        ("concepts: " + "[" * 2900, "", "line 2: The front matter is not YAML."),
        ("title: " + "1:" * 1000 + "1.5", "", "line 2: The front matter is not YAML."),
        ("title: 2026-99-99", "", "line 2: The front matter is not YAML."),
        ("minutes: [" + "[1, 2, 3, 4, 5, 6, 7]," * 100 + "]", "", "`minutes` is [["),
        ('id: "9.1"\ntitle: T', "[(" * 120_000, "The text has more than"),
        ('id: "9.1"\ntitle: T', "[(" * 30_000, "line 9: There are 60000 characters without an empty line. Expected: at most 5000."),
        ('id: "9.1"\ntitle: T', "- a\n" * 10_000, "The text has 10008 lines. Expected: at most 2000."),
    ],
)
def test_no_text_keeps_the_site_from_answering(as_user, instructor, paths, matter, body, said):
    began = time.process_time()
    response = as_user(instructor).post(paths["preview"], {"source": f"---\n{matter}\n---\n# T\n\nBegin.\n\n{body}"})
    assert said in html.unescape(re.sub("<[^>]+>", "", response.content.decode()))
    assert time.process_time() - began < 10  # without the bounds: minutes


def test_the_longest_text_of_what_costs_most_is_read_in_time(lesson_source):
    paragraph = "![" * (PARAGRAPH_MAX // 2) + "\n\n"
    worst = (paragraph * 20)[: SOURCE_BYTES_MAX - 1000]
    began = time.process_time()
    assert not parse(lesson_source() + "\n" + worst).problems
    assert time.process_time() - began < 3  # about one and a half on a quiet machine


def test_as_many_blocks_and_headings_as_fit_are_read_in_time(lesson_source):
    for body in (":::{note}\nx\n:::\n\n" * 480, "## a\n\n" * 950):
        began = time.process_time()
        parse(lesson_source() + "\n" + body)
        assert time.process_time() - began < 1


def test_the_list_says_in_words_whether_a_file_waits(as_user, instructor, conflict, lesson_source):
    revisions.take_file(lesson_source("9.2", "Queues"))
    page = as_user(instructor).get("/admin/lessons/lesson/").content.decode()
    assert page.count("waits for a choice") == page.count("no conflict") == 1
    assert "bg-orange" in page[page.rindex("<span", 0, page.index("waits for a choice")) : page.index("waits for a choice")]


def test_the_desk_shows_the_course_the_people_and_the_runs(as_user, instructor, conflict, alice):
    runs.create(alice, "raft")
    runs.create(alice, "raft")
    page = as_user(instructor).get("/admin/").content.decode()
    assert f'href="/admin/lessons/lesson/{conflict.pk}/change/"' in page
    assert "Waits for a choice" in page
    rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page, re.S)]
    assert ["Students", "1", "0"] in rows
    assert ["Instructors", "1", "1"] in rows
    assert [row[-3:] for row in rows if row[0] == "Raft" or "Raft:" in row] == [["2", "2", "1"]]


def test_the_desk_shows_nobody_what_is_not_theirs_to_see(as_user, person, lesson, alice):
    runs.create(alice, "raft")
    page = as_user(person("clerk", is_staff=True)).get("/admin/").content.decode()
    assert 'class="desk"' in page
    assert "<h2" not in page[page.index('class="desk"') :]


def test_dates_are_written_alike_everywhere(as_user, instructor, lesson):
    client = as_user(instructor)
    moment = lesson.published.created_at.strftime("%Y-%m-%d %H:%M")
    for path in ("/admin/", "/admin/lessons/lessonrevision/", f"/admin/lessons/lesson/{lesson.pk}/change/"):
        assert moment in client.get(path).content.decode(), path


def test_a_conflict_is_told_wherever_an_instructor_looks(as_user, instructor, conflict, paths):
    client = as_user(instructor)
    for path in ("/admin/", "/admin/lessons/lesson/", paths["edit"]):
        assert "See both and choose" in client.get(path).content.decode(), path


def test_without_a_conflict_nothing_is_told(as_user, instructor, paths):
    client = as_user(instructor)
    for path in ("/admin/", "/admin/lessons/lesson/", paths["edit"]):
        assert "See both and choose" not in client.get(path).content.decode(), path
    assert client.get(paths["choose"])["Location"] == paths["edit"]


@pytest.mark.parametrize(("choice", "title"), [("file", "New clocks"), ("ours", "My clocks")])
def test_an_instructor_sees_both_and_chooses(as_user, instructor, conflict, paths, choice, title):
    client = as_user(instructor)
    page = client.get(paths["choose"]).content.decode()
    for title_of in ("Clocks", "My clocks", "New clocks"):  # base, ours, theirs
        assert f"\ntitle: {title_of}\n" in page.replace('<pre tabindex="0">', "\n")
    client.post(paths["choose"], {"choice": choice, "pending": 3, "published": 2})
    conflict.refresh_from_db()
    assert (conflict.title, conflict.pending) == (title, None)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"choice": "both", "pending": 3, "published": 2},
        {"choice": "file"},
        {"choice": "file", "pending": "x", "published": 2},
        {"choice": "file", "pending": 2, "published": 2},
        {"choice": "file", "pending": 3, "published": 1},
        {"choice": "file", "pending": "9" * 40, "published": 2},
    ],
)
def test_a_choice_that_is_none_changes_nothing(as_user, instructor, conflict, paths, data):
    as_user(instructor).post(paths["choose"], data)
    conflict.refresh_from_db()
    assert conflict.pending is not None
    assert conflict.title == "My clocks"


@pytest.mark.parametrize("who", ["nobody", "alice", "clerk", "reader"])
@pytest.mark.parametrize("name", ["edit", "preview", "choose", "revisions", "beat"])
def test_nobody_else_edits(as_user, alice, person, lesson_source, conflict, paths, who, name):
    from django.contrib.auth.models import Permission

    clerk, reader = person("clerk", is_staff=True), person("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_lesson"))
    client = Client() if who == "nobody" else as_user({"alice": alice, "clerk": clerk, "reader": reader}[who])
    data = {
        "source": lesson_source(title="Mine now"),
        "base": 2,
        "choice": "file",
        "pending": 3,
        "published": 2,
        "action": "publish",
        "restore": 1,
    }
    assert client.post(paths[name], data).status_code in (302, 403)
    conflict.refresh_from_db()
    assert (conflict.title, conflict.published.n, conflict.pending.n) == ("My clocks", 2, 3)


def test_who_may_only_read_sees_no_buttons(as_user, person, paths):
    from django.contrib.auth.models import Permission

    reader = person("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_lesson"))
    page = as_user(reader).get(paths["edit"]).content.decode()
    assert "You may read this text" in page
    assert "Publish" not in page


@pytest.mark.parametrize("pk", ["999", "x", "0", "-1"])
def test_a_lesson_that_does_not_exist_is_not_found(as_user, instructor, pk):
    assert as_user(instructor).get(f"/admin/lessons/lesson/{pk}/change/").status_code == 404


def test_lessons_are_neither_added_nor_deleted_by_hand(as_user, administrator, lesson):
    client = as_user(administrator)
    assert client.get("/admin/lessons/lesson/add/").status_code == 403
    assert client.post(f"/admin/lessons/lesson/{lesson.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/lessons/lessonrevision/{lesson.published.pk}/change/", {"source": "x"}).status_code == 403
    assert client.get(f"/admin/lessons/lessonrevision/{lesson.published.pk}/change/").status_code == 200


def test_the_admins_own_log_in_page_is_ours(client):
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
