"""What the site keeps about a person: the table of it, the file they get, and what is left when they go."""

import datetime
import io
import json
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import AsyncRequestFactory, Client
from django.utils import timezone

from academy.accounts import guests
from academy.accounts.models import User
from academy.audit.models import Entry
from academy.classes import members
from academy.classes.models import How, Invitation, Membership, Role, SchoolClass
from academy.gradebook import book, columns, grid, proof
from academy.gradebook.models import Column, GradebookEvent
from academy.privacy import erasure, export, table, views
from academy.privacy.shapes import SHAPES
from academy.privacy.table import DELETED, KEPT, LINES, OF_ACCOUNTS, STAYS, WORDS
from academy.quizzes import attempts, challenges, marking, policy
from academy.quizzes.attempts import Sent
from academy.quizzes.models import (
    Attempt,
    AttemptItem,
    ChallengeAttempt,
    GradeEvent,
    PolicyOverride,
    QuizSchedule,
    Receipt,
    RegradeDelta,
    RegradeRun,
    ResponseEvent,
    State,
)
from labs import copies, runs
from labs.models import ChallengePassed, LabTried, Run
from lessons import revisions
from lessons.models import Draft, GuideDone, Lesson, LessonPlace, OpenEditor, Question, Quiz, SectionRead
from tests.quiz_source import ELECT

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-9"
HOUR = datetime.timedelta(hours=1)
DATA, EXPORT, DELETE = "/accounts/data/", "/accounts/data/export/", "/accounts/data/delete/"
NAME, ADDRESS = "zebrafish", "zebrafish@stripes.example"
KEY = "KEYS-ARE-SECRET"
QUIZ = f"""
::::{{quiz}} check-9-1
:title: Check

:::{{question}} q-votes
:type: single
:points: 1
:concepts: majority
How many votes make a leader of five?

- [ ] {{a}} 2 | Two candidates could both have two.
- [x] {{b}} 3 | Two majorities share a server.
:::
:::{{question}} q-word
:type: short
:points: 3
:concepts: majority
More than half is called?

- [x] {KEY} | It is: SAID-TO-THE-ANSWER.
:::
::::
"""
PREDICTED = """\
:::{question} q-predict
:type: predict
:points: 1
:concepts: majority
:lab: raft
:scenario: steady
:jitter_ms: 0
:clients: 0
:nodes: 5
:tell: latency_ms
:script: 2s crash(node=leader)
:show: patience at 2.05s
:measure: leader at 4s
Who leads?
:::
::::
"""


@pytest.fixture
def quiz(lesson_source):
    revisions.take_file(lesson_source(extra=QUIZ))
    return Quiz.objects.get()


@pytest.fixture
def played(quiz, lesson_source):
    """With questions that are played in a lab, whose dealing takes a while."""
    revisions.take_file(lesson_source(extra=QUIZ.removesuffix("::::\n") + ELECT + PREDICTED))


@pytest.fixture
def scheduled(quiz, taught):
    """A class of these students with the quiz set; also its column."""

    def make(*students, name="Systems", **rules):
        made = taught(*students, name=name)
        schedule = QuizSchedule.objects.create(quiz=Quiz.objects.get(), school_class=made, **{"attempts_max": None, **rules})
        return schedule, book.add_schedule(schedule)

    return make


def take(user, schedule, answers, grade=True):
    """An attempt in class, handed in and marked."""
    attempt = attempts.begin(user, schedule.quiz, schedule.school_class)
    attempts.submit(attempt.pk, user, attempt.submit_key, sent(attempt, answers))
    assert not grade or marking.grade(attempt.pk)
    attempt.refresh_from_db()
    return attempt


def sent(attempt, answers):
    """An answer may be a function of its item."""
    found = {}
    for one in attempt.items.select_related("question_version__question"):
        answer = answers.get(one.question_version.question.uid)
        found[one.slot] = Sent(answer=answer(one) if callable(answer) else answer, base_rev=one.draft_rev)
    return found


def item_of(attempt, uid):
    return attempt.items.get(question_version__question__uid=uid)


def numbers():
    """What every gradebook says, by place."""
    return {
        (one.pk, place): (cell.points, cell.max, cell.state, cell.event.pk)
        for one in SchoolClass.objects.all()
        for place, cell in book.cells(one).items()
    }


def totals(school_class):
    return sorted((row.total, tuple(row.points)) for row in grid.of_class(school_class).rows)


