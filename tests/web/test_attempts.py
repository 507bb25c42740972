"""Attempts on real rows: begin, save, hand in, end by the clock, the receipt, and whose they are."""

import datetime
import threading
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from academy.quizzes import attempts, marking, policy, tasks
from academy.quizzes.alone import GRADE, alone
from academy.quizzes.attempts import Conflict, Over, Refused, Sent
from academy.quizzes.models import Attempt, GradeEvent, PolicyOverride, QuizSchedule, Receipt, ResponseEvent, State
from lessons import revisions
from lessons.models import QuestionVersion, Quiz
from tests.quiz_source import ELECT, LONG, RIGHT, VOTES, WHICH, WORD, pooled, quiz_of
from tests.quiz_source import QUIZ as EVERY_TYPE

QUIZ = quiz_of(VOTES, pooled(WHICH), pooled(LONG), pooled(WORD), pick=2)


@pytest.fixture
def quiz(db, lesson_source):
    revisions.take_file(lesson_source(extra=QUIZ))
    return Quiz.objects.get()


@pytest.fixture
def scheduled(quiz, taught, alice, bob):
    """A class of alice and bob with the quiz set."""

    def make(**rules):
        made = taught(alice, bob)
        return QuizSchedule.objects.create(quiz=quiz, school_class=made, **rules)

    return make


def slot_of(attempt, uid):
    return attempt.items.get(question_version__question__uid=uid)


def right(attempt):
    rows = attempt.items.select_related("question_version__question")
    return {item.slot: Sent(answer=RIGHT[item.question_version.question.uid], base_rev=item.draft_rev) for item in rows}


def test_the_same_text_is_the_same_version(quiz, lesson_source):
    assert QuestionVersion.objects.count() == 4
    revisions.take_file(lesson_source(extra=QUIZ.replace("More than needed.", "Too many.")))
    assert QuestionVersion.objects.count() == 5
    revisions.take_file(lesson_source(extra=QUIZ))
    assert QuestionVersion.objects.count() == 5
    version = QuestionVersion.objects.get(question__uid="q-votes", n=1)
    assert version.question.current == version
    with pytest.raises(TypeError, match="never changed"):
        version.save()


def test_an_attempt_asks_what_the_seed_draws(quiz, alice):
    first = attempts.begin(alice, quiz)
    uids = [item.question_version.question.uid for item in first.items.all()]
    assert len(uids) == 3 and "q-votes" in uids
    assert attempts.begin(alice, quiz) == first
    drawn = set()
    for _ in range(12):
        attempts.abandon(attempts.begin(alice, quiz).pk, alice)
        drawn.add(tuple(item.question_version.question.uid for item in attempts.begin(alice, quiz).items.all()))
    assert len(drawn) > 3


