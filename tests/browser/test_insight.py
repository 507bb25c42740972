"""Insight pages in a browser, with a simulated class at a quiz of the course: charts drawn from their tables, both themes, on a phone."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from academy.accounts.models import User
from academy.quizzes.models import Attempt, QuizSchedule, State
from tests.lab_page import log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schedule(live_site):
    """Twelve students at the quiz on consensus, of which some questions are about runs."""
    User.objects.create_superuser("adam")
    call_command("simulate_class", "--quiz", "check-8-5", "--students", "12", "--instructor", "adam", verbosity=0)
    assert {one.state for one in Attempt.objects.all()} == {State.GRADED}
    return QuizSchedule.objects.get()


def test_charts_are_drawn_from_their_tables_in_both_themes_and_on_a_phone(live_site, page, schedule):
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    log_in(page, live_site, User.objects.get(username="adam"))
    page.set_viewport_size({"width": 360, "height": 740})
    base = f"{live_site}/classes/{schedule.school_class_id}/insight/"
    for path in (base, f"{base}concepts/?lesson=8.5", f"{base}{schedule.pk}/"):
        page.goto(path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, path
    chart = page.locator("[data-chart=bars]").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".js-plotly-plot .bars .point").first).to_be_attached(timeout=20_000)  # Plotly is large, and fetched only now
    expect(chart.locator("table")).to_be_hidden()
    chart.get_by_text("As a table").click()
    expect(chart.locator("table")).to_be_visible()
    counts = [int(text) for text in chart.locator("td[data-value]").all_inner_texts()]
    assert sum(counts) == 12
    assert chart.locator(".bars .point").count() == len(counts)
    fill = "() => getComputedStyle(document.querySelector('.bars .point path')).fill"
    light = page.evaluate(fill)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => ({fill})() !== before", arg=light)
    page.goto(f"{base}concepts/?lesson=8.5")
    heat = page.locator("[data-chart=heat]")
    heat.scroll_into_view_if_needed()
    expect(heat.locator(".js-plotly-plot .hm")).to_be_attached(timeout=20_000)
    assert said == []
