"""What a student does with runs, on the whole site: share a moment, try other seeds, keep, export and import."""

import json
import re

import pytest
from playwright.sync_api import expect

from labs.models import Run
from tests.lab_page import player, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lab(page, live_site):
    """The lab's own page, paused by keyboard at 1.5 s of a run in which n2 was stopped there."""
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_site}/labs/raft/")
    until(page, "p.view.cluster.plan")
    page.locator("lab-run .player").focus()
    page.keyboard.press("Space")
    player(page, "void p.transport.jump(1500000)")
    until(page, "p.playback.here && p.now.t_us === 1500000")
    page.keyboard.press("2")
    page.keyboard.press("s")
    until(page, "p.now.state.nodes.n2.status === 'down' && !p.clock.held")
    yield page
    assert said == []


def shared_link(page):
    page.get_by_role("button", name="Share this moment").click()
    link = page.get_by_role("textbox", name="Link")
    expect(link).to_have_value(re.compile(r"/shared/.+#t=1\.500$"))
    return link.input_value()


def test_a_link_shows_another_visitor_the_same_moment_and_what_they_do_is_theirs(lab, browser):
    link = shared_link(lab)
    mine = Run.objects.get(share_key=None)
    visitor = browser.new_context().new_page()
    visitor.goto(link)
    until(visitor, "p.session.status === 'live' && p.playback.here && p.now.t_us >= 1500000 && p.now.state.nodes.n2.status === 'down'")
    expect(visitor.get_by_text("A shared run, as it was when the link was made.")).to_be_visible()
    visitor.locator("lab-run .player").focus()
    visitor.keyboard.press("3")
    visitor.keyboard.press("s")
    until(visitor, "p.now.state.nodes.n3.status === 'down' && p.session.status === 'live' && !p.clock.held")
    expect(visitor).to_have_url(re.compile(r"/runs/"))
    theirs = Run.objects.get(origin="copy")
    assert theirs.owner != mine.owner
    assert [c.args for c in theirs.commands.all()] == [{"node": "n2"}, {"node": "n3"}]
    assert mine.commands.count() == 1
    visitor.context.close()


def test_a_visitor_who_follows_a_link_and_does_nothing_leaves_nothing(lab, browser):
    link = shared_link(lab)
    before = Run.objects.count()
    visitor = browser.new_context().new_page()
    visitor.goto(link)
    until(visitor, "p.session.status === 'live' && p.playback.here")
    assert Run.objects.count() == before
    visitor.context.close()


def test_a_hundred_seeds_and_one_of_them_opened_by_keyboard(lab):
    lab.get_by_role("button", name="Run again with other seeds").click()
    lab.get_by_label("Seconds of each run").fill("3")
    lab.get_by_role("button", name="Try 100 seeds").click()
    expect(lab.locator(".die")).to_have_count(100)
    expect(lab.locator(".die.ok")).to_have_count(100, timeout=60_000)
    expect(lab.get_by_text("100 kept every promise, 0 broke one.")).to_be_visible()
    lab.reload()
    expect(lab.locator(".die.ok")).to_have_count(100, timeout=20_000)
    lab.locator(".die").first.focus()
    lab.keyboard.press("ArrowRight")
    lab.keyboard.press("Enter")
    until(lab, "p.session.status === 'live' && p.session.seed === 8 && p.playback.here")
    opened = Run.objects.get(seed=8)
    assert [c.args for c in opened.commands.all()] == [{"node": "n2"}]


def test_a_red_square_opens_at_its_violation(page, live_site):
    page.goto(f"{live_site}/labs/raft/?scenario=paper")
    until(page, "p.view.cluster.plan")
    page.get_by_role("button", name="Set up a new run").click()
    page.get_by_label("Majority").uncheck()
    page.get_by_role("button", name="Start a new run").click()
    until(page, "p.session.status === 'live' && p.playback.here")
    page.locator("lab-run .player").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Run again with other seeds").click()
    page.get_by_label("Seconds of each run").fill("20")
    page.get_by_role("button", name="Try 100 seeds").click()
    red = page.locator(".die.bad").first
    red.wait_for(timeout=60_000)
    label, at_us = red.get_attribute("aria-label"), int(red.get_attribute("data-t"))
    seed = int(re.match(r"seed (\d+):", label)[1])
    red.click()
    until(page, f"p.session.seed === {seed} && p.playback.here && p.now.t_us === {at_us}")
    until(page, "Object.values(p.now.state.checks).some((check) => !check.holds)")
    cancel = page.locator(".seeds").get_by_role("button", name="Cancel")
    if cancel.is_visible():
        cancel.click()


def test_a_run_is_named_duplicated_exported_deleted_and_imported_again(lab, live_site, tmp_path):
    lab.goto(f"{live_site}/runs/")
    row = lab.locator(".run-list > li")
    expect(row).to_have_count(1)

    def choose(name):
        row.first.get_by_text("More", exact=True).click()
        return row.first.get_by_role("button", name=name)

    row.first.get_by_text("More", exact=True).click()
    row.first.get_by_label("Name").fill("n2 stops")
    row.first.get_by_role("button", name="Save").click()
    expect(lab.get_by_role("link", name="n2 stops")).to_be_visible()
    row.first.get_by_text("More", exact=True).click()
    with lab.expect_download() as download:
        row.first.get_by_role("link", name="Export as a file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert json.loads(file.read_text())["name"] == "n2 stops"
    lab.goto(f"{live_site}/runs/")
    choose("Duplicate").click()
    until(lab, "p.session.status === 'live' && p.playback.here")
    lab.goto(f"{live_site}/runs/")
    for left in (1, 0):
        row.first.get_by_text("More", exact=True).click()
        row.first.get_by_text("Delete", exact=True).click()
        row.first.get_by_role("button", name="Delete it").click()
        expect(row).to_have_count(left)
    lab.get_by_label("A run that was exported").set_input_files(file)
    lab.get_by_role("button", name="Import").click()
    until(lab, "p.session.status === 'live' && p.playback.here")
    player(lab, "void p.transport.jump(1600000)")
    until(lab, "p.playback.here && p.now.state.nodes.n2.status === 'down'")
    assert Run.objects.get().origin == "import"


def test_a_way_to_start_that_is_asked_for_begins_though_a_run_was_left_here(lab, live_site):
    left = lab.url
    lab.get_by_role("link", name="The leader stops").click()
    until(lab, "p.view.cluster.plan && !p.session.run")
    expect(lab.locator(".chip.scenario")).to_have_text("The leader stops")
    lab.goto(f"{live_site}/labs/raft/")  # without asking one goes on where one was, and it is called what it is
    until(lab, "p.session.run")
    expect(lab).to_have_url(left)
    expect(lab.locator(".chip.scenario")).to_have_text("A cluster at work")
    assert Run.objects.count() == 1


def test_a_trial_of_seeds_comes_into_sight(lab):
    lab.set_viewport_size({"width": 360, "height": 740})
    lab.get_by_role("button", name="Run again with other seeds").click()
    lab.get_by_role("spinbutton").fill("1")
    lab.get_by_role("button", name="Try 100 seeds").click()
    box = "document.querySelector('.seeds').getBoundingClientRect()"
    seen = f"() => {{ const {{ top, bottom }} = {box}; return bottom > top && top >= 0 && bottom <= innerHeight + 1; }}"
    lab.wait_for_function(seen)
