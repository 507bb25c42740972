"""A class's quizzes: set with their rules, changed, released, taken away; what the rules give away is said; and who may do it."""

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from academy.audit.models import Entry
from academy.classes import members, zones
from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook import book
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import attempts, cautions, marking, policy, scheduling
from academy.quizzes.attempts import Refused, Sent
from academy.quizzes.models import Attempt, QuizSchedule, State
from lessons import revisions
from lessons.models import Quiz

pytestmark = pytest.mark.django_db
ASKED = ":type: single\n:points: 1\n:concepts: majority\nHow many of five?\n\n- [ ] {{a}} 2 | Too few.\n- [x] {{b}} 3 | Right.\n"
RULES = {
    "opens_at": "", "due_at": "", "closes_at": "", "time_limit": "", "grace_s": "15", "attempts_max": "2", "aggregate": "best",
    "shuffle": "on", "score_when": "at_once", "feedback_when": "at_once", "key_when": "closed", "points": "100", "weight": "1",
}  # fmt: skip
NEVER = {"score_when": "never", "feedback_when": "never", "key_when": "never"}


def question(uid, pool=""):
    return f":::{{question}} {uid}\n" + (f":pool: {pool}\n" if pool else "") + ASKED.format() + ":::\n"


def block(name, *questions, pick=""):
    return f"\n::::{{quiz}} {name}\n:title: Check *{name}*\n{pick}" + "".join(questions) + "::::\n"


@pytest.fixture
def quiz(db, lesson_source):
    revisions.take_file(lesson_source(extra=block("clocks", question("q-one"), question("q-two"))))
    return Quiz.objects.get(name="clocks")


@pytest.fixture
def school(taught, alice, bob):
    return taught(alice, bob, time_zone="Europe/Berlin")


@pytest.fixture
def ines(as_user, instructor):
    return as_user(instructor)


@pytest.fixture
def scheduled(school, quiz):
    def make(points=Decimal(100), weight=Decimal(1), **rules):
        return scheduling.set_quiz(school, quiz, rules=rules, points=points, weight=weight)

    return make


def page(response):
    return response.content.decode()


def at(school, path=""):
    return f"/classes/{school.pk}/quizzes/{path}"


def ago(**time):
    return timezone.now() - datetime.timedelta(**time)


def ahead(**time):
    return timezone.now() + datetime.timedelta(**time)


def handed_in(quiz, school, user, right=True):
    """An attempt that is over and marked."""
    made = attempts.begin(user, quiz, school)
    sent = {item.slot: Sent(answer="b" if right else "a", base_rev=0) for item in made.items.all()}
    attempts.submit(made.pk, user, made.submit_key, sent)
    assert marking.grade(made.pk)
    return Attempt.objects.get(pk=made.pk)


def cell_of(schedule, user):
    return book.cell(GradebookEvent.objects.filter(column=schedule.column, user=user).order_by("pk"))


# --- setting one ---


def test_a_quiz_is_set_with_its_rules_and_gets_a_column(ines, school, quiz):
    typed = RULES | {
        "quiz": quiz.pk, "opens_at": "2027-03-01T08:00", "due_at": "2027-03-08T18:00", "closes_at": "2027-03-12T18:00", "time_limit": "45",
        "grace_s": "30", "attempts_max": "3", "aggregate": "mean", "late_1": "24", "kept_1": "80", "late_2": "72", "kept_2": "50",
        "score_when": "due", "feedback_when": "released", "key_when": "never", "points": "20", "weight": "2.5",
    }  # fmt: skip
    said = page(ines.post(at(school, "set/"), typed, follow=True))
    assert "Check clocks is set." in said
    made = QuizSchedule.objects.get()
    assert (made.quiz, made.school_class) == (quiz, school)
    assert made.due_at == zones.moment(datetime.datetime(2027, 3, 8, 18), school.zone)
    assert made.due_at.astimezone(datetime.UTC).hour == 17
    assert (made.time_limit_s, made.grace_s, made.attempts_max, made.aggregate) == (2700, 30, 3, "mean")
    assert made.late == [[24, 80], [72, 50]]
    assert (made.score_when, made.feedback_when, made.key_when) == ("due", "released", "never")
    column = Column.objects.get()
    assert (column.schedule, column.points, column.weight, column.title) == (made, 20, Decimal("2.5"), "9.1 Check clocks")
    listed = page(ines.get(at(school)))
    assert "up to 1 day after the due date 80 %, up to 3 days after the due date 50 %, then nothing" in listed
    assert "20 points, weight 2.5" in listed


