"""The player as a student meets it: what is shown, what is asked of the server, what is said when something does not work."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

LINK = '<p><a class="drive" href="#lab-raft-first" data-lab="raft-first" {0}>Do it</a></p>{{lab}}'


def player(page: Any, script: str) -> Any:
    """Something of the element, which is called `p` in the script."""
    return page.evaluate(f"() => {{ const p = document.querySelector('lab-run'); return {script}; }}")


def until(page: Any, script: str) -> None:
    """Waits for a condition on the element `p`."""
    page.wait_for_function(f"() => {{ const p = document.querySelector('lab-run'); return p?.view && ({script}); }}")


def seconds(page: Any) -> float:
    return float(page.locator(".time").inner_text().removesuffix(" s"))


def scrub(page: Any, moment_s: float) -> None:
    moved = "range.value = ms; range.dispatchEvent(new Event('input')); range.dispatchEvent(new Event('change'));"
    page.locator(".track input").evaluate(f"(range, ms) => {{ {moved} }}", round(moment_s * 1000))


def ready(page: Any) -> None:
    until(page, "p.playback.state && p.view.cluster.plan")


def pause(page: Any) -> None:
    page.get_by_role("button", name="Pause", exact=True).click()


def leader(page: Any) -> str | None:
    return player(page, "Object.values(p.now.state.nodes).find((n) => n.status === 'up' && n.state.role === 'leader')?.id ?? null")


def live(stage: Any, moment_s: float = 3.0) -> None:
    """A run that exists, paused at a moment."""
    stage.open()
    ready(stage.page)
    pause(stage.page)
    scrub(stage.page, 3.0)
    until(stage.page, "p.session.status === 'live' && p.playback.here")
    if moment_s != 3.0:
        scrub(stage.page, moment_s)
        until(stage.page, f"p.playback.here && p.now.t_us === {round(moment_s * 1e6)}")


# What is there at once


def test_the_first_paint_is_a_cluster_at_work_and_no_run_exists(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    expect(stage.page.locator("lab-run .node")).to_have_count(5)
    until(stage.page, "p.clock.t_us > 300000 && p.now.state.flight.length > 0 && p.view.cluster.flight.drawn.size > 0")
    assert stage.created == []
    assert stage.said == []


def test_an_untouched_poster_starts_over_at_its_end(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    player(stage.page, "(p.clock.t_us = 1999000, p.clock.speed = 20)")
    until(stage.page, "p.runs.rested_ms !== null")
    until(stage.page, "p.clock.t_us < 1900000")
    assert stage.created == []


def test_playing_past_the_poster_makes_a_run_that_goes_on_from_it(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    pause(stage.page)
    stage.page.locator(".readout select").select_option("2")
    stage.page.get_by_role("button", name="Play", exact=True).click()
    until(stage.page, "p.clock.t_us > 2500000")
    assert stage.created == [{"scenario": "steady", "parameters": {}, "seed": 7, "place": "8.5/raft-first", "token": "token"}]
    assert stage.said[0] == {"kind": "hello", "have": {"revision": 0, "index": 1}}


def test_without_scripts_the_lessons_own_words_stand_there(stage: Any) -> None:
    html = stage.partial("steady", fallback="<p>Five servers would be here.</p>")
    assert "<p>Five servers would be here.</p>" in html


# Acting


def test_a_link_in_the_text_stops_the_leader_and_another_is_elected(stage: Any) -> None:
    stage.open(around=LINK.format('data-step="crash-leader"'))
    ready(stage.page)
    stage.page.locator("a.drive").click()
    until(stage.page, "Object.values(p.now.state.nodes).some((n) => n.status === 'down')")
    stopped = player(stage.page, "Object.values(p.now.state.nodes).find((one) => one.status === 'down').id")
    term = player(stage.page, f"p.now.state.nodes.{stopped}.state.term")
    stage.page.locator(".readout select").select_option("5")
    until(stage.page, f"Object.values(p.now.state.nodes).some((n) => n.state.role === 'leader' && n.state.term > {term})")
    expect(stage.page.locator(f'[data-node="{stopped}"] .word')).to_have_text("stopped")
    expect(stage.page.locator(f'[data-node="{stopped}"]')).to_have_attribute("aria-label", re.compile("stopped"))
    assert leader(stage.page) != stopped
    assert [frame["branch"] for frame in stage.said if frame["kind"] == "command"] == [False]


def test_acting_where_one_had_already_watched_makes_a_branch_with_a_way_back(stage: Any) -> None:
    live(stage)
    first = player(stage.page, "p.session.run")
    scrub(stage.page, 1.5)
    stage.page.locator('[data-node="n2"] .hit').click()
    stage.page.locator('.popover [data-action="crash"]').click()
    until(stage.page, f"p.session.run !== '{first}' && p.session.status === 'live' && p.now.state.nodes.n2.status === 'down'")
    expect(stage.page.locator(".branch")).to_contain_text("You acted in the past at 1.50 s: this is a new branch.")
    assert stage.said[-1]["kind"] != "hello" or stage.said[-1]["have"] == {"revision": 1, "index": 0}
    stage.page.get_by_role("button", name="Back to the earlier run").click()
    until(stage.page, f"p.session.run === '{first}' && p.session.status === 'live' && p.playback.here")
    until(stage.page, "p.now.state.nodes.n2.status === 'up'")
    expect(stage.page.locator(".branch")).to_have_text(re.compile("^1 branch"))


def test_a_second_act_at_the_front_goes_into_the_same_run(stage: Any) -> None:
    live(stage)
    run = player(stage.page, "p.session.run")
    for node in ("n1", "n2"):
        stage.page.locator(f'[data-node="{node}"] .hit').click()
        stage.page.locator('.popover [data-action="crash"]').click()
        until(stage.page, f"p.now.state.nodes.{node}.status === 'down' && !p.clock.held")
    assert player(stage.page, "p.session.run") == run
    assert [(frame["revision"], frame["branch"]) for frame in stage.said if frame["kind"] == "command"] == [(0, False), (1, False)]


def test_a_refusal_is_told_where_the_act_was_asked_for(stage: Any) -> None:
    live(stage)
    stage.page.keyboard.press("2")
    player(stage.page, "void p.deeds.choose(p.lab.actions[0], { node: 'n9' })")
    expect(stage.page.locator(".popover .answer")).to_have_text("There is no n9 here.")
    assert player(stage.page, "p.clock.held") is False


def test_a_run_that_was_changed_elsewhere_is_caught_up_with_and_the_act_tried_again(stage: Any) -> None:
    live(stage)
    player(stage.page, "(p.session.revision = 7)")
    stage.page.keyboard.press("2")
    stage.page.keyboard.press("s")
    until(stage.page, "p.now.state.nodes.n2.status === 'down'")
    commands = [frame for frame in stage.said if frame["kind"] == "command"]
    assert [frame["revision"] for frame in commands] == [7, 0]
    assert commands[0]["id"] != commands[1]["id"]


def test_another_tabs_command_replaces_the_future_here(stage: Any) -> None:
    live(stage)
    run = player(stage.page, "p.session.run")
    stage.change(run, 1_000_000, "crash", {"node": "n4"})
    until(stage.page, "p.now.state.nodes.n4.status === 'down' && p.playback.here")
    assert player(stage.page, "p.session.store.order.every((index) => p.session.store.byIndex(index).revision === 1)")


def test_links_are_cut_by_keyboard_alone_and_drawn_cut(stage: Any) -> None:
    live(stage)
    page = stage.page
    page.keyboard.press("1")
    page.keyboard.press("k")
    expect(page.locator(".popover h3")).to_have_text("Link n1 – n2")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.action") == "cut"
    page.keyboard.press("Enter")
    expect(page.locator('[data-link="n1 n2"]')).to_have_attribute("aria-label", "Link between n1 and n2, cut")
    expect(page.locator('[data-link="n1 n2"] .half.cut')).to_have_count(2)


def test_a_link_made_slow_says_how_slow(stage: Any) -> None:
    live(stage)
    page = stage.page
    page.keyboard.press("1")
    page.keyboard.press("k")
    page.locator('.popover [data-action="slow_link"]').click()
    page.locator(".popover input").fill("90")
    page.locator(".popover button[type=submit]").click()
    expect(page.locator('[data-link="n1 n2"] .half.odd')).to_have_count(2)
    page.locator("lab-run .player").focus()
    page.keyboard.press("1")
    page.keyboard.press("k")
    expect(page.locator(".popover dl")).to_contain_text("latency 110 ms")


def test_an_action_that_needs_more_asks_for_it(stage: Any) -> None:
    live(stage)
    page = stage.page
    page.get_by_role("button", name="Fault").click()
    page.locator(".popover .menu-item").filter(has_text="Write").click()
    page.get_by_label("Key", exact=True).fill("z")
    page.get_by_label("Value", exact=True).fill("77")
    page.locator(".popover button[type=submit]").click()
    expect(page.locator(".say .line")).to_contain_text("write z=77")
    assert stage.said[-1]["kind"] == "need" or stage.said[-1]["args"] == {"key": "z", "value": "77"}


# Time


def test_scrubbing_back_shows_the_earlier_moment_in_every_panel(stage: Any) -> None:
    stage.open(scenario="leader-crash")
    page = stage.page
    ready(page)
    pause(page)
    scrub(page, 1.5)
    until(page, "p.playback.here && p.now.t_us >= 1500000")
    before = (leader(page), page.locator(".log-rows").inner_html(), page.locator("lab-run .nodes").inner_html())
    scrub(page, 5)
    until(page, "p.playback.here && Object.values(p.now.state.nodes).some((n) => n.status === 'down')")
    assert leader(page) != before[0]
    scrub(page, 1.5)
    until(page, "p.now.t_us < 1600000 && p.playback.here")
    assert (leader(page), page.locator(".log-rows").inner_html(), page.locator("lab-run .nodes").inner_html()) == before


def test_stepping_goes_from_event_to_event_and_says_each(stage: Any) -> None:
    live(stage, 1.0)
    page = stage.page
    page.locator("lab-run .player").focus()
    page.keyboard.press("ArrowRight")
    first = player(page, "p.clock.t_us")
    assert first > 1_000_000
    expect(page.locator(".say .line")).to_contain_text(f"{first / 1e6:.3f}"[:4])
    page.keyboard.press("ArrowRight")
    assert player(page, "p.clock.t_us") > first
    page.keyboard.press("ArrowLeft")
    assert player(page, "p.clock.t_us") == first


def test_a_mark_on_the_timeline_and_a_row_of_the_events_lead_to_their_moment(stage: Any) -> None:
    live(stage, 3.0)
    page = stage.page
    page.locator('.track .mark[data-kind="note"]').filter(has_text="election").first.click(force=True)
    mark = player(page, "p.session.marks().find((m) => m.label === 'election').t_us")
    assert player(page, "p.clock.t_us") == mark
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".event-list li:not(.later)").filter(has_text="became leader")).to_have_count(1)
    expect(page.locator(".event-list .later").first).to_be_visible()
    page.locator(".event-list li").first.locator("button").click()
    assert player(page, "p.clock.t_us") < mark


def test_events_can_be_filtered_by_kind(stage: Any) -> None:
    live(stage, 1.0)
    page = stage.page
    page.get_by_role("tab", name="Events").click()
    assert page.locator('.event-list [data-kind="message"]').count() == 0
    page.get_by_role("button", name="Messages").click()
    expect(page.locator('.event-list [data-kind="message"]').first).to_be_attached()
    for name in ("Story", "Clients", "Faults"):
        page.get_by_role("button", name=name, exact=True).click()
    assert set(page.locator(".event-list li").evaluate_all("(rows) => rows.map((row) => row.dataset.kind)")) == {"message"}


def test_after_a_reload_it_is_the_same_run_at_the_same_moment(stage: Any) -> None:
    live(stage, 5.25)
    run, state = player(stage.page, "[p.session.run, JSON.stringify(p.now.state.nodes)]")
    stage.open(run=run)
    until(stage.page, "p.session.status === 'live' && p.playback.here")
    assert player(stage.page, "[p.session.run, JSON.stringify(p.now.state.nodes)]") == [run, state]
    assert seconds(stage.page) == 5.25
    assert len(stage.created) == 1
    assert player(stage.page, "p.clock.playing") is False


def test_links_go_to_a_moment_and_start_a_run_with_other_parameters(stage: Any) -> None:
    stage.open(around=LINK.format('data-moment="12.5"'))
    ready(stage.page)
    stage.page.locator("a.drive").click()
    until(stage.page, "p.playback.here && p.clock.t_us >= 12500000")
    stage.open(around=LINK.format('data-params="nodes=7&loss_percent=5"'))
    ready(stage.page)
    stage.page.locator("a.drive").click()
    expect(stage.page.locator("lab-run .node")).to_have_count(7)
    assert stage.created[-1]["parameters"] == {"nodes": 7, "loss_percent": 5}


def test_the_set_up_starts_a_run_of_ones_own(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    page = stage.page
    page.get_by_role("button", name="Set up a new run").click()
    page.locator(".setup-form label").filter(has_text=re.compile("^Servers")).locator("select").select_option("3")
    page.get_by_label("Seed", exact=True).fill("41")
    page.get_by_role("button", name="Start a new run").click()
    expect(page.locator("lab-run .node")).to_have_count(3)
    expect(page.locator(".head .seed")).to_have_text("seed 41")
    assert stage.created[-1]["parameters"]["latency_ms"] == 20


# When things do not work


def test_offline_it_says_what_it_still_has_and_comes_back_without_a_hole(stage: Any) -> None:
    live(stage)
    page = stage.page
    stage.online = False
    stage.drop()
    expect(page.locator(".banner.offline")).to_contain_text("Offline. What has arrived can still be played")
    page.keyboard.press("2")
    page.keyboard.press("s")
    expect(page.locator(".say .line")).to_have_text("You are offline, so nothing was sent. Try again when the connection is back.")
    scrub(page, 1.0)
    until(page, "p.playback.here && p.now.t_us >= 1000000 && p.now.t_us < 1100000")
    have = player(page, "p.session.store.cursor()")
    stage.online = True
    until(page, "p.session.status === 'live'")
    expect(page.locator(".banner")).to_be_hidden()
    assert [frame for frame in stage.said if frame["kind"] == "hello"][-1] == {"kind": "hello", "have": have}
    until(page, "p.session.store.order.every((index, i, all) => i === 0 || index === all[i - 1] + 1)")


def test_a_command_whose_answer_was_lost_is_sent_again_under_the_same_id(stage: Any) -> None:
    live(stage)
    page = stage.page
    stage.silent = {"command"}
    page.keyboard.press("2")
    page.keyboard.press("s")
    until(page, "p.session.link.unanswered.size === 1")
    stage.silent = set()
    stage.drop()
    until(page, "p.now.state.nodes.n2.status === 'down'")
    commands = [frame for frame in stage.said if frame["kind"] == "command"]
    assert len(commands) == 2
    assert commands[0]["id"] == commands[1]["id"]


def test_where_no_run_can_be_made_it_says_so_and_offers_to_try_again(stage: Any) -> None:
    stage.open(around=LINK.format('data-step="heal"'))
    ready(stage.page)
    pause(stage.page)
    stage.online = False
    stage.page.locator("a.drive").click()
    expect(stage.page.locator(".say .line")).to_contain_text("The server cannot be reached, so nothing was done.")
    stage.online = True
    stage.page.locator("a.drive").click()
    expect(stage.page.locator(".say .line")).to_contain_text("No link")


def test_a_run_that_is_gone_says_so_and_offers_a_new_one(stage: Any) -> None:
    stage.open(run="11111111-1111-4111-8111-111111111111")
    expect(stage.page.locator(".banner")).to_contain_text("This run no longer exists. You can start a new one.")
    stage.page.get_by_role("button", name="Start a new run").click()
    expect(stage.page.locator("lab-run .node")).to_have_count(5)


def test_a_silent_worker_is_told_and_asked_again(stage: Any) -> None:
    live(stage, 1.0)
    stage.silent = {"need"}
    player(stage.page, "p.transport.jump(40000000)")
    expect(stage.page.locator(".say .line")).to_have_text("Waiting for the worker to compute this moment…")
    asked = len([frame for frame in stage.said if frame["kind"] == "need"])
    stage.hears(lambda: len([frame for frame in stage.said if frame["kind"] == "need"]) > asked)
    stage.silent = set()
    until(stage.page, "p.playback.here && p.now.t_us >= 40000000")


def test_a_run_that_reached_its_end_stops_and_can_be_played_again(stage: Any) -> None:
    stage.until_us_max = 8_000_000
    live(stage, 7.0)
    stage.page.locator(".readout select").select_option("20")
    stage.page.get_by_role("button", name="Play", exact=True).click()
    expect(stage.page.get_by_role("button", name="Play again from the start")).to_be_visible()
    expect(stage.page.locator(".say .line")).to_contain_text("The run has reached its end")
    stage.page.get_by_role("button", name="Play again from the start").click()
    until(stage.page, "p.clock.playing")


def test_far_from_the_front_chunks_are_sought_and_nothing_is_missing(stage: Any) -> None:
    live(stage)
    player(stage.page, "(p.session.store.keep = 12)")
    player(stage.page, "p.transport.jump(40000000)")
    until(stage.page, "p.playback.here && p.now.t_us >= 40000000")
    scrub(stage.page, 4.5)
    until(stage.page, "p.playback.here && p.now.t_us < 5000000")
    assert "seek" in {frame["kind"] for frame in stage.said}
    stage.page.locator(".readout select").select_option("2")
    stage.page.get_by_role("button", name="Play", exact=True).click()
    until(stage.page, "p.clock.t_us > 9000000")


# Off-screen, reduced motion, keys, small screens


def test_out_of_sight_nothing_runs_and_nothing_is_asked_for(stage: Any) -> None:
    stage.open(around="{lab}" + '<div id="far"></div>')
    stage.page.locator("#far").evaluate("(far) => (far.style.height = '4000px')")
    ready(stage.page)
    stage.page.evaluate("scrollTo(0, 4000)")
    until(stage.page, "p.inSight === false")
    at = player(stage.page, "p.clock.t_us")
    twenty_frames = "let n = 0; const next = () => ((n += 1) > 20 ? done() : requestAnimationFrame(next)); next();"
    stage.page.evaluate(f"() => new Promise((done) => {{ {twenty_frames} }})")
    assert player(stage.page, "p.clock.t_us") == at
    assert player(stage.page, "p.raf") == 0


def test_a_lab_below_the_fold_has_its_first_picture_already(stage: Any) -> None:
    stage.page.set_viewport_size({"width": 800, "height": 300})
    stage.open(around="<p>Words.</p>" * 60 + "{lab}")
    until(stage.page, "p.inSight === false")
    expect(stage.page.locator("lab-run .node")).to_have_count(5)
    assert player(stage.page, "p.clock.t_us") == player(stage.page, "p.runs.opensAt")


def test_with_reduced_motion_it_stands_still_until_asked_and_draws_arrows(stage: Any) -> None:
    stage.page.emulate_media(reduced_motion="reduce")
    stage.open()
    ready(stage.page)
    assert player(stage.page, "p.clock.playing") is False
    scrub(stage.page, 0.66)
    until(stage.page, "p.now.state.flight.length > 0")
    lane = "const lane = p.view.cluster.flight.laneOf(message);"
    off = f"({{ message, x, y }}) => {{ {lane} return Math.hypot(x - (lane.x1 + lane.x2) / 2, y - (lane.y1 + lane.y2) / 2); }}"
    assert max(player(stage.page, f"[...p.view.cluster.flight.drawn.values()].map({off})")) < 0.01


def test_every_control_has_a_key_and_the_help_lists_them(stage: Any) -> None:
    live(stage, 1.0)
    page = stage.page
    page.locator("lab-run .player").focus()
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing") is True
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing") is False
    page.keyboard.press("3")
    expect(page.locator(".popover h3")).to_have_text("n3")
    page.keyboard.press("Escape")
    expect(page.locator(".popover")).to_be_hidden()
    page.keyboard.press("?")
    for key in ("Space", "Home", "s", "x"):
        expect(page.locator(".popover kbd").get_by_text(key, exact=True).first).to_be_attached()
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    assert player(page, "p.clock.t_us") == 0
    page.keyboard.press("End")
    assert player(page, "p.clock.t_us") == 3_000_000
    page.keyboard.press("Home")
    until(page, "p.playback.here && p.now.t_us === 0")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    until(page, "p.now.state.flight.length > 0")
    page.keyboard.press("m")
    expect(page.locator(".popover .route")).to_be_visible()


def test_what_the_keyboard_reaches_is_told_and_enter_goes_into_it(stage: Any) -> None:
    live(stage, 1.0)
    page = stage.page
    page.locator(".tabs button[aria-selected=true]").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".popover h3")).to_have_text("Clients")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".popover h3")).to_have_text("n5")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.popover') !== null")
    page.keyboard.press("Escape")
    expect(page.locator(".popover")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.node") == "n5"


def test_what_happens_is_told_to_ears(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    stage.page.locator("lab-run .player").focus()
    pause(stage.page)
    stage.page.locator(".readout select").select_option("1")
    scrub(stage.page, 0.2)
    stage.page.get_by_role("button", name="Play", exact=True).click()
    expect(stage.page.locator(".say [aria-live]")).to_have_text(re.compile("became leader|committed"))


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(stage: Any, width: int, theme: str) -> None:
    stage.page.set_viewport_size({"width": width, "height": 900})
    stage.open(theme=theme)
    ready(stage.page)
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= width
    stage.page.locator('[data-node="n2"] .hit').click()
    box = stage.page.locator(".popover").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    cluster = stage.page.locator(".cluster").bounding_box()
    assert cluster["width"] >= stage.page.locator("lab-run").bounding_box()["width"] * 0.5


def test_it_cleans_up_when_it_leaves_the_page(stage: Any) -> None:
    live(stage)
    stage.page.evaluate("() => { window.left = document.querySelector('lab-run'); window.left.remove(); }")
    assert stage.page.evaluate("() => [window.left.session.link, window.left.view]") == [None, None]
    stage.page.keyboard.press("Space")


def test_a_broken_promise_is_told_though_something_else_was_just_said(stage: Any) -> None:
    stage.open()
    ready(stage.page)
    stage.page.locator("lab-run .player").focus()
    stage.page.keyboard.press(".")
    expect(stage.page.locator(".say .line")).to_contain_text("Speed")
    broken = "{ kind: 'check', t_us: 1, checker: 'election-safety', holds: false, text: 'Two leaders.', nodes: [], evidence: [] }"
    player(stage.page, f"p.passed([{broken}], 0, 1)")
    expect(stage.page.locator(".say .line")).not_to_contain_text("Speed", timeout=2000)  # it would stand for eight seconds
