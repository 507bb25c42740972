"""The space-time panel: what it draws and what it keeps to itself, how one moves in it, what a frame costs."""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

PANEL = "p.view.tabs.panels.find((panel) => panel.name === 'space-time')"


def player(page: Any, script: str) -> Any:
    return page.evaluate(f"() => {{ const p = document.querySelector('lab-run'); const panel = p?.view && {PANEL}; return {script}; }}")


def until(page: Any, script: str) -> None:
    found = f"const p = document.querySelector('lab-run'); const panel = p?.view && {PANEL};"
    page.wait_for_function(f"() => {{ {found} return panel && ({script}); }}")


def scrub(page: Any, moment_s: float) -> None:
    player(page, f"p.transport.jump({round(moment_s * 1e6)})")
    until(page, f"p.playback.here && p.now.t_us === {round(moment_s * 1e6)}")


def shown(stage: Any, moment_s: float = 3.0, scenario: str = "leader-crash") -> Any:
    """The panel of a paused run."""
    stage.open(scenario=scenario)
    page = stage.page
    until(page, "p.playback.state && p.view.cluster.plan")
    page.get_by_role("button", name="Pause", exact=True).click()
    scrub(page, moment_s)
    page.get_by_role("tab", name="Space-time").click()
    until(page, "panel.picture.drawn.length > 0")
    return page


def drawn(page: Any) -> list[dict[str, Any]]:
    """What can be pointed at: kind, name, moments and places."""
    told = "({ event, ...place }) => ({ kind: event.kind, seq: event.seq, t_us: event.t_us, src: event.src, ...place })"
    return player(page, f"panel.picture.drawn.map({told})")


def centre(page: Any, one: dict[str, Any]) -> tuple[float, float]:
    box = page.locator(".st-field").bounding_box()
    x, y = (one["x"], one["y"]) if "x" in one else ((one["x1"] + one["x2"]) / 2, (one["y1"] + one["y2"]) / 2)
    return box["x"] + x, box["y"] + y


# How far a message's line goes


@pytest.fixture
def blank(stage: Any) -> Any:
    stage.open(around="<p>Nothing here.</p>")
    return stage.page


def course(page: Any, fate: str, known_us: int, moves: list[Any] | None = None, dropped_us: int | None = None) -> dict[str, Any]:
    message = {"seq": 1, "t_us": 100, "arrives_us": 200, "fate": fate}
    return page.evaluate(
        """async ([message, moves, dropped, known]) => {
          const { courseOf } = await import("/static/player/traces.js");
          return courseOf(message, moves ?? undefined, dropped ?? undefined, known);
        }""",
        [message, moves, dropped_us, known_us],
    )


def test_a_message_is_drawn_as_far_as_it_has_come(blank: Any) -> None:
    assert course(blank, "delivered", 150)["points"] == [[100, 0], [150, 0.5]]
    assert course(blank, "delivered", 150)["arrived"] is False
    assert course(blank, "delivered", 200) == {"points": [[100, 0], [200, 1]], "end_us": 200, "arrived": True, "vanished": False}


@pytest.mark.parametrize("fate", ["lost", "cut"])
def test_a_lost_message_looks_like_any_other_until_it_vanishes_halfway(blank: Any, fate: str) -> None:
    assert course(blank, fate, 149) == course(blank, "delivered", 149)
    assert course(blank, fate, 500) == {"points": [[100, 0], [150, 0.5]], "end_us": 150, "arrived": False, "vanished": True}


def test_a_dropped_message_ends_where_it_was_dropped_and_not_before_that_is_known(blank: Any) -> None:
    assert course(blank, "delivered", 125, dropped_us=150) == course(blank, "delivered", 125)
    assert course(blank, "delivered", 300, dropped_us=130)["points"][-1] == [130, 0.3]
    assert course(blank, "delivered", 300, dropped_us=130)["vanished"] is True
    refused = course(blank, "delivered", 300, dropped_us=200)  # at the door of a stopped node
    assert (refused["points"][-1], refused["arrived"], refused["vanished"]) == ([200, 1], False, True)


def test_a_message_that_was_moved_bends_where_it_was_and_only_once_that_is_known(blank: Any) -> None:
    moves = [{"t_us": 150, "arrives_us": 400, "way_ppm": 500_000}]
    assert course(blank, "delivered", 140, moves) == course(blank, "delivered", 140)
    assert course(blank, "delivered", 500, moves)["points"] == [[100, 0], [150, 0.5], [400, 1]]


# What is drawn


