"""Insight pages and the simulated class: what is counted, who may look, what a wrong key looks like, how many queries it takes."""

import datetime
import itertools
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import Membership, Role, SchoolClass
from academy.gradebook.models import GradebookEvent
from academy.insight import answers, charts, firsts, measures, overview
from academy.insight.simulation import belief
from academy.insight.simulation.belief import Asked
from academy.insight.simulation.students import Clock, Sitting, Student
from academy.quizzes import attempts, challenges, likeness, marking, policy
from academy.quizzes.attempts import Sent
from academy.quizzes.models import Attempt, ChallengeAttempt, GradeEvent, QuizSchedule, ResponseEvent, State
from labs import runs, verification
from labs.models import Run
from lessons import asking, revisions
from lessons.models import Question, QuestionVersion, Quiz
from lessons.questions import registry

pytestmark = pytest.mark.django_db
KEYS = "abcdefgh"


def single(n, right, concept="majority"):
    lines = "\n".join(f"- [{'x' if one == right else ' '}] {{{one}}} Answer {one} to {n} | Because {one}." for one in "abcd")
    return f":::{{question}} q-{n}\n:type: single\n:points: 1\n:concepts: {concept}\nQuestion number {n}?\n\n{lines}\n:::\n"


def others():
    return """:::{question} q-many
:type: multiple
:points: 2
:concepts: consensus
Which hold?

- [x] {a} One vote a term | Yes.
- [x] {b} Majorities overlap | Yes.
- [ ] {c} Clocks agree | No.
- [ ] {d} Networks are fast | No.
:::
:::{question} q-long
:type: numeric
:points: 1
:concepts: majority
:unit: ms
How long do two round trips of 75 ms take?

- [x] 150
- [ ] 75 | One only.
:::
:::{question} q-word
:type: short
:points: 1
:concepts: majority
More than half is called?

- [x] majority
- [ ] plurality | The most, not more than half.
:::
:::{question} q-pairs
:type: matching
:points: 1
:concepts: consensus
:why: Roles differ.
Who does what?

- {lead} Leader => {send} Sends entries | Yes.
- {follow} Follower => {answer} Answers | Yes.
- {stand} Candidate => {ask} Asks for votes | Yes.
:::
:::{question} q-order
:type: ordering
:points: 1
:concepts: consensus
:why: The log comes first.
In which order?

1. {append} It appends.
2. {send} It sends.
3. {count} It counts.
4. {commit} It commits.
:::
:::{question} q-causal
:type: causal
:points: 1
:concepts: consensus
:before: send < receive < reply, send < log
:why: Nothing is received before it is sent.
What happened first?

- {send} A sends.
- {receive} B receives.
- {reply} B replies.
- {log} A writes its log.
:::
"""


def challenge(name, lab="raft"):
    fields = f":type: challenge\n:points: 2\n:concepts: majority\n:lab: {lab}\n:challenge: {name}\n"
    return f":::{{question}} q-{name}\n{fields}Do it.\n:::\n"


def quiz_of(*questions, name="check-9-1"):
    pick = ":pick: drawn=2\n" if any(":pool: drawn" in one for one in questions) else ""
    return f"\n::::{{quiz}} {name}\n:title: Check yourself\n{pick}" + "\n".join(questions) + "\n::::\n"


@pytest.fixture
def publish(lesson_source):
    def make(*questions, number="9.1"):
        name = f"check-{number}".replace(".", "-")
        revisions.take_file(lesson_source(number=number, title=f"Clocks {number}", extra=quiz_of(*questions, name=name)))
        return Quiz.objects.get(name=name)

    return make


@pytest.fixture
def simulate(instructor):
    """The command, on a site whose only class is the demonstration's. Returns its schedule."""

    def call(*arguments, quiz="check-9-1", students=30):
        call_command("simulate_class", "--quiz", quiz, "--students", str(students), *arguments, verbosity=0)
        return QuizSchedule.objects.select_related("quiz", "school_class").filter(quiz__name=quiz).latest("pk")

    return call


@pytest.fixture
def sat(taught, person):
    """People with these answers, uid -> answer, have taken the quiz and are marked."""

    def make(quiz, *given):
        people = [person(f"p{n:02}") for n in range(len(given))]
        schedule = QuizSchedule.objects.create(quiz=quiz, school_class=taught(*people), attempts_max=None)
        for user, said in zip(people, given, strict=True):
            take(user, schedule, said)
        return schedule

    return make


