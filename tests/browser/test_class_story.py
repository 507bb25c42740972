"""A class from beginning to end, in real browsers: simulated students and three in browsers of their own take a quiz and a challenge, the
instructor finds a wrong key by its statistics, corrects it, regrades, and every number is explained by its log.
"""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from playwright.sync_api import expect

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import How, SchoolClass
from academy.gradebook import book
from academy.gradebook.models import Column, GradebookEvent
from academy.quizzes.models import AttemptRun, ChallengeAttempt, GradeEvent, QuizSchedule
from lessons import revisions
from lessons.models import Lesson, Quiz
from tests.lab_page import log_in, player, until
from tests.quiz_source import QUIZ, keyed

pytestmark = pytest.mark.django_db(transaction=True)
LESSON = '---\nid: "9.1"\ntitle: Votes\nlead: Who leads?\nminutes: 5\n---\n# Votes\n\n## One {#one}\n\nText.\n\n'
WRONG_KEY = keyed(QUIZ, "a")
CHALLENGE = """
::::{quiz} labs-9-1
:title: A lab challenge

:::{question} q-elect
:type: challenge
:points: 3
:concepts: raft-election
:why: A majority is left, and it elects.
:lab: raft
:challenge: elect-after-crash
Bring it about.
:::
::::
"""
STUDENTS = 24
BELIEFS = {
    "alice": ("Three", "0 %"),
    "bob": ("Two", "9 %"),
    "carol": ("Four", "0 %"),
}  # what they answer, and what the wrong key makes of it
ACE = "ace.edit(document.querySelector('.ace_editor'))"


@pytest.fixture
def taught(live_site):
    """A class of ines with three students in it; the key of one question of its quiz is wrong."""
    revisions.take_file(LESSON + WRONG_KEY + CHALLENGE)
    students = [User.objects.create_user(name) for name in BELIEFS]
    ines = User.objects.create_user("ines", is_staff=True)
    ines.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    made = members.open_class(ines, SchoolClass(name="Demonstration: Votes"))
    for student in students:
        members.seat(made, student, How.CODE)
    for name in ("check-9-1", "labs-9-1"):
        book.add_schedule(QuizSchedule.objects.create(quiz=Quiz.objects.get(name=name), school_class=made))
    return made


@pytest.fixture
def somebody(browser, live_site):
    """Makes a page on which a user is logged in."""
    contexts = []

    def make(name):
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        log_in(page, live_site, User.objects.get(username=name))
        return page

    yield make
    for context in contexts:
        context.close()


def take_the_quiz(page, live_site, choice, mark):
    page.goto(f"{live_site}/quizzes/check-9-1/")
    page.get_by_role("button", name="Begin attempt 1").click()
    page.get_by_label(choice, exact=True).check()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Hand in all the same").click()
    expect(page.locator(".mark")).to_have_text(mark)


def meet_the_challenge(page, live_site):
    page.goto(f"{live_site}/quizzes/labs-9-1/")
    page.get_by_role("button", name="Begin attempt 1").click()
    page.get_by_role("button", name="Begin", exact=True).click()
    until(page, "p.now.t_us >= 0")
    page.locator("lab-run").scroll_into_view_if_needed()
    player(page, "void ((p.clock.speed = 2), p.transport.play())")
    until(page, "Object.values(p.now.state.nodes).some((n) => n.state.role === 'leader')")
    leader = player(page, "Object.values(p.now.state.nodes).find((n) => n.state.role === 'leader').id")
    page.locator("lab-run .player").focus()
    page.keyboard.press(leader.removeprefix("n"))
    page.keyboard.press("s")
    until(page, "Object.values(p.now.state.nodes).some((n) => n.status === 'down')")
    page.get_by_role("button", name="Let this run count").click()
    expect(page.locator(".verdict-box")).to_contain_text("Met, as a replay says", timeout=30_000)
    page.get_by_role("link", name="Back to the questions").click()
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".mark")).to_have_text("100 %", timeout=30_000)


def correct_the_key(page, live_site, eventually):
    lesson = Lesson.objects.get(number="9.1")
    page.goto(f"{live_site}/admin/lessons/lesson/{lesson.pk}/change/")
    expect(page.locator(".ace_editor")).to_be_visible()
    page.evaluate(f"(text) => {ACE}.setValue(text, -1)", LESSON + QUIZ + CHALLENGE)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Publish").click()
    eventually("the corrected lesson", lambda: Lesson.objects.get(pk=lesson.pk).published.n == 2)


def regrade(page):
    page.get_by_role("link", name="See what a regrade would do").click()
    page.get_by_label("Mark by the new version").check()
    page.get_by_role("button", name="Look at it student by student").click()
    expect(page.get_by_text("A dry run. No mark was changed.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("alice"))).to_contain_text("+1")
    page.get_by_label("Why").fill("The key named two votes; three are needed.")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied. The marks and the gradebook say so.")).to_be_visible(timeout=30_000)


def test_a_wrong_key_is_found_corrected_and_explained(taught, live_site, somebody, eventually):
    belief = ["--truth", "q-votes=b"]  # whatever the key says
    simulated = ("--students", str(STUDENTS), "--class", "Votes", "--instructor", "ines", *belief)
    for quiz in ("check-9-1", "labs-9-1"):
        call_command("simulate_class", "--quiz", quiz, *simulated)
    pages = {name: somebody(name) for name in BELIEFS}
    for name, page in pages.items():
        take_the_quiz(page, live_site, *BELIEFS[name])
        meet_the_challenge(page, live_site)
    alice = pages["alice"]
    verdicts = list(ChallengeAttempt.objects.values_list("item__attempt__user__username", "outcome"))
    assert sorted(one for one in verdicts if one[0] in BELIEFS) == [(name, "met") for name in sorted(BELIEFS)]
    assert {outcome for name, outcome in verdicts if name not in BELIEFS} == {"met", "not_met"}  # the simulated played as well
    proofs = [grade.facts["digest"] for grade in GradeEvent.objects.filter(facts__challenge="elect-after-crash")]
    assert len(set(proofs)) == len(proofs) == len(verdicts)  # another seed for each
    assert all(one.run.seed == one.item.dealt["seed"] for one in AttemptRun.objects.all())

    ines = somebody("ines")
    schedule = QuizSchedule.objects.get(quiz__name="check-9-1", school_class=taught)
    ines.goto(f"{live_site}/classes/{taught.pk}/insight/{schedule.pk}/")
    flagged = ines.get_by_role("row", name=re.compile("How many votes make a leader"))
    expect(flagged).to_contain_text(re.compile("check the key", re.I))
    correct_the_key(ines, live_site, eventually)
    ines.goto(f"{live_site}/classes/{taught.pk}/regrades/questions/q-votes/")
    regrade(ines)

    column = Column.objects.get(schedule=schedule)
    seat = taught.memberships.get(user__username="alice")
    ines.goto(f"{live_site}/classes/{taught.pk}/gradebook/cells/{column.pk}/{seat.pk}/")
    expect(ines.get_by_role("main")).to_contain_text("The key named two votes; three are needed.")
    events = list(GradebookEvent.objects.filter(column=column, user__username="alice"))
    assert [event.points.normalize() for event in events[:1]] == [0] and events[-1].points > 0
    call_command("gradebook", "--check")

    alice.goto(f"{live_site}/classes/{taught.pk}/marks/")
    expect(alice.get_by_role("main")).to_contain_text("Votes")