def test_only_quizzes_that_are_asked_and_not_set_are_offered(ines, school, quiz, lesson_source, scheduled):
    assert "clocks (2 questions)" in page(ines.get(at(school, "set/")))
    scheduled()
    assert "Every quiz of the lessons is set" in page(ines.get(at(school, "set/")))
    twice = ines.post(at(school, "set/"), RULES | {"quiz": quiz.pk})
    assert twice.status_code == 422
    assert QuizSchedule.objects.count() == 1
    with pytest.raises(Refused, match="already"):
        scheduling.set_quiz(school, quiz, rules={}, points=Decimal(1), weight=Decimal(1))
    quiz.is_asked = False
    with pytest.raises(Refused, match="No published lesson"):
        scheduling.set_quiz(school, quiz, rules={}, points=Decimal(1), weight=Decimal(1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quiz": ""}, "Choose a quiz"),
        ({"quiz": "9999999"}, "Choose another"),
        ({"opens_at": "tomorrow"}, "is no date and time"),
        ({"opens_at": "2087-03-01T08:00"}, "years off"),
        ({"opens_at": "2027-03-28T02:30"}, "does not exist in Europe/Berlin"),
        ({"opens_at": "2027-03-09T08:00", "due_at": "2027-03-08T08:00"}, "due before it opens"),
        ({"due_at": "2027-03-09T08:00", "closes_at": "2027-03-08T08:00"}, "closes before it is due"),
        ({"opens_at": "2027-03-09T08:00", "closes_at": "2027-03-09T08:00"}, "closes before it opens"),
        ({"time_limit": "0"}, "minutes from 1 to 1440"),
        ({"time_limit": "1441"}, "minutes from 1 to 1440"),
        ({"time_limit": "an hour"}, "minutes from 1 to 1440"),
        ({"grace_s": ""}, "seconds from 0 to 600"),
        ({"grace_s": "601"}, "seconds from 0 to 600"),
        ({"grace_s": "-1"}, "seconds from 0 to 600"),
        ({"attempts_max": "0"}, "attempts from 1 to 20"),
        ({"attempts_max": "21"}, "attempts from 1 to 20"),
        ({"attempts_max": "9" * 5000}, "attempts from 1 to 20"),
        ({"aggregate": "median"}, "median is not one of the available choices"),
        ({"key_when": "soon"}, "soon is not one of the available choices"),
        ({"points": "0"}, "points from 0.01 to 999999.99"),
        ({"points": "NaN"}, "points from 0.01 to 999999.99"),
        ({"points": "1e999999"}, "points from 0.01 to 999999.99"),
        ({"points": "1.005"}, "at most two decimals"),
        ({"weight": "-1"}, "a weight from 0 to 1000"),
        ({"weight": "1000.01"}, "a weight from 0 to 1000"),
        ({"late_1": "24", "kept_1": "80"}, "Expected: a due date, or nothing taken off"),
        ({"due_at": "2027-03-08T18:00", "late_1": "24"}, "Expected: percent as well"),
        ({"due_at": "2027-03-08T18:00", "kept_2": "50"}, "Expected: hours as well"),
        ({"due_at": "2027-03-08T18:00", "late_1": "0", "kept_1": "80"}, "hours from 1 to 2160"),
        ({"due_at": "2027-03-08T18:00", "late_1": "2161", "kept_1": "80"}, "hours from 1 to 2160"),
        ({"due_at": "2027-03-08T18:00", "late_1": "24", "kept_1": "101"}, "percent from 0 to 100"),
        ({"due_at": "2027-03-08T18:00", "late_1": "24", "kept_1": "80", "late_3": "24", "kept_3": "50"}, "24 hours come after 24"),
        ({"due_at": "2027-03-08T18:00", "late_1": "24", "kept_1": "80", "late_2": "48", "kept_2": "80"}, "less than the 80"),
    ],
)
def test_rules_that_cannot_be_say_why_and_what_was_typed_stays(ines, school, quiz, wrong, said):
    typed = RULES | {"quiz": str(quiz.pk), "attempts_max": "7"} | wrong
    response = ines.post(at(school, "set/"), typed)
    assert response.status_code == 422
    assert said in page(response).replace("&#x27;", "'")
    assert not QuizSchedule.objects.exists()
    assert not Column.objects.exists()
    for name, value in typed.items():
        if name.startswith(("late", "kept", "time", "grace", "attempts", "points", "weight", "due", "opens")) and value:
            assert f'value="{value}"' in page(response), name


