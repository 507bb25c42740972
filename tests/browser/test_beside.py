"""A branch and its parent side by side, on the whole site: once with the mouse, once by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from labs.models import Run
from tests.lab_page import SET_RANGE, drag

pytestmark = pytest.mark.django_db(transaction=True)

STORY = "Object.entries({}.now.state.nodes).map(([id, n]) => [id, n.status, Object.entries(n.state).sort()]).sort()"


def look(page, script):
    """`p` and `q` are the players on the page, `b` the pair."""
    names = "const b = document.querySelector('lab-beside'); const [p, q] = document.querySelectorAll('lab-run');"
    return page.evaluate(f"() => {{ {names} return {script}; }}")


def until(page, script):
    names = "const b = document.querySelector('lab-beside'); const [p, q] = document.querySelectorAll('lab-run');"
    page.wait_for_function(f"() => {{ {names} return p?.now?.state && ({script}); }}")


def both_at(page, t_us):
    until(page, f"p.playback.here && q.playback.here && p.now.t_us === {t_us} && q.now.t_us === {t_us}")


def same_story(page):
    return look(page, f"JSON.stringify({STORY.format('p')}) === JSON.stringify({STORY.format('q')})")


@pytest.fixture
def lab(page, live_site):
    """The lab's own page, paused at 2.5 s of a run in which n2 was stopped at 2 s and which was watched to 3 s."""
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_site}/labs/raft/")
    until(page, "p.view.cluster.plan")
    page.locator("lab-run .player").focus()
    page.keyboard.press("Space")  # pauses, and takes part
    look(page, "void p.transport.jump(2000000)")
    until(page, "p.session.status === 'live' && p.playback.here && p.now.t_us === 2000000")
    yield page
    assert said == []


def test_with_the_mouse(lab):
    page = lab
    # Act, watch on, scrub back, act in the past.
    page.locator('[data-node="n2"] .hit').click()
    page.locator('.popover [data-action="crash"]').click()
    until(page, "p.now.state.nodes.n2.status === 'down' && !p.clock.held")
    look(page, "void p.transport.jump(3000000)")
    until(page, "p.playback.here && p.now.t_us === 3000000")
    first = Run.objects.get()
    drag(page, 1500)
    until(page, "p.playback.here && p.now.t_us === 1500000 && p.now.state.nodes.n2.status === 'up'")
    page.locator('[data-node="n4"] .hit').click()
    page.locator('.popover [data-action="crash"]').click()
    until(page, f"p.session.run !== '{first.pk}' && p.session.status === 'live' && p.now.state.nodes.n4.status === 'down'")
    branch = Run.objects.exclude(pk=first.pk).get()
    assert branch.parent == first
    assert branch.branched_at_us == pytest.approx(1_500_000, abs=10)
    # Side by side: the same until they part, another story after.
    page.locator(".branch").get_by_role("link", name=re.compile("Side by side")).click()
    expect(page).to_have_url(re.compile(f"/runs/{first.pk}/beside/{branch.pk}/$"))
    until(page, "q?.now?.state && p.playback.here && q.playback.here")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator('.one[data-side="A"] .about')).to_contain_text("2.00 s stop n2")
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("branch of A at 1.50 s")
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("1.50 s stop n4")
    for t_us, same in ((1_000_000, True), (1_490_000, True), (1_600_000, False), (2_500_000, False), (700_000, True)):
        page.locator(".both .track input").evaluate(SET_RANGE, t_us // 1000)
        both_at(page, t_us)
        assert same_story(page) is same
        expect(page.locator(".differs table")).to_have_count(0) if same else expect(page.locator(".differs table").first).to_be_visible()
    # Play: one clock.
    page.locator(".both .readout select").select_option("1")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "b.clock.t_us > 1600000 && p.now.t_us === q.now.t_us && q.now.state.nodes.n4.status === 'down'")
    # Act in A where it was watched: the page follows the new branch, and only that side changes.
    page.get_by_role("button", name="Pause", exact=True).click()
    page.locator(".both .track input").evaluate(SET_RANGE, 1000)
    both_at(page, 1_000_000)
    page.locator('.one[data-side="A"] [data-node="n5"] .hit').click()
    page.locator('.one[data-side="A"] .popover [data-action="crash"]').click()
    until(page, f"p.session.run !== '{first.pk}' && p.session.status === 'live' && p.now.state.nodes.n5.status === 'down'")
    third = Run.objects.exclude(pk__in=[first.pk, branch.pk]).get()
    assert third.parent == first
    expect(page).to_have_url(re.compile(f"/runs/{third.pk}/beside/{branch.pk}/$"))
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("branch of the same run at 1.50 s")
    assert look(page, "q.now.state.nodes.n5.status") == "up"
    # The address holds the two: a reload finds them again.
    page.reload()
    until(page, f"q?.now?.state && p.session.run === '{third.pk}' && q.session.run === '{branch.pk}' && p.playback.here && q.playback.here")
    assert look(page, "p.now.t_us === q.now.t_us && Math.abs(p.now.t_us - 1000000) < 10")