def take(user, schedule, said):
    attempt = attempts.begin(user, schedule.quiz, schedule.school_class)
    for item in attempt.items.select_related("question_version__question"):
        answer = said.get(item.question_version.question.uid)
        if answer is not None:
            attempts.save(attempt.pk, user, item.slot, Sent(answer=answer, base_rev=0))
    attempts.submit(attempt.pk, user, attempt.submit_key, {})
    marking.grade(attempt.pk)
    return attempt


def page(client, schedule):
    response = client.get(f"/classes/{schedule.school_class_id}/insight/{schedule.pk}/")
    assert response.status_code == 200
    return response.content.decode()


# --- the wrong key ---


def test_a_wrong_key_is_flagged_and_right_ones_are_not(publish, simulate, as_user, instructor):
    """The published key of q-3 says b; what is right is c."""
    publish(*(single(n, "b") for n in range(1, 7)))
    schedule = simulate("--truth", "q-3=c", students=40)
    found = measures.of_quiz(schedule)
    assert (found.n, found.waiting) == (40, 0)
    assert sum(one.figures.weight for one in found.questions) == pytest.approx(1)
    assert [one.uid for one in found.to_check] == ["q-3"]
    wrong = found.to_check[0]
    assert wrong.figures.item_rest < 0
    assert [reason.partition(" ")[0] for reason in wrong.reasons] == ["Who", "“Answer"]
    lines = {line.label: line for line in wrong.tables[0].lines}
    assert lines["Answer c to 3"].check
    assert lines["Answer c to 3"].correlation > 0 > lines["Answer b to 3"].correlation
    assert all(one.figures.item_rest > 0 for one in found.questions if one.uid != "q-3")
    text = page(as_user(instructor), schedule)
    assert text.count("check the key</a>") == 1
    assert "counts as wrong, and goes with better results" in text.replace("\n", " ")
    listed = as_user(instructor).get(f"/classes/{schedule.school_class_id}/insight/").content.decode()
    assert "1 question against the rest" in listed


def test_the_flag_goes_once_the_key_is_mended_and_all_are_marked_by_it(publish, simulate):
    """A regrade by the new version, as its events stand in the log."""
    publish(*(single(n, "b") for n in range(1, 6)))
    schedule = simulate("--truth", "q-3=c", students=16)
    before = overview.of_class(schedule.school_class)[0][0]
    assert before.check == 1
    publish(*(single(n, "c" if n == 3 else "b") for n in range(1, 6)))
    version = Question.objects.get(uid="q-3").current
    for attempt in Attempt.objects.all():
        row = next(one for one in marking.graded([attempt])[attempt.pk] if one.item.question_version.question.uid == "q-3")
        right = Decimal(bool(row.final.answer == "c"))
        marking.event_of(
            row.item, row.final, marking.Mark(fraction=right), GradeEvent.Kind.REGRADE, question_version=version, reason="wrong key"
        ).save()
        marking.settle(attempt)
    found = measures.of_quiz(schedule)
    assert found.to_check == []
    assert next(one for one in found.questions if one.uid == "q-3").tables[0].version == 2


@pytest.mark.django_db(transaction=True)
def test_what_the_list_keeps_goes_with_the_next_mark(publish, simulate):
    publish(*(single(n, "b") for n in range(1, 5)))
    schedule = simulate(students=12)
    first = overview.of_class(schedule.school_class)[0][0]
    assert first.mean is not None
    with CaptureQueriesContext(connection) as again:
        overview.of_class(schedule.school_class)
    assert not any("gradeevent" in query["sql"] for query in again)
    rows = max(marking.graded(Attempt.objects.all()).values(), key=lambda held: marking.score(held).fraction)
    before = marking.score(rows).fraction
    owner = User.objects.get(username="ines")
    for row in rows:
        marking.decide(row.item, GradeEvent.Kind.OVERRIDE, actor=owner, reason="read again")
    second = overview.of_class(schedule.school_class)[0][0]
    assert before > 0
    assert second.mean == pytest.approx(first.mean - before / 12)


# --- what is counted ---

HISTORIES = [
    history for n in range(1, 4) for history in itertools.product(("auto", "regrade", "manual", "override", "excused", "cleared"), repeat=n)
]


def test_what_counts_in_the_statistics_is_what_counts_everywhere(publish, sat):
    """Every history of up to three events of an item, all kinds in all orders, each on a copy of one item's log."""
    schedule = sat(publish(single(1, "b")), {"q-1": "b"})
    item = Attempt.objects.get().items.get()
    final = item.responses.get(kind="final")
    for history in HISTORIES:
        GradeEvent.objects.all().delete()
        for n, kind in enumerate(history):
            GradeEvent.objects.create(
                item=item, response=final, question_version=item.question_version, grader_version=n + 1, kind=kind, points_max=1,
                fraction=Decimal(n) / 10, points=Decimal(n) / 10,
            )  # fmt: skip
        expected = marking.effective(GradeEvent.objects.order_by("pk"))
        assert [one.points for one in firsts.answers(schedule)] == [expected.points if expected else None], history