def test_the_door_itself_takes_no_rules_that_cannot_be(school, quiz):
    for late in ([[24, 80], [12, 50]], [[24, 101]], [[24, 50], [48, 60]], [[n, 90 - n] for n in range(1, 7)]):
        with pytest.raises(Refused):
            scheduling.set_quiz(school, quiz, rules={"due_at": ahead(days=1), "late": late}, points=Decimal(1), weight=Decimal(1))
    with pytest.raises(Refused, match="closes before"):
        scheduling.set_quiz(school, quiz, rules={"due_at": ahead(days=2), "closes_at": ahead(days=1)}, points=Decimal(1), weight=Decimal(1))
    assert not QuizSchedule.objects.exists()


def test_an_hour_that_the_clock_shows_twice_is_the_first_and_is_said(ines, school, quiz):
    said = page(ines.post(at(school, "set/"), RULES | {"quiz": quiz.pk, "closes_at": "2027-10-31T02:30"}, follow=True))
    assert "twice, being put back" in said
    assert QuizSchedule.objects.get().closes_at == datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)


def test_a_gradebook_that_is_full_takes_no_quiz(ines, school, quiz, monkeypatch):
    monkeypatch.setattr(book, "COLUMNS_MAX", 0)
    assert "at most 0 columns" in page(ines.post(at(school, "set/"), RULES | {"quiz": quiz.pk}))
    assert not QuizSchedule.objects.exists()


# --- changing one ---


def test_the_form_begins_with_the_rules_that_hold(ines, school, scheduled):
    opens = datetime.datetime(2027, 10, 31, 1, 30, 12, tzinfo=datetime.UTC)  # the second 02:30 of that night, and some seconds
    held = scheduled(opens_at=opens, due_at=ahead(days=400), late=[[24, 80]], time_limit_s=90 * 60, points=Decimal(20), **NEVER)
    shown = page(ines.get(at(school, f"{held.pk}/")))
    assert 'value="2027-10-31T02:30"' in shown
    assert 'value="90"' in shown
    due = zones.wall_clock(held.due_at, school.zone).strftime("%Y-%m-%dT%H:%M")
    typed = (
        RULES | NEVER | {"opens_at": "2027-10-31T02:30", "due_at": due, "late_1": "24", "kept_1": "80", "time_limit": "90", "points": "20"}
    )
    ines.post(at(school, f"{held.pk}/"), typed)
    again = QuizSchedule.objects.get()
    assert (again.opens_at, again.due_at) == (opens, held.due_at), "what was not touched stays the moment it was"
    assert (again.late, again.time_limit_s, again.column.points) == ([[24, 80]], 5400, 20)


def test_less_time_ends_what_is_in_progress(school, quiz, scheduled, alice):
    held = scheduled(time_limit_s=3600)
    running = attempts.begin(alice, quiz, school)
    Attempt.objects.filter(pk=running.pk).update(started_at=ago(minutes=10))
    scheduling.change(held, rules={"time_limit_s": 7200}, points=Decimal(100), weight=Decimal(1))
    running.refresh_from_db()
    assert running.deadline_at == running.started_at + datetime.timedelta(hours=2)
    scheduling.change(held, rules={"time_limit_s": 300}, points=Decimal(100), weight=Decimal(1))
    running.refresh_from_db()
    assert (running.state, running.finalize_reason) == (State.SUBMITTED, "time")


def test_who_changes_rules_is_told_how_many_attempts_are_in_progress(ines, school, quiz, scheduled, alice, bob):
    held = scheduled(time_limit_s=3600)
    path = at(school, f"{held.pk}/")
    assert "Nobody has begun yet." in page(ines.get(path))
    assert "They hold" not in page(ines.post(path, RULES | {"time_limit": "60"}, follow=True))
    handed_in(quiz, school, bob, right=True)
    assert "none in progress" in page(ines.get(path))
    running = [attempts.begin(user, quiz, school) for user in (alice, bob)]
    assert "3 attempts so far, <b>2 in progress now</b>" in page(ines.get(path))
    said = page(ines.post(path, RULES | {"time_limit": "120"}, follow=True))
    assert "They hold for 2 attempts in progress as well." in said and "ended" not in said
    Attempt.objects.filter(pk=running[0].pk).update(started_at=ago(minutes=10))
    said = page(ines.post(path, RULES | {"time_limit": "5"}, follow=True))
    assert "They hold for 2 attempts in progress as well. 1 of them ended: by these rules the time was up." in said
    assert "They hold for 1 attempt in progress" in page(ines.post(path, RULES | {"time_limit": "120"}, follow=True))


