"""Two who do the same thing at the same moment, hundreds of times, on real rows: one of them is first, and the logs say so."""

import datetime
import itertools
import math
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from django.db import connection, transaction

from academy.classes import members
from academy.classes.models import Membership
from academy.gradebook import book
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes import attempts, interventions, marking, regrade_work, regrading, scheduling
from academy.quizzes.attempts import Conflict, Over, Sent
from academy.quizzes.models import Attempt, AttemptItem, GradeEvent, PolicyOverride, QuizSchedule, Receipt, RegradeRun, ResponseEvent
from lessons import revisions
from lessons.models import Question
from tests.quiz_source import keyed
from tests.races.rounds import FEWER, HALF, LEADER, LESSON, RIGHT, ROUNDS, WHICH, WRONG, Queue, audit, race, sent

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT_S, GRACE_S = 60, 15
LONG_S = 7200  # no race lasts so long
CHANGES = 30  # of rules, each of which dates every attempt and posts every cell anew


@pytest.fixture(autouse=True)
def no_queue(asked):
    return asked


def submit(attempt, answers, base_rev=0):
    return attempts.submit(attempt.pk, attempt.user, attempt.submit_key, sent(answers, base_rev))


def is_over(attempt):
    return Attempt.objects.filter(pk=attempt.pk).exclude(state="in_progress").exists()


def answers(kind):
    """What the logs hold of a kind, by attempt and slot."""
    found = defaultdict(dict)
    for pk, slot, answer in ResponseEvent.objects.filter(kind=kind).order_by("pk").values_list("item__attempt", "item__slot", "answer"):
        found[pk][slot] = answer
    return found


def time_is_up_in(attempt, ms):
    """Answers count for so long from now on; negative: that long ago they did."""
    with connection.cursor() as cursor:
        begun = f"clock_timestamp() - interval '{LIMIT_S + GRACE_S} s' + interval '{ms} ms'"
        cursor.execute(f"UPDATE quizzes_attempt SET started_at = {begun} WHERE id = %s", [attempt.pk])


def test_double_submit(course, asked):
    """The same form twice, and two forms that differ: one receipt for both, and the answers of one form, never a mix."""
    made = course()
    rows = made.begun(made.enrol(ROUNDS))
    second = lambda i: RIGHT if i % 2 else WRONG  # noqa: E731
    told = race(ROUNDS, lambda i: submit(rows[i], RIGHT), lambda i: submit(rows[i], second(i)))
    audit(made)
    finals, late = answers("final"), answers("late")
    for i, (one, other) in enumerate(told):
        assert (one.pk, one.code) == (other.pk, other.code)
        final = finals[rows[i].pk]
        assert final in (RIGHT, second(i))
        assert late[rows[i].pk] == ({} if i % 2 else WRONG if final == RIGHT else RIGHT)  # what came second is kept as well
    assert asked.times == Counter(one.pk for one in rows)
    assert {finals[rows[i].pk][LEADER] for i in range(0, ROUNDS, 2)} == {"a", "b"}, "the same one was always first: no race"


def test_submit_against_the_deadline(course, asked):
    """Time runs out while a page hands in, one sweeper looks and a request ends what is over."""
    made = course(time_limit_s=LIMIT_S, grace_s=GRACE_S)
    rows = made.begun(made.enrol(ROUNDS))

    def sweep(i):
        try:
            return attempts.finalize(rows[i].pk, wait=False)
        except Attempt.DoesNotExist:  # somebody holds it
            return None

    told = race(
        ROUNDS,
        lambda i: submit(rows[i], RIGHT),
        sweep,
        lambda i: attempts.finalize(rows[i].pk),
        before=lambda i: time_is_up_in(rows[i], i * 7 % 64 / 4 - 3),
    )
    audit(made)
    reasons = Counter()
    finals, late, ended = answers("final"), answers("late"), Attempt.objects.select_related("receipt").in_bulk()
    for (receipt, _, _), attempt in zip(told, rows, strict=True):
        attempt = ended[attempt.pk]
        assert isinstance(receipt, Receipt) and receipt.pk == attempt.receipt.pk
        in_time = attempt.finalize_reason == "student"
        assert finals[attempt.pk] == (RIGHT if in_time else {LEADER: None, WHICH: None})
        assert late[attempt.pk] == ({} if in_time else RIGHT)
        assert attempt.submitted_at <= attempt.deadline_at + datetime.timedelta(seconds=GRACE_S)
        reasons[attempt.finalize_reason] += 1
    assert asked.times == Counter(one.pk for one in rows)
    assert set(reasons) == {"student", "time"}, reasons