def test_lives_of_nodes_have_no_hole_and_meet_from_chunk_to_chunk(blank: Any, chunks: list[dict[str, Any]]) -> None:
    told = blank.evaluate(
        """async (chunks) => {
          const { decodeChunk } = await import("/static/player/events.js");
          const { traceOf } = await import("/static/player/traces.js");
          return chunks.map((frame) => [...traceOf(decodeChunk(frame), { role: "role" }).lives].map(([id, spans]) => [id, spans]));
        }""",
        chunks,
    )
    statuses = set()
    for i, lives in enumerate(told):
        for id, spans in lives:
            assert (spans[0]["from_us"], spans[-1]["to_us"]) == (chunks[i]["from_us"], chunks[i]["to_us"])
            assert all(a["to_us"] == b["from_us"] for a, b in pairwise(spans))
            statuses |= {span["status"] for span in spans}
            if i and spans:
                last = dict(told[i - 1])[id][-1]
                assert (last["status"], last.get("role")) == (spans[0]["status"], spans[0].get("role"))
    assert statuses == {"up", "down"}


def test_a_line_for_each_node_and_arrows_marks_and_faults_up_to_the_playhead(stage: Any) -> None:
    page = shown(stage, 2.55)
    expect(page.locator(".st-names b")).to_have_text(["n1", "n2", "n3", "n4", "n5", "c1", "c2", "c3"])
    expect(page.locator(".st-names small").nth(2)).to_have_text("stopped")
    things = drawn(page)
    assert {thing["kind"] for thing in things} >= {"message", "note", "fault"}
    rows = dict(player(page, "[...panel.rows]"))
    assert all(thing["y1"] == rows[thing["src"]] for thing in things if thing["kind"] == "message")


def test_the_future_is_not_told(stage: Any) -> None:
    page = shown(stage, 2.4)
    assert player(page, "p.session.store.events().some((event) => event.t_us > 2400000)")
    assert max(thing["t_us"] for thing in drawn(page)) <= 2_400_000
    known_x = player(page, "panel.window.x(2400000, panel.width)")
    assert max(thing.get("x2", 0) for thing in drawn(page)) <= known_x + 0.01


def test_what_was_seen_stays_after_going_back_and_the_window_follows(stage: Any) -> None:
    page = shown(stage, 2.4)
    scrub(page, 2.3)
    until(page, "panel.picture.scene.t_us === 2300000")
    assert 2_300_000 < max(thing["t_us"] for thing in drawn(page)) <= 2_400_000
    part = player(page, "(p.now.t_us - panel.window.from_us) / panel.window.span_us")
    assert part == pytest.approx(0.8)


# Moving in it


def test_it_scales_by_buttons_keys_and_wheel_around_what_is_looked_at(stage: Any) -> None:
    page = shown(stage, 2.4)
    span = player(page, "panel.window.span_us")
    page.get_by_role("button", name="Show more time").click()
    until(page, f"panel.window.span_us > {span} * 1.5")
    page.locator(".st-field").focus()
    page.keyboard.press("+")
    until(page, f"Math.abs(panel.window.span_us - {span}) < 1")
    box = page.locator(".st-field").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    before = player(page, "panel.window.at(100, panel.width)")
    page.mouse.wheel(0, -100)
    until(page, f"panel.window.span_us < {span} * 0.9")
    assert player(page, "panel.window.at(100, panel.width)") == pytest.approx(before, abs=2000) or player(page, "panel.window.following")


def test_without_the_focus_the_wheel_belongs_to_the_page(stage: Any) -> None:
    page = shown(stage, 2.4)
    span = player(page, "panel.window.span_us")
    box = page.locator(".st-field").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, -100)
    page.wait_for_timeout(100)
    assert player(page, "panel.window.span_us") == span


def test_dragging_moves_the_window_and_follow_brings_it_back(stage: Any) -> None:
    page = shown(stage, 2.4)
    box = page.locator(".st-field").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 60, steps=4)
    page.mouse.up()
    until(page, "!panel.window.following")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_have_attribute("aria-pressed", "false")
    assert player(page, "p.selection.thing") is None
    page.get_by_role("button", name="Follow", exact=True).click()
    until(page, "panel.window.following && Math.abs((p.now.t_us - panel.window.from_us) / panel.window.span_us - 0.8) < 0.001")


def test_clients_can_be_left_out(stage: Any) -> None:
    page = shown(stage, 2.4)
    page.get_by_role("button", name="Clients", exact=True).click()
    expect(page.locator(".st-names b")).to_have_count(5)
    until(page, "panel.picture.drawn.every(({ event }) => !event.src?.startsWith('c') && !event.dst?.startsWith('c'))")


