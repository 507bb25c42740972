"""A wrong key was published, a class was marked by it, the lesson is corrected: what a regrade shows, writes, and takes back."""

import datetime
import io
import re
import subprocess
import sys
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from academy.classes import members
from academy.classes.models import How, Membership, Role
from academy.gradebook import book
from academy.gradebook.models import GradebookEvent
from academy.quizzes import attempts, marking, policy, regrade_effects, regrade_work, regrading
from academy.quizzes.attempts import Refused, Sent
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, QuizSchedule, RegradeDelta, RegradeRun, State
from lessons import revisions
from lessons.models import Question, Quiz
from lessons.questions import model
from lessons.questions.types import single
from tests.quiz_source import LONG, VOTES, keyed, quiz_of

RIGHT = quiz_of(VOTES, LONG)
WRONG = keyed(RIGHT, "a")
# Of q-votes and q-long: six were marked wrong by the wrong key, three right, two are wrong anyhow, one left it blank.
ANSWERS = [*[("b", "150")] * 3, *[("b", "1")] * 3, *[("a", "150")] * 2, ("a", "1"), ("c", "150"), ("c", "1"), (None, "150")]


@pytest.fixture
def publish(db, lesson_source):
    return lambda text: revisions.take_file(lesson_source(extra=text))[0]


@pytest.fixture
def school(publish, taught, person):
    """Twelve students of ines, with the quiz in the gradebook and every answer marked."""
    publish(WRONG)
    students = [person(f"s{n:02}") for n in range(1, 13)]
    made = taught(*students)
    schedule = QuizSchedule.objects.create(quiz=Quiz.objects.get(), school_class=made)
    book.add_schedule(schedule)
    for student, answers in zip(students, ANSWERS, strict=True):
        take(student, schedule, dict(zip(("q-votes", "q-long"), answers, strict=True)))
    return made


def take(student, schedule, answers):
    attempt = attempts.begin(student, schedule.quiz, schedule.school_class)
    items = attempt.items.select_related("question_version__question")
    sent = {one.slot: Sent(answer=answers[one.question_version.question.uid], base_rev=0) for one in items}
    attempts.submit(attempt.pk, student, attempt.submit_key, sent)
    marking.grade(attempt.pk)
    return attempt


@pytest.fixture
def question(school):
    return Question.objects.get(uid="q-votes")


@pytest.fixture
def corrected(publish, question):
    publish(RIGHT)
    question.refresh_from_db()
    return question


@pytest.fixture
def regraded(corrected, school, instructor):
    """Plans, applies and carries it through."""

    def make(mode="new_key", **more):
        run = regrading.plan(corrected, school, mode, instructor, **more)
        regrading.apply(run.pk, actor=instructor, reason="The key was wrong")
        assert regrading.carry_on(run.pk)
        run.refresh_from_db()
        assert run.state == "applied"
        return run

    return make


def item_of(name, uid="q-votes"):
    return AttemptItem.objects.get(attempt__user__username=name, question_version__question__uid=uid)


def grade_of(name, uid="q-votes"):
    return marking.effective(GradeEvent.objects.filter(item=item_of(name, uid)).order_by("pk"))


def cells(school):
    """The class's gradebook: points by student."""
    return {user: cell.points for (user, _), cell in book.cells(school).items()}


def points(school):
    """Of q-votes, student by student."""
    return [grade_of(f"s{n:02}").points for n in range(1, 13)]


# What is offered


def test_a_changed_key_is_offered_and_says_what_changed(corrected, school):
    (offer,) = regrading.offered(school)
    assert (offer.question, offer.answers, offer.what) == (corrected, 12, "key")
    assert [(one.was, one.becomes) for one in offer.changes] == [("a “Two”", "b “Three”")]
    assert ("-", "- [x] {a} Two | Two candidates could both have two.") in [(line.sign, line.text) for line in offer.lines]