def test_first_attempts_count_and_those_of_students_who_are_in_the_class(publish, sat, person):
    quiz = publish(single(1, "b"), single(2, "b"))
    schedule = sat(quiz, *({"q-1": "b", "q-2": "a"} for _ in range(10)))
    people = list(User.objects.filter(username__startswith="p").order_by("username"))
    take(people[0], schedule, {"q-1": "a", "q-2": "b"})
    found = measures.of_quiz(schedule)
    assert (found.n, [one.figures.facility for one in found.questions]) == (10, [1, 0])
    members.leave(Membership.objects.get(user=people[1]))
    assert measures.of_quiz(schedule).n == 9
    assert overview.of_class(schedule.school_class)[0][0].n == 9
    first = Attempt.objects.get(user=people[0], number=1)
    Attempt.objects.filter(pk=first.pk).update(state=State.VOIDED)
    assert measures.of_quiz(schedule).n == 9  # the second is the first that counts
    assert {one.uid: one.figures.n for one in measures.of_quiz(schedule).questions} == {"q-1": 9, "q-2": 9}
    own = [one.answer for one in firsts.answers(schedule) if one.attempt in set(people[0].attempts.values_list("pk", flat=True))]
    assert sorted(own) == ["a", "b"]


def test_attempts_that_wait_for_a_mark_are_told_apart(publish, taught, alice, bob):
    quiz = publish(single(1, "b"))
    schedule = QuizSchedule.objects.create(quiz=quiz, school_class=taught(alice, bob))
    take(alice, schedule, {"q-1": "b"})
    attempt = attempts.begin(bob, quiz, schedule.school_class)
    attempts.submit(attempt.pk, bob, attempt.submit_key, {})
    found = measures.of_quiz(schedule)
    assert (found.n, found.waiting) == (1, 1)
    line = overview.of_class(schedule.school_class)[0][0]
    assert (line.n, line.waiting, line.mean) == (1, 1, None)


def test_what_is_excused_is_no_item_and_not_in_the_total(publish, sat):
    schedule = sat(publish(single(1, "b"), single(2, "b")), *({"q-1": "b", "q-2": "b"} for _ in range(11)))
    item = Attempt.objects.order_by("user").first().items.get(question_version__question__uid="q-1")
    marking.decide(item, GradeEvent.Kind.EXCUSED, actor=None, reason="was ill")
    found = measures.of_quiz(schedule)
    assert {one.uid: one.figures.n for one in found.questions} == {"q-1": 10, "q-2": 11}
    assert found.scores == [1] * 11


def test_below_ten_nothing_but_their_number_is_shown(publish, sat, as_user, instructor):
    said = {"q-1": "b", "q-2": "a"}
    schedule = sat(publish(single(1, "b"), single(2, "b")), *(said for _ in range(9)))
    found = measures.of_quiz(schedule)
    assert (found.n, found.test, found.to_check, found.hard) == (9, None, [], [])
    assert all(one.figures == measures.ItemFigures(n=9) and not one.tables[0].lines for one in found.questions)
    assert [(one.n, one.share) for one in found.concepts] == [(18, Decimal("0.5"))]
    text = page(as_user(instructor), schedule)
    assert "9 of 10." in text
    assert "Facility" in text
    assert "Answer b to 1" not in text
    assert not re.search(r"\d %", re.sub(r"<dl>.*?</dl>", "", text.partition("Concepts</h2>")[0], flags=re.S))
    listed = as_user(instructor).get(f"/classes/{schedule.school_class_id}/insight/").content.decode()
    assert not re.search(r"\d %", listed.partition("Concepts</h2>")[0])


