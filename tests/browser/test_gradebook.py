"""The table of grades in a browser: arrow keys, a cell's explanation beside it, a decision shown at once; and without JavaScript."""

from decimal import Decimal

import pytest

from academy.accounts.models import User
from academy.classes import members
from academy.classes.models import How, SchoolClass
from academy.gradebook import book, columns
from tests.lab_page import log_in

pytestmark = pytest.mark.django_db(transaction=True)
CELL = "table.grades tbody tr:nth-child({row}) td:nth-child({column})"


@pytest.fixture
def school(live_site):
    """Three students, two columns marked by hand; ada has 30 of 40 in the first."""
    ines = User.objects.create_superuser("ines")
    made = members.open_class(ines, SchoolClass(name="Systems"))
    for name in ("ada", "bob", "cyd"):
        members.seat(made, User.objects.create_user(name), How.CODE)
    talk = columns.add(made, title="Talk", points=Decimal(40), weight=Decimal(1))
    columns.add(made, title="Project", points=Decimal(100), weight=Decimal(3))
    book.decide(talk, User.objects.get(username="ada"), "override", actor=ines, reason="Heard", points=Decimal(30))
    return {"address": live_site, "path": f"/classes/{made.pk}/gradebook/", "ines": ines}


def cell(page, row, column):
    return page.locator(CELL.format(row=row, column=column))


def focused(page):
    """Row and column of the cell that has the focus, counted from 1, names being column 1."""
    return page.evaluate("() => { const c = document.activeElement; return [c.parentElement.sectionRowIndex + 1, c.cellIndex + 1]; }")


def test_arrow_keys_walk_through_the_cells_and_enter_explains_one(page, school):
    log_in(page, school["address"], school["ines"])
    page.goto(school["address"] + school["path"])
    cell(page, 1, 2).focus()
    walk = {"ArrowDown": [2, 2], "ArrowRight": [2, 3], "ArrowUp": [1, 3], "End": [1, 4], "Home": [1, 2], "ArrowLeft": [1, 2]}
    for key, at in walk.items():
        page.keyboard.press(key)
        assert focused(page) == at, key
    assert page.locator("table.grades td[tabindex]").count() == 1  # Tab passes the table in one step
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#why").get_by_text("Set by hand to 30 of 40.").wait_for()
    assert page.evaluate("document.activeElement.className") == "why-title"
    page.keyboard.press("Escape")
    assert focused(page) == [1, 3] and not page.locator("#why").is_visible()


def test_a_decision_beside_the_table_is_in_the_table_at_once(page, school):
    log_in(page, school["address"], school["ines"])
    page.goto(school["address"] + school["path"])
    cell(page, 2, 3).click()
    panel = page.locator("#why")
    panel.get_by_text("Set by hand", exact=True).click()
    panel.get_by_label("Points").fill("4e1")
    panel.get_by_label("Why").first.fill("Heard it")
    panel.get_by_role("button", name="Set it").click()
    panel.get_by_text("is no number of points").wait_for()
    assert panel.get_by_label("Why").first.input_value() == "Heard it"
    panel.get_by_label("Points").fill("20")
    panel.get_by_role("button", name="Set it").click()
    panel.get_by_text("It is written down.").wait_for()
    assert (cell(page, 2, 3).inner_text(), cell(page, 2, 2).inner_text()) == ("20", "50 %")


def test_on_a_phone_the_table_scrolls_inside_and_a_cell_opens_as_a_page(page, school):
    page.set_viewport_size({"width": 360, "height": 740})
    log_in(page, school["address"], school["ines"])
    page.goto(school["address"] + school["path"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cell(page, 1, 3).click()
    page.wait_for_url("**/cells/**")
    assert page.get_by_role("heading", name="Why this number?").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_javascript_a_student_leads_to_each_cell(browser, school):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, school["address"], school["ines"])
    page.goto(school["address"] + school["path"])
    assert page.get_by_text("Open a student to see why").is_visible()
    page.get_by_role("link", name="ada").click()
    page.get_by_role("link", name="Talk").click()
    page.get_by_text("Exempt", exact=True).first.click()
    page.locator("#exempt_reason").fill("Ill")
    page.get_by_role("button", name="Exempt").click()
    assert page.get_by_text("Exempt: the column is in no sum of this student.").is_visible()
    context.close()