def test_rules_that_change_what_counts_change_the_gradebook(school, quiz, scheduled, alice):
    held = scheduled(attempts_max=2)
    handed_in(quiz, school, alice, right=True)
    handed_in(quiz, school, alice, right=False)
    assert cell_of(held, alice).points == 100
    for rules, points, expected in (({"aggregate": "mean"}, 100, 50), ({"aggregate": "last"}, 100, 0), ({"aggregate": "best"}, 30, 30)):
        scheduling.change(held, rules=rules, points=Decimal(points), weight=Decimal(1))
        assert cell_of(held, alice).points == expected
    late = {"due_at": ago(hours=2), "late": [[24, 60]]}
    scheduling.change(held, rules=late, points=Decimal(30), weight=Decimal(1))
    assert cell_of(held, alice).points == 18
    before = GradebookEvent.objects.count()
    scheduling.change(held, rules={"shuffle": False}, points=Decimal(30), weight=Decimal(9))
    assert GradebookEvent.objects.count() == before


def test_a_change_that_is_refused_changes_nothing(ines, school, scheduled):
    held = scheduled(attempts_max=2)
    response = ines.post(at(school, f"{held.pk}/"), RULES | {"attempts_max": "99", "points": "5"})
    assert response.status_code == 422
    held.refresh_from_db()
    assert (held.attempts_max, held.column.points) == (2, 100)


# --- releasing, taking away ---


def test_release_shows_what_waits_and_can_be_taken_back(ines, school, quiz, scheduled, alice, as_user):
    held = scheduled(score_when="released", feedback_when="never", key_when="released", attempts_max=1, closes_at=ahead(days=1))
    made = handed_in(quiz, school, alice)
    student = as_user(alice)
    assert "100 %" not in page(student.get(f"/attempts/{made.pk}/"))
    said = page(ines.post(at(school, f"{held.pk}/release/"), {"do": "release"}, follow=True))
    assert "is released: all but feedback." in said
    assert "The right answers are released while the quiz is still open" in said
    assert "100 %" in page(student.get(f"/attempts/{made.pk}/"))
    ines.post(at(school, f"{held.pk}/release/"), {"do": "back"})
    assert "100 %" not in page(student.get(f"/attempts/{made.pk}/"))
    held.refresh_from_db()
    assert held.released_at is None


def test_a_quiz_that_nobody_began_is_taken_away_with_its_column(ines, school, scheduled):
    held = scheduled()
    assert "not set for this class any more" in page(ines.post(at(school, f"{held.pk}/remove/"), follow=True))
    assert not QuizSchedule.objects.exists()
    assert not Column.objects.exists()


def test_what_a_column_was_told_stays_when_its_quiz_is_taken_away(instructor, school, scheduled, alice):
    held = scheduled()
    scheduling.override(held, alice, actor=instructor, reason="ill", attempts_max=3)
    scheduling.remove(held)
    column = Column.objects.get()
    assert column.schedule is None
    assert column.removed_at is not None
    assert column.events.get().reason == "ill"


def test_a_quiz_that_somebody_began_stays(ines, school, quiz, scheduled, alice):
    held = scheduled()
    attempts.begin(alice, quiz, school)
    assert "1 attempt was begun" in page(ines.post(at(school, f"{held.pk}/remove/"), follow=True))
    assert "set “Closes” to a moment that is over" in page(ines.get(at(school, f"{held.pk}/")))
    assert QuizSchedule.objects.exists()