# Selecting


def test_an_arrow_is_told_under_the_pointer_and_selected_by_a_click(stage: Any) -> None:
    page = shown(stage, 2.4)
    for _ in range(4):
        page.get_by_role("button", name="Show less time").click()
    until(page, "panel.drawnKey.includes(` ${panel.window.span_us} `)")  # the last click was drawn, too
    until(page, "panel.picture.drawn.some(({ event, x1 }) => event.kind === 'message' && x1 > 20)")
    things = drawn(page)
    arrow = next(one for one in things if one["kind"] == "message" and one["x1"] > 20)
    page.mouse.move(*centre(page, arrow))
    expect(page.locator(".st-words")).to_contain_text("AppendEntries")
    page.mouse.down()
    page.mouse.up()
    until(page, "p.selection.thing?.type === 'message'")
    expect(page.locator(".popover")).to_be_hidden()  # it would hide what was clicked
    seq = player(page, "p.selection.seq")
    assert seq in {one["seq"] for one in things}
    page.get_by_role("tab", name="Source").click()
    expect(page.locator(".source-words")).to_contain_text("AppendEntries")


def test_what_is_selected_elsewhere_comes_into_the_window(stage: Any) -> None:
    page = shown(stage, 2.4)
    player(page, "p.selection.setEvent(p.session.store.history().find((event) => event.name === 'became_leader'))")
    until(page, "panel.chosen.selected === p.selection.seq && panel.picture.drawn.some(({ event }) => event.seq === p.selection.seq)")
    expect(page.locator(".st-words")).to_contain_text("became leader of term 1")


def test_by_keyboard_one_goes_along_a_line_and_from_line_to_line_and_selects(stage: Any) -> None:
    page = shown(stage, 2.4)
    page.locator(".st-field").focus()
    at = player(page, "p.clock.t_us")
    page.keyboard.press("ArrowLeft")
    until(page, "panel.chosen.focused !== null")
    first = player(page, "panel.chosen.focused")
    page.keyboard.press("ArrowLeft")
    until(page, f"panel.chosen.focused < {first}")
    row = "panel.picture.drawn.find(({ event }) => event.seq === panel.chosen.focused).y1 ?? 0"
    before = player(page, row)
    page.keyboard.press("ArrowDown")
    until(page, f"({row}) > {before}")
    words = page.locator(".st-words").inner_text()
    assert words.endswith(".")
    page.keyboard.press("Enter")
    until(page, "p.selection.seq === panel.chosen.focused")
    assert player(page, "p.clock.t_us") == at


def test_with_reduced_motion_the_window_stands_still_until_the_playhead_leaves_it(stage: Any) -> None:
    stage.page.emulate_media(reduced_motion="reduce")
    stage.open(scenario="leader-crash")
    page = stage.page
    until(page, "p.playback.state && p.view.cluster.plan")
    page.get_by_role("tab", name="Space-time").click()
    scrub(page, 1.0)
    until(page, "panel.picture.drawn.length > 0")
    from_us = player(page, "panel.window.from_us")
    scrub(page, 1.1)
    assert player(page, "panel.window.from_us") == from_us
    scrub(page, 1.8)
    until(page, f"panel.window.from_us > {from_us}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_colours_are_the_themes(stage: Any, theme: str) -> None:
    page = shown(stage, 2.4)
    page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
    token = "getComputedStyle(p).getPropertyValue('--role-leader').trim()"
    until(page, f"panel.picture.colours.get('--role-leader') === {token}")


def test_a_chunk_that_was_replaced_leaves_nothing_behind(blank: Any, chunks: list[dict[str, Any]]) -> None:
    other = copy.deepcopy(chunks[1])
    other["events"] = []
    told = blank.evaluate(
        """async ([first, other]) => {
          const { Store } = await import("/static/player/store.js");
          const { tracesIn } = await import("/static/player/traces.js");
          const store = new Store();
          const count = () => tracesIn(store, { role: "role" }, 0, 1e9).traces.map((trace) => trace.messages.length);
          for (const chunk of first) store.add(chunk);
          const before = count();
          store.rewind({ revision: 9, index: 2, from_us: other.from_us });
          store.add({ ...other, revision: 9 });
          return [before, count()];
        }""",
        [json.loads(json.dumps(chunks[:2])), other],
    )
    assert told[0][1] > 100
    assert told[1] == [told[0][0], 0]
