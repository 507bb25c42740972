"""Progress: kept for guests and accounts, everybody's own, and never more than the published lessons have."""

import json
import uuid

import pytest
from django.test import Client

from academy.accounts import guests
from academy.accounts.models import User
from labs import achieved, runs, slices
from labs.engine.events import GoalEvent
from labs.models import ChallengePassed, LabTried, Run
from labs.stream import Cursor
from lessons import progress, revisions
from lessons.models import GuideDone, Lesson, LessonPlace, SectionRead

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-9"
SIGN_UP = {"username": "carol", "email": "", "password1": PASSWORD, "password2": PASSWORD}
LAB = "\n:::{lab} raft\n:name: first\n:::\n\n:::{guide} first\n:title: A leader falls\n1. Stop it. {see: crash}\n:::\n"


@pytest.fixture
def lesson(db, lesson_source):
    """Two sections ("first", "second-idea"), a lab and a guide."""
    return revisions.take_file(lesson_source(extra=LAB))[0]


@pytest.fixture
def guest(client):
    client.post("/accounts/guest/")
    return User.objects.get(is_guest=True)


def report(client, sections=(), guides=(), number="9.1", at=None, **extra):
    body = {"lessons": {number: {"sections": [*sections], "guides": [*guides]}}}
    if at is not None:
        body["at"] = {"lesson": number, "section": at}
    return client.post("/progress/read/", json.dumps(body), content_type="application/json", **extra)


def read_by(user):
    return set(SectionRead.objects.filter(user=user).values_list("lesson__number", "section"))


# --- reading ---


def test_what_a_student_reads_is_kept_once(as_user, alice, lesson):
    client = as_user(alice)
    for _ in range(2):
        assert report(client, ["first"], ["a-leader-falls"], at="first").json() == {"kept": 2}
    assert read_by(alice) == {("9.1", "first")}
    assert GuideDone.objects.get().guide == "a-leader-falls"
    page = client.get("/lessons/9.1/").content.decode()
    assert '<li class="done"><a href="#first">' in page
    assert page.count('<li class="done">') == 1
    assert "data-finished" in page


def test_a_guest_has_progress_too(client, guest, lesson):
    assert report(client, ["first"]).status_code == 200
    assert read_by(guest) == {("9.1", "first")}


def test_a_stranger_reports_nothing(client, lesson):
    assert report(client, ["first"]).status_code == 403
    assert not SectionRead.objects.exists()
    assert not User.objects.exists()
    assert "data-url" not in client.get("/lessons/9.1/").content.decode().partition("data-outline")[2].partition(">")[0]


def test_only_what_the_published_lesson_has_is_kept(as_user, alice, lesson):
    client = as_user(alice)
    assert report(client, ["first", "nothing", "<script>", ""], ["other"], at="nowhere").json() == {"kept": 1}
    assert report(client, ["first"], number="7.7").json() == {"kept": 0}
    assert read_by(alice) == {("9.1", "first")}
    assert not LessonPlace.objects.exists()
    Lesson.objects.update(published=None)
    assert report(client, ["second-idea"]).json() == {"kept": 0}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "\udcff",
        '{"lessons": []}',
        '{"lessons": {"9.1": ["first"]}}',
        '{"lessons": {"9.1": {"sections": "first"}}}',
        '{"lessons": {"9.1": {"sections": [1]}}}',
        '{"lessons": {"9.1": {"sections": ["%s"]}}}' % ("x" * 81),
        '{"user": 1}',
        '{"at": {"lesson": "9.1"}}',
        "[" * 100_000,
    ],
)
def test_a_report_that_is_none_is_refused_with_what_was_expected(as_user, alice, lesson, body):
    sent = body.encode(errors="surrogateescape")
    response = as_user(alice).post("/progress/read/", sent, content_type="application/json")
    assert response.status_code == 400
    assert "Expected" in response.json()["text"]


def test_a_report_has_at_most_100_ids(as_user, alice, lesson):
    client = as_user(alice)
    assert report(client, [f"id-{n}" for n in range(100)]).status_code == 200
    response = report(client, [f"id-{n}" for n in range(101)])
    assert response.status_code == 400
    assert "at most 100" in response.json()["text"]


def test_reports_need_a_post_and_a_token(as_user, alice, lesson):
    assert as_user(alice).get("/progress/read/").status_code == 405
    assert as_user(alice).get("/lessons/9.1/read/").status_code == 405
    strict = as_user(alice, enforce_csrf_checks=True)
    assert report(strict, ["first"]).status_code == 403
    for address in ("/lessons/9.1/read/", "/progress/reset/"):
        assert strict.post(address).status_code == 403
    assert not SectionRead.objects.exists()
    strict.get("/lessons/9.1/")
    assert report(strict, ["first"], HTTP_X_CSRFTOKEN=strict.cookies["csrftoken"].value).status_code == 200


