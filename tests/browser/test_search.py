"""The search by keyboard and while typing, and the map of the course under pointer and keyboard."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(page, live_site):
    def go(path, width=1440, height=900):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{live_site}{path}")
        return page

    return go


def test_a_slash_leads_to_the_box_and_enter_to_what_is_found(at):
    page = at("/lessons/8.5/")
    page.keyboard.press("/")
    expect(page.locator("#bar-q")).to_be_focused()
    page.keyboard.type("majority/")
    expect(page.locator("#bar-q")).to_have_value("majority/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=majority%2F")
    expect(page.locator(".found a").first).to_be_visible()


def test_a_slash_in_a_lab_stays_there(at):
    page = at("/lessons/8.5/")
    page.wait_for_function("() => document.querySelector('lab-run').view")
    page.locator("lab-run button:visible").first.focus()
    page.keyboard.press("/")
    expect(page.locator("#bar-q")).not_to_be_focused()


def test_on_a_narrow_screen_a_slash_leads_to_the_page(at):
    page = at("/", width=360)
    expect(page.locator("#bar-q")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("/")
    page.wait_for_url("**/search/")
    expect(page.locator("#q")).to_be_focused()


def test_results_come_while_typing_and_are_walked_with_arrows(at):
    page = at("/search/")
    page.evaluate("() => { window.same = true; }")
    page.locator("#q").press_sequentially("quor")
    expect(page.locator("#found-said")).to_contain_text("place")
    expect(page.locator(".found mark").first).to_have_text("Quorum")
    assert page.url.endswith("/search/?q=quor")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".found a").nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".found a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    assert page.evaluate("() => window.same"), "the page was loaded anew"


def test_a_refusal_is_shown_where_the_results_would_be(at):
    page = at("/search/")
    page.locator("#q").evaluate("box => { box.removeAttribute('maxlength'); box.value = 'x'.repeat(300); }")
    page.locator("#q").dispatch_event("input")
    expect(page.locator("#found-said")).to_contain_text("At most 200 characters")


@pytest.mark.parametrize("way", ["pointer", "keyboard"])
def test_the_map_lights_what_a_concept_needs_and_what_builds_on_it(at, way):
    page = at("/concepts/map/")
    box = page.locator("#at-majority")
    if way == "pointer":
        box.hover()
    else:
        box.focus()
    expect(page.locator("#at-replication-quorum")).to_have_class("map-box needed far")
    expect(page.locator("#at-raft-election")).to_have_class("map-box built far")
    expect(page.locator("[data-map-said]")).to_contain_text("Needs Quorum replication")
    if way == "keyboard":
        page.keyboard.press("Enter")
        page.wait_for_url("**/concepts/majority/")


def test_a_narrow_screen_has_the_map_as_a_list(at):
    page = at("/concepts/map/", width=360)
    expect(page.locator("svg.map")).to_be_hidden()
    expect(page.locator(".map-list a[href='/concepts/majority/']").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