@pytest.fixture
def zebra(person, instructor, administrator, scheduled, alice, quiz, as_user):
    """Somebody who has done everything there is to do: a student of two classes with marks and of one without, an author, an instructor."""
    user = person(NAME, email=ADDRESS, first_name="Zebrafish-First", last_name="Zebrafish-Last", is_staff=True)
    user.groups.add(*Group.objects.filter(name__in=["Authors", "Instructors"]))
    user.user_permissions.add(Permission.objects.get(codename="add_schoolclass"))
    address = EmailAddress.objects.create(user=user, email="second-zebrafish@stripes.example")
    EmailConfirmation.create(address).save()
    as_user(user).get("/")
    lesson = Lesson.objects.get()
    plant_progress(user, lesson)
    plant_runs(user)
    plant_classes(user, scheduled, alice)
    plant_deeds(user, lesson, alice, administrator)
    return User.objects.get(pk=user.pk)


def plant_progress(user, lesson):
    SectionRead.objects.create(user=user, lesson=lesson, section="planted-section")
    GuideDone.objects.create(user=user, lesson=lesson, guide="planted-guide")
    LessonPlace.objects.create(user=user, lesson=lesson, section="planted-place", seen_at=timezone.now())
    LabTried.objects.create(user=user, lab="raft", place="planted-tried")


def plant_runs(user):
    run = runs.create(user, "raft", seed=4242, place="planted-run-place")
    Run.objects.filter(pk=run.pk).update(name=f"planted-run of {NAME}")
    run.refresh_from_db()
    run.commands.create(seq=run.revision + 1, at_us=9_000_000, action="planted-action")
    copies.share(user, run)
    runs.copy_of(run, user, Run.Origin.BRANCH, 9_000_000)
    ChallengePassed.objects.create(user=user, lab="raft", challenge="planted-passed", run=run, t_us=1)


def plant_classes(user, scheduled, alice):
    first, column = scheduled(user, alice, name="First")
    second, _ = scheduled(user, alice, name="Second", late=[[24, 50]])
    empty, _ = scheduled(user, name="Empty")
    Membership.objects.filter(user=user).update(listed_as=f"planted-listed {NAME}")
    seat = Membership.objects.get(user=user, school_class=first.school_class)
    Invitation.objects.create(school_class=first.school_class, name=f"planted-invited {NAME}", used_by=seat, used_at=timezone.now())
    Invitation.objects.create(school_class=first.school_class, email=ADDRESS.upper(), token_hash="kept-link")
    for schedule, answers in ((first, {"q-votes": "b", "q-word": "planted free text"}), (first, {}), (second, {"q-votes": "b"})):
        take(user, schedule, answers)
    take(alice, first, {"q-votes": "b"})
    done = Attempt.objects.filter(user=user, school_class=first.school_class).last()
    note(user, done)
    override(user, second, reason="planted-arrangement")
    override(user, empty, reason="nothing was taken there")
    book.decide(columns.add(first.school_class, title="Essay", points=Decimal(10), weight=Decimal(1)), user, "override",
                actor=User.objects.get(username="ines"), reason="planted-essay", points=Decimal(7))  # fmt: skip
    attempts.begin(user, first.quiz, first.school_class)
    practice = attempts.begin(alice, first.quiz)
    attempts.abandon(practice.pk, alice)
    Attempt.objects.filter(pk=practice.pk).update(user=user)  # two are practice, and one may not be begun beside an attempt in class
    assert column.events.filter(user=user).exists()


def note(user, attempt):
    """What hangs on an attempt, beside answers and marks."""
    item = item_of(attempt, "q-word")
    run = runs.create(user, "raft", place=challenges.place_of(item))
    item.runs.create(run=run)
    ChallengeAttempt.objects.create(
        item=item, run=run, run_uuid=run.pk, challenge="elect-after-crash", lab_version=1, engine_version=1, commands_digest="d",
        outcome="not_met", percent=10, text="planted-verdict",
    )  # fmt: skip
    ines = User.objects.get(username="ines")
    marking.decide(item, GradeEvent.Kind.OVERRIDE, actor=ines, reason="planted-override", fraction=Decimal("0.5"))
    regrade = RegradeRun.objects.create(
        question=item.question_version.question, to_version=item.question_version, mode="new_key", reason="r", actor=ines
    )
    RegradeDelta.objects.create(
        regrade=regrade, item=item, from_version=item.question_version, old_points=0, new_points=0, old_max=2, new_max=2
    )


def override(user, schedule, **fields):
    return PolicyOverride.objects.create(schedule=schedule, user=user, time_factor=Decimal("1.5"), **fields)