@pytest.mark.parametrize("first", ["submit", "finalize", "save"])
def test_who_waits_at_the_lock_past_the_deadline_is_late(course, eventually, first):
    """The clock is read when the attempt is held, not when the request came."""
    made = course(time_limit_s=LIMIT_S, grace_s=GRACE_S)
    for attempt in made.begun(made.enrol(8)):
        acts = {
            "submit": lambda one=attempt: submit(one, RIGHT),
            "finalize": lambda one=attempt: attempts.finalize(one.pk),
            "save": lambda one=attempt: attempts.save(one.pk, one.user, LEADER, Sent(answer="c", base_rev=0)),
        }
        with Queue(lambda one=attempt: attempts.lock(one.pk), eventually) as line:
            time_is_up_in(attempt, 60_000)
            for name in (first, *(other for other in acts if other != first)):
                line.add(acts[name])
            time_is_up_in(attempt, 0)
        attempt.refresh_from_db()
        assert attempt.finalize_reason == "time"
        assert answers("final")[attempt.pk] == {LEADER: None, WHICH: None}
        assert sorted(type(one).__name__ for one in line.told) == ["Over", "Receipt", "bool"]
    audit(made)


def test_draft_against_submit(course):
    """What a page was told is kept is graded, or stands in a conflict before anything is handed in; what is late is in the log."""
    made = course()
    rows = made.begun(made.enrol(ROUNDS))

    def hand_in(i):
        try:
            return submit(rows[i], RIGHT if i % 2 else {})
        except Conflict as conflict:
            return conflict

    told = race(ROUNDS, lambda i: attempts.save(rows[i].pk, rows[i].user, LEADER, Sent(answer="c", base_rev=0)), hand_in)
    seen = Counter()
    for i, (kept, receipt) in enumerate(told):
        seen[type(kept).__name__, type(receipt).__name__] += 1
        if isinstance(receipt, Conflict):
            assert i % 2 and not isinstance(kept, Exception) and not is_over(rows[i])
            submit(rows[i], {WHICH: RIGHT[WHICH]})  # the student keeps what is stored
    audit(made)
    finals, late = answers("final"), answers("late")
    for i, (kept, _) in enumerate(told):
        final = finals[rows[i].pk]
        if isinstance(kept, Over):
            assert final == (RIGHT if i % 2 else {LEADER: None, WHICH: None}) and late[rows[i].pk] == {LEADER: "c"}
        else:
            assert final[LEADER] == "c" and kept.draft == "c"
    assert {("AttemptItem", "Receipt"), ("AttemptItem", "Conflict"), ("Over", "Receipt")} >= set(seen), seen  # which of them, luck decides


def test_two_tabs_on_one_question(course):
    """One of two answers on the same revision is kept, the other is told of it and may insist. None that was kept is missing in the log."""
    made = course()
    rows = made.begun(made.enrol(ROUNDS))

    def tab(answer):
        def insist(i):
            said = []
            base_rev = 0
            for _ in range(2):
                try:
                    kept = attempts.save(rows[i].pk, rows[i].user, WHICH, Sent(answer=answer, base_rev=base_rev))
                except Conflict as conflict:
                    said.append("conflict")
                    base_rev = conflict.items[0].draft_rev
                else:
                    return [*said, kept.draft_rev]
            return said

        return insist

    told = race(ROUNDS, tab(["a"]), tab(["b"]))
    logs = defaultdict(list)
    for pk, answer in ResponseEvent.objects.order_by("seq").values_list("item__attempt", "answer"):
        logs[pk].append(answer)
    for pair, attempt in zip(told, rows, strict=True):
        assert sorted(pair, key=len) == [[1], ["conflict", 2]]
        log = logs[attempt.pk]
        first = ["a"] if pair[0] == [1] else ["b"]
        assert log == [first, ["b"] if first == ["a"] else ["a"]]
    audit(made)


def test_two_tabs_begin(course):
    """One attempt, whoever clicks where; and not one more than there may be, even where one tab has handed in meanwhile."""
    made = course(attempts_max=1)
    users = made.enrol(ROUNDS)

    def begin(i):
        return attempts.begin(users[i], made.quiz, made.school_class)

    told = race(ROUNDS, begin, lambda i: submit(begin(i), RIGHT) if i % 4 == 0 else begin(i))
    for i, (one, other) in enumerate(told):
        [attempt] = Attempt.objects.filter(user=users[i])
        assert one == attempt or (i % 4 == 0 and "1 of 1 attempts" in str(one))
        assert other == attempt or other.attempt_id == attempt.pk
    audit(made)


