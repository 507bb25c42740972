"""The editor on the whole site: the preview follows the typing, and a lab in it runs on."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from lessons.models import Lesson

pytestmark = pytest.mark.django_db(transaction=True)
ACE = "ace.edit(document.querySelector('.ace_editor'))"


@pytest.fixture
def editor(page, live_site, django_user_model):
    """Lesson 8.5 in the editor of an instructor."""
    ines = django_user_model.objects.create_user(username="ines", password="correct-horse-9", is_staff=True, is_superuser=True)
    ines.groups.add(*Group.objects.filter(name="Instructors"))
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_site}/accounts/login/")
    page.locator("[name=login]").fill("ines")
    page.locator("[name=password]").fill("correct-horse-9")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(f"{live_site}/admin/lessons/lesson/{Lesson.objects.get(number='8.5').pk}/change/")
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    assert said == []


def test_the_preview_follows_the_typing_and_its_lab_runs_on(editor):
    preview = editor.frame_locator("iframe[name=preview]")
    lab = preview.locator("lab-run").first
    expect(lab).to_be_attached()
    lab.scroll_into_view_if_needed()
    lab.evaluate("(lab) => { lab.kept = true; }")
    scrolled = lab.evaluate("() => scrollY")
    assert scrolled > 0
    editor.evaluate(f"{ACE}.session.replace({{start: {{row: 2, column: 0}}, end: {{row: 2, column: 99}}}}, 'title: Another')")
    editor.evaluate(
        f"{ACE}.session.insert({{row: {ACE}.session.getLength(), column: 0}}, '\\n\\nTyped **just now**, to [nowhere](lesson:8.99).\\n')"
    )
    expect(preview.get_by_text("just now")).to_be_attached()
    assert lab.evaluate("(lab) => lab.kept && Boolean(lab.drive)")
    problem = preview.locator(".preview-findings a[data-line]")
    expect(problem).to_have_count(1)
    problem.click()
    line = int(problem.get_attribute("data-line"))
    assert editor.evaluate(f"{ACE}.getCursorPosition().row") == line - 1


def test_a_draft_is_saved_and_found_again(editor):
    expect(editor.locator(".ace_editor")).to_be_visible()
    editor.evaluate(f"{ACE}.session.insert({{row: {ACE}.session.getLength(), column: 0}}, '\\n\\nA thought.\\n')")
    editor.get_by_role("button", name="Save draft").click()
    expect(editor.get_by_text("The draft is saved.")).to_be_visible()
    assert editor.evaluate(f"{ACE}.getValue()").endswith("A thought.\n")
    assert Lesson.objects.get(number="8.5").drafts.get().source.endswith("A thought.\n")


def test_a_text_that_is_too_large_stays_in_the_editor(editor):
    editor.evaluate(f"{ACE}.session.insert({{row: {ACE}.session.getLength(), column: 0}}, 'word '.repeat(20000))")
    editor.get_by_role("button", name="Save draft").click()
    expect(editor.locator(".academy-state")).to_contain_text("and may have 98,304")
    assert editor.evaluate(f"{ACE}.getValue().length") > 100_000