def plant_deeds(user, lesson, alice, administrator):
    opened = members.open_class(user, SchoolClass(name="planted-opened"))
    members.seat(opened, User.objects.get(username="ines"), How.HAND)
    Membership.objects.filter(school_class=opened).update(role=Role.INSTRUCTOR, agreed_at=timezone.now())
    revision = lesson.published
    lesson.revisions.create(n=revision.n + 1, source=revision.source, origin="admin", author=user, note="planted-revision")
    Draft.objects.create(lesson=lesson, author=user, source=f"planted-draft by {NAME}", base=1)
    OpenEditor.objects.create(lesson=lesson, user=user, seen_at=timezone.now())
    theirs = Attempt.objects.filter(user=alice, state=State.GRADED).get()
    marking.decide(item_of(theirs, "q-word"), GradeEvent.Kind.MANUAL, actor=user, reason="about alice", fraction=Decimal(1))
    column = Column.objects.get(school_class=theirs.school_class, schedule=None)
    book.decide(column, alice, "exempt", actor=user, reason="about alice")
    override(alice, policy.schedule_of(theirs), reason="about alice", actor=user)
    question = Question.objects.get(uid="q-votes")
    RegradeRun.objects.create(question=question, to_version=question.current, mode="best_of", reason="r", actor=user, reverted_by=user)
    kinds = ContentType.objects.get_for_models(User, Lesson)
    LogEntry.objects.create(user=user, content_type=kinds[Lesson], object_id="1", object_repr="a lesson", action_flag=CHANGE)
    LogEntry.objects.create(
        user=administrator,
        content_type=kinds[User],
        object_id=str(user.pk),
        object_repr=NAME,
        change_message=f'["{NAME}"]',
        action_flag=CHANGE,
    )
    kind = ContentType.objects.get_for_model(Lesson)
    Entry.objects.bulk_create(
        [
            Entry(
                content_type=kind,
                object_pk="1",
                object_repr="r",
                action=Entry.Action.UPDATE,
                did="planted-deed",
                actor=user,
                actor_name=NAME,
            )
        ]
    )


def told(user):
    with export.written(user) as file:
        return json.loads(file.read().decode())


def rows_of(line, user):
    """The rows of a line of the table that are the person's."""
    model = table.model_of(line)
    if line in OF_ACCOUNTS:
        return model._base_manager.filter(**{line.column: user})
    target = model._meta.get_field(line.column).related_model
    mine = {
        one.pk for other in LINES if other.model == target._meta.label and other.fate in (DELETED, KEPT) for one in rows_of(other, user)
    }
    return model._base_manager.filter(**{f"{line.column}__in": mine})


# --- the table ---


def test_every_column_that_points_at_an_account_has_a_line_and_every_line_a_column():
    assert table.pointing_at(User) == {(line.model, line.column) for line in OF_ACCOUNTS}


def test_so_has_every_column_that_points_at_a_row_of_the_persons():
    pointing = set().union(*(table.pointing_at(model) for model in table.owned()))
    assert pointing == {(line.model, line.column) for line in table.OF_THEIR_ROWS}


def test_a_model_of_another_app_would_be_noticed():
    """A many-to-many field at the account, and a model one-to-one with a run: both are columns somewhere."""
    from django.db import models

    with isolated():

        class Diary(models.Model):  # noqa: DJ008
            readers = models.ManyToManyField(User, related_name="+")

            class Meta:
                app_label = "privacy"

        class Film(models.Model):  # noqa: DJ008
            run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="+")

            class Meta:
                app_label = "privacy"

        assert ("privacy.Diary_readers", "user") in table.pointing_at(User)
        assert ("privacy.Film", "run") in table.pointing_at(Run)
    assert ("privacy.Film", "run") not in table.pointing_at(Run)


def isolated():
    """Models made inside are forgotten afterwards."""
    from contextlib import contextmanager

    @contextmanager
    def made_and_forgotten():
        before = dict(apps.all_models["privacy"])
        try:
            yield
        finally:
            apps.all_models["privacy"].clear()
            apps.all_models["privacy"].update(before)
            apps.clear_cache()

    return made_and_forgotten()


def test_nothing_is_covered_by_neither():
    for line in LINES:
        assert line.section in {*export.SECTIONS, "account"} or line.why.startswith("not exported: "), line
        assert line.fate in (DELETED, KEPT) or line.why, f"{line} stays, and nobody says why"
    for words in WORDS:
        assert table.model_of(words)._meta.get_field(words.column), words
        assert words.becomes


