"""The bar of panels: every panel can be seen and reached, however many there are and however narrow the page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from labs.catalog import find
from tests.lab_page import until

# Tabs that stick out of their bar, by name.
OUTSIDE = """() => {
  const bar = document.querySelector('.tab-bar').getBoundingClientRect();
  const out = ({ left, right, top, bottom }) => left < bar.left || right > bar.right || top < bar.top || bottom > bar.bottom;
  return [...document.querySelectorAll('[role=tab]')].filter((tab) => out(tab.getBoundingClientRect())).map((tab) => tab.textContent);
}"""
SCROLLS = "() => { const list = document.querySelector('.tabs'); return list.scrollWidth > list.clientWidth; }"
# Whether the shown panel's tab can be read: it stands inside the part of the list that is not paled.
SHOWN_IS_SEEN = """() => {
  const list = document.querySelector('.tabs').getBoundingClientRect();
  const tab = document.querySelector('[role=tab][aria-selected=true]').getBoundingClientRect();
  return tab.left >= list.left && tab.right <= list.right - 20;
}"""


def opened(stage: Any, lab: str, width: int, height: int = 900) -> Any:
    stage.lab = lab
    stage.page.set_viewport_size({"width": width, "height": height})
    stage.open(scenario=find(lab).scenarios[0].name)
    until(stage.page, "p.view.cluster.plan")
    return stage.page


def focused(page: Any) -> Any:
    return page.evaluate("() => document.activeElement.textContent")


@pytest.mark.parametrize(("lab", "width", "count"), [("raft", 1440, 9), ("caching", 1440, 12), ("raft", 768, 9), ("raft", 360, 9)])
def test_every_tab_stands_in_the_bar_without_scrolling(stage: Any, lab: str, width: int, count: int) -> None:
    page = opened(stage, lab, width)
    expect(page.get_by_role("tab")).to_have_count(count)
    assert page.evaluate(OUTSIDE) == []
    assert not page.evaluate(SCROLLS)
    expect(page.locator(".all-tabs")).to_be_hidden()
    assert page.evaluate("() => document.documentElement.scrollWidth") == width


def test_where_rows_would_take_the_panel_s_room_one_row_scrolls_and_a_menu_names_all(stage: Any) -> None:
    page = opened(stage, "caching", 360, 740)
    assert page.evaluate(SCROLLS)
    page.get_by_role("button", name="All 12 panels").click()
    menu = page.get_by_role("menu", name="All panels")
    expect(menu.get_by_role("menuitemradio")).to_have_count(12)
    expect(menu.get_by_role("menuitemradio", checked=True)).to_have_text("Cache content")
    menu.get_by_role("menuitemradio", name="Challenges").click()
    expect(menu).to_be_hidden()
    expect(page.get_by_role("tabpanel", name="Challenges")).to_be_visible()
    assert page.evaluate(SHOWN_IS_SEEN)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_the_menu_of_panels_by_keyboard(stage: Any) -> None:
    page = opened(stage, "caching", 360, 740)
    button = page.get_by_role("button", name="All 12 panels")
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert focused(page) == "Cache content"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Source"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Hit ratio"
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Cache content")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Source")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")  # the tabs go on from there
    expect(page.get_by_role("tab", selected=True)).to_have_text("Challenges")
    assert page.evaluate(SHOWN_IS_SEEN)


def test_the_menu_closes_where_one_goes_elsewhere(stage: Any) -> None:
    page = opened(stage, "caching", 360, 740)
    page.get_by_role("button", name="All 12 panels").click()
    page.locator(".say").click()
    expect(page.get_by_role("menu")).to_be_hidden()
    page.get_by_role("button", name="All 12 panels").click()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(page.get_by_role("tab", selected=True)).to_be_focused()


def test_a_window_that_grows_gets_its_rows_back(stage: Any) -> None:
    page = opened(stage, "caching", 360, 740)
    expect(page.locator(".all-tabs")).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".all-tabs")).to_be_hidden()
    assert page.evaluate(OUTSIDE) == []