def test_choices_are_counted_beside_the_rest_of_the_quiz(publish, sat):
    """q-1 right for the first six; blank for the last two. The rest is q-2, right for the first eight."""
    rows = [{"q-1": "b" if n < 6 else "a", "q-2": "b" if n < 8 else "a"} for n in range(10)] + [{"q-2": "b"}, {"q-2": "a"}]
    found = measures.of_quiz(sat(publish(single(1, "b"), single(2, "b")), *rows))
    lines = {line.label: line for line in found.questions[0].tables[0].lines}
    assert {label: line.count for label, line in lines.items()} == {
        "Answer a to 1": 4, "Answer b to 1": 6, "Answer c to 1": 0, "Answer d to 1": 0, "no answer": 2,
    }  # fmt: skip
    assert (lines["Answer b to 1"].right, lines["Answer a to 1"].right) == (True, False)
    assert lines["Answer b to 1"].share == Decimal("0.5")
    chose = [1] * 6 + [0] * 6
    rest = [1] * 8 + [0] * 2 + [1, 0]
    assert lines["Answer b to 1"].correlation == measures.statistics.correlation(chose, rest)
    assert lines["Answer c to 1"].correlation is None
    assert found.questions[0].blank == Decimal(2) / 12


def test_values_are_counted_as_what_they_mean(publish, sat):
    typed = ["150"] * 5 + ["150.0"] * 2 + ["75"] * 3 + [str(n) for n in range(10)]
    words = ["Majority"] * 10 + ["  majority"] * 5 + ["plurality"] * 5
    rows = [{"q-long": number, "q-word": word} for number, word in zip(typed, words, strict=True)]
    found = {one.uid: one for one in measures.of_quiz(sat(publish(others()), *rows)).questions}
    lines = found["q-long"].tables[0].lines
    assert [(line.label, line.count, line.right) for line in lines[:2]] == [("150", 7, True), ("75", 3, False)]
    assert lines[-1].label == "4 other answers"
    assert [(line.label, line.count, line.right) for line in found["q-word"].tables[0].lines] == [
        ("majority", 15, True), ("plurality", 5, False),
    ]  # fmt: skip


def test_parts_say_how_many_had_each_right(publish, sat):
    pairs = {"lead": "send", "follow": "answer", "stand": "ask"}
    rows = [{"q-pairs": pairs if n < 7 else {**pairs, "lead": "ask"}, "q-order": ["append", "send", "count", "commit"]} for n in range(10)]
    found = {one.uid: one for one in measures.of_quiz(sat(publish(others()), *rows)).questions}
    assert {line.label: line.count for line in found["q-pairs"].tables[0].lines} == {"Leader": 7, "Follower": 10, "Candidate": 10}
    assert {line.count for line in found["q-order"].tables[0].lines} == {10}


def test_every_type_of_question_is_counted_and_simulated():
    assert set(answers.WAYS) == set(registry.types()) == set(belief.WAYS)


def test_pools_fill_their_places_and_alpha_is_over_these(publish, simulate):
    pool = [single(n, "b").replace(":points: 1\n", ":points: 1\n:pool: drawn\n") for n in range(1, 5)]
    publish(*pool, *(single(n, "b") for n in range(5, 8)))
    found = measures.of_quiz(simulate(students=12))
    assert (found.test.n, found.test.items) == (12, 5)
    drawn = [one for one in found.questions if one.place == "drawn"]
    assert sum(one.figures.n for one in drawn) == 24


def test_who_was_asked_by_another_quiz_is_not_in_alpha_and_stays_in_the_rest(publish, sat):
    quiz = publish(single(1, "b"), single(2, "b"))
    sat(quiz, *({"q-1": "b", "q-2": "ab"[n % 2]} for n in range(10)))
    publish(single(1, "b"), single(2, "b"), single(3, "b"))
    found = measures.of_quiz(QuizSchedule.objects.get())
    assert (found.n, found.test) == (10, None)
    assert {one.uid for one in found.questions} == {"q-1", "q-2"}


# --- time ---


def test_time_on_a_question_is_the_gap_before_its_answer_without_breaks_and_bursts(publish, taught, alice):
    quiz = publish(*(single(n, "b") for n in range(1, 6)))
    schedule = QuizSchedule.objects.create(quiz=quiz, school_class=taught(alice), shuffle=False)
    clock = Clock(policy.now() - datetime.timedelta(hours=5))
    with clock.instead():
        attempt = attempts.begin(alice, quiz, schedule.school_class)
        steps = [(1, 30, "a"), (2, 20, "a"), (1, 10, "b"), (3, 3600, "b"), (4, 50, "b"), (5, 0.2, "b"), (2, 45, "b")]
        revs = dict.fromkeys(range(1, 6), 0)
        for slot, seconds, answer in steps:
            clock.wait(seconds)
            attempts.save(attempt.pk, alice, slot, Sent(answer=answer, base_rev=revs[slot]))
            revs[slot] += 1
        clock.wait(5)
        attempts.submit(attempt.pk, alice, attempt.submit_key, {})
    marking.grade(attempt.pk)
    slots = dict(attempt.items.values_list("pk", "slot"))
    found = {slots[item]: seconds for item, seconds in firsts.seconds(schedule).items()}
    # 3: a break; 4 and 5: saved in one go, which tells nothing of either
    assert found == {1: 40, 2: 65}
    assert measures.of_quiz(schedule).durations.median == pytest.approx(Decimal("3760.2"))