def test_each_column_of_what_is_exported_is_told_or_has_a_reason_not_to_be():
    exported = {line.model for line in LINES if line.section} | {"accounts.User", "sessions.Session"}
    assert exported == set(SHAPES)
    links = {(line.model, line.column) for line in LINES}
    for model, shape in SHAPES.items():
        columns_ = {one.name for one in apps.get_model(model)._meta.concrete_fields}
        assert set(shape.told) | set(shape.left) <= columns_, model
        assert not set(shape.told) & set(shape.left), model
        assert columns_ - set(shape.told) - set(shape.left) <= {column for one, column in links if one == model}, model


# --- the file ---

MARKERS = {
    "account": [NAME, ADDRESS, "Zebrafish-First", "Zebrafish-Last", "Instructors", "add_schoolclass"],
    "email_addresses": ["second-zebrafish@stripes.example"],
    "sessions": ["expire_date"],
    "classes": ["First", "Second", "Empty", "planted-listed", "planted-invited"],
    "opened_classes": ["planted-opened"],
    "sections_read": ["planted-section"],
    "guides_done": ["planted-guide"],
    "places": ["planted-place"],
    "labs_tried": ["planted-tried"],
    "challenges_passed": ["planted-passed"],
    "runs": ["planted-run-place", "planted-run of", "planted-action", "4242", "branch", "shared"],
    "attempts": ["planted free text", "planted-verdict", "planted-override", "receipt", "in_progress", "abandoned"],
    "arrangements": ["planted-arrangement"],
    "marks": ["planted-essay"],
    "drafts": ["planted-draft"],
    "revisions": ["planted-revision"],
    "open_editors": ["9.1"],
    "decisions": ["q-word", "Essay", "check-9-1", "best_of"],
    "admin_log": ["lesson"],
    "trail": ["planted-deed"],
}


def test_the_file_has_what_was_planted_of_every_model(zebra):
    for line in LINES:
        assert rows_of(line, zebra).exists(), f"nothing was planted of {line.model}.{line.column}"
    file = told(zebra)
    assert (file["format"], file["format_version"]) == ("academy-person", 1)
    assert set(MARKERS) == {*export.SECTIONS, "account"}
    for section, planted in MARKERS.items():
        text = json.dumps(file[section], ensure_ascii=False)
        for word in planted:
            assert word in text, f"{word} is not in {section}"
    whole = json.dumps(file)
    for others in ("about alice", "alice", "ines", "kept-link"):
        assert f'"{others}' not in whole


def test_the_numbers_in_it_are_those_of_the_log(zebra):
    file = told(zebra)
    events = list(GradebookEvent.objects.filter(user=zebra).order_by("pk"))
    assert [(one["points"], one["state"]) for one in file["marks"]] == [(format(e.points, "f"), e.state) for e in events]
    first = next(one for one in file["attempts"] if one["state"] == "graded")
    grades = {one["question_version"]["question"]: one["grades"] for one in first["questions"]}
    assert [(one["kind"], one["counts"], one["points"]) for one in grades["q-votes"]] == [("auto", True, "1.00000000")]
    words = next(one for one in first["questions"] if one["question_version"]["question"] == "q-word")
    assert [one["answer"] for one in words["responses"] if one["kind"] == "final"] == ["planted free text"]
    assert first["receipt"]["code"] == Receipt.objects.get(attempt=first["id"]).code


def test_who_is_logged_in_gets_it_as_a_file(as_user, zebra):
    response = as_user(zebra).post(EXPORT)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].startswith('attachment; filename="academy-data-')
    assert response["Cache-Control"] == "no-store"
    assert response.streaming
    assert json.loads(response.getvalue().decode())["account"]["username"] == NAME


def test_a_server_that_serves_many_at_once_gets_it_in_pieces(person):
    request = AsyncRequestFactory().post(EXPORT)
    request.user = person("Åsa")
    response = views.export(request)
    assert response.is_async

    async def received():
        return [piece async for piece in response.streaming_content]

    whole = b"".join(async_to_sync(received)())
    assert json.loads(whole.decode())["account"]["username"] == "Åsa"
    assert "Åsa".encode() in whole


def test_a_guest_has_a_file_too(client):
    client.post("/accounts/guest/")
    guest = User.objects.get(is_guest=True)
    runs.create(guest, "raft", place="planted-by-a-guest")
    file = json.loads(client.post(EXPORT).getvalue())
    assert file["account"]["is_guest"] is True
    assert file["runs"][0]["place"] == "planted-by-a-guest"