def test_by_keyboard_alone(lab):
    page = lab
    press = page.keyboard.press
    press("2")
    press("s")
    until(page, "p.now.state.nodes.n2.status === 'down' && !p.clock.held")
    press("Shift+ArrowRight")  # a tenth of a second in slow motion
    press("Shift+ArrowRight")
    until(page, "p.playback.here && p.now.t_us >= 2200000")
    first = Run.objects.get()
    for _ in range(6):
        press("Shift+ArrowLeft")
    until(page, "p.playback.here && p.now.t_us < 1650000 && p.now.state.nodes.n2.status === 'up'")
    press("Escape")
    press("4")
    press("s")
    until(page, f"p.session.run !== '{first.pk}' && p.session.status === 'live' && p.now.state.nodes.n4.status === 'down'")
    branch = Run.objects.exclude(pk=first.pk).get()
    link = page.locator(".branch").get_by_role("link", name=re.compile("Side by side"))
    expect(link).to_be_visible()
    page.locator("lab-run .player").focus()
    for _ in range(12):
        press("Tab")
        if link.evaluate("(link) => link === document.activeElement"):
            break
    press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{first.pk}/beside/{branch.pk}/$"))
    until(page, "q?.now?.state && p.playback.here && q.playback.here")
    press("Space")
    until(page, "!b.clock.playing")
    press("d")
    both_at(page, branch.branched_at_us)
    assert same_story(page) is False
    expect(page.locator("lab-beside [aria-live]")).to_contain_text(re.compile("they part|values differ"), timeout=10_000)
    press("Shift+ArrowLeft")
    both_at(page, branch.branched_at_us - 100_000)
    assert same_story(page) is True
    expect(page.locator(".differs .summary")).to_contain_text("nothing differs")
    press("o")  # the keys go to the branch
    press("5")
    press("s")
    until(page, f"q.session.run !== '{branch.pk}' && q.session.status === 'live' && q.now.state.nodes.n5.status === 'down'")
    assert look(page, "p.session.run") == str(first.pk)
    assert look(page, "p.now.state.nodes.n5.status") == "up"
    made = Run.objects.exclude(pk__in=[first.pk, branch.pk]).get()
    expect(page).to_have_url(re.compile(f"/runs/{first.pk}/beside/{made.pk}/$"))
    expect(page.locator('.one[data-side="B"]')).to_have_class(re.compile("active"))


def test_the_page_is_not_wider_than_a_phone_and_dark_is_dark(lab):
    page = lab
    run = Run.objects.get()
    page.set_viewport_size({"width": 360, "height": 780})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{page.url.split('/runs/')[0]}/runs/{run.pk}/beside/{run.pk}/")
    until(page, "q?.now?.state && p.playback.here && q.playback.here")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert look(page, "b.clock.playing") is False  # nothing moves by itself for whoever asked for less motion
    expect(page.locator(".differs .story")).to_contain_text("they are the same run")


def test_back_after_a_branch_shows_the_earlier_run_and_forward_the_branch_again(lab):
    page = lab
    first = Run.objects.get()
    drag(page, 1500)
    until(page, "p.playback.here && p.now.t_us === 1500000")
    page.locator('[data-node="n4"] .hit').click()
    page.locator('.popover [data-action="crash"]').click()
    until(page, f"p.session.run !== '{first.pk}' && p.session.status === 'live' && p.now.state.nodes.n4.status === 'down'")
    branch = Run.objects.exclude(pk=first.pk).get()
    expect(page).to_have_url(re.compile(f"/runs/{branch.pk}/$"))
    page.go_back()
    expect(page).to_have_url(re.compile(f"/runs/{first.pk}/$"))
    until(page, f"p.session.run === '{first.pk}' && p.session.status === 'live' && p.playback.here && p.now.state.nodes.n4.status === 'up'")
    expect(page.locator("lab-run")).to_have_count(1)
    page.go_forward()
    expect(page).to_have_url(re.compile(f"/runs/{branch.pk}/$"))
    until(page, f"p.session.run === '{branch.pk}' && p.session.status === 'live'")
    page.go_back()
    until(page, f"p.session.run === '{first.pk}' && p.session.status === 'live'")
