"""The main story on the whole site: a real browser, server, worker, PostgreSQL and Redis."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from labs.models import Run
from tests.lab_page import drag, player, until

pytestmark = pytest.mark.django_db(transaction=True)

LEADER = "Object.values(p.now.state.nodes).find((n) => n.status === 'up' && n.state.role === 'leader')"


@pytest.fixture
def lesson(page, live_site):
    """Lesson 8.5, as a visitor without an account comes to it from the home page."""
    call_command("content", "import", verbosity=0)
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(live_site)
    page.get_by_role("button", name="Try without an account").first.click()
    expect(page).to_have_url(re.compile(r"/lessons/8\.5/"))
    until(page, "true")
    page.locator("lab-run").scroll_into_view_if_needed()  # out of sight nothing runs
    yield page
    assert said == []


def stop_the_leader(page):
    """By the link in the text, once somebody leads. Gives the old leader and its term."""
    # Taking part first: until then the poster starts over, and a step may fall on the very moment in which somebody is elected.
    player(page, "void (p.engage(), (p.clock.speed = 1), p.transport.play())")
    until(page, LEADER)
    led_us = player(page, "p.now.t_us")
    until(page, f"p.now.t_us > {led_us + 100_000} && {LEADER}")  # so that a moment before the stop somebody leads
    page.locator("a.drive[data-step='crash-leader']").first.click()
    until(page, "p.session.status === 'live' && Object.values(p.now.state.nodes).some((n) => n.status === 'down')")
    return player(
        page, "(() => { const n = Object.values(p.now.state.nodes).find((n) => n.status === 'down'); return [n.id, n.state.term]; })()"
    )


def test_a_visitor_stops_the_leader_and_watches_the_next_election(lesson):
    stopped, term = stop_the_leader(lesson)
    until(lesson, f"{LEADER}?.state.term > {term}")
    new_leader = player(lesson, f"{LEADER}.id")
    assert new_leader != stopped
    expect(lesson.get_by_role("button", name=f"{stopped}, stopped")).to_be_visible()
    run = Run.objects.get()
    assert run.owner.is_guest
    assert [c.action for c in run.commands.all()] == ["crash"]


def test_scrubbing_back_shows_the_old_leader_and_a_reload_is_at_the_same_run(lesson):
    stopped, term = stop_the_leader(lesson)
    until(lesson, f"{LEADER}?.state.term > {term}")
    lesson.get_by_role("button", name="Pause", exact=True).click()
    command = Run.objects.get().commands.get()
    ms = command.at_us // 1000 - 40  # the thumb moves in steps; somebody had led for 100 ms
    drag(lesson, ms)
    until(lesson, f"p.now.t_us < {command.at_us} && {LEADER}?.id === '{stopped}'")
    moment = player(lesson, "p.now.t_us")
    lesson.reload()
    until(lesson, f"p.session.status === 'live' && p.now.t_us === {moment} && {LEADER}?.id === '{stopped}'")
    assert Run.objects.count() == 1


def test_acting_in_the_past_makes_a_branch_and_the_first_run_stays(lesson):
    stop_the_leader(lesson)
    first = Run.objects.get()
    at_us = first.commands.get().at_us
    until(lesson, f"p.now.t_us > {at_us + 400_000}")
    lesson.get_by_role("button", name="Pause", exact=True).click()
    drag(lesson, at_us // 1000 - 50)
    until(lesson, f"p.now.t_us < {at_us}")
    lesson.locator("a.drive[data-step='isolate-leader']").first.click()
    expect(lesson.locator("lab-run").get_by_text("branch").first).to_be_visible()
    branch = Run.objects.exclude(pk=first.pk).get()
    assert branch.parent == first
    assert [c.action for c in first.commands.all()] == ["crash"]
    assert [c.action for c in branch.commands.all()] == ["partition"]


def test_the_keyboard_alone_stops_a_node(lesson):
    until(lesson, LEADER)
    lesson.locator("lab-run .node").first.focus()
    lesson.keyboard.press("2")
    lesson.keyboard.press("s")
    until(lesson, "p.now.state.nodes.n2.status === 'down'")
    assert Run.objects.get().commands.get().action == "crash"


@pytest.mark.parametrize("path", ["/", "/lessons/8.5/", "/labs/raft/", "/accounts/login/", "/accounts/signup/", "/nothing/"])
def test_no_page_is_wider_than_a_phone(page, live_site, path):
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(live_site + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