def limit_of(made, i):
    """Another limit; where `i` is odd also another rule that the gradebook is computed by."""
    rules = {"time_limit_s": LONG_S + i, "aggregate": ("best", "last")[i % 2]}
    return scheduling.change(made.schedule, rules=rules, points=Decimal(100), weight=Decimal(1))


def is_dated_by(attempt, seconds):
    attempt.refresh_from_db()
    return attempt.deadline_at == attempt.started_at + datetime.timedelta(seconds=seconds)


def test_beginning_against_a_change_of_rules(course):
    """Whoever is first, the attempt ends by the rules there are; meanwhile a worker marks an earlier one, whose cell the change posts."""
    made = course(time_limit_s=LONG_S)
    users = made.enrol(CHANGES)
    earlier = made.handed_in(users, 1, lambda i: RIGHT)
    told = race(
        CHANGES,
        lambda i: attempts.begin(users[i], made.quiz, made.school_class),
        lambda i: limit_of(made, i),
        lambda i: marking.grade(earlier[i].pk),
    )
    assert all(is_dated_by(attempt, LONG_S + CHANGES - 1) for attempt, _, _ in told)
    made.schedule.refresh_from_db()
    audit(made)


def test_who_begins_while_rules_change_gets_the_new_ones(course, eventually):
    made = course(time_limit_s=LONG_S)
    [user] = made.enrol(1)
    with Queue(lambda: limit_of(made, 4), eventually) as line:
        line.add(lambda: attempts.begin(user, made.quiz, made.school_class))
    assert is_dated_by(line.told[0], LONG_S + 4)


def test_who_changes_rules_while_somebody_begins_dates_that_attempt_as_well(course, eventually):
    made = course(time_limit_s=LONG_S)
    [one] = made.enrol(1)
    begun = []
    with Queue(lambda: begun.append(attempts.begin(one, made.quiz, made.school_class)), eventually) as line:
        line.add(lambda: limit_of(made, 4))
    assert is_dated_by(begun[0], LONG_S + 4)


def test_students_do_not_wait_for_each_other_to_begin(course):
    made = course(time_limit_s=LONG_S)
    one, other = made.enrol(2)
    with transaction.atomic():
        attempts.begin(one, made.quiz, made.school_class)
        told = race(1, lambda i: attempts.begin(other, made.quiz, made.school_class))
    assert is_dated_by(told[0][0], LONG_S)


def test_an_attempt_made_while_another_tab_waits_is_counted(course, eventually):
    """There may be one. A tab begins, and before it is its turn another one begins and hands in."""
    made = course(attempts_max=1)
    for user in made.enrol(4):
        with Queue(lambda user=user: book.seat(made.school_class.pk, user.pk), eventually) as line:
            line.add(lambda user=user: attempts.begin(user, made.quiz, made.school_class))
            made.handed_in([user], 1, lambda i: RIGHT)
        assert "1 of 1 attempts" in str(line.told[0])
    audit(made)


def test_two_tabs_begin_to_practise(course):
    made = course()
    users = made.enrol(FEWER)

    def give_up(i):
        attempts.abandon(attempts.begin(users[i], made.quiz).pk, users[i])

    race(FEWER, lambda i: attempts.begin(users[i], made.quiz), lambda i: attempts.begin(users[i], made.quiz), give_up)
    audit()
    running = Counter(Attempt.objects.filter(state="in_progress").values_list("user", flat=True))
    assert not running or max(running.values()) == 1