# --- what is said of the rules ---


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"key_when": "at_once"}, "shown as soon as an attempt is graded, and the quiz never closes"),
        ({"key_when": "at_once", "closes_at": ahead(days=1)}, "as soon as an attempt is graded, while the quiz is still open"),
        ({"key_when": "due", "due_at": ahead(days=1), "closes_at": ahead(days=2)}, "whoever comes later can read them first"),
        ({"key_when": "never", "feedback_when": "at_once", "attempts_max": 2}, "after each of 2 attempts, and about 2 of the 2 questions"),
        ({"key_when": "never", "feedback_when": "at_once", "attempts_max": None}, "as many attempts as one likes"),
        ({"key_when": "closed"}, "The right answers are shown after the closing, and there is none."),
        ({"score_when": "due", "key_when": "never"}, "The mark is shown after the due date, and there is none."),
        ({"key_when": "never", "due_at": ahead(days=1), "closes_at": ahead(days=1), "late": [[24, 50]]}, "nothing arrives late"),
        ({"key_when": "never", "due_at": ago(days=1)}, "Nothing is taken off after the due date"),
        (
            {"key_when": "never", "opens_at": ahead(hours=1), "closes_at": ahead(hours=2), "time_limit_s": 7200},
            "nobody has all of the time",
        ),
    ],
)
def test_rules_that_give_something_away_are_named(ines, school, scheduled, rules, said):
    if rules.get("due_at") and rules.get("closes_at") and rules.get("late"):
        rules = rules | {"closes_at": rules["due_at"]}
    held = scheduled(**{"attempts_max": 1} | rules)
    assert said in " ".join(cautions.of(held, policy.now()))
    assert said in page(ines.get(at(school)))


def test_of_rules_that_give_nothing_away_nothing_is_said(scheduled):
    end = ahead(days=1)
    held = scheduled(attempts_max=1, due_at=end, closes_at=end, time_limit_s=600, opens_at=ago(days=1))
    assert cautions.of(held, policy.now()) == []
    held.key_when = "at_once"
    assert cautions.of(held, end + datetime.timedelta(seconds=1)) == [], "nobody can answer any more"


def test_large_pools_make_feedback_between_attempts_harmless(db, lesson_source, school):
    pools = [question(f"q-{name}-{n}", pool=name) for name, size in (("large", 5), ("small", 4)) for n in range(size)]
    for name, of in (("large", pools[:5]), ("small", pools[5:])):
        revisions.take_file(lesson_source(number=f"9.{len(of)}", extra=block(name, *of, pick=f":pick: {name}=2\n")))
    held = {name: QuizSchedule(quiz=Quiz.objects.get(name=name), school_class=school, key_when="never") for name in ("large", "small")}
    assert {name: cautions.repeated(one.quiz) for name, one in held.items()} == {"large": Fraction(4, 5), "small": 1}
    assert cautions.of(held["large"], policy.now()) == []
    assert "about 1 of the 2 questions come again" in cautions.of(held["small"], policy.now())[0], "half of them is too many"


def test_more_time_for_one_student_is_weighed_against_what_the_others_are_shown(instructor, scheduled, alice):
    end = ahead(hours=1)
    held = scheduled(attempts_max=1, closes_at=end, due_at=end, feedback_when="closed")
    assert cautions.of(held, policy.now()) == []
    scheduling.override(held, alice, actor=instructor, reason="ill", closes_at=end + datetime.timedelta(days=2))
    assert cautions.of(held, policy.now()) == [
        "alice has time until after the closing, when the others are shown what is said to their answers and the right answers."
    ]


# --- the list, the class's page ---


def test_the_list_says_how_many_handed_in_work_or_wait(ines, school, quiz, scheduled, alice, bob):
    held = scheduled()
    handed_in(quiz, school, alice)
    waits = handed_in(quiz, school, alice)
    attempts.begin(bob, quiz, school)
    Attempt.objects.filter(pk=waits.pk).update(state=State.NEEDS_REVIEW)
    shown = page(ines.get(at(school)))
    assert "<b>1</b> of 2 students handed in (2 attempts)" in shown
    assert "<b>1</b> in progress" in shown
    assert f'/quizzes/{held.pk}/attempts/?show=review"><b>1</b> waiting for review' in shown


def test_students_find_the_class_quizzes_with_the_dates_that_hold_for_them(as_user, instructor, school, quiz, scheduled, alice, bob):
    held = scheduled(due_at=datetime.datetime(2027, 3, 8, 17, tzinfo=datetime.UTC), score_when="never")
    scheduling.override(held, alice, actor=instructor, reason="ill", due_at=datetime.datetime(2027, 3, 10, 17, tzinfo=datetime.UTC))
    theirs, others = page(as_user(alice).get(f"/classes/{school.pk}/")), page(as_user(bob).get(f"/classes/{school.pk}/"))
    assert 'href="/quizzes/clocks/"' in theirs
    assert "10 March 2027" in theirs
    assert "8 March 2027" not in theirs
    assert "8 March 2027" in others
    assert "/quizzes/clocks/" not in page(as_user(instructor).get(f"/classes/{school.pk}/"))
    assert f'href="/classes/{school.pk}/quizzes/"' in page(as_user(instructor).get(f"/classes/{school.pk}/"))
    assert f'href="/classes/{school.pk}/quizzes/"' not in theirs