def test_a_stranger_gets_nothing_and_a_look_makes_no_file(client, as_user, alice):
    assert client.post(EXPORT)["Location"].startswith("/accounts/login/")
    assert client.get(DATA)["Location"].startswith("/accounts/login/")
    assert as_user(alice).get(EXPORT).status_code == 405


def test_files_are_counted(as_user, alice):
    client = as_user(alice)
    assert [client.post(EXPORT).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_it_is_nobody_elses(as_user, zebra, bob):
    file = as_user(bob).post(EXPORT).getvalue().decode()
    assert "zebra" not in file.lower()
    assert "planted" not in file


# What is not to be seen yet


def test_what_is_not_released_is_not_in_the_file(played, scheduled, alice):
    schedule, column = scheduled(alice, score_when="released", feedback_when="released", key_when="released")
    guess = lambda item: item.dealt["options"][0]  # noqa: E731
    attempt = take(alice, schedule, {"q-votes": "b", "q-word": KEY.lower(), "q-predict": guess})
    one = told(alice)["attempts"][0]
    assert one["withheld"] == ["score", "feedback", "key"]
    assert all(each["grades"] == [] and "dealt" not in each and "seed" not in each for each in one["questions"])
    assert told(alice)["marks"] == [{"school_class": "Systems", "column": column.title, "withheld": ["log"]}]
    text = json.dumps(told(alice))
    assert KEY not in text
    assert "SAID-TO-THE-ANSWER" not in text
    assert measured(attempt) not in text
    assert not any(secret in text for secret in secrets_of(attempt))
    QuizSchedule.objects.update(score_when="at_once")
    one = told(alice)["attempts"][0]
    assert one["withheld"] == ["feedback", "key"]
    assert [len(each["grades"]) for each in one["questions"]] == [1, 1, 1, 1]
    assert told(alice)["marks"][0]["points"]
    text = json.dumps(told(alice))
    assert "SAID-TO-THE-ANSWER" not in text
    assert not any(secret in text for secret in secrets_of(attempt))
    QuizSchedule.objects.update(feedback_when="at_once")
    text = json.dumps(told(alice))
    assert "SAID-TO-THE-ANSWER" in text
    assert measured(attempt) not in text
    assert not any(secret in text for secret in secrets_of(attempt))
    QuizSchedule.objects.update(key_when="at_once")
    text = json.dumps(told(alice))
    assert told(alice)["attempts"][0]["withheld"] == []
    assert measured(attempt) in text
    assert all(secret in text for secret in secrets_of(attempt))


def measured(attempt):
    """What the answer of a prediction was computed from, as the file would have it."""
    facts = GradeEvent.objects.get(item=item_of(attempt, "q-predict")).facts
    assert facts["digest"]
    return facts["digest"]


def secrets_of(attempt):
    seeds = [str(one.dealt["seed"]) for one in attempt.items.all() if "seed" in one.dealt]
    assert len(seeds) == 2
    return [attempt.seed, *attempt.items.values_list("seed", flat=True), *seeds]


def test_an_attempt_in_progress_keeps_its_secrets(played, scheduled, alice):
    schedule, _ = scheduled(alice)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    attempts.save(attempt.pk, alice, item_of(attempt, "q-word").slot, Sent(answer="a first thought", base_rev=0))
    run = challenges.begin(item_of(attempt, "q-elect"), alice)
    runs.copy_of(run, alice, Run.Origin.BRANCH, 1)
    file = told(alice)
    text = json.dumps(file)
    assert not any(secret in text for secret in secrets_of(attempt))
    assert KEY not in text
    assert "a first thought" in text
    assert [one["withheld"] for one in file["runs"]] == [["seed", "parameters"]] * 2
    assert file["attempts"][0]["withheld"] == ["score", "feedback", "key"]
    shown = next(one["shown"] for one in file["attempts"][0]["questions"] if one["question_version"]["question"] == "q-votes")
    assert [one["html"] for one in shown["choices"]]


def test_what_waits_for_its_mark_shows_no_key_yet(scheduled, alice):
    schedule, _ = scheduled(alice, key_when="at_once")
    attempt = take(alice, schedule, {}, grade=False)
    assert told(alice)["attempts"][0]["withheld"] == ["score", "feedback", "key"]
    assert attempt.seed not in json.dumps(told(alice))


def test_a_hidden_column_is_not_told_of(taught, instructor, alice):
    made = taught(alice)
    for title, hidden in (("Essay", False), ("Conduct", True)):
        column = columns.add(made, title=title, points=Decimal(10), weight=Decimal(1), hidden_from_students=hidden)
        book.decide(column, alice, "override", actor=instructor, reason=f"why {title}", points=Decimal(3))
    text = json.dumps(told(alice))
    assert "why Essay" in text
    assert "Conduct" not in text


# --- deleting ---


def test_the_page_says_what_goes_and_what_stays_and_a_look_changes_nothing(as_user, zebra):
    before = everything()
    client = as_user(zebra)
    for path in (DATA, DELETE):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    words = " ".join(client.get(DELETE).content.decode().split())
    for said in (
        "<b>First</b>: your marks in 2 columns of the gradebook, and 2 attempts that you handed in", "<b>Second</b>: your marks in 1",
        "1 attempt in a class that is not handed in", "audit trail", "former student 7f3a9c",
    ):  # fmt: skip
        assert said in words
    assert "<b>Empty</b>" not in words
    assert before == everything()


def everything():
    """How many rows there are of each model, sessions and what counts days and hits aside."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model is not Session}


def test_a_stranger_deletes_nothing(client, zebra):
    assert client.post(DELETE, {"password": PASSWORD})["Location"].startswith("/accounts/login/")
    assert User.objects.filter(username=NAME).exists()


def test_it_comes_with_a_token_of_the_page(zebra):
    client = Client(enforce_csrf_checks=True)
    client.force_login(zebra)
    assert client.post(DELETE, {"password": PASSWORD}).status_code == 403
    assert client.post(EXPORT).status_code == 403


@pytest.mark.parametrize("posted", [{}, {"password": "wrong"}, {"password": ""}, {"name": NAME}])
def test_without_the_password_nothing_happens(as_user, zebra, posted):
    before = everything()
    client = as_user(zebra)
    response = client.post(DELETE, posted)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert before == everything()
    assert client.get("/").context["user"] == zebra


def test_passwords_are_not_guessed_there(as_user, alice):
    client = as_user(alice)
    for _ in range(5):
        client.post(DELETE, {"password": "wrong"})
    response = client.post(DELETE, {"password": PASSWORD})
    assert response.status_code == 422
    assert "Too many wrong passwords" in response.content.decode()
    assert User.objects.filter(username="alice").exists()


def traces(word):
    """Every column of every table in which the word is still found, as "table.column"."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND data_type IN ('text', 'character varying', 'character', 'jsonb', 'json', 'ARRAY', 'tsvector')"
        )
        found = []
        for name, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{name}" WHERE "{column}"::text ILIKE %s', [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(f"{name}.{column}")
    return sorted(found)