# --- marked as read ---


def test_a_lesson_is_marked_as_read_without_javascript(as_user, alice, lesson, lesson_source):
    revisions.take_file(lesson_source("9.2", "Queues"))
    client = as_user(alice)
    assert "Mark as read" in client.get("/lessons/9.1/").content.decode()
    response = client.post("/lessons/9.1/read/", follow=True)
    assert response.redirect_chain == [("/lessons/9.2/", 302)]
    assert "Lesson 9.1 Clocks is marked as read." in response.content.decode()
    assert read_by(alice) == {("9.1", "first"), ("9.1", "second-idea")}
    assert "<p data-read-all>" in client.get("/lessons/9.1/").content.decode()


def test_a_visitor_who_marks_a_lesson_goes_on_as_a_guest(client, lesson):
    client.post("/lessons/9.1/read/")
    assert len(read_by(User.objects.get(is_guest=True))) == 2


@pytest.mark.parametrize("number", ["7.7", "99.99"])
def test_a_lesson_that_does_not_exist_is_not_marked(client, lesson, number):
    assert client.post(f"/lessons/{number}/read/").status_code == 404
    assert not User.objects.exists()


# --- where one was ---


def test_one_continues_where_one_was_on_another_device(as_user, alice, lesson, lesson_source):
    revisions.take_file(lesson_source("9.2", "Queues"))
    desk, phone = as_user(alice), as_user(alice)
    desk.get("/lessons/9.1/")
    report(desk, at="second-idea")
    assert phone.get("/").context["continue_at"]["url"] == "/lessons/9.1/#second-idea"
    assert 'href="/lessons/9.1/#second-idea"' in phone.get("/progress/").content.decode()
    phone.get("/lessons/9.2/")  # without JavaScript the page alone is known
    assert desk.get("/").context["continue_at"]["url"] == "/lessons/9.2/"
    Lesson.objects.filter(number="9.2").update(published=None)
    assert desk.get("/").context["continue_at"]["number"] == "9.1"


def test_a_visitor_continues_where_this_browser_was(client, lesson):
    assert not client.get("/").context["continue_at"]
    client.get("/lessons/9.1/")
    assert client.get("/").context["continue_at"]["url"] == "/lessons/9.1/"
    assert not LessonPlace.objects.exists()
    client.cookies["lesson"] = "//evil.example"
    assert not client.get("/").context["continue_at"]


def test_looking_at_the_head_of_a_page_moves_nobody(as_user, alice, lesson):
    as_user(alice).head("/lessons/9.1/")
    assert not LessonPlace.objects.exists()


# --- guests ---


def test_signing_up_keeps_what_was_read(client, guest, lesson):
    report(client, ["first"])
    client.get("/accounts/signup/")
    client.post("/accounts/signup/", SIGN_UP)
    assert read_by(User.objects.get(username="carol")) == {("9.1", "first")}


def test_logging_in_adds_the_guests_progress_to_the_accounts(client, guest, alice, as_user, lesson):
    report(as_user(alice), ["first"], ["a-leader-falls"], at="first")
    report(client, ["first", "second-idea"], ["a-leader-falls"], at="second-idea")
    for user in (alice, guest):
        run = runs.create(user, "raft", place="9.1#first")
        achieved.record(run, [goal()])
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert read_by(alice) == {("9.1", "first"), ("9.1", "second-idea")}
    assert (GuideDone.objects.count(), LessonPlace.objects.count(), LabTried.objects.count()) == (1, 1, 1)
    assert ChallengePassed.objects.filter(user=alice).count() == 2
    assert not User.objects.filter(is_guest=True).exists()


def test_a_guest_who_leaves_takes_the_progress_along(guest, lesson):
    progress.take(guest, lesson, {"first"}, at="first")
    guests.User.objects.filter(pk=guest.pk).delete()
    assert not SectionRead.objects.exists() and not LessonPlace.objects.exists()


# --- labs ---


def goal(t_us=12_345_678, progress=1.0, challenge="change-membership"):
    return GoalEvent(seq=1, t_us=t_us, challenge=challenge, progress=progress, text="Met.", evidence=[])


def test_a_lab_is_tried_when_a_run_is_made_there_and_stays_so(as_user, alice, lesson):
    runs.create(alice, "raft", place="9.1#first")
    newest = runs.create(alice, "raft", place="9.1#first")
    assert progress.of(alice, lesson).tried == 1
    assert f'"/runs/{newest.pk}/"' in as_user(alice).get("/progress/").content.decode()
    Run.objects.all().delete()
    page = as_user(alice).get("/progress/").content.decode()
    assert "1 of 1 lab tried" in page
    assert "your last run" not in page


