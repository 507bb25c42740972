"""The gradebook: what the table shows and to whom, why a number is what it is, decisions by hand, columns, and the proof from the logs."""

import datetime
import io
import json
import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from academy.classes import members
from academy.classes.models import How, Membership, Role, SchoolClass
from academy.gradebook import book, bulk, columns, grid, numbers, proof
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import attempts, marking, policy
from academy.quizzes.attempts import Sent
from academy.quizzes.models import Attempt, GradeEvent, PolicyOverride, QuizSchedule
from lessons import revisions
from lessons.models import Quiz

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
QUIZ = """
::::{quiz} check-9-1
:title: Check *yourself*

:::{question} q-votes
:type: single
:points: 1
:concepts: majority
How many votes make a leader of five?

- [ ] {a} 2 | Two candidates could both have two.
- [x] {b} 3 | Two majorities share a server.
:::
:::{question} q-word
:type: short
:points: 3
:concepts: majority
More than half is called?

- [x] majority
:::
::::
"""
RIGHT = {"q-votes": "b", "q-word": "majority"}


@pytest.fixture
def school(taught, alice, bob):
    return taught(alice, bob)


@pytest.fixture
def quiz(school, lesson_source):
    """A quiz set for the class, with its column of 100 points. It was due an hour ago; late work keeps 80 % for a day."""
    revisions.take_file(lesson_source(extra=QUIZ))
    at = policy.now()
    schedule = QuizSchedule.objects.create(
        quiz=Quiz.objects.get(),
        school_class=school,
        opens_at=at - 3 * HOUR,
        due_at=at - HOUR,
        closes_at=at + HOUR,
        late=[[24, 80]],
        shuffle=False,
    )
    return book.add_schedule(schedule)


@pytest.fixture
def essay(school):
    return columns.add(school, title="Essay", points=Decimal(50), weight=Decimal(2))


@pytest.fixture
def take():
    """An attempt, handed in and marked; `late` by how many hours it came after the due date (none: before it)."""

    def make(column, user, answers, late=None):
        schedule = QuizSchedule.objects.get(pk=column.schedule_id)
        attempt = attempts.begin(user, schedule.quiz, schedule.school_class)
        sent = {
            item.slot: Sent(answer=answers.get(item.question_version.question.uid), base_rev=item.draft_rev)
            for item in attempt.items.select_related("question_version__question")
        }
        attempts.submit(attempt.pk, user, attempt.submit_key, sent)
        hours = -1 if late is None else late
        Attempt.objects.filter(pk=attempt.pk).update(submitted_at=schedule.due_at + hours * HOUR)
        assert marking.grade(attempt.pk)
        return attempt

    return make


@pytest.fixture
def assistant(person, school):
    user = person("tom")
    seat, _ = members.seat(school, user, How.CODE)
    Membership.objects.filter(pk=seat.pk).update(role=Role.ASSISTANT)
    return user


def seat_of(school, user):
    return Membership.objects.get(school_class=school, user=user)


def page(response):
    return response.content.decode()


def address(school, column=None, user=None):
    base = f"/classes/{school.pk}/gradebook/"
    if user is not None:
        return f"{base}cells/{column.pk}/{seat_of(school, user).pk}/"
    return base if column is None else f"{base}columns/{column.pk}/"


def row_of(school, user):
    return next(row for row in grid.of_class(school).rows if row.seat.user_id == user.pk)


