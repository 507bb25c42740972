"""Grades out as CSV and in again: what a spreadsheet gets, what a file would change, and everything that is wrong with one."""

import csv
import io
import re
from decimal import Decimal
from io import BytesIO

import pytest

from academy.classes import members
from academy.classes.models import Membership
from academy.gradebook import book, columns, csv_files, grid
from academy.gradebook.models import GradebookEvent
from academy.quizzes.models import QuizSchedule
from lessons.models import Quiz

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(taught, alice, bob):
    return taught(alice, bob)


@pytest.fixture
def essay(school):
    return columns.add(school, title="Essay", points=Decimal(50), weight=Decimal(2))


@pytest.fixture
def quiz(school, lesson):
    """A quiz's column in which bob has a grade of 60."""
    made = Quiz.objects.create(name="clocks", lesson=lesson, title="Clocks")
    column = book.add_schedule(QuizSchedule.objects.create(quiz=made, school_class=school), "Clocks")
    bob = Membership.objects.get(school_class=school, user__username="bob").user
    why = {"aggregate": "best", "attempts": []}
    GradebookEvent.objects.create(school_class=school, user=bob, column=column, points=60, max=100, state="graded", why=why)
    return column


@pytest.fixture
def ines(as_user, instructor):
    return as_user(instructor)


@pytest.fixture
def mark(instructor):
    def make(column, user, points):
        book.decide(column, user, "override", actor=instructor, reason="Read", points=Decimal(points))

    return make


def page(response):
    return response.content.decode()


def address(school, name="import/"):
    return f"/classes/{school.pk}/gradebook/{name}"


def exported(client, school):
    response = client.get(address(school, "grades.csv"))
    assert response["Content-Type"].startswith("text/csv") and "attachment" in response["Content-Disposition"]
    return response.content.decode()