def test_right_answers_are_worth_all(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    receipt = attempts.submit(attempt.pk, alice, attempt.submit_key, right(attempt))
    assert [line["answered"] for line in receipt.lines] == [True] * 3
    assert marking.grade(attempt.pk)
    score = marking.score(marking.graded([attempt])[attempt.pk])
    assert (score.points, score.open) == (score.max, 0)
    assert marking.grade(attempt.pk)
    assert GradeEvent.objects.count() == 3


def test_handing_in_again_gives_the_same_receipt(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    first = attempts.submit(attempt.pk, alice, attempt.submit_key, right(attempt))
    again = attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    assert (first, Receipt.objects.count()) == (again, 1)
    assert ResponseEvent.objects.filter(kind="final").count() == 3


def test_a_page_of_another_attempt_hands_in_nothing(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    with pytest.raises(Refused, match="does not belong"):
        attempts.submit(attempt.pk, alice, uuid.uuid4(), {})
    assert Attempt.objects.get().state == State.IN_PROGRESS


def test_a_stranger_touches_nothing(quiz, alice, bob):
    attempt = attempts.begin(alice, quiz)
    for act in (
        lambda: attempts.save(attempt.pk, bob, 1, Sent(answer="a", base_rev=0)),
        lambda: attempts.submit(attempt.pk, bob, attempt.submit_key, {}),
        lambda: attempts.abandon(attempt.pk, bob),
    ):
        with pytest.raises(Attempt.DoesNotExist):
            act()


def test_a_draft_on_an_old_revision_is_a_conflict_and_changes_nothing(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    item = slot_of(attempt, "q-votes")
    assert attempts.save(attempt.pk, alice, item.slot, Sent(answer="a", base_rev=0)).draft_rev == 1
    with pytest.raises(Conflict) as clash:
        attempts.save(attempt.pk, alice, item.slot, Sent(answer="b", base_rev=0))
    assert clash.value.items[0].draft == "a"
    assert attempts.save(attempt.pk, alice, item.slot, Sent(answer="a", base_rev=0)).draft_rev == 1  # the same answer is no conflict
    with pytest.raises(Conflict):
        attempts.submit(attempt.pk, alice, attempt.submit_key, {item.slot: Sent(answer="b", base_rev=0)})
    item.refresh_from_db()
    assert (item.draft, Attempt.objects.get().state) == ("a", State.IN_PROGRESS)


def test_a_lost_reply_is_sent_again_and_is_the_same_event(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    item = slot_of(attempt, "q-votes")
    sent = Sent(answer="a", base_rev=0, client_event_id=uuid.uuid4())
    for _ in range(3):
        assert attempts.save(attempt.pk, alice, item.slot, sent).draft_rev == 1
    attempts.save(attempt.pk, alice, item.slot, Sent(answer="b", base_rev=1, client_event_id=uuid.uuid4()))
    assert attempts.save(attempt.pk, alice, item.slot, sent).draft == "b"  # an old one that comes late changes nothing
    assert ResponseEvent.objects.filter(kind="draft").count() == 2


def past_deadline(attempt, seconds):
    """As if that many seconds had passed since the deadline."""
    begun = attempt.deadline_at - attempt.started_at
    Attempt.objects.filter(pk=attempt.pk).update(started_at=policy.now() - begun - datetime.timedelta(seconds=seconds))
    attempt.refresh_from_db()


def test_answers_count_until_the_grace_is_over(scheduled, alice):
    schedule = scheduled(time_limit_s=600, grace_s=15)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    past_deadline(attempt, 5)
    item = slot_of(attempt, "q-votes")
    assert attempts.save(attempt.pk, alice, item.slot, Sent(answer="b", base_rev=0)).draft == "b"
    past_deadline(attempt, 16)
    with pytest.raises(Over):
        attempts.save(attempt.pk, alice, item.slot, Sent(answer="c", base_rev=1))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.finalize_reason) == (State.SUBMITTED, "time")
    assert [(r.kind, r.answer) for r in item.responses.all()] == [("draft", "b"), ("final", "b"), ("late", "c")]
    receipt = attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    assert receipt.lines[item.slot - 1]["answered"]


def test_the_sweeper_ends_what_is_due_and_nothing_else(scheduled, alice, bob):
    from academy.quizzes.tasks import end_attempts

    schedule = scheduled(time_limit_s=600)
    late, fresh = (attempts.begin(user, schedule.quiz, schedule.school_class) for user in (alice, bob))
    past_deadline(late, 60)
    Attempt.objects.filter(pk=late.pk).update(deadline_at=late.started_at + datetime.timedelta(seconds=600))
    end_attempts()
    assert [Attempt.objects.get(pk=one.pk).state for one in (late, fresh)] == [State.SUBMITTED, State.IN_PROGRESS]


def test_extra_time_counts_during_the_attempt(scheduled, alice, instructor):
    schedule = scheduled(time_limit_s=600)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    past_deadline(attempt, 60)
    PolicyOverride.objects.create(schedule=schedule, user=alice, time_factor=2, reason="As agreed", actor=instructor)
    attempts.redate(schedule, alice)
    attempt.refresh_from_db()
    assert attempt.state == State.IN_PROGRESS
    assert attempt.deadline_at - attempt.started_at == datetime.timedelta(seconds=1200)


def test_only_students_of_the_class_take_its_quiz_and_only_while_it_is_open(scheduled, alice, person):
    schedule = scheduled(attempts_max=1)
    with pytest.raises(Refused, match="not set for you"):
        attempts.begin(person("charlie"), schedule.quiz, schedule.school_class)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    with pytest.raises(Refused, match="1 of 1 attempts"):
        attempts.begin(alice, schedule.quiz, schedule.school_class)
    schedule.opens_at = policy.now() + datetime.timedelta(hours=1)
    schedule.save()
    with pytest.raises(Refused, match="not opened"):
        attempts.begin(alice, schedule.quiz, schedule.school_class)


def test_the_logs_refuse_to_change(quiz, alice):
    attempt = attempts.begin(alice, quiz)
    attempts.submit(attempt.pk, alice, attempt.submit_key, right(attempt))
    marking.grade(attempt.pk)
    for model, field in ((ResponseEvent, "answer"), (GradeEvent, "reason"), (Receipt, "code")):
        with pytest.raises(TypeError, match="is a log"):
            model.objects.first().save()
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            value = "'{}'" if field == "answer" else "'x'"
            cursor.execute(f"UPDATE {model._meta.db_table} SET {field} = {value}")


def test_late_work_keeps_its_share(db):
    at = policy.now()
    hours = datetime.timedelta(hours=1)
    rules = policy.Policy(due_at=at, late=((24, policy.Decimal("0.8")), (72, policy.Decimal("0.5"))))
    shares = [rules.credit(at + n * hours) for n in (0, 1, 24, 25, 72, 73)]
    assert shares == [1, policy.Decimal("0.8"), policy.Decimal("0.8"), policy.Decimal("0.5"), policy.Decimal("0.5"), 0]
    assert policy.Policy(due_at=at).credit(at + hours) == 1


def test_a_decision_by_hand_stands_until_it_is_taken_back(quiz, alice, instructor):
    attempt = attempts.begin(alice, quiz)
    attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    marking.grade(attempt.pk)
    item = slot_of(attempt, "q-votes")
    counts = lambda: next(row.grade for row in marking.graded([attempt])[attempt.pk] if row.item == item)  # noqa: E731
    assert (counts().kind, counts().points) == ("auto", 0)
    marking.decide(item, "manual", actor=instructor, reason="Said it aloud", fraction=policy.Decimal("0.5"))
    marking.decide(item, "override", actor=instructor, reason="And rightly", fraction=policy.Decimal(1))
    marking.decide(item, "manual", actor=instructor, reason="Read again", fraction=policy.Decimal("0.25"))
    assert (counts().kind, counts().points) == ("override", 1)
    marking.decide(item, "cleared", actor=instructor, reason="A mistake")
    assert (counts().kind, counts().points) == ("auto", 0)
    with pytest.raises(Refused, match="Say why"):
        marking.decide(item, "override", actor=instructor, reason=" ", fraction=policy.Decimal(1))


def test_nobody_practises_during_an_attempt_or_where_a_class_keeps_the_quiz(scheduled, alice, bob):
    schedule = scheduled()
    attempts.begin(bob, schedule.quiz)
    attempts.begin(alice, schedule.quiz, schedule.school_class)
    with pytest.raises(Refused, match="Hand in your attempt"):
        attempts.begin(alice, schedule.quiz)
    schedule.practice_open = False
    schedule.save()
    attempts.abandon(attempts.in_progress(bob, schedule.quiz, None).pk, bob)
    with pytest.raises(Refused, match="closed to practice"):
        attempts.begin(bob, schedule.quiz)
    schedule.closes_at = policy.now()
    schedule.save()
    assert attempts.begin(bob, schedule.quiz).practice


def posted(attempt, **fields):
    """The whole form of an attempt as a page holds it, with other fields put over."""
    revs = {f"q{item.slot}-rev": item.draft_rev for item in attempt.items.all()}
    return {"submit_key": attempt.submit_key, "do": "submit", **revs, **fields}


def test_a_conflict_keeps_everything_else_that_was_sent(quiz, alice, as_user):
    attempt = attempts.begin(alice, quiz)
    slots = {item.question_version.question.uid: item.slot for item in attempt.items.select_related("question_version__question")}
    first = slots.pop("q-votes")
    attempts.save(attempt.pk, alice, first, Sent(answer="a", base_rev=0))
    stale = posted(attempt, **{f"q{first}-choice": "b", f"q{first}-rev": 0, "sure": "1"})
    answers = {"q-which": {"choice": ["a", "b"]}, "q-long": {"value": "150"}, "q-word": {"value": "majority"}}
    stale |= {f"q{slot}-{name}": value for uid, slot in slots.items() for name, value in answers[uid].items()}
    page = as_user(alice).post(f"/attempts/{attempt.pk}/submit/", stale)
    assert page.status_code == 409
    assert Attempt.objects.get().state == State.IN_PROGRESS
    assert all(item.draft is not None for item in attempt.items.all())
    assert "Stored now" in page.content.decode()


def test_an_order_that_is_not_whole_is_shown_again_as_it_was_sent(db, lesson_source, alice, as_user):
    revisions.take_file(lesson_source(extra=EVERY_TYPE))
    attempt = attempts.begin(alice, Quiz.objects.get())
    slot = slot_of(attempt, "q-order").slot
    page = as_user(alice).post(f"/attempts/{attempt.pk}/submit/", posted(attempt, **{f"q{slot}-place-append": "2"}))
    assert page.status_code == 422
    select = page.content.decode().split(f'name="q{slot}-place-append"')[1].split("</select>")[0]
    assert '<option value="2" selected>' in select


def test_practice_that_was_begun_before_tells_no_key_during_an_attempt_that_counts(scheduled, alice, as_user):
    schedule = scheduled()
    practice = attempts.begin(alice, schedule.quiz)
    attempts.begin(alice, schedule.quiz, schedule.school_class)
    slot = slot_of(practice, "q-votes").slot
    page = as_user(alice).post(f"/attempts/{practice.pk}/{slot}/check/", {f"q{slot}-choice": "b"}).content.decode()
    assert "Hand in your attempt in class first" in page and "Two majorities" not in page
    attempts.submit(practice.pk, alice, practice.submit_key, right(practice))
    marking.grade(practice.pk)
    page = as_user(alice).get(f"/attempts/{practice.pk}/").content.decode()
    assert "not shown" in page and "Two majorities" not in page and "answer-key" not in page


def test_an_archived_class_ends_what_was_in_progress(scheduled, alice, instructor):
    from academy.classes import members
    from academy.quizzes.tasks import end_attempts

    schedule = scheduled(grace_s=0)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    item = slot_of(attempt, "q-votes")
    attempts.save(attempt.pk, alice, item.slot, Sent(answer="b", base_rev=0))
    members.archive(schedule.school_class)
    with pytest.raises(Over):
        attempts.save(attempt.pk, alice, item.slot, Sent(answer="c", base_rev=1))
    end_attempts()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.finalize_reason) == (State.SUBMITTED, "closed")
    assert item.responses.get(kind="final").answer == "b"


def test_a_limit_set_later_does_not_end_an_attempt_before_its_answers_arrived(scheduled, alice):
    schedule = scheduled(grace_s=0)
    attempt = attempts.begin(alice, schedule.quiz, schedule.school_class)
    Attempt.objects.update(started_at=policy.now() - datetime.timedelta(seconds=270))
    item = attempts.save(attempt.pk, alice, slot_of(attempt, "q-votes").slot, Sent(answer="b", base_rev=0))
    schedule.time_limit_s = 60
    schedule.save()
    attempts.redate(schedule)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.finalize_reason, attempt.submitted_at) == (State.SUBMITTED, "time", item.drafted_at)


def test_a_receipt_is_on_the_clock_of_the_class_and_practice_in_utc(quiz, alice, as_user, instructor, taught, monkeypatch):
    """Kolkata is five and a half hours ahead, and in winter it is the same as in summer."""
    school = taught(alice, time_zone="Asia/Kolkata")
    schedule = QuizSchedule.objects.create(quiz=quiz, school_class=school, time_limit_s=3600)
    at = datetime.datetime(2026, 11, 29, 20, 15, 7, 250_000, tzinfo=datetime.UTC)
    monkeypatch.setattr(policy, "now", lambda: at)
    pages = {}
    for place in (school, None):
        attempt = attempts.begin(alice, quiz, place)
        if place:
            running = as_user(alice).get(f"/attempts/{attempt.pk}/").content.decode()
            assert "Mon 30 November 2026, 02:45:07" in running and "20:15" not in running  # an hour later: see the time limit
        attempts.submit(attempt.pk, alice, attempt.submit_key, right(attempt))
        pages[place] = as_user(alice).get(f"/attempts/{attempt.pk}/").content.decode()
    zone = '<span class="zone">Asia/Kolkata</span>'
    assert f"Mon 30 November 2026, 01:45:07 {zone}" in pages[school]
    assert (
        f'arrived <time datetime="2026-11-29T20:15:07.250000Z" data-zone="Asia/Kolkata">Mon 30 November 2026, 01:45:07.250 {zone}'
        in pages[school]
    )
    assert 'Sun 29 November 2026, 20:15:07.250 <span class="zone">UTC</span>' in pages[None]
    staff = as_user(instructor).get(f"/classes/{school.pk}/quizzes/{schedule.pk}/attempts/{Attempt.objects.get(school_class=school).pk}/")
    assert f"01:45:07.250 {zone}" in staff.content.decode()
    mine = as_user(alice).get("/quizzes/check-9-1/").content.decode()
    assert f"Mon 30 November 2026, 01:45 {zone}" in mine
    assert 'Sun 29 November 2026, 20:15 <span class="zone">UTC</span>' in mine


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_replays_challenges(lesson_source, alice, monkeypatch):
    """Whoever is asked while another is at it leaves it, and it counts as no try; afterwards it is marked."""
    monkeypatch.setattr(attempts, "ask_for_marks", lambda pk: None)
    revisions.take_file(lesson_source(extra=quiz_of(VOTES, ELECT)))
    attempt = attempts.begin(alice, Quiz.objects.get())
    attempts.submit(attempt.pk, alice, attempt.submit_key, {})

    def at_work(meanwhile):
        with alone(GRADE, attempt.pk.int % 2**31) as mine:
            assert mine
            done = threading.Thread(target=lambda: (meanwhile(), connection.close()))
            done.start()
            done.join()

    at_work(lambda: tasks.grade(str(attempt.pk)))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.grading_tries) == (State.SUBMITTED, 0)
    tasks.grade(str(attempt.pk))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.grading_tries) == (State.GRADED, 1)