def test_with_marks_the_name_goes_and_the_numbers_stay(as_user, zebra, alice):
    first = SchoolClass.objects.get(name="First")
    before, sums, entries = numbers(), totals(first), Entry.objects.count()
    assert len(traces(NAME)) > 10
    elsewhere, client = as_user(zebra), as_user(zebra)
    response = client.post(DELETE, {"password": PASSWORD})
    assert response["Location"] == "/"
    left = User.objects.get(pk=zebra.pk)
    assert erasure.PSEUDONYM.fullmatch(left.username)
    assert f"“{left.username}”" in client.get("/").content.decode()

    assert [one for one in traces(NAME) + traces("stripes.example") if not one.startswith("audit_entry.")] == []
    assert Entry.objects.count() == entries + 1
    last = Entry.objects.latest("pk")
    assert (last.actor_id, last.actor_name, last.object_repr, last.did) == (None, "", left.username, "deleted their own account")

    assert numbers() == before
    assert totals(first) == sums
    for one in SchoolClass.objects.all():
        assert proof.of_class(one).differences == []
    row = next(row for row in grid.of_class(first).rows if row.seat.user_id == left.pk)
    assert row.name == left.username
    assert as_user(User.objects.get(username="ines")).get(f"/classes/{first.pk}/gradebook/").status_code == 200

    assert (left.email, left.first_name, left.last_name, left.last_login, left.seen_on) == ("", "", "", None, None)
    assert not (left.is_active or left.is_staff or left.is_superuser or left.has_usable_password())
    for each in (client, elsewhere):
        assert not each.get("/").context["user"].is_authenticated
    assert not any(one.get_decoded().get("_auth_user_id") == str(left.pk) for one in Session.objects.all())


