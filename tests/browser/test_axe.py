"""No page has a serious or critical violation of accessibility's rules, as axe-core finds them, in light or in dark.

What a machine finds is a part of it: names, contrast, roles, order of headings. Whether a page makes sense to somebody who hears it is not.
"""

from importlib.resources import files

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from academy.accounts.models import User
from labs import copies, runs
from lessons.models import Lesson
from tests.lab_page import log_in

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
GRAVE = ("serious", "critical")
READY = "() => { const p = document.querySelector('lab-run'); return p.view && p.now?.state; }"
PLAY = "() => { const p = document.querySelector('lab-run'); if (!p.clock.playing) p.transport.play(); }"
PLAYING = "() => { const p = document.querySelector('lab-run'); return p.clock.playing && p.now.t_us > 0; }"
PUBLIC = [
    "/",
    "/labs/",
    "/labs/raft/",
    "/lessons/8.3/",
    "/lessons/8.5/",
    "/concepts/",
    "/concepts/map/",
    "/concepts/majority/",
    "/search/?q=leader",
    "/accounts/signup/",
    "/accounts/login/",
    "/accounts/password/forgot/",
    "/no/such/page/",
]
NARROW = ["/", "/lessons/8.9/", "/concepts/map/", "/search/?q=leader", "/accounts/login/", "/accounts/signup/", "/lessons/8.5/"]


@pytest.fixture
def site(live_site):
    """The course, alice with two runs of hers and one shared, and an instructor."""
    call_command("content", "import", verbosity=0)
    alice = User.objects.create_user("alice")
    ines = User.objects.create_user("ines", is_staff=True)
    ines.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    ines.user_permissions.set(permissions())
    run = runs.create(alice, "raft")
    runs.create(alice, "raft", "leader-crash")
    return {"address": live_site, "alice": alice, "ines": ines, "shared": f"/shared/{copies.share(alice, run).share_key}/"}


def permissions():
    return Permission.objects.filter(content_type__app_label__in=("accounts", "lessons", "labs"))


def violations(page, path):
    """Each as one line: where, the rule, how grave, what it says."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]
    return [
        f"{path}: {node['target']}: {one['id']} ({one['impact']}): {' '.join((node.get('failureSummary') or '').split())[:240]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def look(page, site, paths, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": site["address"]}])
    found = []
    for path in paths:
        assert page.goto(site["address"] + path).status < 500, path
        if page.locator("lab-run").count():
            page.locator("lab-run").first.scroll_into_view_if_needed()  # out of sight nothing runs
            page.wait_for_function(READY)
            page.evaluate(PLAY)
            page.wait_for_function(PLAYING)
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        found += violations(page, path)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_public_pages_have_no_grave_violation(page, site, theme):
    assert look(page, site, [*PUBLIC, site["shared"]], theme) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_students_pages_have_no_grave_violation(page, site, theme):
    log_in(page, site["address"], site["alice"])
    assert (
        look(page, site, ["/runs/", "/progress/", "/classes/", "/classes/join/", "/accounts/password/change/", "/accounts/logout/"], theme)
        == []
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_instructors_pages_have_no_grave_violation(page, site, theme):
    log_in(page, site["address"], site["ines"])
    lesson = f"/admin/lessons/lesson/{Lesson.objects.get(number='8.5').pk}/change/"
    assert look(page, site, ["/admin/", "/admin/lessons/lesson/", lesson, "/admin/accounts/user/", "/admin/labs/run/"], theme) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_with_its_menu_open_there_is_none_either_and_nothing_is_wider_than_the_screen(page, site, theme):
    page.set_viewport_size({"width": 360, "height": 740})
    found = []
    for path in NARROW:
        found += look(page, site, [path], theme)
        page.locator(".bar details.menu summary").click()
        for name in ("Labs", "Log in", "Sign up"):
            assert page.locator(".bar .menu-list").get_by_role("link", name=name).is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert found + violations(page, "the open menu") == []


def test_the_instructors_pages_fit_a_phone(page, site):
    log_in(page, site["address"], site["ines"])
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/admin/", "/admin/lessons/lesson/", f"/admin/lessons/lesson/{Lesson.objects.get(number='8.5').pk}/change/"):
        page.goto(site["address"] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