def test_a_challenge_met_is_written_down_once_with_its_moment(as_user, alice, lesson):
    run = runs.create(alice, "raft", place="9.1#first")
    for _ in range(2):
        achieved.record(run, [goal(progress=0.5), goal(), goal(t_us=20_000_000)])
    passed = ChallengePassed.objects.get()
    assert (passed.user, passed.lab, passed.challenge, passed.t_us) == (alice, "raft", "change-membership", 12_345_678)
    assert f"/runs/{run.pk}/#t=12.346" in as_user(alice).get("/progress/").content.decode()


def test_what_a_worker_saw_of_an_overtaken_run_says_nothing(alice):
    run = runs.create(alice, "raft")
    stale = Run.objects.get(pk=run.pk)
    Run.objects.filter(pk=run.pk).update(revision=5)
    achieved.record(stale, [goal()])
    assert not ChallengePassed.objects.exists()


def test_a_command_takes_back_what_was_to_come_after_it(alice):
    run = runs.create(alice, "raft")
    achieved.record(run, [goal(t_us=5_000_000, challenge="early"), goal(t_us=9_000_000, challenge="late")])
    given = {"client_id": uuid.uuid4(), "revision": run.revision, "at_us": 7_000_000, "action": "heal", "args": {}, "branch": False}
    runs.append(alice, run.pk, **given)
    assert [one.challenge for one in ChallengePassed.objects.all()] == ["early"]


def test_a_worker_writes_down_what_the_students_own_runs_meet(alice, monkeypatch):
    monkeypatch.setattr(slices.stream, "newest", lambda run: None)
    monkeypatch.setattr(slices.stream, "checkpoints", lambda run: [])
    monkeypatch.setattr(slices.stream, "keep_checkpoints", lambda *args: None)
    monkeypatch.setattr(slices.stream, "append", lambda run, top, revision, chunk, noted: Cursor(revision, chunk.index))
    told = []
    monkeypatch.setattr(slices.achieved, "record", lambda run, events: told.append(run.origin))
    for origin in Run.Origin.values:
        run = runs.create(alice, "raft")
        Run.objects.filter(pk=run.pk).update(origin=origin)
        slices.simulate(run.pk, 2_000_000, Cursor())
    assert told == ["new", "branch"]


# --- one's own, and nobody else's ---


def test_everybody_sees_their_own(as_user, alice, bob, lesson):
    report(as_user(alice), ["first"])
    achieved.record(runs.create(alice, "raft", place="9.1#first"), [goal()])
    page = as_user(bob).get("/progress/").content.decode()
    assert "Nothing yet" in page
    assert "/runs/" not in page.partition("<main")[2]
    assert '<li class="done">' not in as_user(bob).get("/lessons/9.1/").content.decode()
    assert "sections read" not in as_user(bob).get("/").content.decode()
    mine = as_user(alice)
    assert "1 of 2 sections read" in mine.get("/").content.decode()
    assert "1 challenge passed" in mine.get("/progress/").content.decode()


def test_a_stranger_is_told_what_the_page_is_for(client, lesson):
    response = client.get("/progress/")
    assert response.status_code == 200
    assert "Go on as a guest" in response.content.decode()
    assert client.post("/progress/").status_code == 405


def test_reset_asks_first_and_forgets_ones_own_alone(as_user, alice, bob, lesson):
    for user in (alice, bob):
        report(as_user(user), ["first"], ["a-leader-falls"], at="first")
        achieved.record(runs.create(user, "raft", place="9.1#first"), [goal()])
    client = as_user(alice)
    assert "cannot be undone" in client.get("/progress/reset/").content.decode()
    assert read_by(alice)
    assert client.post("/progress/reset/")["Location"] == "/progress/"
    models = (SectionRead, GuideDone, LessonPlace, LabTried, ChallengePassed)
    assert [model.objects.filter(user=alice).count() for model in models] == [0] * 5
    assert [model.objects.filter(user=bob).count() for model in models] == [1] * 5
    assert Run.objects.filter(owner=alice).exists()
    assert not client.get("/").context["continue_at"]


def test_a_stranger_resets_nothing(client, alice, lesson):
    progress.take(alice, lesson, {"first"})
    assert client.post("/progress/reset/")["Location"].startswith("/accounts/login/")
    assert read_by(alice)


def test_a_section_that_is_gone_counts_no_more(alice, lesson, lesson_source):
    progress.take(alice, lesson, {"first", "second-idea"})
    lesson = revisions.take_file(lesson_source().replace("{#first}", "{#begin}"))[0]
    mine = progress.of(alice, lesson)
    assert (mine.read, [part.id for part in mine.sections]) == (1, ["begin", "second-idea"])


def test_another_client_is_another_reader(lesson):
    one, other = Client(), Client()
    one.post("/lessons/9.1/read/")
    other.post("/accounts/guest/")
    assert "Nothing yet" in other.get("/progress/").content.decode()