def test_the_audit_trail_tells_what_was_set_and_changed(ines, school, quiz):
    ines.post(at(school, "set/"), RULES | {"quiz": quiz.pk})
    held = QuizSchedule.objects.get()
    ines.post(at(school, f"{held.pk}/"), RULES | {"attempts_max": "5", "weight": "3"})
    told = Entry.objects.filter(content_type__model="quizschedule", action=Entry.Action.UPDATE).get()
    assert (told.actor_name, told.changes) == ("ines", {"attempts_max": ["2", "5"]})
    assert Entry.objects.filter(content_type__model="column").first().changes["weight"] == ["1.00", "3"]


# --- who may ---

READING = ["", "{held}/attempts/"]
MANAGING = ["set/", "{held}/", "{held}/students/", "{held}/students/{seat}/"]
POSTING = ["{held}/release/", "{held}/remove/"]


@pytest.fixture
def paths(school, scheduled, alice):
    names = {"held": scheduled().pk, "seat": Membership.objects.get(user=alice, school_class=school).pk}
    return lambda group: [at(school, path.format(**names)) for path in group]


def statuses(client, paths, method="get"):
    return {getattr(client, method)(path).status_code for path in paths}


def test_to_strangers_there_is_nothing(as_user, person, paths, client):
    charlie = as_user(person("charlie"))
    assert statuses(charlie, paths(READING + MANAGING)) == {404}
    assert statuses(charlie, paths(POSTING), "post") == {404}
    assert statuses(client, paths(READING + MANAGING)) == {302}


def test_an_instructor_of_another_class_is_a_stranger(as_user, person, paths, school):
    igor = person("igor", is_staff=True)
    igor.groups.add(Group.objects.get(name="Instructors"))
    other = members.open_class(igor, SchoolClass(name="Another"))
    client = as_user(igor)
    assert statuses(client, paths(READING + MANAGING)) == {404}
    held = QuizSchedule.objects.get()
    assert client.get(at(other, f"{held.pk}/")).status_code == 404, "a quiz of one class is not found in another"
    assert client.post(at(other, f"{held.pk}/remove/")).status_code == 404
    assert QuizSchedule.objects.exists()


def test_students_are_refused(as_user, alice, paths):
    client = as_user(alice)
    assert statuses(client, paths(READING + MANAGING)) == {403}
    assert statuses(client, paths([*POSTING, "set/", "{held}/"]), "post") == {403}


def test_assistants_look_and_change_nothing(as_user, bob, paths, school):
    Membership.objects.filter(user=bob).update(role=Role.ASSISTANT)
    client = as_user(bob)
    assert statuses(client, paths(READING)) == {200}
    assert "Set a quiz" not in page(client.get(at(school)))
    assert statuses(client, paths(MANAGING)) == {403}
    assert statuses(client, paths([*POSTING, "set/", "{held}/"]), "post") == {403}


def test_an_archived_class_is_read_and_not_changed(ines, paths, school):
    members.archive(school)
    assert statuses(ines, paths(READING)) == {200}
    assert statuses(ines, paths(MANAGING)) == {404}
    assert statuses(ines, paths([*POSTING, "set/", "{held}/"]), "post") == {404}
    assert "Set a quiz" not in page(ines.get(at(school)))
    with pytest.raises(Refused, match="archived"):
        scheduling.release(QuizSchedule.objects.get(), True)


def test_buttons_answer_to_post_alone_and_ids_that_are_none_to_nobody(ines, paths, school):
    assert statuses(ines, paths(POSTING)) == {405}
    for path in ("999999/", "99999999999999999999999/", "x/", "999999/attempts/", "999999/students/"):
        assert ines.get(at(school, path)).status_code == 404
    held = QuizSchedule.objects.get()
    for seat in ("x", "²", "-1", "9" * 30, "999999"):
        assert ines.get(at(school, f"{held.pk}/students/?seat={seat}")).status_code == 404
    assert ines.get(at(school, f"{held.pk}/attempts/?show=nothing")).status_code == 404