def test_each_line_of_the_table_holds(zebra):
    name = erasure.erase(zebra.pk, "test")
    assert name
    for line in OF_ACCOUNTS:
        left = rows_of(line, zebra).count()
        assert left > 0 if line.fate in (KEPT, STAYS) else left == 0, line
    classes_ = {"First", "Second"}
    assert set(Membership.objects.filter(user=zebra).values_list("school_class__name", flat=True)) == classes_
    assert set(PolicyOverride.objects.filter(user=zebra).values_list("schedule__school_class__name", flat=True)) == {"Second"}
    kept = Attempt.objects.filter(user=zebra)
    assert set(kept.values_list("school_class__name", "state")) == {("First", "graded"), ("Second", "graded")}
    assert ResponseEvent.objects.filter(item__attempt__in=kept, answer="planted free text", kind="final").exists()
    assert Receipt.objects.filter(attempt__in=kept).count() == 3
    assert ChallengeAttempt.objects.get().run is None
    assert not Run.objects.exists()
    # What was done to others stands, without the name.
    assert GradeEvent.objects.filter(reason="about alice", actor=None).exists()
    assert GradebookEvent.objects.filter(reason="about alice", actor=None).exists()
    assert Lesson.objects.get().revisions.filter(note="planted-revision", author=None).exists()
    assert SchoolClass.objects.get(name="planted-opened").created_by is None


def test_an_open_invitation_keeps_its_link_and_loses_the_address(zebra):
    erasure.erase(zebra.pk, "test")
    left = Invitation.objects.get()
    assert (left.token_hash, left.name, left.email) == ("kept-link", erasure.NO_NAME, "")


