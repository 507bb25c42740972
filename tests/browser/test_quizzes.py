"""A quiz on the whole site: with the mouse, by the keyboard alone, without JavaScript, from two tabs, offline, and when the time is up."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import How, SchoolClass
from academy.gradebook import book
from academy.quizzes.models import Attempt, GradeEvent, QuizSchedule, State
from lessons import revisions
from lessons.models import Quiz
from tests.lab_page import log_in
from tests.quiz_source import QUIZ

pytestmark = pytest.mark.django_db(transaction=True)
LESSON = '---\nid: "9.1"\ntitle: Votes\nlead: Who leads?\nminutes: 5\n---\n# Votes\n\n## One {#one}\n\nText.\n\n'


@pytest.fixture
def scheduled(live_site):
    """A class of ines with alice in it and the small quiz set."""
    revisions.take_file(LESSON + QUIZ)
    alice = User.objects.create_user("alice")
    ines = User.objects.create_user("ines", is_staff=True)
    ines.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    made = members.open_class(ines, SchoolClass(name="Systems"))
    members.seat(made, alice, How.CODE)
    schedule = QuizSchedule.objects.create(quiz=Quiz.objects.get(name="check-9-1"), school_class=made, shuffle=False, time_limit_s=3600)
    book.add_schedule(schedule)
    return schedule


@pytest.fixture
def alice(page, live_site, scheduled):
    """A page on which alice is logged in; nothing may go wrong on it."""
    log_in(page, live_site, User.objects.get(username="alice"))
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert said == []


def begin(page, live_site):
    page.goto(f"{live_site}/quizzes/check-9-1/")
    page.get_by_role("button", name=re.compile("attempt")).click()
    expect(page).to_have_url(re.compile("/attempts/"))


def answer_all(page):
    page.get_by_label("Three", exact=True).check()
    page.get_by_label("One vote a term").check()
    page.get_by_label("Majorities overlap").check()
    page.locator("#q3").get_by_role("textbox").fill("150")
    page.locator("#q4").get_by_role("textbox").fill("Majority")
    for left, right in (("Raft", "A log"), ("Hashing", "Keys")):
        page.locator("#q5").get_by_label(left).select_option(label=right)
    order(page, "q6", ["append", "store", "commit"])
    order(page, "q7", ["send", "receive", "wait"])


def order(page, name, wanted):
    """By the buttons: each step up until it stands where it belongs."""
    for place, step in enumerate(wanted):
        row = page.locator(f"#{name} li.place").filter(has=page.locator(f"[id='{name}-words-{step}']"))
        for _ in range(len(wanted)):
            if row.evaluate("(li) => [...li.parentNode.children].indexOf(li)") <= place:
                break
            row.get_by_role("button", name=re.compile("Up")).click()
    keep = page.locator(f"#{name} [data-order-keep]")
    if keep.is_visible():
        keep.click()


def saved(page):
    expect(page.locator("[data-said]")).to_have_text("All saved")


def test_a_student_answers_hands_in_and_looks_back(alice, live_site, scheduled):
    begin(alice, live_site)
    answer_all(alice)
    expect(alice.locator("[data-count]")).to_have_text("7 of 7 answered")
    saved(alice)
    alice.get_by_role("button", name="Hand in").click()
    expect(alice.locator(".mark")).to_have_text("100 %")
    expect(alice.get_by_text("Receipt")).to_be_visible()
    expect(alice.locator("#q1")).to_contain_text("Two majorities share a server.")
    assert GradeEvent.objects.count() == 7
    (cell,) = book.cells(scheduled.school_class).values()
    assert (cell.points, cell.max) == (100, 100)


def test_what_was_typed_is_there_after_a_reload(alice, live_site):
    begin(alice, live_site)
    alice.get_by_label("Three", exact=True).check()
    alice.locator("#q4").get_by_role("textbox").fill("maj")
    saved(alice)
    alice.reload()
    expect(alice.get_by_label("Three", exact=True)).to_be_checked()
    expect(alice.locator("#q4").get_by_role("textbox")).to_have_value("maj")


def test_a_second_tab_does_not_overwrite_the_first(alice, live_site):
    begin(alice, live_site)
    other = alice.context.new_page()
    other.goto(alice.url)
    alice.get_by_label("Two", exact=True).check()
    saved(alice)
    other.get_by_label("Four", exact=True).check()
    other.get_by_role("button", name="Take the stored one").click()
    expect(other.get_by_label("Two", exact=True)).to_be_checked()
    saved(other)
    other.get_by_label("Three", exact=True).check()
    saved(other)
    alice.get_by_label("Four", exact=True).check()
    alice.get_by_role("button", name="Keep mine").click()
    saved(alice)
    assert Attempt.objects.get().items.get(slot=1).draft == "c"


def test_offline_the_answer_waits_in_the_browser(alice, live_site):
    begin(alice, live_site)
    expect(alice.locator("[data-count]")).to_contain_text("answered")  # the page's script has come
    alice.context.set_offline(True)
    alice.get_by_label("Three", exact=True).check()
    expect(alice.locator("[data-said]")).to_contain_text("kept in this browser")
    alice.context.set_offline(False)
    saved(alice)
    assert Attempt.objects.get().items.get(slot=1).draft == "b"


def test_what_was_answered_before_the_script_came_is_kept(alice, live_site):
    held = []
    alice.route("**/quiz/attempt*.js", lambda route: held.append(route))
    alice.goto(f"{live_site}/quizzes/check-9-1/")
    alice.get_by_role("button", name=re.compile("attempt")).click()
    alice.get_by_label("Three", exact=True).check()
    alice.locator("#q4").get_by_role("textbox").fill("majority")
    [route] = held
    route.continue_()
    saved(alice)
    kept = Attempt.objects.get().items
    assert (kept.get(slot=1).draft, kept.get(slot=4).draft) == ("b", "majority")


def test_what_was_never_confirmed_is_offered_and_not_sent(alice, live_site):
    begin(alice, live_site)
    url = alice.url
    alice.route("**/draft/", lambda route: route.abort())
    alice.locator("#q4").get_by_role("textbox").fill("majority")
    expect(alice.locator("[data-said]")).to_contain_text("kept in this browser")
    alice.on("dialog", lambda dialog: dialog.accept())
    alice.goto("about:blank")
    alice.unroute("**/draft/")
    alice.goto(url)
    expect(alice.locator("#q4")).to_contain_text("never confirmed")
    assert Attempt.objects.get().items.get(slot=4).draft is None
    alice.get_by_role("button", name="Use it").click()
    saved(alice)
    assert Attempt.objects.get().items.get(slot=4).draft == "majority"


def test_what_cannot_be_read_is_said_and_stays(alice, live_site):
    begin(alice, live_site)
    box = alice.locator("#q3").get_by_role("textbox")
    box.fill("soon")
    expect(alice.locator("#q3 [data-question-said]")).to_contain_text("number")
    alice.get_by_role("button", name="Hand in").click()
    expect(alice.locator("#q3 [role=alert]")).to_contain_text("number")
    expect(box).to_have_value("soon")
    assert Attempt.objects.get().state == State.IN_PROGRESS


def test_the_keyboard_alone_is_enough(alice, live_site):
    begin(alice, live_site)
    alice.locator("#q1 input").first.focus()
    alice.keyboard.press("ArrowDown")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Space")
    expect(alice.locator("#q1 input:checked")).to_have_count(1)
    expect(alice.locator("#q2 input").first).to_be_checked()
    saved(alice)
    alice.get_by_role("button", name="Hand in").focus()
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("alert")).to_contain_text("without an answer")
    alice.get_by_role("button", name="Hand in all the same").focus()
    alice.keyboard.press("Enter")
    expect(alice.locator(".mark")).to_be_visible()


def test_when_the_time_is_up_the_page_hands_in_what_it_holds(alice, live_site, scheduled):
    begin(alice, live_site)
    alice.get_by_label("Three", exact=True).check()
    saved(alice)
    attempt = Attempt.objects.get()
    begun = attempt.started_at - datetime.timedelta(seconds=3598)
    Attempt.objects.update(started_at=begun, deadline_at=attempt.deadline_at - datetime.timedelta(seconds=3598))
    alice.reload()
    expect(alice.locator(".mark")).to_be_visible(timeout=20_000)
    assert Attempt.objects.get().items.get(slot=1).responses.get(kind="final").answer == "b"


def test_practice_checks_one_answer_at_a_time(alice, live_site):
    alice.goto(f"{live_site}/quizzes/check-9-1/")
    alice.get_by_role("button", name="Practise").click()
    alice.locator("article.question").filter(has_text="How many votes").get_by_label("Two", exact=True).check()
    question = alice.locator("article.question").filter(has_text="How many votes")
    question.get_by_role("button", name="Check").click()
    expect(question.locator(".checked")).to_contain_text("Two candidates could both have two.")
    expect(question.locator(".checked")).to_contain_text("0 of 1")
    assert GradeEvent.objects.count() == 0


@pytest.mark.parametrize("width", [360, 1440])
def test_without_javascript(browser, live_site, scheduled, width):
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    log_in(page, live_site, User.objects.get(username="alice"))
    begin(page, live_site)
    assert page.locator("html").evaluate("(html) => html.scrollWidth") <= width
    page.get_by_label("Three", exact=True).check()
    page.locator("#q3").get_by_role("textbox").fill("soon")
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator("#q3 [role=alert]")).to_contain_text("number")
    expect(page.get_by_label("Three", exact=True)).to_be_checked()
    page.locator("#q3").get_by_role("textbox").fill("150")
    for step, place in (("append", "1"), ("store", "2"), ("commit", "3")):
        page.locator(f"select[name='q6-place-{step}']").select_option(place)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Hand in all the same").click()
    page.goto(page.url)
    expect(page.get_by_text("Receipt")).to_be_visible()
    finals = {item.slot: item.responses.get(kind="final").answer for item in Attempt.objects.get().items.all()}
    assert (finals[1], finals[3], finals[6]) == ("b", "150", ["append", "store", "commit"])
    context.close()