@pytest.mark.parametrize(
    ("old", "new"),
    [("Two majorities share a server.", "Three is a majority."), ("How many votes make", "What makes"), ("} Four", "} All four")],
)
def test_another_wording_offers_nothing(publish, school, old, new):
    publish(WRONG.replace(old, new))
    assert Question.objects.get(uid="q-votes").versions.count() == 2
    assert regrading.offered(school) == []


@pytest.mark.parametrize(
    ("old", "new", "what"), [(":points: 1", ":points: 3", "points"), ("- [ ] {c} Four | More than needed.\n", "", "parts")]
)
def test_other_points_and_other_choices_are_offered(publish, school, old, new, what):
    publish(WRONG.replace(old, new, 1))
    assert [(one.question.uid, one.what) for one in regrading.offered(school)] == [("q-votes", what)]


def test_what_was_regraded_is_offered_no_more_until_it_is_taken_back(regraded, school, instructor):
    run = regraded()
    assert regrading.offered(school) == []
    regrading.revert(run.pk, actor=instructor, reason="No")
    regrading.carry_on(run.pk)
    assert [one.answers for one in regrading.offered(school)] == [12]


def test_a_class_does_not_see_what_another_one_is_offered(corrected, taught, alice):
    assert regrading.offered(taught(alice, name="Other")) == []


# The modes. Before: 0 for b, 1 for a, 0 for c and for the blank.


@pytest.mark.parametrize(
    ("mode", "expected", "up", "down", "passes", "fails"),
    [
        ("new_key", [1] * 6 + [0] * 6, 6, 3, 3, 1),
        ("best_of", [1] * 9 + [0] * 3, 6, 0, 3, 0),
        ("accept_both", [1] * 9 + [0] * 3, 6, 0, 3, 0),
        ("full_credit", [1] * 12, 9, 0, 4, 0),
        ("drop_item", [0] * 12, 0, 0, 0, 1),
    ],
)
def test_each_mode_gives_the_numbers_it_showed(corrected, school, regraded, mode, expected, up, down, passes, fails):
    shown = {one.mode: one for one in regrade_effects.of_modes(corrected, school, corrected.current)}[mode]
    assert (shown.up, shown.down, shown.passes, shown.fails, shown.answers) == (up, down, passes, fails, 12)
    run = regraded(mode)
    assert regrade_effects.of_deltas(run) == shown
    assert points(school) == expected
    most = 0 if mode == "drop_item" else 1
    assert {grade_of(f"s{n:02}").points_max for n in range(1, 13)} == {most}
    grade = grade_of("s01")
    assert (grade.kind, grade.question_version, grade.regrade, grade.reason) == ("regrade", corrected.current, run, "The key was wrong")
    assert grade.actor.username == "ines"


def test_a_dry_run_changes_nothing(corrected, school, instructor):
    before = (list(GradeEvent.objects.values()), list(GradebookEvent.objects.values()))
    run = regrading.plan(corrected, school, "new_key", instructor)
    assert (run.state, run.deltas.count()) == ("previewed", 12)
    assert (list(GradeEvent.objects.values()), list(GradebookEvent.objects.values())) == before


def test_the_gradebook_follows(regraded, school):
    before = cells(school)
    regraded()
    after = cells(school)
    names = dict(Attempt.objects.values_list("user", "user__username"))
    assert {names[user] for user in before if after[user] != before[user]} == {f"s{n:02}" for n in range(1, 10)}
    assert after[item_of("s01").attempt.user_id] == 100


def test_dropping_a_question_leaves_what_the_others_are_worth(regraded, school):
    regraded("drop_item")
    assert [cells(school)[item_of(name).attempt.user_id] for name in ("s01", "s04", "s09")] == [100, 0, 0]