def test_bars_hold_everybody_once():
    fractions = [Decimal(n) / 20 for n in range(21)]
    assert [bar.count for bar in charts.scores(fractions)] == [2] * 9 + [3]
    seconds = [Decimal(n) for n in (0, 59, 60, 119, 600, 36_000)]
    bars = charts.minutes(seconds)
    assert sum(bar.count for bar in bars) == 6
    assert len(bars) <= 12
    assert charts.minutes([]) == []


@pytest.mark.parametrize(("share", "level"), [(1, 0), (0, 10), ("0.5", 5), ("0.96", 0), (None, None)])
def test_the_less_is_right_the_warmer(share, level):
    assert charts.level(None if share is None else Decimal(share)) == level


# --- challenges ---


@pytest.fixture
def elect(publish, taught, person):
    """Twelve students in whose quiz a leader is to be stopped. `played(n, runs, met)`: the n-th, so many runs, and the last does it."""
    quiz = publish(challenge("elect-after-crash"))
    people = [person(f"p{n:02}") for n in range(12)]
    schedule = QuizSchedule.objects.create(quiz=quiz, school_class=taught(*people), attempts_max=None)

    def played(n, runs, met=False):
        attempt = attempts.begin(people[n], quiz, schedule.school_class)
        item = attempt.items.get()
        sitting = Sitting(student=Student(seed="x", number=n), user=people[n], quiz=quiz, school_class=schedule.school_class)
        asked = Asked(question=asking.question_of(item.question_version), dealt=item.dealt, likes=None)
        said = [sitting.played(item, belief.answer(asked, met and i == runs - 1, None), 0, policy.now()) for i in range(runs)]
        if said:
            attempts.save(attempt.pk, people[n], 1, Sent(answer=said[-1], base_rev=0))
        attempts.submit(attempt.pk, people[n], attempt.submit_key, {})
        marking.grade(attempt.pk)

    return schedule, played


def test_where_a_class_gets_stuck_in_a_lab(elect, as_user, instructor):
    """Four met it, in one run or several; five began one to five runs and never did; three never began, one of whom met it later."""
    schedule, played = elect
    for n in range(4):
        played(n, 1 + n, met=True)
    for n in range(5):
        played(4 + n, 1 + n)
    for n in range(9, 12):
        played(n, 0)
    played(11, 1, met=True)  # the first attempt is what counts
    found = measures.of_quiz(schedule)
    lines = {line.label: line.count for line in found.questions[0].tables[0].lines}
    assert lines == {"met": 4, "begun and not met": 5, "not begun": 3}
    assert [(sorted(one.unmet), one.unmet_runs) for one in found.unmet] == [([1, 2, 3, 4, 5], 3)]
    text = re.sub(r"<[^>]+>", "", page(as_user(instructor), schedule))
    assert "5 began this challenge and never met it, after 3 runs in the median" in text


def test_a_class_that_met_everything_it_began_is_stuck_nowhere(elect):
    schedule, played = elect
    for n in range(12):
        played(n, n % 3, met=True)
    assert measures.of_quiz(schedule).unmet == []


# --- concepts ---


def test_concepts_are_shares_of_points_for_the_class_and_for_each_student(publish, sat, as_user, instructor):
    quiz = publish(single(1, "b", "majority"), single(2, "b", "majority, consensus"))
    rows = [{"q-1": "b", "q-2": "b"}] * 6 + [{"q-1": "a", "q-2": "b"}] * 5
    schedule = sat(quiz, *rows)
    _, found = overview.of_class(schedule.school_class)
    shares = {one.concept.slug: (one.n, one.share) for one in found}
    assert shares == {"majority": (22, Decimal(17) / 22), "consensus": (11, Decimal(1))}
    lesson = next(one.concept.lesson for one in found if one.concept.slug == "majority")
    shown, students = measures.students(schedule.school_class, lesson)
    at = [one.concept.slug for one in shown].index("majority")
    assert [student.shares[at] for student in students] == [1] * 6 + [Decimal("0.5")] * 5
    text = as_user(instructor).get(f"/classes/{schedule.school_class_id}/insight/concepts/?lesson={lesson}").content.decode()
    assert "p00" in text
    assert 'data-value="0.5000"' in text
    other = as_user(instructor).get(f"/classes/{schedule.school_class_id}/insight/concepts/?lesson=' OR 1")
    assert other.status_code == 200


