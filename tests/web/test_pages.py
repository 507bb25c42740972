import http.client
import re

import psycopg
import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client, RequestFactory

from academy import limits
from academy.site import health, views

PAGES = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/forgot/", "/lessons/9.1/"]


@pytest.mark.django_db
def test_the_first_page_shows_a_live_lab_and_the_lessons(client, lesson):
    page = client.get("/").content.decode()
    assert 'id="lab-home"' in page
    assert "Try without an account" in page
    assert "Sign up" in page
    assert "Clocks" in page


@pytest.mark.django_db
def test_the_first_page_goes_on_where_the_reader_was(as_user, alice, lesson):
    client = as_user(alice)
    assert "Start with 8.5" in client.get("/").content.decode()
    client.get("/lessons/9.1/")
    page = client.get("/").content.decode()
    assert "Continue with 9.1" in page


@pytest.mark.django_db
def test_a_site_without_lessons_says_how_to_get_them(client):
    assert "content import" in client.get("/").content.decode()
    assert client.get("/start/")["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_walked_by_keyboard_and_runs_no_inline_code(client, lesson, path):
    response = client.get(path)
    page = response.content.decode()
    assert page.index('class="skip" href="#main"') < page.index("<header")
    assert page.count("<h1") == 1
    assert 'id="main"' in page
    assert not re.search(r"<[^>]*\s(on\w+|style|hx-on\S*)=", page)
    assert "js:" not in page
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or "application/json" in script or "nonce=" in script


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_the_ids_of_a_page_are_unique(client, lesson, path):
    ids = re.findall(r'\sid="([^"]+)"', client.get(path).content.decode())
    assert sorted(set(ids)) == sorted(ids)


# --- theme ---


@pytest.mark.django_db
def test_the_theme_is_drawn_from_the_first_byte_and_remembered(client):
    assert 'data-theme="auto"' in client.get("/").content.decode()
    response = client.post("/theme/", {"theme": "dark", "next": "/accounts/login/"})
    assert response["Location"] == "/accounts/login/"
    assert 'data-theme="dark"' in client.get("/").content.decode()


@pytest.mark.django_db
def test_htmx_changes_the_theme_without_a_new_page(client):
    response = client.post("/theme/", {"theme": "light"}, headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (204, b"")
    assert client.cookies["theme"].value == "light"


@pytest.mark.django_db
def test_a_theme_we_do_not_have_is_refused(client):
    assert client.post("/theme/", {"theme": "neon"}).status_code == 400
    assert client.get("/theme/").status_code == 405
    assert client.post("/theme/", {"theme": "dark", "next": "https://evil.example"})["Location"] == "/"
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in client.get("/").content.decode()


def test_both_dark_sets_of_tokens_are_equal(root):
    css = (root / "static/css/tokens.css").read_text()
    system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', css, re.S)
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', css, re.S)
    assert system and chosen
    assert system[1].split() == chosen[1].split()


# --- health ---


def test_alive_without_asking_anyone(client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_when_everything_answers(client):
    response = client.get("/readyz")
    assert response.json() == {"ready": True, "postgresql": "ok", "migrations": "ok", "redis broker": "ok", "redis chunks": "ok"}


@pytest.mark.django_db
def test_not_ready_says_which_part(client, settings):
    settings.REDIS_BROKER_URL = "redis://user:secret@127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() | {"ready": False, "redis broker": "does not answer"} == response.json()
    assert "secret" not in response.content.decode()


def test_not_ready_when_the_database_is_gone(client, monkeypatch):
    def refuse():
        raise psycopg.OperationalError("no")

    monkeypatch.setattr(health, "database_connection", refuse)
    assert health.readiness()["postgresql"] == "does not answer"


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client, monkeypatch):
    monkeypatch.setattr(health, "known_migrations", lambda: frozenset({("lessons", "9999_later")}))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "1 not applied; run manage.py migrate"


# --- pages for what went wrong ---


@pytest.mark.django_db
def test_a_missing_page_says_so(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.django_db
def test_a_forbidden_page_says_so(as_user, alice):
    response = as_user(alice).get("/admin/", follow=True)
    assert response.status_code == 403
    assert "not yours to open" in response.content.decode()


def test_the_page_for_a_failure_needs_nothing(monkeypatch, django_db_blocker):
    response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    monkeypatch.setattr(views.loader, "render_to_string", lambda *args: 1 / 0)
    assert "Something broke on our side" in views.server_error(None).content.decode()


@pytest.mark.django_db
def test_a_crash_shows_that_page(monkeypatch):
    monkeypatch.setattr(views.embeds, "player", lambda *args, **options: 1 / 0)
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/lessons/%00/", "/lessons/8%00.5/", "/admin/labs/run/?lab=%00", "/admin/lessons/lessonrevision/?origin__exact=%00", "/%00"]
)
def test_an_address_with_a_nul_is_refused_before_anything_is_asked_for_it(as_user, administrator, path):
    response = as_user(administrator).get(path)
    assert response.status_code == 400
    assert "The site cannot read that request" in response.content.decode()
    assert path.startswith("/admin/") or "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_percent_sign_before_two_zeros_is_no_nul(client):
    assert client.get("/labs/?note=100%2500").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["8", "8.5.1", "888.1", "a.b", "%D9%A8.5", "8.5%0A"])
def test_what_is_no_lesson_number_is_not_found(client, number, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(f"/lessons/{number}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_every_page_has_an_icon(as_user, administrator, path):
    client = as_user(administrator)
    assert '<link rel="icon" href="/static/icon.svg" type="image/svg+xml"' in client.get(path).content.decode()
    assert client.get("/favicon.ico")["Location"] == "/static/icon.svg"


# --- the bar ---


@pytest.mark.django_db
def test_narrow_screens_have_a_menu_with_all_the_bar_leaves_out(client, as_user, alice):
    menu = r'<details class="menu.*?</details>'
    stranger = re.search(menu, client.get("/").content.decode(), re.S)[0]
    assert re.findall(r'href="([^"]+)"', stranger) == ["/labs/", "/concepts/", "/accounts/login/", "/accounts/signup/"]
    own = re.search(menu, as_user(alice).get("/").content.decode(), re.S)[0]
    listed = ["/labs/", "/concepts/", "/progress/", "/quizzes/", "/runs/", "/classes/", "/accounts/data/", "/accounts/password/change/"]
    assert re.findall(r'href="([^"]+)"', own) == listed


# --- how large a request may be ---


async def ask(headers, bodies, bytes_max=10):
    async def application(scope, receive, send):
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    talk = ApplicationCommunicator(limits.BodyLimit(application, bytes_max), {"type": "http", "headers": headers})
    for i, body in enumerate(bodies):
        await talk.send_input({"type": "http.request", "body": body, "more_body": i + 1 < len(bodies)})
    start = await talk.receive_output()
    return start["status"], (await talk.receive_output())["body"]


async def test_a_body_within_the_limit_passes():
    assert await ask([(b"content-length", b"10")], [b"12345", b"67890"]) == (200, b"10")


async def test_a_body_that_says_it_is_too_large_is_not_read():
    status, text = await ask([(b"content-length", b"11")], [])
    assert status == 413
    assert b"2 MB" in text


async def test_a_body_that_turns_out_too_large_is_refused():
    assert (await ask([], [b"12345", b"67890", b"1"]))[0] == 413


async def test_a_length_that_lies_does_not_help():
    assert (await ask([(b"content-length", b"3")], [b"12345678901"]))[0] == 413


async def test_a_length_that_is_no_number_does_not_help():
    assert (await ask([(b"content-length", b"-5")], [b"12345678901"]))[0] == 413


async def test_what_comes_after_a_refusal_is_dropped_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(limits, "DROPPED_BYTES_MAX", 20)
    talk = ApplicationCommunicator(limits.BodyLimit(None, 10), {"type": "http", "headers": [(b"content-length", b"900")]})
    for _ in range(3):
        await talk.send_input({"type": "http.request", "body": b"1234567890", "more_body": True})
    assert [(await talk.receive_output()).get("more_body") for _ in range(3)] == [None, True, None]
    assert talk.input_queue.qsize() == 1


@pytest.mark.django_db(transaction=True)
def test_a_client_that_sends_ten_megabytes_reads_why_they_are_refused(served):
    """http.client, as most, sends everything before it looks for an answer."""
    line = http.client.HTTPConnection(served.removeprefix("http://"), timeout=20)
    line.request("POST", "/theme/", b"x" * 10_000_000)
    answer = line.getresponse()
    assert (answer.status, answer.read()) == (413, limits.TOO_LARGE)


def test_the_site_stands_behind_the_limit():
    from academy.asgi import application

    assert isinstance(application.application_mapping["http"], limits.BodyLimit)
    assert limits.BODY_BYTES_MAX == 2 * 1024 * 1024
