"""Guides beside a lab: steps tick in their order, by what the student does and by what the run shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

SCRIPT = '<script type="module" src="/static/js/guide.js"></script>'


def player(page: Any, script: str) -> Any:
    """Something of the element, which is called `p` in the script."""
    return page.evaluate(f"() => {{ const p = document.querySelector('lab-run'); return {script}; }}")


def until(page: Any, script: str) -> None:
    page.wait_for_function(f"() => {{ const p = document.querySelector('lab-run'); return p?.view && ({script}); }}")


def step(see: str, words: str) -> str:
    tick = '<span class="guide-tick" aria-hidden="true"></span>'
    return f'<li data-see="{see}">{tick}<div class="guide-words"><span class="visually-hidden guide-told"></span>{words}</div></li>'


def guide(key: str, *steps: tuple[str, str], attributes: str = "") -> str:
    items = "".join(step(*one) for one in steps)
    return (
        f'<section class="guide ui" data-guide="raft-first" data-key="{key}" {attributes} aria-label="Guided steps">'
        f'<ol>{items}</ol><p class="guide-state" role="status"></p></section>'
    )


def drive(deed: str, words: str) -> str:
    return f'<p><a class="drive" href="#lab-raft-first" data-lab="raft-first" data-step="{deed}">{words}</a></p>'


def open_with(stage: Any, *parts: str) -> Any:
    """A lab with guides under it, engaged and running fast. Gives the page."""
    stage.open(around="{lab}" + "".join(parts) + SCRIPT)
    until(stage.page, "p.playback.state && p.view.cluster.plan")
    return stage.page


def hurry(page: Any) -> None:
    page.locator(".readout select").select_option("5")


def ticks(page: Any, key: str = "falls") -> int:
    return page.locator(f'[data-key="{key}"] li.done').count()


def state(page: Any, key: str = "falls") -> Any:
    return page.locator(f'[data-key="{key}"] .guide-state')


FALLS = guide("falls", ("crash", "Stop the leader."), ("lost_patience", "Wait."), ("became_leader", "A new one leads."))
STOP = drive("crash-leader", "Stop the leader")


def test_steps_tick_in_their_order_by_deed_and_by_note(stage: Any) -> None:
    page = open_with(stage, STOP, FALLS)
    expect(page.locator("[aria-current=step]")).to_have_text("Stop the leader.")
    page.get_by_text("Stop the leader", exact=True).click()
    expect(state(page)).to_have_text("1 of 3 steps done.")
    expect(page.locator("[data-key=falls] li").first).to_have_text("Done: Stop the leader.")
    expect(page.locator("[aria-current=step]")).to_have_text("Wait.")
    hurry(page)
    expect(state(page)).to_have_text("All 3 steps done.", timeout=20_000)
    expect(page.locator("[aria-current=step]")).to_have_count(0)


def test_a_step_does_not_tick_before_its_turn(stage: Any) -> None:
    page = open_with(stage, STOP, guide("falls", ("became_leader", "One leads."), ("restart_all", "Start it."), ("crash", "Stop it.")))
    page.get_by_text("Stop the leader", exact=True).click()
    expect(state(page)).to_have_text("1 of 3 steps done.")  # the first leader, before the stop
    hurry(page)
    until(page, "p.now.state && p.clock.t_us > 4000000")
    assert ticks(page) == 1


def test_what_the_lab_showed_before_anybody_took_part_counts_once_somebody_does(stage: Any) -> None:
    page = open_with(stage, STOP, guide("falls", ("became_leader", "One leads.")))
    until(page, "Object.values(p.now.state.nodes).some((n) => n.state.role === 'leader')")
    page.wait_for_timeout(100)
    assert ticks(page) == 0
    page.get_by_text("Stop the leader", exact=True).click()
    expect(state(page)).to_have_text("All 1 steps done.")


def test_a_broken_promise_and_a_challenge_met_tick_too(stage: Any) -> None:
    page = open_with(stage, guide("falls", ("election-safety", "It breaks."), ("new-leader", "It is met.")))
    player(page, "p.engage()")
    tell = "(events) => document.querySelector('lab-run').dispatchEvent(new CustomEvent('passed', { detail: [events, 0, events.length] }))"
    page.evaluate(tell, [{"kind": "check", "t_us": 1, "checker": "election-safety", "holds": True}])
    page.evaluate(tell, [{"kind": "goal", "t_us": 1, "challenge": "new-leader", "progress": 1}])
    assert ticks(page) == 0
    page.evaluate(tell, [{"kind": "check", "t_us": 2, "checker": "election-safety", "holds": False}])
    page.evaluate(tell, [{"kind": "goal", "t_us": 3, "challenge": "new-leader", "progress": 0.9}])
    assert ticks(page) == 1
    page.evaluate(tell, [{"kind": "goal", "t_us": 4, "challenge": "new-leader", "progress": 1}])
    expect(state(page)).to_have_text("All 2 steps done.")


def test_what_happens_at_the_moment_of_a_command_is_told(stage: Any) -> None:
    """The playhead lands in the new chunk there; what stands in it from the command on must not be passed over in silence."""
    page = open_with(stage, STOP)
    heard = "(window.heard = [], document.querySelector('lab-run').addEventListener('passed', ({ detail: [events, start, end] }) => "
    page.evaluate(f"() => {heard} window.heard.push(...events.slice(start, end).map((e) => `${{e.kind}} ${{e.t_us}}`))))")
    page.get_by_text("Stop the leader", exact=True).click()
    until(page, "window.heard.some((one) => one.startsWith('fault'))")
    at_us = next(frame["at_us"] for frame in stage.said if frame["kind"] == "command")
    until(page, f"p.clock.t_us > {at_us}")
    run = next(iter(stage.runs.values()))
    rows = [row for revision, chunk in run.chunks for row in json.loads(chunk.frame(revision))["events"]]
    events = [f"{kind} {t_us}" for kind, _, t_us, *_ in rows if t_us == at_us]
    assert len(events) > 1
    assert [one for one in page.evaluate("() => window.heard") if one.endswith(f" {at_us}")] == events


def test_only_the_guide_at_work_ticks(stage: Any) -> None:
    first, second = guide("falls", ("crash", "Stop one."), ("heal", "Mend.")), guide("other", ("crash", "Stop another."), ("heal", "Mend."))
    page = open_with(stage, STOP, first, second)
    page.locator("[data-key=other] .guide-words").first.click()
    page.get_by_text("Stop the leader", exact=True).click()
    expect(state(page, "other")).to_have_text("1 of 2 steps done.")
    assert ticks(page) == 0


def test_steps_stay_done_over_a_reload_and_begin_again_by_keyboard(stage: Any) -> None:
    page = open_with(stage, STOP, FALLS)
    page.get_by_text("Stop the leader", exact=True).click()
    expect(state(page)).to_have_text("1 of 3 steps done.")
    page.reload()
    expect(state(page)).to_have_text("1 of 3 steps done.")
    page.get_by_role("button", name="Begin again").press("Enter")
    assert ticks(page) == 0
    assert page.evaluate("() => document.activeElement.dataset.see") == "crash"
    expect(page.get_by_role("button", name="Begin again")).to_have_count(0)
    page.reload()
    assert ticks(page) == 0


def test_a_guide_finished_elsewhere_is_shown_so_and_the_page_hears_when_one_is(stage: Any) -> None:
    page = open_with(stage, STOP, guide("falls", ("crash", "Stop."), attributes="data-finished"), guide("other", ("crash", "Stop.")))
    expect(state(page)).to_have_text("All 1 steps done.")
    page.evaluate("() => document.addEventListener('guide-done', ({ detail }) => (window.finished = detail))")
    page.get_by_text("Stop the leader", exact=True).click()
    page.wait_for_function("() => window.finished === 'other'")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_guide_fits_a_phone_and_reads_without_scripts(stage: Any, theme: str) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 740})
    stage.open(around="{lab}" + FALLS, theme=theme)
    assert stage.page.evaluate("() => document.documentElement.scrollWidth") == 360
    numbers = "() => [...document.querySelectorAll('.guide-tick')].map((one) => getComputedStyle(one, '::before').content)"
    assert stage.page.evaluate(numbers) == ["counter(step)"] * 3


# The step that is next, on the lab; and the way back

FAR = '<p class="far"></p>'  # as much text as keeps the guide and the lab from one screen
IN_SIGHT = "(box) => { const { top, bottom } = box.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"


def far_apart(stage: Any, *parts: str) -> Any:
    """A page on which the guide stands a long way below its lab."""
    page = open_with(stage, *parts)
    page.evaluate("() => { for (const one of document.querySelectorAll('.far')) one.style.height = '3000px'; }")
    return page


def in_sight(page: Any, selector: str) -> None:
    page.wait_for_function(f"(selector) => ({IN_SIGHT})(document.querySelector(selector))", arg=selector)


def strip(page: Any) -> Any:
    return page.get_by_role("region", name="Guide, the step that is next")


FIRST = guide("falls", ("crash", drive("crash-leader", "Stop the leader.")), ("lost_patience", "Wait."), ("became_leader", "One leads."))


def test_the_step_that_is_next_stands_on_the_lab_and_follows(stage: Any) -> None:
    page = open_with(stage, FIRST)
    expect(strip(page)).to_contain_text("Step 1 of 3")
    strip(page).get_by_role("link", name="Stop the leader.").click()
    expect(strip(page)).to_contain_text("Step 2 of 3")
    expect(strip(page)).to_contain_text("Wait.")
    expect(strip(page)).to_be_focused()  # the link that was pressed is gone
    assert page.locator(".strip-dots .done").count() == 1
    hurry(page)
    expect(strip(page)).to_contain_text("All 3 steps done.", timeout=20_000)


def test_the_lab_and_the_step_fit_one_screen_and_the_text_is_one_click_away(stage: Any) -> None:
    stage.page.set_viewport_size({"width": 1440, "height": 900})
    page = far_apart(stage, FAR, FIRST, FAR)
    page.locator("[data-key=falls] .drive").click()
    expect(strip(page)).to_contain_text("Step 2 of 3")
    in_sight(page, ".guide-strip")
    in_sight(page, ".player .timeline")  # the lab's foot: all of it is seen
    strip(page).get_by_role("button", name="to the guide in the text").click()
    in_sight(page, "[data-key=falls]")
    expect(page.get_by_role("button", name="Follow it at the lab")).to_be_focused()
    page.keyboard.press("Enter")
    in_sight(page, ".player .timeline")
    expect(strip(page)).to_be_focused()


def test_on_a_phone_the_step_stays_while_one_looks_at_the_panels(stage: Any) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = far_apart(stage, FIRST, FAR)
    page.evaluate("() => document.querySelector('.tab-bar').scrollIntoView({ block: 'center' })")
    page.wait_for_function("() => Math.round(document.querySelector('.guide-strip').getBoundingClientRect().top) === 0")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    page.evaluate("() => document.querySelector('[data-key=falls] .drive').scrollIntoView({ block: 'center' })")
    page.locator("[data-key=falls] .drive").click()
    in_sight(page, ".guide-strip")
    in_sight(page, ".cluster")
    box = "(selector) => document.querySelector(selector).getBoundingClientRect()"
    page.wait_for_function(f"() => ({box})('.guide-strip').bottom <= ({box})('.cluster').top")  # and does not cover it


def test_the_strip_shows_the_guide_that_was_touched_and_nothing_where_all_are_done(stage: Any) -> None:
    other = guide("other", ("heal", "Mend."), ("crash", "Stop another."))
    page = open_with(stage, FIRST, other, guide("gone", ("crash", "Stop."), attributes="data-finished"))
    page.locator("[data-key=other] .guide-words").first.click()
    expect(strip(page)).to_contain_text("Step 1 of 2")
    expect(strip(page)).to_contain_text("Mend.")
    stage.open(around="{lab}" + guide("gone", ("crash", "Stop."), attributes="data-finished") + SCRIPT)
    until(page, "p.playback.state && p.view.cluster.plan")
    expect(page.locator("[data-key=gone] .guide-again")).to_be_visible()
    expect(strip(page)).to_be_hidden()


def test_from_the_lab_there_is_a_way_back_to_the_link_that_led_there(stage: Any) -> None:
    page = far_apart(stage, FAR, STOP, FAR)
    back = page.get_by_role("button", name="Back to the text")
    expect(back).to_be_hidden()
    link = page.get_by_text("Stop the leader", exact=True)
    link.click()
    expect(back).to_be_visible()
    back.press("Enter")
    in_sight(page, "a.drive")
    expect(link).to_be_focused()
    expect(back).to_be_hidden()  # where the text is seen it leads nowhere