def test_other_points_are_the_new_ones_and_a_share_is_kept(publish, school, question, instructor):
    publish(RIGHT.replace(":points: 1", ":points: 3", 1))
    question.refresh_from_db()
    run = regrading.plan(question, school, "best_of", instructor)
    delta = run.deltas.get(item=item_of("s07"))
    assert (delta.old_points, delta.old_max, delta.new_points, delta.new_max) == (1, 1, 3, 3)


def test_best_of_keeps_what_an_earlier_regrade_gave_and_accept_both_asks_the_keys_alone(publish, question, school, instructor, regraded):
    regraded("full_credit")
    blank, four = item_of("s12"), item_of("s10")
    outcomes = {}
    for mode in ("best_of", "accept_both", "new_key"):
        run = regrading.plan(question, school, mode, instructor)
        outcomes[mode] = [run.deltas.get(item=item).new_points for item in (blank, four)]
    assert outcomes == {"best_of": [1, 1], "accept_both": [0, 0], "new_key": [0, 0]}


def test_accept_both_looks_at_the_two_keys_and_not_at_one_before_them(publish, question, school, instructor, regraded):
    """The second regrade is to a third key, c; what counted before it is the second, b."""
    regraded("new_key")
    publish(keyed(RIGHT, "c"))
    question.refresh_from_db()
    run = regrading.plan(question, school, "accept_both", instructor)
    assert [run.deltas.get(item=item_of(name)).new_points for name in ("s01", "s07", "s10")] == [1, 0, 1]


def test_an_attempt_that_waits_for_a_mark_crosses_no_line(corrected, school, instructor):
    items = AttemptItem.objects.filter(question_version__question__uid="q-long")
    rows = marking.graded([item_of("s04").attempt])[item_of("s04").attempt_id]
    waits = next(row for row in rows if row.item in items)
    waits.grade = None
    assert regrade_effects.pass_flip(rows, regrade_effects.judged(rows, corrected, "new_key", corrected.current)) == 0


def test_passing_is_looked_at_before_a_share_is_taken_off_for_being_late(corrected, school, instructor):
    due = policy.now() - datetime.timedelta(days=2)
    QuizSchedule.objects.update(due_at=due, late=[[1, 10]])
    run = regrading.plan(corrected, school, "new_key", instructor)
    assert run.deltas.get(item=item_of("s04")).pass_flip == 1


# What is left alone


def test_marks_by_hand_survive(corrected, school, instructor, regraded):
    half = Decimal("0.5")
    marking.decide(item_of("s01"), "manual", actor=instructor, reason="Argued well", fraction=half)
    marking.decide(item_of("s02"), "override", actor=instructor, reason="Ill", fraction=half)
    marking.decide(item_of("s03"), "excused", actor=instructor, reason="Ill")
    run = regraded("full_credit")
    assert [grade_of(f"s0{n}").kind for n in (1, 2, 3, 4)] == ["manual", "override", "excused", "regrade"]
    assert GradeEvent.objects.filter(regrade=run).count() == 9
    notes = [run.deltas.get(item=item_of(f"s0{n}")).note for n in (1, 2, 3)]
    assert [one.partition(";")[0] for one in notes] == ["Graded by hand", "Overridden", "Excused"]


def test_a_mark_by_hand_that_comes_after_the_dry_run_survives(corrected, school, instructor):
    run = regrading.plan(corrected, school, "new_key", instructor)
    marking.decide(item_of("s01"), "override", actor=instructor, reason="Ill", fraction=Decimal("0.5"))
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    regrading.carry_on(run.pk)
    assert (grade_of("s01").kind, GradeEvent.objects.filter(regrade=run).count()) == ("override", 11)
    assert run.deltas.get(item=item_of("s01")).new["left"] == "by_hand"


def test_another_regrade_after_the_dry_run_is_looked_at_again(corrected, school, instructor, regraded):
    run = regrading.plan(corrected, school, "best_of", instructor)
    regraded("full_credit")
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    regrading.carry_on(run.pk)
    assert points(school) == [1] * 12
    assert {delta.old_points for delta in run.deltas.all()} == {1}