# --- who may look ---


@pytest.mark.parametrize("tail", ["", "concepts/", "{schedule}/"])
def test_staff_look_students_are_refused_and_strangers_find_nothing(publish, sat, as_user, client, instructor, person, tail):
    schedule = sat(publish(single(1, "b")), {"q-1": "b"})
    path = f"/classes/{schedule.school_class_id}/insight/{tail.format(schedule=schedule.pk)}"
    helper = person("hal")
    Membership.objects.create(school_class=schedule.school_class, user=helper, role=Role.ASSISTANT, how="hand", agreed_at=policy.now())
    assert as_user(instructor).get(path).status_code == 200
    assert as_user(helper).get(path).status_code == 200
    assert as_user(User.objects.get(username="p00")).get(path).status_code == 403
    assert as_user(person("eve")).get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert as_user(instructor).post(path).status_code == 405


def test_a_schedule_of_another_class_is_not_found(publish, sat, as_user, instructor, taught):
    schedule = sat(publish(single(1, "b")), {"q-1": "b"})
    other = taught(name="Other")
    assert as_user(instructor).get(f"/classes/{other.pk}/insight/{schedule.pk}/").status_code == 404


def test_the_class_page_leads_staff_to_insight_and_students_not(taught, as_user, instructor, alice, person):
    """Beside the gradebook, and not among the people."""
    school = taught(alice)
    helper = person("hal")
    Membership.objects.create(school_class=school, user=helper, role=Role.ASSISTANT, how="hand", agreed_at=policy.now())
    link = f"/classes/{school.pk}/insight/"
    for staff in (instructor, helper):
        text = as_user(staff).get(f"/classes/{school.pk}/").content.decode()
        assert text.count(link) == 1
        assert text.index("/gradebook/") < text.index(link) < text.index('id="dates"')
    assert link not in as_user(alice).get(f"/classes/{school.pk}/").content.decode()


def test_an_empty_class_says_so(as_user, instructor, taught):
    school = taught()
    client = as_user(instructor)
    assert "No quiz is set" in client.get(f"/classes/{school.pk}/insight/").content.decode()
    assert "Nothing is marked yet" in client.get(f"/classes/{school.pk}/insight/concepts/").content.decode()


def test_every_page_holds_without_scripts_and_runs_no_inline_code(publish, simulate, as_user, instructor):
    publish(*(single(n, "b") for n in range(1, 5)), others())
    schedule = simulate(students=12)
    client = as_user(instructor)
    base = f"/classes/{schedule.school_class_id}/insight/"
    for path in (base, f"{base}concepts/", f"{base}{schedule.pk}/"):
        response = client.get(path)
        text = response.content.decode()
        assert not re.search(r"<[^>]*\s(on\w+|style)=", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or "nonce=" in script
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(set(ids)) == sorted(ids), path
        assert text.count("<h1") == 1
        for figure in re.findall(r"<figure.*?</figure>", text, re.S):
            assert "<table" in figure
        assert "None" not in re.sub(r"<[^>]+>", "", text), path


# --- how many queries ---


def test_more_students_and_quizzes_take_no_more_queries(publish, simulate, as_user, instructor):
    counts = []
    client = as_user(instructor)
    client.get("/classes/")
    for students, number in ((11, "9.1"), (16, "9.2")):
        publish(*(single(f"{number[-1]}{n}", "b") for n in range(1, 5)), number=number)
        schedule = simulate("--class", "One", quiz=f"check-{number}".replace(".", "-"), students=students)
        found = []
        for tail in ("", "", f"{schedule.pk}/", "concepts/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/classes/{schedule.school_class_id}/insight/{tail}").status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[1]) < 25


def test_a_cold_cache_is_filled_over_a_few_requests(publish, taught, person, as_user, instructor, monkeypatch):
    monkeypatch.setattr(overview, "BUDGET_S", -1)
    monkeypatch.setattr(overview, "BATCH", 1)
    school = taught()
    for number in ("9.1", "9.2", "9.3"):
        QuizSchedule.objects.create(quiz=publish(single(number[-1], "b"), number=number), school_class=school)
    client = as_user(instructor)
    seen = []
    for _ in range(3):
        text = client.get(f"/classes/{school.pk}/insight/").content.decode()
        seen.append((text.count("…</td>"), "Still adding up" in text, 'hx-trigger="load"' in text))
    assert seen == [(2, True, True), (1, True, True), (0, False, False)]


# --- the simulated class ---


