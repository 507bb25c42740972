"""Texts meant to do harm: each refused or made harmless, in the file's check, in the form and in the preview alike."""

import html
import re
import time

import pytest

from lessons.content.text import parse

pytestmark = pytest.mark.django_db
RLO, ISOLATE = "\u202e", "\u2066"


@pytest.fixture
def paths(lesson):
    return {"edit": f"/admin/lessons/lesson/{lesson.pk}/change/", "preview": "/lessons/9.1/preview/"}


def words(response):
    return html.unescape(re.sub("<[^>]+>", "", response.content.decode()))


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (f"access = {RLO}nimda{ISOLATE}\n", "line 16: There is the invisible character U+202E"),
        ("a\u2028b\n", "U+2028 LINE SEPARATOR"),
        ("a\x1bb\n", "U+001B"),
        ("a\x7fb\n", "U+007F"),
        ("a\x85b\n", "U+0085"),
        ("\ufeff\n", "U+FEFF"),
        (">" * 400 + " deep\n", "line 16: More than 12 quotations or lists"),
        ("- " * 200 + "deep\n", "line 16: More than 12 quotations or lists"),
        ("> - 1. " * 80 + "deep\n", "line 16: More than 12 quotations or lists"),
        ("<<<<<<< yours\n", "The merge marker"),
        (":::{lab} ../../etc\n:name: a\n:::\n", "The lab block names '../../etc'"),
        (":::{figure} ../../../settings\n:::\n", "The figure block names '../../../settings'"),
        ("::::{quiz} q\n" * 30, "never closed"),
    ],
)
def test_it_is_not_published_and_the_reason_is_said(as_user, instructor, lesson, paths, lesson_source, extra, said):
    client = as_user(instructor)
    source = lesson_source() + extra
    assert any(said in str(problem) for problem in parse(source).problems)
    assert said in words(client.post(paths["edit"], {"source": source, "base": 1, "action": "publish"}))
    assert said in words(client.post(paths["preview"], {"source": source}))
    lesson.refresh_from_db()
    assert lesson.published.n == 1


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNj)",
        "[x](javas\u200bcript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "```\n</code></pre><script>alert(1)</script>\n```",
        ":::{note}\n<script>alert(1)</script>\n:::",
        ":::{lab} raft\n:name: a\n:caption: <script>alert(1)</script>\n<script>alert(2)</script>\n:::",
    ],
)
def test_nothing_runs_in_the_preview_or_on_a_draft(as_user, instructor, lesson, paths, lesson_source, evil):
    client = as_user(instructor)
    source = lesson_source() + evil + "\n"
    preview = client.post(paths["preview"], {"source": source})
    client.post(paths["edit"], {"source": source, "base": 1, "action": "save"})
    draft = client.get(f"/lessons/9.1/draft/{lesson.drafts.get().pk}/")
    for response in (preview, draft):
        out = response.content.decode()
        assert "<script>alert" not in out and "srcdoc" not in re.sub("&lt;.*?&gt;", "", out)
        assert not re.search(r"<[a-z]+[^>]*\son[a-z]+\s*=", out)
        assert not re.search(r"<a\s[^>]*href=[\"']?\s*(javascript|data|vbscript):", out, re.I)
        policy = response["Content-Security-Policy"]
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy


def test_a_homograph_of_a_name_is_written_out_in_the_link(as_user, instructor, paths, lesson_source):
    page = as_user(instructor).post(paths["preview"], {"source": lesson_source() + "[x](https://gооgle.com/)\n"}).content.decode()
    assert 'href="https://xn--ggle-55da.com/"' in page


@pytest.mark.parametrize("path", ["edit", "preview"])
def test_a_paste_of_ten_megabytes_is_refused_at_once(as_user, instructor, lesson, paths, path):
    began = time.process_time()
    response = as_user(instructor).post(paths[path], {"source": "x" * 10_000_000, "base": 1, "action": "save"})
    assert response.status_code == 400
    assert time.process_time() - began < 2
    assert not lesson.drafts.exists()


def test_a_text_that_the_database_could_not_keep_is_refused(as_user, instructor, lesson, paths, lesson_source):
    response = as_user(instructor).post(paths["edit"], {"source": lesson_source() + "a\0b", "base": 1, "action": "save"})
    assert response.status_code == 200
    assert "Null characters are not allowed" in words(response)
    assert not lesson.drafts.exists()
    assert "NUL" in words(as_user(instructor).post(paths["preview"], {"source": lesson_source() + "a\0b"}))


@pytest.mark.parametrize("matter", ["a: &a [x]\nb: *a", "title: [", "- a", "id: 8.5", "title: !!python/object/apply:os.system [id]", ""])
def test_front_matter_that_is_none_is_refused_with_its_line(as_user, instructor, lesson, paths, matter):
    page = words(as_user(instructor).post(paths["edit"], {"source": f"---\n{matter}\n---\n# T\n", "base": 1, "action": "publish"}))
    assert "Not published." in page and re.search(r"line \d+: .* Expected: .* Example: ", page)
    lesson.refresh_from_db()
    assert lesson.published.n == 1


def test_an_editor_cannot_be_made_to_publish_from_elsewhere(instructor, lesson, paths, lesson_source):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(instructor)
    for path in paths.values():
        assert client.post(path, {"source": lesson_source(title="Evil"), "base": 1, "action": "publish"}).status_code == 403
    lesson.refresh_from_db()
    assert lesson.title == "Clocks"