def test_what_was_cleared_is_offered_again(corrected, school, instructor, regraded):
    marking.decide(item_of("s01"), "override", actor=instructor, reason="Ill", fraction=Decimal("0.5"))
    regraded()
    assert regrading.offered(school) == []
    marking.decide(item_of("s01"), "cleared", actor=instructor, reason="A mistake")
    assert [one.answers for one in regrading.offered(school)] == [1]


def test_an_answer_to_a_choice_that_is_gone_is_left_alone(publish, school, question, instructor):
    publish(RIGHT.replace("- [ ] {c} Four | More than needed.\n", "- [ ] {d} Five | All.\n"))
    question.refresh_from_db()
    run = regrading.plan(question, school, "new_key", instructor)
    gone = run.deltas.get(item=item_of("s10"))
    assert (gone.new["left"], gone.new_points, gone.note) == (
        "unjudged",
        0,
        "The answer names c, which this version of the question does not have.",
    )
    assert run.deltas.filter(new__left="unjudged").count() == 2
    assert run.deltas.get(item=item_of("s12")).new["left"] == ""  # a blank is a blank under any key
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    regrading.carry_on(run.pk)
    assert (grade_of("s10").kind, grade_of("s09").kind) == ("auto", "regrade")
    assert regrading.offered(school) == []


def test_a_right_choice_that_was_not_there_judges_nobody(publish, school, question, instructor):
    publish(WRONG.replace("- [x] {a}", "- [ ] {a}").replace("More than needed.\n", "More than needed.\n- [x] {e} Three of five | Yes.\n"))
    question.refresh_from_db()
    run = regrading.plan(question, school, "new_key", instructor)
    assert run.deltas.exclude(new__left="unjudged").get().item == item_of("s12")


def test_steps_and_pairs_that_were_not_there_judge_nobody():
    from lessons.questions.types import matching, ordering

    def made(**fields):
        return model.Question(uid="q", type="x", title="", line=1, **fields)

    three, four = (made(spec={"steps": [{"id": one} for one in ids]}, key={"order": list(ids)}) for ids in ("abc", "abcd"))
    ordering.TYPE.fits(three, three, ["b", "a", "c"])
    for new, old, answer in ((four, three, ["b", "a", "c"]), (three, four, ["b", "a", "c", "d"])):
        with pytest.raises(model.Unreadable):
            ordering.TYPE.fits(new, old, answer)
    two, more = (
        made(
            spec={"left": [{"id": one} for one in ids], "right": [{"id": one.upper()} for one in ids]},
            key={"pairs": {one: one.upper() for one in ids}},
        )
        for ids in ("ab", "abc")
    )
    matching.TYPE.fits(two, two, {"a": "B"})
    for new, old, answer in ((more, two, {"a": "A"}), (two, more, {"c": "A"}), (two, more, {"a": "C"})):
        with pytest.raises(model.Unreadable):
            matching.TYPE.fits(new, old, answer)


def test_an_answer_that_breaks_its_marking_is_left_alone_and_the_rest_is_not(corrected, school, instructor, monkeypatch):
    grade = single.Single.grade

    def breaks(self, question, dealt, answer):
        if answer == "c":
            raise KeyError("c")
        return grade(self, question, dealt, answer)

    monkeypatch.setattr(single.Single, "grade", breaks)
    run = regrading.plan(corrected, school, "new_key", instructor)
    assert run.state == "previewed"
    assert [(delta.note, delta.new_points) for delta in run.deltas.filter(new__left="unjudged")] == [
        ("Marking it failed (KeyError).", 0)
    ] * 2


def test_an_attempt_that_does_not_count_any_more_is_left_alone(corrected, school, instructor):
    run = regrading.plan(corrected, school, "new_key", instructor)
    Attempt.objects.filter(user__username="s01").update(state=State.VOIDED)
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    regrading.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, grade_of("s01").kind, Attempt.objects.get(user__username="s01").state) == ("applied", "auto", State.VOIDED)