def test_grading_against_submit_and_against_itself(course, asked):
    """A worker, and another one or an instructor who decides, from the very moment the attempt is handed in."""
    made = course()
    rows = made.begun(made.enrol(ROUNDS))
    items = {item.attempt_id: item for item in AttemptItem.objects.filter(slot=WHICH).select_related("question_version__question")}

    def grade(i):
        asked.wait_for(rows[i])
        return marking.grade(rows[i].pk)

    def too_early(i):
        """The sweeper's, which may come while it is being handed in; then the worker's."""
        return marking.grade(rows[i].pk) or grade(i)

    def decide(i):
        kind = ("override", "excused", "manual", "cleared")[i // 2 % 4]
        asked.wait_for(rows[i])
        return marking.decide(items[rows[i].pk], kind, actor=made.instructor, reason="Said aloud", fraction=Decimal("0.25"))

    told = race(ROUNDS, lambda i: submit(rows[i], HALF), grade, lambda i: decide(i) if i % 2 else too_early(i))
    assert all(one[1] and one[2] for one in told)
    scores = audit(made)
    decided = [(Decimal("1.5"), 3, 0), (1, 1, 0), (Decimal("1.5"), 3, 0), (2, 3, 0)]
    for i, attempt in enumerate(rows):
        assert scores[attempt.pk] == (decided[i // 2 % 4] if i % 2 else (2, 3, 0)), i


def test_extra_time_against_the_timer(course):
    """Extra time comes at the moment time is up: the attempt goes on with it or has ended before, and nothing between."""
    made = course(time_limit_s=LIMIT_S, grace_s=GRACE_S)
    rows = made.begun(made.enrol(ROUNDS))

    def extend(i):
        PolicyOverride.objects.create(
            schedule=made.schedule, user=rows[i].user, time_factor=2, reason="As agreed", actor=made.instructor
        )  # fmt: skip
        attempts.redate(made.schedule, rows[i].user)
        return is_over(rows[i])

    def save(i):
        return attempts.save(rows[i].pk, rows[i].user, LEADER, Sent(answer="b", base_rev=0))

    told = race(ROUNDS, extend, lambda i: attempts.finalize(rows[i].pk), save, before=lambda i: time_is_up_in(rows[i], i % 8 - 4))
    seen = Counter()
    for (ended, _, kept), attempt in zip(told, rows, strict=True):
        attempt.refresh_from_db()
        seen[attempt.state, isinstance(kept, Over)] += 1
        allowed = LIMIT_S if ended else 2 * LIMIT_S
        assert (attempt.state == "submitted") == ended
        assert attempt.deadline_at - attempt.started_at == datetime.timedelta(seconds=allowed)
        assert ended or not isinstance(kept, Over), "refused, and the attempt goes on"
        if not ended:
            submit(attempt, {})
    finals, late = answers("final"), answers("late")
    for (_, _, kept), attempt in zip(told, rows, strict=True):
        assert finals[attempt.pk][LEADER] == (None if isinstance(kept, Over) else "b")
        assert late[attempt.pk] == ({LEADER: "b"} if isinstance(kept, Over) else {})
    audit()
    assert {state for state, _ in seen} <= {"submitted", "in_progress"}, seen  # how many of each, luck decides


def test_two_attempts_of_one_student_are_graded_at_once(course):
    """Both workers post to the same cell, and a sweep makes sure meanwhile: the better one stands there."""
    made = course()
    users = made.enrol(FEWER)
    kinds = list(itertools.permutations((RIGHT, HALF, WRONG), 2))
    one = made.handed_in(users, 1, lambda i: kinds[i % 6][0])
    other = made.handed_in(users, 2, lambda i: kinds[i % 6][1])
    told = race(
        FEWER,
        lambda i: marking.grade(one[i].pk),
        lambda i: marking.grade(other[i].pk),
        lambda i: i % 4 or book.repost(made.schedule, users[i]),
    )
    assert all(pair[:2] == [True, True] for pair in told)
    audit(made)
    assert book.repost(made.schedule) == 0


def test_a_decision_in_the_gradebook_against_a_grade(course):
    """Set by hand while the grade comes: it stands, the grade is logged under it, and lifting it shows the grade."""
    made = course()
    users = made.enrol(FEWER)
    rows = made.handed_in(users, 1, lambda i: HALF)

    def decide(i):
        said = {"actor": made.instructor, "reason": "By hand"}
        book.decide(made.column, users[i], "override", points=Decimal(7), **said)
        if i % 2:
            book.decide(made.column, users[i], "lifted", **said)

    race(FEWER, lambda i: marking.grade(rows[i].pk), decide, lambda i: i % 4 or book.repost(made.schedule, users[i]))
    audit(made)
    found = book.cells(made.school_class)
    for i, user in enumerate(users):
        cell = found[user.pk, made.column.pk]
        assert (cell.points, cell.state) == ((Decimal("66.66666667"), "graded") if i % 2 else (7, "override")), i


def test_other_rules_against_a_grade(course):
    """What a column is worth and how attempts count change while a grade is posted: no cell is left with what held before."""
    made = course()
    users = made.enrol(FEWER)
    rows = made.handed_in(users, 1, lambda i: HALF) + made.handed_in(users, 2, lambda i: WRONG)

    def change(i):
        with transaction.atomic():
            held = QuizSchedule.objects.select_for_update(no_key=True).get(pk=made.schedule.pk)
            held.aggregate = ("best", "last", "mean")[i % 3]
            held.save()
            Column.objects.filter(pk=made.column.pk).update(points=10 + i)
            book.repost(held, users[i])

    def check(i):
        """The round before: all its marks are there."""
        if i:
            cell = GradebookEvent.objects.filter(user=users[i - 1]).last()
            half, share = Decimal(2) / 3, {0: 1, 1: 0, 2: Decimal("0.5")}[(i - 1) % 3]
            assert cell.max == 10 + i - 1, f"round {i - 1}: of {cell.max}"
            assert abs(cell.points - half * share * cell.max) < Decimal("1e-7"), f"round {i - 1}: {cell.why}"

    race(FEWER, lambda i: marking.grade(rows[i].pk), change, lambda i: marking.grade(rows[FEWER + i].pk), before=check)
    check(FEWER)
    audit()


def test_taking_an_attempt_out_against_marks(course, asked):
    """Whoever was first, it counts no more: no worker and no decision brings it back."""
    made = course()
    users = made.enrol(FEWER)
    rows = made.handed_in(users, 1, lambda i: HALF)
    items = {item.attempt_id: item for item in AttemptItem.objects.filter(slot=WHICH).select_related("question_version__question")}

    def decide(i):
        return marking.decide(items[rows[i].pk], "override", actor=made.instructor, reason="Said aloud", fraction=Decimal(1))

    def void(i):
        interventions.void(rows[i].pk, actor=made.instructor, reason="Somebody else sat there")

    told = race(FEWER, lambda i: marking.grade(rows[i].pk), decide, void)
    assert {one[2] for one in told} == {None}
    assert set(Attempt.objects.values_list("state", flat=True)) == {"voided"}
    assert {cell.points for cell in book.cells(made.school_class).values()} <= {None}
    assert len({type(one[1]) for one in told} | {one[0] for one in told}) > 2, "the same one was always first: no race"


def test_leaving_the_class_against_a_grade(course, eventually):
    """Leaving takes the class and then the seat; a grade has the seat when its event points at the class. Neither waits for the other."""
    made = course()
    rows = made.handed_in(made.enrol(4), 1, lambda i: RIGHT)
    for attempt in rows:
        seat = Membership.objects.select_related("school_class", "user").get(user=attempt.user)
        with Queue(nothing_is_posted, eventually) as line:
            line.add(lambda one=attempt: marking.grade(one.pk))
            line.add(lambda seat=seat: members.leave(seat))
        assert line.told == [True, None]
    audit(made)
    assert not Membership.objects.filter(user__in=made.users).exists()


def nothing_is_posted():
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE gradebook_gradebookevent IN SHARE MODE")


def test_a_regrade_against_everything(course, asked):
    """Two workers write it while somebody decides, and attempts are handed in and graded by the version they were asked."""
    made = course()
    users = made.enrol(ROUNDS)
    rows = made.handed_in(users[: ROUNDS // 2], 1, lambda i: RIGHT if i % 2 else WRONG)
    for attempt in rows:
        marking.grade(attempt.pk)
    fresh = made.begun(users[ROUNDS // 2 :])
    revisions.take_file(keyed(LESSON, "a"))
    question = Question.objects.get(uid="q-votes")
    run = regrading.plan(question, made.school_class, "new_key", made.instructor)
    items = {item.attempt_id: item for item in AttemptItem.objects.filter(slot=LEADER).select_related("question_version__question")}
    regrading.apply(run.pk, actor=made.instructor, reason="The key was wrong")
    run = RegradeRun.objects.select_related("question", "to_version__question", "school_class").get(pk=run.pk)
    write = lambda i: regrade_work.write(run, math.inf)  # noqa: E731

    def decide(i):
        for attempt in reversed(rows[::3]):
            marking.decide(items[attempt.pk], "override", actor=made.instructor, reason="Said aloud", fraction=Decimal("0.25"))

    def hand_in(i):
        for attempt in fresh:
            submit(attempt, RIGHT)
            assert marking.grade(attempt.pk)

    race(1, write, write, decide, hand_in)
    run.refresh_from_db()
    assert run.state == "applied" and not run.deltas.filter(applied=False).exists()
    written = Counter(GradeEvent.objects.filter(kind="regrade").values_list("item", flat=True))
    assert written and max(written.values()) == 1
    scores = audit(made)
    for i, attempt in enumerate(rows):
        leader = Decimal("0.25") if i % 3 == 0 else (i % 2 == 0)  # "a", which was wrong, is right now
        assert scores[attempt.pk] == (leader + (2 if i % 2 else 0), 3, 0), i
    assert {scores[attempt.pk] for attempt in fresh} == {(3, 3, 0)}