def test_a_simulated_class_went_through_the_doors(publish, simulate):
    publish(*(single(n, "b") for n in range(1, 5)), others())
    schedule = simulate(students=12)
    school = schedule.school_class
    assert school.name == "Demonstration: Check yourself"
    assert school.join_code is None
    users = User.objects.filter(username__startswith="demo-")
    assert users.count() == 12
    assert all(not user.has_usable_password() and "Demonstration" in user.get_full_name() for user in users)
    taken = Attempt.objects.filter(school_class=school)
    assert {(one.state, one.finalize_reason, one.number) for one in taken} == {(State.GRADED, "student", 1)}
    assert all(one.receipt.lines for one in taken)
    assert GradebookEvent.objects.filter(column__schedule=schedule).count() == 12
    drafts = ResponseEvent.objects.filter(kind="draft")
    assert drafts.count() > 12 * 8 * 0.8
    for one in taken:
        spent = (one.submitted_at - one.started_at).total_seconds()
        assert 60 < spent < 3600
        assert one.submitted_at < policy.now()
        moments = list(drafts.filter(item__attempt=one).order_by("received_at").values_list("received_at", flat=True))
        assert one.started_at < moments[0] <= moments[-1] < one.submitted_at
    finals = ResponseEvent.objects.filter(kind="final")
    assert 0 < finals.filter(answer__isnull=True).count() < finals.count() / 4
    scores = [marking.score(rows).fraction for rows in marking.graded(taken).values()]
    assert max(scores) - min(scores) > Decimal("0.3")


def test_simulated_students_play_challenges_and_a_replay_judges_them(publish, simulate, as_user, instructor):
    names = ("minority-write", "change-membership", "figure-7")
    publish(*map(challenge, names))
    schedule = simulate(students=12)
    found = Counter()
    for one in GradeEvent.objects.select_related("response", "item__attempt", "item__question_version__question"):
        if one.response.answer is None:
            continue
        run = Run.objects.get(pk=one.facts["run"])
        assert (run.owner_id, run.place) == (one.item.attempt.user_id, challenges.place_of(one.item))
        assert run.created_at < one.item.attempt.submitted_at
        assert one.facts["commands_digest"] == verification.commands_digest(runs.log_of(run))
        met = one.facts["outcome"] == "met"
        assert (one.fraction == 1, bool(one.facts["evidence"])) >= (met, met)
        assert met or one.fraction == 0
        found[one.item.question_version.question.uid, met] += 1
    assert all(found[f"q-{name}", met] for name in names for met in (True, False)), found
    assert not any(likeness.alike(Attempt.objects.all()).values()), "two students acted at the very same moments"
    assert ChallengeAttempt.objects.count() == sum(found.values())
    attempt = Attempt.objects.filter(items__runs__isnull=False).first()
    text = as_user(instructor).get(f"/classes/{schedule.school_class_id}/quizzes/{schedule.pk}/attempts/{attempt.pk}/").content.decode()
    assert "2 s: Cut off (Nodes: leader, any-follower)" in text


@pytest.mark.parametrize(("name", "lab"), [("rebalance-calmly", "sharding"), ("survive-stampede", "caching")])
def test_who_acts_before_the_scenario_does_goes_on_in_a_branch(publish, taught, alice, name, lab):
    quiz = publish(challenge(name, lab))
    school = taught(alice)
    QuizSchedule.objects.create(quiz=quiz, school_class=school)
    attempt = attempts.begin(alice, quiz, school)
    item = attempt.items.get()
    sitting = Sitting(student=Student(seed="x", number=1), user=alice, quiz=quiz, school_class=school)
    asked = Asked(question=asking.question_of(item.question_version), dealt=item.dealt, likes=None)
    said = sitting.played(item, belief.answer(asked, True, None), 350_000, policy.now())
    attempts.submit(attempt.pk, alice, attempt.submit_key, {1: Sent(answer=said, base_rev=0)})
    marking.grade(attempt.pk)
    assert Run.objects.get(pk=said["run"]).origin == Run.Origin.BRANCH
    assert GradeEvent.objects.get().fraction == 1


def test_the_same_seed_makes_the_same_answers(publish, simulate):
    """Those to a question that everybody is asked: what a pool draws is the site's own dice."""
    publish(*(single(n, "b") for n in range(1, 5)))

    def answered(name, *more):
        simulate("--class", name, *more, students=8)
        rows = ResponseEvent.objects.filter(kind="final", item__attempt__school_class__name=f"Demonstration: {name}")
        found = rows.values_list("item__attempt__user__last_name", "item__question_version__question__uid", "answer")
        return sorted(found, key=str)

    once = answered("One")
    assert once == answered("Two")
    assert once != answered("Three", "--seed", "8")