# Once, whatever happens


def test_applying_twice_is_applying_once(regraded, school, instructor):
    run = regraded()
    log = (list(GradeEvent.objects.values()), list(GradebookEvent.objects.values()))
    assert regrading.apply(run.pk, actor=instructor, reason="Again").state == "applied"
    deltas = list(run.deltas.values())
    RegradeRun.objects.filter(pk=run.pk).update(state="applying")  # as a worker sees it that has listed the attempts and waits for them
    run.refresh_from_db()
    for pk in Attempt.objects.values_list("pk", flat=True):
        regrade_work.write_attempt(run, pk)
    regrading.carry_on(run.pk)
    assert (list(GradeEvent.objects.values()), list(GradebookEvent.objects.values())) == log
    assert list(run.deltas.values()) == deltas
    run.refresh_from_db()
    assert run.reason == "The key was wrong"


def test_a_worker_that_dies_leaves_nothing_half_done_and_the_next_one_goes_on(corrected, school, instructor, monkeypatch):
    run = regrading.plan(corrected, school, "new_key", instructor)
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    settle, settled = marking.settle, []

    def dies(attempt, error=""):
        """In the middle of the fifth attempt, its event written and not committed; then for good."""
        settle(attempt, error)
        settled.append(attempt.pk)
        if len(settled) >= 5:
            raise SystemExit

    monkeypatch.setattr(marking, "settle", dies)
    with pytest.raises(SystemExit):
        regrading.carry_on(run.pk)
    run.refresh_from_db()
    assert run.state == "applying"
    assert (GradeEvent.objects.filter(regrade=run).count(), run.deltas.filter(applied=True).count()) == (4, 4)
    monkeypatch.setattr(marking, "settle", settle)
    assert regrading.unfinished() == [run.pk]
    assert regrading.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, regrading.unfinished()) == ("applied", [])
    assert GradeEvent.objects.filter(regrade=run).count() == 12
    assert points(school) == [1] * 6 + [0] * 6


def test_an_attempt_that_fails_keeps_none_of_the_others_waiting_and_is_tried_again(corrected, school, instructor, monkeypatch):
    run = regrading.plan(corrected, school, "new_key", instructor)
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    settle, bad = marking.settle, item_of("s02").attempt_id

    def fails(attempt, error=""):
        if attempt.pk == bad:
            raise RuntimeError("the gradebook is on fire")
        settle(attempt, error)

    monkeypatch.setattr(marking, "settle", fails)
    regrading.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, "on fire" in run.error, run.deltas.filter(applied=True).count()) == ("applying", True, 11)
    monkeypatch.setattr(marking, "settle", settle)
    regrading.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error, grade_of("s02").kind) == ("applied", "", "regrade")


def test_a_dry_run_goes_on_where_its_slice_ended(corrected, school, instructor, monkeypatch):
    monkeypatch.setattr(regrading, "AT_ONCE_MAX", 0)
    run = regrading.plan(corrected, school, "new_key", instructor)
    assert (run.state, run.deltas.count()) == ("draft", 0)
    slices = 0
    while not regrading.carry_on(run.pk, seconds=-1):
        slices += 1
        assert run.deltas.count() == slices
    run.refresh_from_db()
    assert (run.state, run.deltas.count(), slices) == ("previewed", 12, 12)


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_is_at_a_regrade(corrected, school, instructor, monkeypatch):
    import threading

    from django.db import connection

    monkeypatch.setattr(regrading, "AT_ONCE_MAX", 0)
    run = regrading.plan(corrected, school, "new_key", instructor)
    done = []

    def other():
        try:
            done.append(regrading.carry_on(run.pk))
        finally:
            connection.close()

    with regrading.alone(regrading.REGRADE, run.pk) as mine:
        assert mine
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
    assert (done, run.deltas.count()) == ([True], 0)
    assert regrading.carry_on(run.pk)
    assert run.deltas.count() == 12