def rows(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def upload(client, school, text):
    file = BytesIO(text if isinstance(text, bytes) else text.encode())
    file.name = "grades.csv"
    return client.post(address(school), {"file": file})


def digest(response):
    return re.search(r'name="digest" value="(\w+)"', page(response))[1]


def apply(client, school, text, reason="From the examination", agreed=None):
    sent = {"text": text, "do": "apply", "reason": reason, "digest": agreed or digest(upload(client, school, text))}
    return client.post(address(school), sent)


def points(school):
    return {row.seat.user.username: list(row.points) for row in grid.of_class(school).rows}


# --- out ---


def test_the_export_has_points_the_total_and_what_each_cell_is(ines, school, essay, quiz, mark, alice, bob):
    mark(essay, alice, "33.5")
    mark(quiz, alice, 70)
    book.decide(essay, bob, "exempt", actor=None, reason="Ill")
    assert rows(exported(ines, school)) == [
        ["username", "name", "Essay:50", "Clocks:100", "total %", "Essay: state", "Clocks: state"],
        ["alice", "alice", "33.5", "70", "68", "graded", "by hand"],
        ["bob", "bob", "", "60", "60", "exempt", "graded"],
    ]
    assert exported(ines, school).startswith("\ufeff")


def test_nothing_in_the_export_runs_as_a_formula(ines, school, mark, alice):
    for title in ("=1+1", "@SUM(A1)", "+cmd", "-2"):
        columns.add(school, title=title, points=Decimal(10), weight=Decimal(1))
    Membership.objects.filter(user=alice).update(listed_as='=HYPERLINK("http://x")')
    text = exported(ines, school)
    assert not [cell for row in rows(text) for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=1+1:10" in rows(text)[0] and rows(text)[1][1] == '\'=HYPERLINK("http://x")'
    response = upload(ines, school, text.replace("alice,", "alice,", 1))
    assert "It changes nothing" in page(response)  # the apostrophes come off again


# --- in ---


def test_a_file_is_shown_then_applied_and_the_second_time_changes_nothing(ines, instructor, school, essay, quiz, mark, alice, bob):
    mark(essay, alice, 10)
    text = "username,Essay:50,Clocks\nalice,40,\nBOB,,88.5\n"
    shown = page(upload(ines, school, text))
    assert "2 numbers would be set, 0 stand there already" in shown and "10 → 40" in shown and "60 → 88.5" in shown
    assert "1 of them stand in place of what a quiz has graded" in shown
    assert points(school) == {"alice": [10, None], "bob": [None, 60]}
    apply(ines, school, text)
    assert points(school) == {"alice": [40, None], "bob": [None, Decimal("88.5")]}
    newest = GradebookEvent.objects.order_by("-pk")[:2]
    assert {(one.state, one.reason, one.actor) for one in newest} == {("override", "From the examination", instructor)}
    again = page(upload(ines, school, text))
    assert "It changes nothing: 2 numbers stand there already" in again


def test_what_was_exported_changes_nothing(ines, school, essay, quiz, mark, alice, bob):
    mark(essay, alice, "33.33")
    why = {"aggregate": "best", "attempts": []}
    GradebookEvent.objects.create(
        school_class=school, user=alice, column=quiz, points=Decimal("66.66666667"), max=100, state="graded", why=why
    )
    book.decide(quiz, bob, "exempt", actor=None, reason="Ill")
    assert "It changes nothing: 2 numbers" in page(upload(ines, school, exported(ines, school)))


def test_an_exemption_gives_way_to_a_number_and_the_page_says_so(ines, school, essay, alice):
    book.decide(essay, alice, "exempt", actor=None, reason="Ill")
    assert "exempt → 5" in page(upload(ines, school, "username,Essay\nalice,5"))
    apply(ines, school, "username,Essay\nalice,5")
    assert points(school)["alice"] == [5]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_byte_order_marks_and_quotes(ines, school, essay, separator):
    text = (
        "\ufeff"
        + separator.join(['"username"', "name", "Essay:50"])
        + "\r\n"
        + separator.join(["alice", '"A, L; x"', " 7.5 "])
        + "\r\n\r\n"
    )
    assert "– → 7.5" in page(upload(ines, school, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("username,Essay\nzoe,5", "line 2: &#x27;zoe&#x27; is no student of this class. Expected: a user name as on the roster."),
        ("username,Essay\nines,5", "is no student of this class"),
        ("username,Essay\nalice,51", "line 2: Essay: 51 is out of range. Expected: a number from 0 to 50 with at most 2 decimals, or"),
        ("username,Essay\nalice,-1", "is no number of points"),
        ('username,Essay\nalice,"4,5"', "has a decimal comma"),
        ("username;Essay\nalice;4,5", "has a decimal comma"),
        ("username,Essay\nalice,NaN", "is no number of points"),
        ("username,Essay\nalice,Infinity", "is no number of points"),
        ("username,Essay\nalice,1e1", "is no number of points"),
        ("username,Essay\nalice," + "9" * 500, "is no number of points"),
        ("username,Essay\nalice,12.345", "has more than 2 decimals"),
        ("username,Essay\nalice,50%", "is a percentage"),
        ("username,Talk\nalice,5", "no column &#x27;Talk&#x27;. Expected: username and columns of the gradebook: Essay:50."),
        ("username,Essay:100\nalice,5", "Essay has 50 points in the gradebook. Expected: numbers out of the same points."),
        ("username,Essay,essay:50\nalice,5,6", "stands in the first line twice"),
        ("username,username,Essay\nalice,bob,6", "stands in the first line twice"),
        ("name,Essay\nalice,5", "No column is named username"),
        ("username,Essay\nalice,5\nAlice,6", "line 3: &#x27;Alice&#x27; stands in line 2 already"),
        ("username,Essay\n,5", "line 2: It names nobody."),
        ('username,Essay\nalice,"5', "This is not CSV"),
        ("", "There is nothing in it"),
        (b"username,Essay\nalice,\xff", "This is not UTF-8"),
        ("username,Essay\n" + "\n".join(f"a{n},1" for n in range(2001)), "There are too many lines"),
        ("username,Essay\n" + "x" * 1024 * 1024, "larger than"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_holds_back_the_whole_file(ines, school, essay, text, said):
    response = upload(ines, school, text)
    assert response.status_code == 400
    assert said in page(response)
    assert "Nothing was changed." in page(response) and not GradebookEvent.objects.exists()


def test_all_bad_lines_are_named_and_good_ones_beside_them_do_nothing(ines, school, essay):
    response = upload(ines, school, "username,Essay\nalice,5\nbob,x\nzoe,1")
    assert "line 3:" in page(response) and "line 4:" in page(response)
    sent = {"text": "username,Essay\nalice,5\nbob,x", "do": "apply", "reason": "y", "digest": "0" * 32}
    ines.post(address(school), sent)
    assert not GradebookEvent.objects.exists()


def test_two_columns_of_one_name_are_refused(ines, school, essay, quiz):
    quiz.title = "Essay"
    quiz.points = Decimal(50)
    quiz.save()
    assert "means two columns" in page(upload(ines, school, "username,Essay\nalice,5"))


def test_nothing_is_set_that_was_not_agreed_to(ines, school, essay, quiz, bob, alice):
    text = "username,Clocks\nbob,60\nalice,5\n"
    shown = upload(ines, school, text)
    assert "1 number would be set" in page(shown)  # bob has 60 already
    why = {"aggregate": "best", "attempts": []}
    GradebookEvent.objects.create(school_class=school, user=bob, column=quiz, points=75, max=100, state="graded", why=why)
    response = apply(ines, school, text, reason="Typed before", agreed=digest(shown))
    assert response.status_code == 422
    assert "The gradebook has changed since" in page(response) and "75 → 60" in page(response) and 'value="Typed before"' in page(response)
    assert points(school)["bob"] == [None, 75]


@pytest.mark.parametrize(("text", "said"), [("alice,5", "1 grade is set."), ("alice,5\nbob,6", "2 grades are set.")])
def test_how_many_were_set_is_said(ines, school, essay, text, said):
    text = f"username,Essay\n{text}"
    sent = {"text": text, "do": "apply", "reason": "Read", "digest": digest(upload(ines, school, text))}
    assert said in page(ines.post(address(school), sent, follow=True))


def test_digits_of_other_scripts_are_named(ines, school, essay):
    response = upload(ines, school, "username,Essay\nalice,\N{ARABIC-INDIC DIGIT FIVE}")
    assert response.status_code == 400 and "has digits other than 0 to 9" in page(response)


def test_a_reason_is_needed(ines, school, essay):
    text = "username,Essay\nalice,5"
    response = apply(ines, school, text, reason=" ")
    assert response.status_code == 422 and "Say why" in page(response) and "– → 5" in page(response)
    assert not GradebookEvent.objects.exists()


def test_what_a_file_says_is_text(ines, school, essay):
    response = upload(ines, school, "username,Essay\n<script>alert(1)</script>,5")
    assert "<script>alert(1)" not in page(response)
    response = upload(ines, school, "username,Essay\nalice,</textarea><script>x</script>")
    assert "<script>x" not in page(response)


def test_only_instructors_of_a_class_that_is_not_archived_import(as_user, ines, school, essay, alice, person):
    sent = {"text": "username,Essay\nalice,5", "do": "apply", "reason": "x", "digest": "0" * 32}
    assert as_user(alice).post(address(school), sent).status_code == 403
    assert as_user(alice).get(address(school, "grades.csv")).status_code == 403
    assert as_user(person("charlie")).post(address(school), sent).status_code == 404
    members.archive(school)
    assert ines.get(address(school)).status_code == 404
    assert exported(ines, school)
    assert not GradebookEvent.objects.exists()


def test_the_example_on_the_page_names_this_class_columns(ines, school, essay):
    assert "username,Essay:50" in page(ines.get(address(school)))


def test_a_plan_of_many_cells_takes_one_reading_of_the_table(school, essay, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        csv_files.plan(school, "username,Essay\nalice,5\nbob,6")