def test_a_second_call_goes_on_and_students_learn(publish, simulate, capsys):
    publish(*(single(n, "b") for n in range(1, 6)))
    simulate(students=8)
    simulate("--attempts", "2", students=10)
    assert SchoolClass.objects.count() == 1
    counts = [Attempt.objects.filter(number=n).count() for n in (1, 2)]
    assert counts == [10, 10]
    means = [sum(marking.score(rows).fraction for rows in marking.graded(Attempt.objects.filter(number=n)).values()) for n in (1, 2)]
    assert means[0] < means[1]
    call_command("simulate_class", "--quiz", "check-9-1", "--students", "10", "--attempts", "2")
    assert "10 students, 0 new attempts" in capsys.readouterr().out


def test_who_knows_is_right_and_who_does_not_is_not(publish):
    publish(single(1, "b"), others())
    for version in QuestionVersion.objects.select_related("question"):
        question = asking.question_of(version)
        kind = asking.kind_of(question)
        dealt = kind.deal(question, "00" * 16)
        asked = Asked(question=question, dealt=dealt, likes=lambda choice: 1)
        for n in range(30):
            dice = Student(seed="x", number=n).dice(question.uid)
            assert kind.grade(question, dealt, belief.answer(asked, True, dice)).fraction == 1, question.uid
        worse = [
            kind.grade(question, dealt, belief.answer(asked, False, Student(seed="y", number=n).dice(question.uid))).fraction
            for n in range(30)
        ]
        assert sum(worse) / len(worse) < Decimal("0.75"), question.uid


def test_the_command_stays_off_real_classes_unless_told(publish, taught, simulate, alice):
    publish(single(1, "b"))
    real = taught(alice, name="Systems")
    with pytest.raises(CommandError, match="--yes"):
        simulate(students=1)
    simulate("--yes", "--class", "Systems", students=1)
    assert real.memberships.count() == 2
    assert SchoolClass.objects.filter(name="Demonstration: Systems").count() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--truth", "q-1=z"], "q-1: expected one of a, b, c, d; got 'z'"),
        (["--truth", "q-1=a+b"], "q-1: expected one of"),
        (["--truth", "q-9=a"], "a question of the bank; got 'q-9'"),
        (["--truth", "q-long=3"], "q-long has the type numeric"),
        (["--truth", "q-many=a+z"], "q-many: expected some of"),
        (["--instructor", "alice"], "Expected the user name of an instructor, got 'alice'"),
        (["--password", "123"], "too short"),
        (["--students", "0"], "expected a whole number from 1 to 500"),
        (["--quiz", "nothing"], r"Expected the name of a quiz \(check-9-1\), got 'nothing'"),
    ],
)
def test_what_cannot_be_simulated_says_why(publish, instructor, alice, arguments, said):
    publish(single(1, "b"), others())
    with pytest.raises(CommandError, match=said):
        call_command("simulate_class", "--quiz", "check-9-1", *arguments)
    assert not Attempt.objects.exists()


def test_an_account_of_a_person_is_left_alone(publish, simulate, person):
    publish(single(1, "b"))
    schedule = simulate(students=1)
    person(f"demo-{schedule.school_class_id}-002")
    with pytest.raises(CommandError, match="no demonstration's"):
        simulate(students=2)


def test_a_password_lets_the_simulated_in(publish, simulate, client):
    publish(single(1, "b"))
    schedule = simulate("--password", "a-long-demonstration", students=1)
    assert client.login(username=f"demo-{schedule.school_class_id}-001", password="a-long-demonstration")


def test_a_site_without_an_instructor_gets_one_for_the_demonstration(publish):
    publish(single(1, "b"))
    call_command("simulate_class", "--quiz", "check-9-1", "--students", "1", verbosity=0)
    made = User.objects.get(username="demo-instructor")
    assert not made.has_usable_password()
    assert Membership.objects.get(user=made).role == Role.INSTRUCTOR


def test_a_time_limit_ends_a_simulated_attempt_as_it_ends_any(publish, simulate, instructor):
    quiz = publish(*(single(n, "b") for n in range(1, 9)))
    made = members.open_class(instructor, SchoolClass(name="Demonstration: Check yourself"))
    QuizSchedule.objects.create(quiz=quiz, school_class=made, time_limit_s=120, attempts_max=1)
    simulate(students=6)
    assert {one.finalize_reason for one in Attempt.objects.all()} == {"time"}
    assert {one.state for one in Attempt.objects.all()} == {State.GRADED}