def test_a_worker_finds_the_tasks_and_its_queue(settings):
    from academy.celery import app

    name, sweeper = "academy.quizzes.regrade_tasks.carry_on", settings.CELERY_BEAT_SCHEDULE["carry-on-regrades"]["task"]
    script = "from academy.celery import app; app.loader.import_default_modules(); print(*app.tasks)"
    known = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {name, sweeper} <= set(known)
    assert [app.amqp.router.route({}, one)["queue"].name for one in (name, sweeper)] == ["grading"] * 2


# Taking back


def test_taking_back_restores_the_gradebook_and_deletes_nothing(regraded, school, instructor):
    before, marks = cells(school), points(school)
    why = {event.user_id: event.why for event in GradebookEvent.objects.order_by("pk")}
    run = regraded("full_credit")
    assert cells(school) != before
    events = list(GradeEvent.objects.order_by("pk").values())
    regrading.revert(run.pk, actor=instructor, reason="Too generous")
    for _ in range(2):
        assert regrading.carry_on(run.pk)
        regrading.revert(run.pk, actor=instructor, reason="Once more")
    run.refresh_from_db()
    assert (run.state, run.revert_reason, run.reverted_by, regrading.unfinished()) == ("reverted", "Too generous", instructor, [])
    assert (cells(school), points(school)) == (before, marks)
    assert {event.user_id: event.why for event in GradebookEvent.objects.order_by("pk")} == why
    assert list(GradeEvent.objects.order_by("pk").values())[: len(events)] == events
    assert GradeEvent.objects.filter(regrade=run).count() == 24
    restored, first = grade_of("s01"), GradeEvent.objects.filter(item=item_of("s01")).order_by("pk").first()
    same = ("fraction", "points", "points_max", "question_version_id", "grader_version", "response_id", "feedback", "facts")
    assert [getattr(restored, name) for name in same] == [getattr(first, name) for name in same]
    assert restored.reason == "Taken back: Too generous"


def test_a_worker_that_dies_while_taking_back_is_followed_by_one_that_goes_on(regraded, school, instructor, monkeypatch):
    before = cells(school)
    run = regraded()
    regrading.revert(run.pk, actor=instructor, reason="No")
    restore, calls = regrade_work.restore_attempt, []

    def dies(run, pk):
        if len(calls) == 3:
            raise SystemExit
        calls.append(pk)
        restore(run, pk)

    monkeypatch.setattr(regrade_work, "restore_attempt", dies)
    with pytest.raises(SystemExit):
        regrading.carry_on(run.pk)
    assert (run.deltas.filter(applied=True).count(), regrading.unfinished()) == (9, [run.pk])
    monkeypatch.setattr(regrade_work, "restore_attempt", restore)
    regrading.carry_on(run.pk)
    assert (cells(school), regrading.unfinished()) == (before, [])


def test_a_worker_that_is_late_writes_nothing_of_what_is_taken_back(regraded, school, instructor):
    run = regraded()
    regrading.revert(run.pk, actor=instructor, reason="No")
    regrading.carry_on(run.pk)
    count = GradeEvent.objects.count()
    regrade_work.write_attempt(run, item_of("s01").attempt_id)
    assert GradeEvent.objects.count() == count


def test_a_later_regrade_stands_on_the_earlier_one(regraded, school, instructor):
    first = regraded("new_key")
    second = regraded("full_credit")
    with pytest.raises(Refused, match="Take that back first"):
        regrading.revert(first.pk, actor=instructor, reason="No")
    for run in (second, first):
        regrading.revert(run.pk, actor=instructor, reason="No")
        regrading.carry_on(run.pk)
    assert points(school) == [0] * 6 + [1] * 3 + [0] * 3


