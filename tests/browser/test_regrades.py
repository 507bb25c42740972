"""A regrade on the whole site: found, looked at, applied by a worker while the page waits, and taken back; also without JavaScript."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import How, SchoolClass
from academy.gradebook import book
from academy.quizzes import attempts, marking
from academy.quizzes.attempts import Sent
from academy.quizzes.models import QuizSchedule
from lessons import revisions
from lessons.models import Quiz
from tests.browser.test_axe import violations
from tests.lab_page import log_in
from tests.quiz_source import VOTES, keyed, quiz_of

pytestmark = pytest.mark.django_db(transaction=True)
LESSON = '---\nid: "9.1"\ntitle: Votes\nlead: Who leads?\nminutes: 5\n---\n# Votes\n\n## One {#one}\n\nText.\n\n'
RIGHT = quiz_of(VOTES)
WRONG = keyed(RIGHT, "a")


@pytest.fixture
def school(live_site):
    """A class of ines whose answers were marked by a wrong key, which is corrected."""
    revisions.take_file(LESSON + WRONG)
    ines = User.objects.create_user("ines", is_staff=True)
    ines.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    made = members.open_class(ines, SchoolClass(name="Systems"))
    schedule = QuizSchedule.objects.create(quiz=Quiz.objects.get(name="check-9-1"), school_class=made)
    book.add_schedule(schedule)
    for n, answer in enumerate("bbbba"):
        student = User.objects.create_user(f"student{n}")
        members.seat(made, student, How.CODE)
        attempt = attempts.begin(student, schedule.quiz, made)
        attempts.submit(attempt.pk, student, attempt.submit_key, {1: Sent(answer=answer, base_rev=0)})
        marking.grade(attempt.pk)
    revisions.take_file(LESSON + RIGHT)
    return made


def marks(school):
    return sorted(cell.points for cell in book.cells(school).values())


def choose(page, live_site, school):
    """From the class's page to the dry run."""
    page.goto(f"{live_site}/classes/{school.pk}/")
    page.get_by_role("link", name="Regrades").click()
    expect(page.get_by_text("The key of q-votes changed since 5 answers were marked.")).to_be_visible()
    page.get_by_role("link", name="Regrade q-votes").click()
    page.get_by_label("The better of old and new").check()
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("A dry run. No mark was changed.")).to_be_visible()
    expect(page.get_by_text("passes now")).to_have_count(4)


def test_an_instructor_applies_a_regrade_and_takes_it_back_while_the_page_waits(page, live_site, school):
    log_in(page, live_site, User.objects.get(username="ines"))
    choose(page, live_site, school)
    page.get_by_label("Why").fill("The key was wrong")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied. The marks and the gradebook say so.")).to_be_visible(timeout=20_000)
    assert marks(school) == [100] * 5
    page.get_by_text("Take it back").first.click()
    page.get_by_label("Why").fill("Not so fast")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back. The marks are what they were before.")).to_be_visible(timeout=20_000)
    assert marks(school) == [0] * 4 + [100]


def test_it_works_without_javascript(browser, live_site, school):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_site, User.objects.get(username="ines"))
    choose(page, live_site, school)
    page.get_by_label("Why").fill("The key was wrong")
    page.get_by_role("button", name="Apply").click()
    for _ in range(40):
        if page.get_by_text("Applied. The marks").count():
            break
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("Applied. The marks and the gradebook say so.")).to_be_visible()
    assert marks(school) == [100] * 5
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_a_regrade_can_be_read_and_fits_a_phone(page, live_site, school, theme):
    page.emulate_media(color_scheme=theme)
    log_in(page, live_site, User.objects.get(username="ines"))
    choose(page, live_site, school)
    base, run = f"/classes/{school.pk}/regrades/", re.search(r"/(\d+)/$", page.url)[1]
    found = []
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for path in (base, f"{base}questions/q-votes/", f"{base}questions/q-votes/new/", f"{base}{run}/"):
            page.goto(live_site + path)
            for closed in page.locator("main details:not([open]) > summary").all():
                closed.click()
            found += violations(page, path) if width == 360 else []
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            found += [f"{path} is {wide} px too wide at {width} px"] if wide > 0 else []
    assert found == []
