"""Attempts of a class as its staff see them; marks by hand; an attempt ended, taken out of what counts, marked again; equal commands."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from academy.audit.models import Entry
from academy.classes import members
from academy.classes.models import Membership, Role
from academy.gradebook import book
from academy.gradebook.models import GradebookEvent
from academy.quizzes import attempts, interventions, likeness, marking, scheduling, staff_showing
from academy.quizzes.attempts import Refused, Sent
from academy.quizzes.models import Attempt, AttemptItem, ChallengeAttempt, GradeEvent, ResponseEvent, State
from lessons import revisions
from lessons.models import Quiz
from lessons.questions.types import short_text

pytestmark = pytest.mark.django_db
QUIZ = """
::::{quiz} clocks
:title: Clocks
:::{question} q-votes
:type: single
:points: 1
:concepts: majority
How many votes of five?

- [ ] {a} 2 | Two candidates could both have two.
- [x] {b} 3 | Two majorities share a server.
:::
:::{question} q-word
:type: short
:points: 3
:concepts: majority
More than half is called?

- [x] majority | That is it.
- [ ] leader | That is one node.
:::
::::
"""
Kind = GradeEvent.Kind


@pytest.fixture
def quiz(db, lesson_source):
    revisions.take_file(lesson_source(extra=QUIZ))
    return Quiz.objects.get()


@pytest.fixture
def school(taught, alice, bob):
    return taught(alice, bob)


@pytest.fixture
def held(school, quiz):
    rules = {"shuffle": False, "attempts_max": 2}
    return scheduling.set_quiz(school, quiz, rules=rules, points=Decimal(100), weight=Decimal(1))


@pytest.fixture
def ines(as_user, instructor):
    return as_user(instructor)


@pytest.fixture
def assistant(as_user, person, school):
    helper = person("hana")
    members.seat(school, helper, "code")
    Membership.objects.filter(user=helper).update(role=Role.ASSISTANT)
    return as_user(helper)


@pytest.fixture
def handed_in(quiz, school):
    def make(user, *answers, grade=True):
        made = attempts.begin(user, quiz, school)
        sent = {slot: Sent(answer=answer, base_rev=0) for slot, answer in enumerate(answers or ("a", "majority"), 1)}
        attempts.submit(made.pk, user, made.submit_key, sent)
        if grade:
            assert marking.grade(made.pk)
        return Attempt.objects.get(pk=made.pk)

    return make


@pytest.fixture
def stuck(handed_in, alice, monkeypatch):
    """An attempt of alice whose second question no worker can mark."""

    def broken(*args):
        raise RuntimeError("the grader fell over")

    with monkeypatch.context() as patched:
        patched.setattr(short_text.ShortText, "grade", broken)
        made = handed_in(alice, "b", "a majority, I think", grade=False)
        for _ in range(marking.TRIES_MAX):
            marking.grade(made.pk)
    made.refresh_from_db()
    assert made.state == State.NEEDS_REVIEW
    return made


def page(response):
    return response.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


def path(held, made=None, rest=""):
    return f"/classes/{held.school_class_id}/quizzes/{held.pk}/attempts/" + (f"{made.pk}/{rest}" if made else "")


def item_of(made, slot):
    return AttemptItem.objects.get(attempt=made, slot=slot)


def by_hand(client, held, made, slot, do="mark", points="", reason="The wording was unclear", **options):
    typed = {f"q{slot}-points": points, f"q{slot}-reason": reason, "do": do}
    return client.post(path(held, made, f"mark/{slot}/"), typed, **options)


def score_of(made):
    return marking.score(marking.graded([made])[made.pk])


def cell_of(held, user):
    return book.cell(GradebookEvent.objects.filter(column=held.column, user=user).order_by("pk"))


# --- looking ---


def test_the_list_says_of_each_attempt_what_came_of_it(ines, held, handed_in, alice, bob, school, quiz):
    made = handed_in(alice)
    began = timezone.now() - datetime.timedelta(seconds=125)
    Attempt.objects.filter(pk=made.pk).update(started_at=began, submitted_at=began + datetime.timedelta(seconds=125))
    attempts.begin(bob, quiz, school)
    shown = page(ines.get(path(held)))
    assert "attempt 1" in shown
    assert "<b>75 %</b>" in shown
    assert "3 of 4" in shown
    assert "2 min 5 s" in shown
    assert "handed in" in shown
    assert "in progress <b>1</b>" in shown
    assert "bob" not in page(ines.get(path(held) + "?who=ali"))
    assert "alice" not in page(ines.get(path(held) + "?show=running"))


def test_what_waits_for_review_comes_first(ines, held, stuck, handed_in, bob):
    handed_in(bob)
    shown = page(ines.get(path(held)))
    assert shown.index("alice") < shown.index("bob")
    assert "1 question without a mark" in shown
    assert "bob" not in page(ines.get(path(held) + "?show=review"))


def test_late_work_says_what_of_it_counts(ines, held, handed_in, alice):
    rules = {"due_at": timezone.now() - datetime.timedelta(hours=1), "late": [[24, 50]]}
    scheduling.change(held, rules=rules, points=Decimal(100), weight=Decimal(1))
    made = handed_in(alice)
    assert "late: 50 % of it counts" in page(ines.get(path(held)))
    assert "of which 50 % count" in page(ines.get(path(held, made)))


def test_the_list_of_a_large_class_takes_the_same_number_of_queries(ines, held, handed_in, person, school, django_assert_max_num_queries):
    for n in range(6):
        student = person(f"student-{n}")
        members.seat(school, student, "code")
        handed_in(student)
    with django_assert_max_num_queries(9):
        staff_showing.lines(held, staff_showing.attempts_at(held))


def test_an_attempt_is_shown_with_its_answers_key_and_logs(ines, held, alice, quiz, school):
    made = attempts.begin(alice, quiz, school)
    attempts.save(made.pk, alice, 2, Sent(answer="quorum?", base_rev=0))
    attempts.save(made.pk, alice, 2, Sent(answer="leader", base_rev=1))
    running = page(ines.get(path(held, made)))
    assert "The attempt is in progress" in running
    assert 'value="leader"' in running
    assert "Mark by hand" not in running
    attempts.submit(made.pk, alice, made.submit_key, {1: Sent(answer="b", base_rev=0)})
    attempts.submit(made.pk, alice, made.submit_key, {1: Sent(answer="a", base_rev=0)})
    assert marking.grade(made.pk)
    shown = page(ines.get(path(held, made)))
    assert "1 of 4 points" in shown
    assert "Two majorities share a server." in shown
    assert "The right answer: <b>majority</b>" in shown
    assert "2 drafts" in shown
    assert "<code>quorum?</code>" in shown
    assert "<b>Late</b>" in shown
    assert made.receipt.code in shown
    assert "question version 1, grader 1" in shown
    assert f'action="{path(held, made, "mark/2/")}"' in shown


def test_an_attempt_whose_time_is_up_is_ended_when_it_is_looked_at(ines, held, alice, quiz, school):
    made = attempts.begin(alice, quiz, school)
    long_ago = timezone.now() - datetime.timedelta(hours=2)
    Attempt.objects.filter(pk=made.pk).update(started_at=long_ago)
    held.time_limit_s = 60
    held.save()
    assert "time was up" in page(ines.get(path(held, made)))


def test_the_run_of_a_challenge_is_there_to_watch(ines, held, handed_in, alice):
    made, run = handed_in(alice), uuid.uuid4()
    item = item_of(made, 1)
    GradeEvent.objects.create(
        item=item, question_version=item.question_version, grader_version=1, kind=Kind.REGRADE, fraction=1, points=1, points_max=1,
        facts={"run": str(run), "t_us": 4_000_000},
    )  # fmt: skip
    assert f'href="/runs/{run}/#t=' in page(ines.get(path(held, made)))


# --- marking by hand ---


def test_a_mark_by_hand_counts_and_says_who_and_why(ines, held, handed_in, alice, instructor):
    made = handed_in(alice)
    shown = page(by_hand(ines, held, made, 1, points="0.5", follow=True))
    assert "The wording was unclear" in shown
    event = GradeEvent.objects.order_by("pk").last()
    assert (event.kind, event.points, event.fraction, event.actor) == (Kind.OVERRIDE, Decimal("0.5"), Decimal("0.5"), instructor)
    assert (event.question_version, event.response.answer) == (item_of(made, 1).question_version, "a")
    assert score_of(made).points == Decimal("3.5")
    assert cell_of(held, alice).points == Decimal("87.5")


def test_digits_of_other_scripts_are_no_points(ines, held, handed_in, alice):
    """Python reads ٠٫٥ and 1 written full-width as numbers; who reads the reason beside the mark may not."""
    made = handed_in(alice)
    for typed in ("\N{ARABIC-INDIC DIGIT ONE}", "\N{FULLWIDTH DIGIT ONE}", "0.\N{ARABIC-INDIC DIGIT FIVE}"):
        response = by_hand(ines, held, made, 1, points=typed)
        assert response.status_code == 422
        expected = f"Expected: points from 0 to 1, with at most two decimals. In the digits 0 to 9; got '{typed}'."
        assert expected in page(response)
    assert not GradeEvent.objects.exclude(kind=Kind.AUTO).exists()


def test_a_third_of_the_points_is_no_rounded_fraction(ines, held, handed_in, alice):
    made = handed_in(alice)
    by_hand(ines, held, made, 2, points="1")
    by_hand(ines, held, made, 1, points="1")
    assert score_of(made).points == 2
    assert cell_of(held, alice).points == 50


def test_what_no_worker_could_mark_is_marked_by_hand(ines, held, stuck, alice):
    shown = page(ines.get(path(held, stuck)))
    assert "the grader fell over" in shown
    assert "1 point so far" in shown
    by_hand(ines, held, stuck, 2, points="3")
    stuck.refresh_from_db()
    assert (stuck.state, stuck.grading_error) == (State.GRADED, "")
    assert GradeEvent.objects.order_by("pk").last().kind == Kind.MANUAL
    by_hand(ines, held, stuck, 2, points="2", reason="A second look")
    assert GradeEvent.objects.order_by("pk").last().kind == Kind.OVERRIDE
    assert cell_of(held, alice).points == 75
    by_hand(ines, held, stuck, 2, do="clear", reason="Wait for the others")
    stuck.refresh_from_db()
    assert stuck.state == State.NEEDS_REVIEW
    assert cell_of(held, alice).points is None


def test_taking_back_a_mark_that_no_worker_gave_lets_a_worker_give_it(held, handed_in, alice, instructor):
    made = handed_in(alice, grade=False)
    for slot in (1, 2):
        interventions.mark(item_of(made, slot), Decimal(0), actor=instructor, reason="x")
    made.refresh_from_db()
    assert made.state == State.GRADED
    interventions.take_back(item_of(made, 2), actor=instructor, reason="x")
    made.refresh_from_db()
    assert made.state == State.SUBMITTED
    assert marking.grade(made.pk)
    assert score_of(made).points == 3


def test_an_excused_question_is_in_neither_sum(ines, held, handed_in, alice):
    made = handed_in(alice)
    by_hand(ines, held, made, 1, do="excuse")
    assert (score_of(made).points, score_of(made).max) == (3, 3)
    assert cell_of(held, alice).points == 100
    assert "excused" in page(ines.get(path(held, made)))
    by_hand(ines, held, made, 1, do="clear")
    assert cell_of(held, alice).points == 75
    assert [event.kind for event in item_of(made, 1).grades.order_by("pk")] == [Kind.AUTO, Kind.EXCUSED, Kind.CLEARED]
    assert "Nothing was decided by hand" in page(by_hand(ines, held, made, 1, do="clear"))


@pytest.mark.parametrize(
    ("points", "reason", "said"),
    [
        ("3.01", "x", "points from 0 to 3"),
        ("-1", "x", "points from 0 to 3"),
        ("", "x", "points from 0 to 3"),
        ("all", "x", "points from 0 to 3"),
        ("NaN", "x", "points from 0 to 3"),
        ("2", "", "Say why"),
        ("2", "y" * 301, "at most 300"),
    ],
)
def test_a_mark_that_cannot_be_says_why_and_what_was_typed_stays(ines, held, handed_in, alice, points, reason, said):
    made = handed_in(alice)
    before = GradeEvent.objects.count()
    response = by_hand(ines, held, made, 2, points=points, reason=reason)
    assert response.status_code == 422
    assert said in page(response)
    for value in filter(None, (points, reason)):
        assert f'value="{value}"' in page(response)
    assert GradeEvent.objects.count() == before


def test_nobody_marks_what_is_in_progress(ines, held, alice, quiz, school, instructor):
    made = attempts.begin(alice, quiz, school)
    assert by_hand(ines, held, made, 1, points="1").status_code == 422
    with pytest.raises(Refused, match="in progress"):
        interventions.excuse(item_of(made, 1), actor=instructor, reason="x")
    assert not GradeEvent.objects.exists()


def test_assistants_mark_by_hand_and_leave_excuses_to_instructors(assistant, ines, held, handed_in, alice):
    made = handed_in(alice)
    shown = page(assistant.get(path(held, made)))
    assert "Give this mark" in shown
    assert "Excuse the question" not in shown
    assert "Take it out" not in shown
    assert by_hand(assistant, held, made, 1, points="1").status_code == 302
    assert GradeEvent.objects.order_by("pk").last().actor.username == "hana"
    assert by_hand(assistant, held, made, 1, do="excuse").status_code == 403
    by_hand(ines, held, made, 1, do="excuse")
    for do in ("mark", "clear"):
        assert by_hand(assistant, held, made, 1, do=do, points="0").status_code == 403
    assert "An instructor excused this question" in page(assistant.get(path(held, made)))
    assert GradeEvent.objects.order_by("pk").last().kind == Kind.EXCUSED


def test_nobody_decides_about_an_attempt_of_their_own(as_user, held, handed_in, bob):
    made = handed_in(bob)
    Membership.objects.filter(user=bob).update(role=Role.ASSISTANT)
    client = as_user(bob)
    assert "your own" in page(client.get(path(held, made)))
    assert "Give this mark" not in page(client.get(path(held, made)))
    assert "your own" in page(by_hand(client, held, made, 1, points="1"))
    with pytest.raises(Refused, match="your own"):
        interventions.void(made.pk, actor=bob, reason="x")
    assert GradeEvent.objects.exclude(kind=Kind.AUTO).count() == 0


# --- ending, taking out, marking again ---


def test_an_attempt_in_progress_is_ended_with_what_is_saved(ines, held, alice, quiz, school):
    made = attempts.begin(alice, quiz, school)
    attempts.save(made.pk, alice, 1, Sent(answer="b", base_rev=0))
    assert "Say why" in page(ines.post(path(held, made, "do/"), {"do": "end", "reason": ""}))
    shown = page(ines.post(path(held, made, "do/"), {"do": "end", "reason": "The exam is over"}, follow=True))
    made.refresh_from_db()
    assert (made.state, made.finalize_reason) == (State.SUBMITTED, "staff")
    assert ResponseEvent.objects.get(item=item_of(made, 1), kind="final").answer == "b"
    assert "ines ended an attempt" in shown
    assert "The exam is over" in shown
    again = ines.post(path(held, made, "do/"), {"do": "end", "reason": "Again"})
    assert again.status_code == 422
    assert "over already" in page(again)
    assert Entry.objects.filter(did=interventions.ENDED).count() == 1


def test_a_voided_attempt_counts_for_nothing_and_can_be_put_back(ines, held, handed_in, alice, as_user, instructor):
    worse, better = handed_in(alice, "a", "leader"), handed_in(alice, "b", "majority")
    assert cell_of(held, alice).points == 100
    with pytest.raises(Refused):
        attempts.may_begin(alice, held.quiz, held.school_class)
    shown = page(ines.post(path(held, better, "do/"), {"do": "void", "reason": "Somebody else answered"}, follow=True))
    assert "does not count any more" in shown
    assert "Somebody else answered" in shown
    cell = cell_of(held, alice)
    assert cell.points == 0
    assert (cell.event.actor, cell.event.reason) == (instructor, "Attempt 2 does not count: Somebody else answered")
    assert cell.event.why["voided"] == [2]
    attempts.may_begin(alice, held.quiz, held.school_class)
    assert "Mark by hand" not in shown
    assert "Let it count again" in shown
    assert "does not count" in page(as_user(alice).get(f"/attempts/{better.pk}/"))
    ines.post(path(held, better, "do/"), {"do": "restore", "reason": "It was she after all"})
    better.refresh_from_db()
    assert better.state == State.GRADED
    assert cell_of(held, alice).points == 100
    assert cell_of(held, alice).event.reason == "Attempt 2 counts again: It was she after all"
    assert score_of(worse).points == 0


def test_voiding_the_only_attempt_leaves_nothing_in_the_cell(held, handed_in, alice, instructor):
    made = handed_in(alice)
    interventions.void(made.pk, actor=instructor, reason="x")
    assert cell_of(held, alice).points is None
    assert [one.state for one in GradebookEvent.objects.filter(user=alice)] == ["graded", "graded"]
    with pytest.raises(Refused, match="already"):
        interventions.void(made.pk, actor=instructor, reason="x")
    with pytest.raises(Refused, match="Say why"):
        interventions.restore(made.pk, actor=instructor, reason=" ")
    made.refresh_from_db()
    assert made.state == State.VOIDED


def test_what_is_not_marked_yet_is_marked_after_it_was_put_back(held, handed_in, alice, instructor):
    made = handed_in(alice, grade=False)
    interventions.void(made.pk, actor=instructor, reason="x")
    assert not marking.grade(made.pk), "a worker leaves it alone"
    interventions.restore(made.pk, actor=instructor, reason="x")
    assert marking.grade(made.pk)
    assert cell_of(held, alice).points == 75


def test_an_attempt_in_progress_is_ended_before_it_is_taken_out(held, alice, quiz, school, instructor):
    made = attempts.begin(alice, quiz, school)
    with pytest.raises(Refused, match="End it first"):
        interventions.void(made.pk, actor=instructor, reason="x")


def test_what_could_not_be_marked_is_marked_again(assistant, held, stuck, alice, django_capture_on_commit_callbacks, monkeypatch):
    asked = []
    monkeypatch.setattr(attempts, "ask_for_marks", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        assert "A worker is asked" in page(assistant.post(path(held, stuck, "again/"), follow=True))
    stuck.refresh_from_db()
    assert (asked, stuck.state, stuck.grading_tries) == ([stuck.pk], State.SUBMITTED, 0)
    assert marking.grade(stuck.pk)
    assert "There is nothing left to mark" in page(assistant.post(path(held, stuck, "again/"), follow=True))


# --- equal commands ---


def judged(made, slot=1, digest="d1", challenge="elect"):
    return ChallengeAttempt.objects.create(
        item=item_of(made, slot), run_uuid=uuid.uuid4(), challenge=challenge, lab_version=1, engine_version=1, commands_digest=digest,
        outcome="met", percent=100,
    )  # fmt: skip


def test_equal_commands_of_two_students_are_shown(ines, held, handed_in, alice, bob):
    first, second = handed_in(alice), handed_in(bob)
    judged(first)
    judged(second)
    shown = page(ines.get(path(held)))
    assert "same commands as bob in question 1" in shown
    assert "same commands as alice in question 1" in shown
    assert path(held, second) in page(ines.get(path(held, first)))
    assert "The same commands at the same moments" in page(ines.get(path(held, first)))
    assert cell_of(held, alice).points == 75, "nobody is punished"


def test_commands_that_are_not_equal_or_ones_own_or_none_are_not_shown(held, handed_in, alice, bob, taught, quiz, instructor):
    first, again, other = handed_in(alice), handed_in(alice), handed_in(bob)
    judged(first)
    judged(again)  # one's own, a second time
    judged(other, digest="d2")
    judged(other, challenge="partition")
    for made in (first, other):
        for idle in likeness.idle("", ""):
            judged(made, slot=2, digest=idle)
    elsewhere = taught(bob, name="Another")
    scheduling.set_quiz(elsewhere, quiz, rules={}, points=Decimal(1), weight=Decimal(1))
    judged(attempts.begin(bob, quiz, elsewhere))
    assert likeness.alike([first, again, other]) == {}


def test_what_a_scenario_does_by_itself_is_nobodys_work(held, handed_in, alice, bob):
    script = likeness.idle("raft", "leader-crash") - likeness.idle("", "")
    assert len(script) == 1
    for made in (handed_in(alice), handed_in(bob)):
        AttemptItem.objects.filter(attempt=made).update(dealt={"lab": "raft", "scenario": "leader-crash"})
        judged(made, digest=next(iter(script)))
    assert likeness.alike(Attempt.objects.all()) == {}


# --- who may ---


def test_only_staff_of_the_class_look_and_decide(as_user, ines, assistant, held, handed_in, alice, person, school, client):
    made = handed_in(alice)
    typed = {"do": "void", "reason": "x"}
    stranger, student = as_user(person("charlie")), as_user(alice)
    for one, status in ((stranger, 404), (student, 403), (client, 302)):
        assert one.get(path(held)).status_code == status
        assert one.get(path(held, made)).status_code == status
        assert by_hand(one, held, made, 1, points="1").status_code == status
        assert one.post(path(held, made, "do/"), typed).status_code == status
        assert one.post(path(held, made, "again/")).status_code == status
    assert assistant.get(path(held, made)).status_code == 200
    assert assistant.post(path(held, made, "do/"), typed).status_code == 403
    members.archive(school)
    assert "Mark by hand" not in page(ines.get(path(held, made)))
    assert by_hand(ines, held, made, 1, points="1").status_code == 404
    assert by_hand(assistant, held, made, 1, points="1").status_code == 404
    assert ines.post(path(held, made, "do/"), typed).status_code == 404
    assert ines.post(path(held, made, "again/")).status_code == 404
    made.refresh_from_db()
    assert made.state == State.GRADED
    assert GradeEvent.objects.exclude(kind=Kind.AUTO).count() == 0


def test_what_is_not_there_is_not_found(ines, held, handed_in, alice, taught, quiz):
    made = handed_in(alice)
    practice = attempts.begin(alice, quiz)
    elsewhere = taught(alice, name="Another")
    other = scheduling.set_quiz(elsewhere, quiz, rules={}, points=Decimal(1), weight=Decimal(1))
    assert ines.get(path(held, practice)).status_code == 404, "practice is nobody else's"
    assert ines.get(path(other, made)).status_code == 404
    assert by_hand(ines, held, made, 9, points="1").status_code == 404
    assert by_hand(ines, held, made, 1, do="destroy", points="1").status_code == 404
    assert ines.post(path(held, made, "do/"), {"do": "destroy", "reason": "x"}).status_code == 404
    assert ines.get(path(held) + "not-an-id/").status_code == 404
    for rest in ("mark/1/", "do/", "again/"):
        assert ines.get(path(held, made, rest)).status_code == 405
    assert not GradeEvent.objects.exclude(kind=Kind.AUTO).exists()