def test_a_mark_by_hand_given_after_it_survives_taking_it_back(regraded, school, instructor):
    run = regraded()
    marking.decide(item_of("s01"), "override", actor=instructor, reason="Ill", fraction=Decimal("0.5"))
    regrading.revert(run.pk, actor=instructor, reason="No")
    regrading.carry_on(run.pk)
    assert (grade_of("s01").kind, grade_of("s01").points) == ("override", Decimal("0.5"))
    marking.decide(item_of("s01"), "cleared", actor=instructor, reason="A mistake")
    assert grade_of("s01").points == 0


def test_nothing_is_applied_or_taken_back_without_a_reason_or_out_of_turn(corrected, school, instructor):
    run = regrading.plan(corrected, school, "new_key", instructor)
    with pytest.raises(Refused, match="nothing to take back"):
        regrading.revert(run.pk, actor=instructor, reason="No")
    with pytest.raises(Refused, match="Say why"):
        regrading.apply(run.pk, actor=instructor, reason=" ")
    other = regrading.plan(corrected, school, "best_of", instructor)
    regrading.apply(run.pk, actor=instructor, reason="Wrong")
    with pytest.raises(Refused, match="at work"):
        regrading.apply(other.pk, actor=instructor, reason="Wrong")
    with pytest.raises(Refused, match="is kept"):
        regrading.discard(run.pk)
    regrading.discard(other.pk)
    assert not RegradeDelta.objects.filter(regrade=other.pk).exists()
    with pytest.raises(Refused, match="Expected one of"):
        regrading.plan(corrected, school, "all_of", instructor)
    with pytest.raises(Refused, match="no such version"):
        regrading.plan(corrected, school, "new_key", instructor, to_version=Question.objects.get(uid="q-long").current)


# The pages


def test_an_instructor_goes_from_the_offer_to_the_regrade_and_back(corrected, school, instructor, as_user, publish):
    client, base = as_user(instructor), f"/classes/{school.pk}/regrades/"
    for path in (f"/classes/{school.pk}/", base):
        assert "The key of q-votes changed since 12 answers were marked" in client.get(path).content.decode()
    students = as_user(item_of("s01").attempt.user).get(f"/classes/{school.pk}/").content.decode()
    assert "changed since" not in students
    page = client.get(f"{base}questions/q-votes/").content.decode()
    assert "The right answer" in page and f"/admin/lessons/lesson/{corrected.lesson_id}/change/" in page
    page = client.get(f"{base}questions/q-votes/new/").content.decode()
    assert page.count('type="radio" name="mode"') == 5 and "<dd>6</dd>" in page
    reply = client.post(f"{base}questions/q-votes/new/", {"mode": "new_key"})
    run = RegradeRun.objects.get()
    assert reply["Location"] == f"{base}{run.pk}/"
    page = client.get(reply["Location"]).content.decode()
    assert "A dry run. No mark was changed." in page and page.count("passes now") == 3 and page.count("passes no more") == 1
    refused = client.post(f"{base}{run.pk}/apply/", {"reason": ""}, follow=True).content.decode()
    assert "Say why" in refused
    page = client.post(f"{base}{run.pk}/apply/", {"reason": "The key was wrong"}, follow=True).content.decode()
    assert "It is being applied: 0 of 12 done." in page and "hx-get" in page
    status = client.get(f"{base}{run.pk}/status/")
    assert "0 of 12" in status.content.decode() and "HX-Refresh" not in status
    regrading.carry_on(run.pk)
    assert client.get(f"{base}{run.pk}/status/")["HX-Refresh"] == "true"
    page = client.post(f"{base}{run.pk}/revert/", {"reason": "No"}, follow=True).content.decode()
    assert "It is being taken back: 0 of 12 done." in page
    regrading.carry_on(run.pk)
    page = client.get(f"{base}{run.pk}/").content.decode()
    assert "Taken back. The marks are what they were before." in page
    assert "taken back" in client.get(base).content.decode()


