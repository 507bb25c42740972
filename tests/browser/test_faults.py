"""Stories of partition, network loss and two tabs, on the whole site."""

import pytest
from django.core.management import call_command

from labs.models import Run
from tests.lab_page import player, until

pytestmark = pytest.mark.django_db(transaction=True)

SERVERS = "Object.values(p.now.state.nodes).filter((n) => n.kind === 'server')"
LEADERS = f"{SERVERS}.filter((n) => n.status === 'up' && n.state.role === 'leader')"


@pytest.fixture
def lab(page, live_site):
    page.goto(f"{live_site}/labs/raft/")
    until(page, f"p.view.cluster.plan && {LEADERS}.length === 1")
    player(page, "void (p.clock.speed = 1)")
    return page


def test_a_leader_in_a_minority_accepts_and_cannot_commit(lab, live_site):
    """With the mouse, along the lesson's links."""
    call_command("content", "import", verbosity=0)
    lab.goto(f"{live_site}/lessons/8.5/")
    lab.locator("lab-run").scroll_into_view_if_needed()
    until(lab, f"{LEADERS}.length === 1")
    player(lab, "void (p.engage(), (p.clock.speed = 1), p.transport.play())")
    until(lab, f"{LEADERS}.length === 1")
    lab.locator("a.drive[data-step='isolate-leader']").first.click()
    until(lab, f"p.session.status === 'live' && {LEADERS}.length === 2 && !p.clock.held")
    oldest = f"{LEADERS}.sort((a, b) => a.state.term - b.state.term)[0]"
    old, committed, term = player(lab, f"[{oldest}.id, {oldest}.state.commit_index, {oldest}.state.term]")
    others = f"{SERVERS}.filter((n) => n.state.term > {term}).map((n) => n.state.commit_index)"
    until(lab, f"Math.max(...{others}) > {committed + 2}")
    minority = f"p.now.state.nodes['{old}']"
    assert player(lab, f"{minority}.state.commit_index") == committed
    lab.locator("a.drive[data-step='heal']").first.click()
    until(lab, f"{minority}.state.role === 'follower' && {minority}.state.commit_index > {committed + 2}")
    assert player(lab, "Object.values(p.now.state.checks).every((check) => check.holds)")


def test_a_node_is_cut_off_and_the_links_mended_by_keyboard_alone(lab):
    lab.locator("lab-run .player").focus()
    lab.keyboard.press("1")
    lab.keyboard.press("x")
    lab.wait_for_function("() => document.querySelector('lab-run').now.state.links.length > 0 || document.querySelector('.popover form')")
    if lab.locator(".popover form").is_visible():
        lab.keyboard.press("Enter")
    until(lab, "p.session.status === 'live' && p.now.state.links.length > 0 && !p.clock.held")
    lab.keyboard.press("Escape")
    lab.locator("lab-run .player").focus()
    lab.keyboard.press("h")
    until(lab, "p.now.state.links.length === 0 && !p.clock.held")
    assert [c.action for c in Run.objects.get().commands.all()] == ["partition", "heal"]


def test_offline_and_back(lab):
    lab.locator("lab-run .player").focus()
    lab.keyboard.press("2")
    lab.keyboard.press("s")
    until(lab, "p.now.state.nodes.n2.status === 'down' && !p.clock.held && p.session.status === 'live'")
    lab.context.set_offline(True)
    lab.get_by_text("Offline.").first.wait_for()
    lab.keyboard.press("Home")
    until(lab, "p.now.t_us < 1000000 && p.playback.here")  # what has arrived can still be played
    lab.context.set_offline(False)
    until(lab, "p.session.status === 'live'")
    lab.keyboard.press("End")
    player(lab, "void p.transport.play()")
    frontier = player(lab, "p.session.store.until_us")
    player(lab, "void (p.clock.speed = 5)")
    until(lab, f"p.now.t_us > {frontier}")
    seqs = player(lab, "p.session.store.events().map((event) => event.seq)")
    assert len(seqs) == len(set(seqs)), "no event twice"


def test_two_tabs_on_one_run_show_the_same(lab):
    lab.locator("lab-run .player").focus()
    lab.keyboard.press("2")
    lab.keyboard.press("s")
    until(lab, "p.now.state.nodes.n2.status === 'down' && !p.clock.held")
    lab.keyboard.press("Space")
    at_us = player(lab, "Math.floor(p.clock.t_us)")
    other = lab.context.new_page()
    other.goto(lab.url)
    until(other, "p.session.status === 'live' && p.playback.here")
    other.locator("lab-run .player").focus()
    player(other, f"void (p.transport.pause(), p.transport.jump({at_us + 50_000}))")
    until(other, f"p.playback.here && p.now.t_us === {at_us + 50_000} && p.now.state.nodes.n2.status === 'down'")
    other.keyboard.press("2")
    other.keyboard.press("r")
    until(other, "p.now.state.nodes.n2.status === 'up' && !p.clock.held")
    until(lab, "p.session.revision === 2")
    player(lab, f"void p.transport.jump({at_us + 50_000})")
    until(lab, "p.playback.here && p.now.state.nodes.n2.status === 'up'")
    assert Run.objects.count() == 1