def test_the_logs_refuse_more_than_that(zebra):
    """What erasure may empty is what the database lets go, and nothing else."""
    for rows, change in (
        (GradebookEvent.objects, {"reason": ""}),
        (PolicyOverride.objects, {"reason": ""}),
        (Entry.objects, {"actor_name": ""}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)


def test_again_it_changes_nothing(zebra):
    name = erasure.erase(zebra.pk, "test")
    before, counted, sums = everything(), Entry.objects.count(), numbers()
    assert erasure.erase(zebra.pk, "test") == name
    assert (everything(), Entry.objects.count(), numbers()) == (before, counted, sums)


def test_without_marks_nothing_is_left(as_user, alice, taught):
    taught(alice)
    runs.create(alice, "raft")
    client = as_user(alice)
    response = client.post(DELETE, {"password": PASSWORD}, follow=True)
    assert "Your account is deleted." in response.content.decode()
    assert not User.objects.filter(pk=alice.pk).exists()
    assert Membership.objects.filter(role=Role.STUDENT).count() == 0
    assert [one for one in traces("alice") if not one.startswith("audit_entry.")] == []
    assert Entry.objects.latest("pk").object_repr == f"account {alice.pk}"
    assert erasure.erase(alice.pk, "test") == ""


def test_a_guest_leaves_and_is_deleted(client):
    client.post("/accounts/guest/")
    guest = User.objects.get(is_guest=True)
    runs.create(guest, "raft")
    page = client.get(DELETE).content.decode()
    assert "Leave and delete" in page
    assert client.post(DELETE, {"name": "guest-somebody-else"}).status_code == 422
    assert client.post(DELETE, {"name": f" {guest.username} "})["Location"] == "/"
    assert not User.objects.exists()
    assert not Run.objects.exists()
    assert traces(guest.username) == []
    assert not client.get("/").context["user"].is_authenticated


def test_what_was_begun_in_class_and_not_handed_in_is_deleted_and_what_was_due_is_handed_in(scheduled, alice):
    schedule, column = scheduled(alice, time_limit_s=60)
    running = attempts.begin(alice, schedule.quiz, schedule.school_class)
    Attempt.objects.filter(pk=running.pk).update(started_at=policy.now() - HOUR, deadline_at=policy.now() - HOUR)
    AttemptItem.objects.filter(pk=item_of(running, "q-votes").pk).update(draft="b", draft_rev=1)
    assert erasure.erase(alice.pk, "test")
    running.refresh_from_db()
    assert (running.state, running.finalize_reason) == (State.SUBMITTED, "time")
    assert marking.grade(running.pk)
    assert column.events.get(user=alice).points > 0


def test_an_attempt_that_is_not_handed_in_keeps_nobody_here(scheduled, alice):
    schedule, _ = scheduled(alice)
    attempts.begin(alice, schedule.quiz, schedule.school_class)
    assert erasure.erase(alice.pk, "test") == ""
    assert not Attempt.objects.exists()
    assert not User.objects.filter(pk=alice.pk).exists()


def test_who_left_the_class_is_kept_in_its_log_without_a_seat(taught, instructor, alice):
    made = taught(alice)
    column = columns.add(made, title="Essay", points=Decimal(10), weight=Decimal(1))
    book.decide(column, alice, "override", actor=instructor, reason="good", points=Decimal(9))
    members.leave(Membership.objects.get(user=alice))
    before = numbers()
    assert erasure.erase(alice.pk, "test")
    assert numbers() == before
    assert not Membership.objects.filter(user=alice).exists()


# --- who is needed ---


def test_the_only_instructor_of_a_class_stays_until_there_is_another(as_user, instructor, taught, person):
    made = taught(name="Systems")
    client = as_user(instructor)
    words = client.get(DELETE).content.decode()
    assert "Systems: This is the class&#x27;s only instructor. Make somebody else one first, or archive the class." in words
    assert '<button class="button">Delete' not in words
    assert client.post(DELETE, {"password": PASSWORD}).status_code == 409
    assert User.objects.filter(pk=instructor.pk).exists()
    with pytest.raises(erasure.Refused, match="only instructor"):
        erasure.erase(instructor.pk, "test")
    members.archive(made)
    assert erasure.erase(instructor.pk, "test") == ""
    assert SchoolClass.objects.get().created_by is None


def test_the_last_administrator_stays(as_user, administrator, person):
    person("gone", is_superuser=True, is_active=False)
    response = as_user(administrator).post(DELETE, {"password": PASSWORD})
    assert response.status_code == 409
    assert "only administrator" in response.content.decode()
    other = person("another", is_superuser=True)
    assert erasure.erase(administrator.pk, "test") == ""
    with pytest.raises(erasure.Refused, match="only administrator"):
        erasure.erase(other.pk, "test")


# --- the commands ---


def out_of(*command):
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_would_do_and_does_it_with_yes(zebra):
    before = everything()
    said = out_of("delete_account", NAME)
    assert "Kept without the name for First: 2 attempts handed in, 2 columns of the gradebook." in said
    assert "--yes" in said
    assert before == everything()
    assert "is deleted. What classes keep stands under 'former student " in out_of("delete_account", NAME.upper(), "--yes")
    assert "Nothing was done." in out_of("delete_account", NAME, "--yes")


def test_the_command_refuses_as_the_page_does(administrator):
    with pytest.raises(CommandError, match="only administrator"):
        call_command("delete_account", "adam", "--yes")


def test_the_command_writes_the_file(zebra, tmp_path):
    assert json.loads(out_of("export_data", NAME))["account"]["email"] == ADDRESS
    target = tmp_path / "zebra.json"
    call_command("export_data", NAME, "--out", str(target))
    assert json.loads(target.read_text())["account"]["email"] == ADDRESS
    with pytest.raises(CommandError, match="not there yet"):
        call_command("export_data", NAME, "--out", str(target))
    with pytest.raises(CommandError, match="no account named"):
        call_command("export_data", "nobody")


# --- by law ---


def test_what_the_trail_keeps_can_be_taken_out_by_law_as_written_down(zebra, root):
    """The statements in the docs, run as they stand there but for the two values."""
    pk, name = zebra.pk, erasure.erase(zebra.pk, "test")
    text = (root / "docs" / "decisions" / "privacy.md").read_text()
    statements = text.split("```sql\n")[1].split("```")[0].replace("4711", str(pk)).replace("old-name", NAME)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements.replace("BEGIN;", "").replace("COMMIT;", "").split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    assert traces(NAME) == []
    assert name
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.update(did="")


def test_links_lead_there(as_user, alice, client):
    assert f'href="{DATA}"' in as_user(alice).get("/accounts/password/change/").content.decode()
    client.post("/accounts/guest/")
    assert f'href="{DELETE}"' in client.get("/accounts/logout/").content.decode()
    assert guests.IDLE_DAYS == 30  # "after a month", as that page says


# --- the administration ---


def test_the_administration_deletes_no_account_and_says_which_door_does(as_user, administrator, alice, quiz):
    """Practice that no gradebook protects would go with the row, and no trail would say so."""
    attempts.begin(alice, quiz)
    client = as_user(administrator)
    users = "/admin/accounts/user/"
    assert client.get(f"{users}{alice.pk}/delete/").status_code == 403
    assert client.post(f"{users}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
    client.post(users, chosen)
    assert User.objects.filter(pk=alice.pk).exists()
    assert "delete_selected" not in client.get(users).content.decode()
    shown = client.get(f"{users}{alice.pk}/change/").content.decode()
    assert f"{users}{alice.pk}/delete/" not in shown
    assert "python3 manage.py delete_account alice</code>" in shown
    alice.username = "al ice$(x)"
    alice.save()
    assert "delete_account &#x27;al ice$(x)&#x27;" in client.get(f"{users}{alice.pk}/change/").content.decode()