def test_a_dry_run_is_discarded_by_a_button(corrected, school, instructor, as_user):
    run = regrading.plan(corrected, school, "drop_item", instructor)
    client = as_user(instructor)
    page = client.post(f"/classes/{school.pk}/regrades/{run.pk}/discard/", follow=True).content.decode()
    assert "No mark was changed" in page and not RegradeRun.objects.exists()


def test_only_instructors_of_the_class_regrade(corrected, school, instructor, as_user, person, bob, client):
    run = regrading.plan(corrected, school, "new_key", instructor)
    members.seat(school, tom := person("tom"), How.CODE)
    Membership.objects.filter(user=tom).update(role=Role.ASSISTANT)
    base = f"/classes/{school.pk}/regrades/"
    reads = ["", "questions/q-votes/", "questions/q-votes/new/", f"{run.pk}/", f"{run.pk}/status/"]
    writes = ["questions/q-votes/new/", *(f"{run.pk}/{deed}/" for deed in ("apply", "discard", "revert"))]
    student = Attempt.objects.first().user
    for user, code in ((bob, 404), (student, 403), (tom, 403)):
        browser = as_user(user)
        assert [browser.get(base + one).status_code for one in reads] == [code] * len(reads)
        assert [browser.post(base + one, {"reason": "x", "mode": "new_key"}).status_code for one in writes] == [code] * len(writes)
    assert client.get(base).status_code == 302
    run.refresh_from_db()
    assert (run.state, RegradeRun.objects.count()) == ("previewed", 1)
    mine = as_user(instructor)
    assert [mine.get(base + one).status_code for one in reads] == [200] * len(reads)
    assert [mine.get(base + one).status_code for one in writes[1:]] == [405] * 3


def test_a_regrade_of_another_class_is_not_found(corrected, school, instructor, taught, alice, as_user):
    run = regrading.plan(corrected, school, "new_key", instructor)
    other = taught(alice, name="Other")
    client = as_user(instructor)
    assert client.get(f"/classes/{other.pk}/regrades/{run.pk}/").status_code == 404
    assert client.post(f"/classes/{other.pk}/regrades/{run.pk}/apply/", {"reason": "x"}).status_code == 404


def test_a_student_reads_why_the_mark_changed(regraded, as_user):
    regraded()
    attempt = item_of("s01").attempt
    page = as_user(attempt.user).get(f"/attempts/{attempt.pk}/").content.decode()
    assert "regraded: The key was wrong" in page and "100 %" in page


# The command


def run_command(*args):
    out = io.StringIO()
    call_command("regrade", *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_a_dry_run_and_leaves_nothing(corrected, school):
    printed = run_command("q-votes", f"--class={school.pk}", "--mode=new_key")
    assert "s04, attempt 1: 0 of 1 -> 1 of 1 (+1, passes now)" in printed
    assert (
        "12 answers, to version 2: 6 up, 3 down, 3 the same, 0 not counted any more, 0 left alone; 3 pass now, 1 pass no more." in printed
    )
    assert not RegradeRun.objects.exists() and points(school) == [0] * 6 + [1] * 3 + [0] * 3


def test_the_command_applies_with_a_reason(corrected, school):
    with pytest.raises(CommandError, match="--apply needs --reason"):
        run_command("q-votes", f"--class={school.pk}", "--apply")
    assert "is applied" in run_command("q-votes", f"--class={school.pk}", "--mode=best_of", "--apply", "--reason=The key was wrong")
    assert points(school) == [1] * 9 + [0] * 3


def test_the_command_says_what_it_lacks(corrected, school):
    for args, words in (
        ([], "or --challenge"),
        (["q-votes", "--challenge"], "or --challenge"),
        (["q-votes"], "Expected --class PK"),
        (["q-votes", "--class=999999"], "There is no class 999999. There are"),
        (["q-none", f"--class={school.pk}"], "no question 'q-none'"),
    ):
        with pytest.raises(CommandError, match=re.escape(words)):
            run_command(*args)