def words(html):
    """A page as it is read: without markup, every run of space one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- the table ---


def test_the_table_shows_points_totals_by_weight_and_means(as_user, instructor, school, quiz, essay, take, alice, bob):
    take(quiz, alice, RIGHT)
    take(quiz, bob, {"q-votes": "b"})  # 1 of 4
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(25))
    rows = {row.name: row for row in grid.of_class(school).rows}
    assert (rows["alice"].points, rows["bob"].points) == ([100, 25], [25, None])
    assert rows["alice"].total == (1 * 1 + Decimal("0.5") * 2) / 3  # the essay weighs twice
    assert rows["bob"].total == Decimal("0.25")  # an empty cell is in no sum
    shown = page(as_user(instructor).get(address(school)))
    assert "66.67 %" in shown and "25 %" in shown
    foot = words(shown[shown.index("<tfoot") : shown.index("</tfoot")])
    assert foot.strip() == "Mean of the class 45.83 % 62.5 25"


def test_each_state_has_a_word(as_user, instructor, school, quiz, essay, take, alice, bob, person):
    carol = person("carol")
    members.seat(school, carol, How.CODE)
    take(quiz, alice, RIGHT, late=2)
    book.decide(quiz, bob, "exempt", actor=instructor, reason="Ill")
    book.decide(quiz, carol, "override", actor=instructor, reason="Oral", points=Decimal(70))
    shown = page(as_user(instructor).get(address(school)))
    assert "<td class=late>80<i>late</i>" in shown
    assert "<td class=exempt><i>exempt</i>" in shown
    assert "<td class=hand>70<i>by hand</i>" in shown
    assert "<td class=empty>–" in shown


def test_what_waits_for_its_mark_says_so(school, quiz, alice):
    schedule = quiz.schedule
    attempt = attempts.begin(alice, schedule.quiz, school)
    attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    assert row_of(school, alice).signs == ["waits"]


def test_a_late_attempt_that_is_not_the_best_leaves_no_sign(school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    take(quiz, alice, RIGHT, late=2)
    assert row_of(school, alice).signs == [""]
    QuizSchedule.objects.update(aggregate="last")
    book.repost(QuizSchedule.objects.get())
    assert (row_of(school, alice).signs, row_of(school, alice).points) == (["late"], [80])


def test_it_is_sorted_and_searched(as_user, instructor, school, essay, alice, bob, person):
    carol = person("carol")
    members.seat(school, carol, How.CODE)
    for user, points in ((alice, 10), (carol, 30)):
        book.decide(essay, user, "override", actor=instructor, reason="Read", points=Decimal(points))
    client = as_user(instructor)

    def names(query):
        body = page(client.get(address(school) + query)).split("<tbody>")[1].split("</tbody>")[0]
        return re.findall(r'<th scope="row"><a [^>]+>(\w+)</a>', body)

    assert names("") == ["alice", "bob", "carol"]
    assert names("?sort=-name") == ["carol", "bob", "alice"]
    assert names(f"?sort={essay.pk}") == ["alice", "carol", "bob"]  # who has nothing comes last, either way
    assert names(f"?sort=-{essay.pk}") == names("?sort=-total") == ["carol", "alice", "bob"]
    assert names("?q=CAR") == ["carol"]
    assert names("?sort=nonsense") == ["alice", "bob", "carol"]
    assert 'aria-sort="descending"' in page(client.get(address(school) + f"?sort=-{essay.pk}"))


def test_the_number_of_queries_does_not_grow(as_user, instructor, school, quiz, essay, take, alice, bob, person):
    client = as_user(instructor)
    urls = [
        address(school),
        f"/classes/{school.pk}/gradebook/columns/",
        f"/classes/{school.pk}/gradebook/grades.csv",
        address(school, quiz),
    ]
    take(quiz, alice, RIGHT, late=2)

    def queries(url):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        return len(seen)

    client.get("/classes/")  # the first request of a user writes down that they were seen
    before = [queries(url) for url in urls]
    for n in range(6):
        more = columns.add(school, title=f"Talk {n}", points=Decimal(10), weight=Decimal(1))
        user = person(f"student-{n}")
        members.seat(school, user, How.CODE)
        take(quiz, user, RIGHT, late=2)
        book.decide(more, user, "override", actor=instructor, reason="Heard", points=Decimal(5))
    assert [queries(url) for url in urls] == before
    assert before[0] <= 12


def test_titles_and_names_are_text(as_user, instructor, school, alice):
    Membership.objects.filter(user=alice).update(listed_as="<b>Al</b>")
    columns.add(school, title="<script>alert(1)</script>", points=Decimal(10), weight=Decimal(1))
    column = Column.objects.get()
    book.decide(column, alice, "override", actor=instructor, reason="<img src=x>", points=Decimal(5))
    client = as_user(instructor)
    cell = address(school, column, alice)
    for url in (address(school), address(school, column), cell, f"/classes/{school.pk}/gradebook/columns/"):
        shown = page(client.get(url))
        assert "<script>alert" not in shown and "<b>Al" not in shown and "<img src=x" not in shown
    assert "&lt;img src=x&gt;" in page(client.get(cell))


# --- why this number ---


def test_a_number_is_spelled_out_so_that_it_can_be_checked_by_hand(as_user, instructor, school, quiz, essay, take, alice):
    take(quiz, alice, {"q-votes": "b"})
    take(quiz, alice, RIGHT, late=2)
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(25))
    shown = words(page(as_user(instructor).get(address(school, quiz, alice))))
    for line in (
        "1 + 0 = 1 of 4 points: 1 ÷ 4 = 0.25.",
        "1 + 3 = 4 of 4 points: 4 ÷ 4 = 1.",
        "It came 2 h after it was due: 80 % of it count. 1 × 0.8 = 0.8.",
        "Of 0.25, 0.8 the best counts: 0.8. 0.8 × 100 points = 80.",
        "In the total: 80 ÷ 100 = 0.8, times the weight 1 = 0.8.",
        "All 2 columns that count so far: 1.8 ÷ 3 (the sum of their weights) = 60 %.",
        "Computed anew from 4 marks in 2 attempts: 80 of 100. The log&#x27;s grade: 80 of 100. They agree.",
    ):
        assert line in shown, line
    assert shown.count("graded, version 1 of the question") == 4


@pytest.mark.parametrize(("aggregate", "said"), [("last", "Of 1, 0.25 the last counts: 0.25."), ("mean", "(1 + 0.25) ÷ 2 = 0.625.")])
def test_other_ways_to_aggregate_are_spelled_out_too(as_user, instructor, school, quiz, take, alice, aggregate, said):
    QuizSchedule.objects.update(aggregate=aggregate)
    take(quiz, alice, RIGHT)
    take(quiz, alice, {"q-votes": "b"})
    shown = words(page(as_user(instructor).get(address(school, quiz, alice))))
    assert said in shown and "They agree." in shown


def test_who_decided_what_and_why_is_told(as_user, instructor, school, quiz, take, alice):
    attempt = take(quiz, alice, {"q-votes": "b"})
    item = attempt.items.get(question_version__question__uid="q-word")
    marking.decide(item, "manual", actor=instructor, reason="Said it aloud", fraction=Decimal("0.5"))
    PolicyOverride.objects.create(schedule=quiz.schedule, user=alice, attempts_max=5, reason="Was ill", actor=instructor)
    book.decide(quiz, alice, "override", actor=instructor, reason="Agreed", points=Decimal(90))
    book.decide(quiz, alice, "lifted", actor=instructor, reason="A mistake")
    shown = words(page(as_user(instructor).get(address(school, quiz, alice))))
    for said in ("graded by hand", "by ines", "Said it aloud", "attempts 5: Was ill", "set by hand: 90 of 100: Agreed", "A mistake"):
        assert said in shown, said
    assert "62.5 of 100" in shown and "They agree." in shown


def test_a_log_that_says_something_else_is_told(as_user, instructor, school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    newest = GradebookEvent.objects.latest("pk")
    GradebookEvent.objects.create(
        school_class=school, user=alice, column=quiz, points=Decimal(1), max=newest.max, state="graded", why=newest.why
    )
    assert "They differ" in page(as_user(instructor).get(address(school, quiz, alice)))


# --- decisions by hand ---


def test_a_number_is_set_exempted_and_taken_back(as_user, instructor, school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    client, url = as_user(instructor), address(school, quiz, alice)
    client.post(url, {"do": "override", "points": "12.5", "reason": "Copied"})
    assert (row_of(school, alice).points, row_of(school, alice).signs) == ([Decimal("12.5")], ["hand"])
    client.post(url, {"do": "exempt", "reason": "Ill after all"})
    assert (row_of(school, alice).points, row_of(school, alice).total) == ([None], None)
    client.post(url, {"do": "lifted", "reason": "Was not"})
    assert (row_of(school, alice).points, row_of(school, alice).signs) == ([100], [""])
    assert [(e.state, e.actor) for e in GradebookEvent.objects.all()][1:] == [(s, instructor) for s in ("override", "exempt", "lifted")]


@pytest.mark.parametrize("typed", ["NaN", "Infinity", "-1", "1e2", "100.001", "101", "12,5", "٣", "0x10", "9" * 400, "", "5 %", "+5"])
def test_what_is_no_number_of_points_is_refused_and_stays_as_typed(as_user, instructor, school, quiz, alice, typed):
    response = as_user(instructor).post(address(school, quiz, alice), {"do": "override", "points": typed, "reason": "Because of it"})
    assert response.status_code == 422
    assert 'value="Because of it"' in page(response)
    if typed:
        assert f'value="{typed}"' in page(response)
    assert not GradebookEvent.objects.exists()


def test_a_reason_is_needed(as_user, instructor, school, quiz, alice):
    for do in ("override", "exempt", "lifted"):
        response = as_user(instructor).post(address(school, quiz, alice), {"do": do, "points": "50", "reason": "  "})
        assert (response.status_code, "Say why" in page(response)) == (422, True)
    assert not GradebookEvent.objects.exists()


def test_nothing_to_take_back_is_said(as_user, instructor, school, quiz, alice):
    response = as_user(instructor).post(address(school, quiz, alice), {"do": "lifted", "reason": "x"})
    assert "Nothing was decided by hand" in page(response)


def test_beside_the_table_comes_a_piece_and_what_the_table_shows_now(as_user, instructor, school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    client, url = as_user(instructor, headers={"HX-Request": "true"}), address(school, quiz, alice)
    assert "<html" not in page(client.get(url)) and "They agree." in page(client.get(url))
    response = client.post(url, {"do": "override", "points": "40", "reason": "Copied"})
    told = json.loads(response["HX-Trigger"])["gradebook:cell"]
    assert (told["column"], told["number"], told["sign"], told["total"]) == (quiz.pk, "40", "hand", "40 %")
    assert "<html" not in page(response) and "It is written down." in page(response)


# --- who may ---


def every_address(school, column, user):
    base = f"/classes/{school.pk}/gradebook/"
    seat = seat_of(school, user).pk
    looks = ["", f"students/{seat}/", f"cells/{column.pk}/{seat}/", "columns/", f"columns/{column.pk}/", "grades.csv"]
    return [base + path for path in looks], [
        base + path for path in (f"cells/{column.pk}/{seat}/", "columns/", f"columns/{column.pk}/", "import/")
    ]


def statuses(client, urls, method="get"):
    return {getattr(client, method)(url).status_code for url in urls}


def test_strangers_find_nothing_and_students_are_refused(as_user, client, person, school, quiz, alice, bob, administrator):
    looks, changes = every_address(school, quiz, alice)
    assert statuses(client, looks) == {302}
    other = person("otto", is_staff=True)
    other.groups.set(administrator.groups.all())
    for stranger in (person("charlie"), other):
        assert statuses(as_user(stranger), looks) == statuses(as_user(stranger), changes, "post") == {404}
    assert statuses(as_user(bob), looks) == statuses(as_user(bob), changes, "post") == {403}
    assert not GradebookEvent.objects.exists() and Column.objects.count() == 1


def test_another_classes_instructor_finds_nothing_and_its_cells_are_not_in_this_class(
    as_user, person, school, quiz, alice, instructor, taught
):

    other = person("olga", is_staff=True)
    other.groups.add(Group.objects.get(name="Instructors"))
    theirs = members.open_class(other, SchoolClass(name="Theirs"))
    looks, changes = every_address(school, quiz, alice)
    assert statuses(as_user(other), looks) == statuses(as_user(other), changes, "post") == {404}
    seat = seat_of(school, alice).pk
    assert as_user(other).get(f"/classes/{theirs.pk}/gradebook/cells/{quiz.pk}/{seat}/").status_code == 404
    assert as_user(other).get(f"/classes/{theirs.pk}/gradebook/students/{seat}/").status_code == 404
    assert as_user(other).get(f"/classes/{'9' * 30}/gradebook/").status_code == 404


def test_an_assistant_looks_and_changes_nothing(as_user, school, quiz, alice, assistant):
    looks, changes = every_address(school, quiz, alice)
    client = as_user(assistant)
    assert statuses(client, looks) == {200}
    assert "Set it" not in page(client.get(address(school, quiz, alice)))
    assert "<form" not in page(client.get(address(school, quiz))).split("<main")[1]
    assert statuses(client, changes, "post") == {403}
    assert client.post(address(school, quiz, alice), {"do": "override", "points": "5", "reason": "x"}).status_code == 403
    assert not GradebookEvent.objects.exists()


def test_an_archived_class_is_read_and_not_changed(as_user, instructor, school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    members.archive(school)
    looks, changes = every_address(school, quiz, alice)
    client = as_user(instructor)
    assert statuses(client, looks) == {200}
    assert "Set it" not in page(client.get(address(school, quiz, alice)))
    assert statuses(client, changes, "post") == {404}
    assert client.post(address(school, quiz, alice), {"do": "override", "points": "5", "reason": "x"}).status_code == 404
    with pytest.raises(book.Refused, match="archived"):
        columns.add(school, title="Talk", points=Decimal(1), weight=Decimal(1))
    assert as_user(alice).get(f"/classes/{school.pk}/marks/").status_code == 200


def test_who_has_not_agreed_is_in_no_row(as_user, instructor, school, quiz, person):
    carol = person("carol")
    members.seat(school, carol, How.HAND)
    assert [row.name for row in grid.of_class(school).rows] == ["alice", "bob"]
    assert as_user(instructor).get(address(school, quiz, carol)).status_code == 404


# --- columns ---


def test_a_column_is_added_changed_hidden_and_moved(as_user, instructor, school, essay, alice):
    client = as_user(instructor)
    added = {"title": "Talk", "points": "20", "weight": "0.5", "hidden_from_students": "on"}
    client.post(f"/classes/{school.pk}/gradebook/columns/", added)
    talk = Column.objects.get(title="Talk")
    assert (talk.points, talk.weight, talk.hidden_from_students) == (20, Decimal("0.5"), True)
    client.post(address(school, talk), {"do": "save", "title": "A talk", "points": "10", "weight": "3"})
    talk.refresh_from_db()
    assert (talk.title, talk.points, talk.weight, talk.hidden_from_students) == ("A talk", 10, 3, False)
    client.post(address(school, talk), {"do": "move", "place": "1"})
    assert [str(one) for one in grid.live(school)] == ["A talk", "Essay"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "Essay"},
        {"title": "essay"},
        {"points": "0"},
        {"points": "1e3"},
        {"points": "1001"},
        {"weight": "-1"},
        {"weight": "NaN"},
    ],
)
def test_a_column_that_cannot_be_says_why_and_keeps_what_was_typed(as_user, instructor, school, essay, wrong):
    sent = {"title": "Talk", "points": "20", "weight": "1"} | wrong
    response = as_user(instructor).post(f"/classes/{school.pk}/gradebook/columns/", sent)
    assert response.status_code == 422 and "errorlist" in page(response)
    assert all(f'value="{value}"' in page(response) for value in sent.values() if value)
    assert Column.objects.count() == 1


def test_other_points_leave_everybody_their_share(as_user, instructor, school, quiz, essay, take, alice, bob):
    take(quiz, alice, {"q-votes": "b"})
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(40))
    before = row_of(school, alice).total
    for column, points in ((quiz, 40), (essay, 100)):
        columns.change(column, points=Decimal(points))
    assert (row_of(school, alice).points, row_of(school, alice).total) == ([10, 80], before)
    quiz.refresh_from_db()
    assert book.cells(school)[alice.pk, quiz.pk].max == 40  # a quiz's grades are posted anew
    shown = words(page(as_user(instructor).get(address(school, essay, alice))))
    assert "Set by hand to 40 of 50." in shown and "It was out of 50; the column has 100 points now: 80." in shown
    assert proof.of_class(school).differences == []


def test_a_column_is_removed_after_saying_what_happens_and_put_back(as_user, instructor, school, quiz, essay, take, alice, bob):
    take(quiz, alice, {"q-votes": "b"})
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(50))
    client, url = as_user(instructor), address(school, essay)
    shown = words(page(client.get(url)))
    assert "1 student has a grade in it. Without it the total of 1 changes, most for alice: −50 in percent." in shown  # 75 to 25
    book.decide(essay, bob, "override", actor=instructor, reason="Read", points=Decimal(10))
    refused = client.post(url, {"do": "remove", "graded": "1"}, follow=True)
    assert "Nothing was removed: 2 students have a grade in it now" in page(refused)
    client.post(url, {"do": "remove", "graded": "2"})
    assert [str(one) for one in grid.live(school)] == [str(quiz)]
    assert row_of(school, alice).total == Decimal("0.25") and GradebookEvent.objects.filter(column=essay).count() == 2
    assert client.get(address(school, essay, alice)).status_code == 404
    client.post(url, {"do": "back"})
    assert row_of(school, alice).total == Decimal("0.75")


def test_marks_that_come_while_a_column_is_removed_count_when_it_is_back(school, quiz, take, alice):
    columns.remove(quiz, graded=0)
    take(quiz, alice, RIGHT)
    assert row_of(school, alice).points == []
    columns.put_back(quiz)
    assert row_of(school, alice).points == [100]


# --- missing work ---


def close(column, hours=-1):
    QuizSchedule.objects.filter(pk=column.schedule_id).update(closes_at=policy.now() + hours * HOUR + HOUR / 2)


def test_missing_work_counts_as_nothing_only_when_told_and_only_where_it_is_missing(
    as_user, instructor, school, quiz, take, alice, bob, person
):
    carol, dora, eve = (person(name) for name in ("carol", "dora", "eve"))
    for user in (carol, dora, eve):
        members.seat(school, user, How.CODE)
    take(quiz, alice, RIGHT)
    book.decide(quiz, carol, "exempt", actor=instructor, reason="Ill")
    PolicyOverride.objects.create(schedule=quiz.schedule, user=dora, closes_at=policy.now() + 5 * HOUR, reason="Later", actor=instructor)
    attempts.begin(eve, quiz.schedule.quiz, school)  # in progress
    client, url = as_user(instructor), address(school, quiz)
    with pytest.raises(book.Refused, match="not closed"):
        bulk.count_missing(quiz, actor=instructor)
    close(quiz)
    assert row_of(school, bob).total is None
    assert "1 student has nothing here: bob" in words(page(client.get(url)))
    client.post(url, {"do": "zeros"})
    points = {row.name: (row.points[0], row.signs[0]) for row in grid.of_class(school).rows}
    assert points == {"alice": (100, ""), "bob": (0, "zero"), "carol": (None, "exempt"), "dora": (None, "empty"), "eve": (None, "empty")}
    client.post(url, {"do": "zeros"})
    assert GradebookEvent.objects.filter(user=bob).count() == 1  # once
    assert proof.of_class(school).differences == []


def test_work_that_comes_after_all_counts_in_place_of_the_zero(instructor, school, quiz, take, bob, alice):
    close(quiz)
    assert bulk.count_missing(Column.objects.get(), actor=instructor) == 2
    assert book.repost(QuizSchedule.objects.get()) == 0 and row_of(school, bob).points == [0]
    close(quiz, hours=5)
    take(quiz, bob, RIGHT)
    assert (row_of(school, bob).points, row_of(school, bob).signs) == ([100], [""])
    assert bulk.take_back_missing(Column.objects.get(), actor=instructor) == 1
    assert (row_of(school, alice).points, row_of(school, bob).points) == ([None], [100])
    assert proof.of_class(school).differences == []


# --- what students see ---


def test_students_see_their_own_row(as_user, instructor, school, quiz, essay, take, alice, bob):
    take(quiz, alice, RIGHT, late=2)
    take(quiz, bob, {"q-votes": "b"})
    book.decide(essay, bob, "override", actor=instructor, reason="Read", points=Decimal(37))
    client = as_user(alice)
    shown = words(page(client.get(f"/classes/{school.pk}/marks/")))
    assert "Total so far: 80 %" in shown and "80 of 100 late" in shown and "weight 2" in shown
    assert "bob" not in shown and "37" not in shown
    why = page(client.get(f"/classes/{school.pk}/marks/{quiz.pk}/"))
    assert "1 × 0.8 = 0.8." in words(why) and f"/attempts/{Attempt.objects.get(user=alice).pk}/" in why
    assert "Set it" not in why and "ines" not in words(why)


def test_reasons_of_decisions_are_told_without_names(as_user, instructor, school, quiz, take, alice):
    book.decide(quiz, alice, "override", actor=instructor, reason="Agreed in the oral", points=Decimal(90))
    PolicyOverride.objects.create(schedule=quiz.schedule, user=alice, attempts_max=5, reason="Was ill", actor=instructor)
    shown = words(page(as_user(alice).get(f"/classes/{school.pk}/marks/{quiz.pk}/")))
    assert "Agreed in the oral" in shown and "Was ill" in shown and "ines" not in shown


def test_a_hidden_column_is_not_there(as_user, instructor, school, quiz, essay, take, alice):
    take(quiz, alice, RIGHT)
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(13))
    columns.change(essay, hidden_from_students=True)
    client = as_user(alice)
    shown = words(page(client.get(f"/classes/{school.pk}/marks/")))
    assert "Essay" not in shown and "Total so far: 100 %" in shown
    assert client.get(f"/classes/{school.pk}/marks/{essay.pk}/").status_code == 404


@pytest.mark.parametrize("when", ["closed", "released", "never"])
def test_no_number_is_shown_before_its_release_and_none_can_be_worked_out(as_user, instructor, school, quiz, essay, take, alice, when):
    take(quiz, alice, {"q-votes": "b"})
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(50))
    QuizSchedule.objects.update(score_when=when)
    client = as_user(alice)
    for _ in range(2):
        shown = words(page(client.get(f"/classes/{school.pk}/marks/")))
        assert "Total so far: 100 %" in shown and "shown later" in shown and "25" not in shown.split("Your marks")[-1].split("weight")[0]
        why = words(page(client.get(f"/classes/{school.pk}/marks/{quiz.pk}/")))
        assert "not shown yet" in why and "25" not in why
        other = words(page(client.get(f"/classes/{school.pk}/marks/{essay.pk}/")))
        assert "The one column that counts" in other
        book.decide(quiz, alice, "override", actor=instructor, reason="By hand", points=Decimal(25))  # neither a number set by hand
    book.decide(quiz, alice, "lifted", actor=instructor, reason="x")
    if when == "never":
        return
    close(quiz)
    QuizSchedule.objects.update(released_at=policy.now())
    assert "25 of 100" in words(page(client.get(f"/classes/{school.pk}/marks/")))


def test_staff_are_led_to_the_table_and_strangers_to_nothing(as_user, instructor, school, person, quiz):
    assert as_user(instructor).get(f"/classes/{school.pk}/marks/")["Location"] == address(school)
    assert as_user(instructor).get(f"/classes/{school.pk}/marks/{quiz.pk}/").status_code == 404
    assert as_user(person("charlie")).get(f"/classes/{school.pk}/marks/").status_code == 404


def test_the_class_leads_there(as_user, instructor, school, alice):
    assert address(school) in page(as_user(instructor).get(f"/classes/{school.pk}/"))
    shown = page(as_user(alice).get(f"/classes/{school.pk}/"))
    assert f"/classes/{school.pk}/marks/" in shown and "/gradebook/" not in shown


# --- numbers ---


def test_numbers_are_read_and_shown():
    most = Decimal(100)
    assert [numbers.read(text, most) for text in ("0", "100", " 7.5 ", "99.99")] == [0, 100, Decimal("7.5"), Decimal("99.99")]
    assert [numbers.shown(Decimal(value)) for value in ("0", "100", "66.66666667", "0.005", "10.50", "1E+2")] == [
        "0",
        "100",
        "66.67",
        "0.01",
        "10.5",
        "100",
    ]
    with pytest.raises(numbers.Unreadable, match="decimal comma"):
        numbers.read("12,5", most)


# --- the proof ---


def check(*arguments):
    out = io.StringIO()
    call_command("gradebook", "--check", *arguments, stdout=out)
    return out.getvalue()


def test_the_sum_of_the_events_is_the_gradebook(instructor, school, quiz, essay, take, alice, bob):
    take(quiz, alice, RIGHT, late=2)
    attempt = take(quiz, bob, {"q-votes": "b"})
    marking.decide(attempt.items.first(), GradeEvent.Kind.OVERRIDE, actor=instructor, reason="x", fraction=Decimal("0.3"))
    Attempt.objects.filter(pk=take(quiz, bob, RIGHT).pk).update(state="voided")
    book.repost(quiz.schedule)
    book.decide(essay, alice, "override", actor=instructor, reason="Read", points=Decimal(1))
    assert "1 classes, 4 cells, " in check() and ", 0 differences." in check("--class", str(school.pk))


def test_a_cell_that_was_not_posted_is_found_and_posted(school, quiz, take, alice):
    take(quiz, alice, RIGHT)
    QuizSchedule.objects.update(late=[[24, 50]], due_at=policy.now() - 2.5 * HOUR)
    with pytest.raises(CommandError, match="1 differences"):
        check()
    call_command("gradebook", "--repost", stdout=io.StringIO())
    assert ", 0 differences." in check()


def test_a_class_that_is_not_there_is_named():
    with pytest.raises(CommandError, match="There is no class 77"):
        check("--class", "77")
