"""Single messages, timers and links: what is shown of them at a moment, and what a student can do to each alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.lab_page import player, until

MESSAGES = '.pending ul[aria-label="Messages in flight"] > li'
TIMERS = '.pending ul[aria-label="Timers"] > li'


def tray(stage: Any, moment_us: int = 3_005_000, **opened: Any) -> Any:
    """A run paused at a moment, the tray open. At 3.005 s the leader's heartbeat is being answered."""
    stage.open(**opened)
    page = stage.page
    until(page, "p.playback.state && p.view.cluster.plan")
    player(page, "(p.transport.pause(), p.transport.jump(3005000))")
    until(page, "p.session.status === 'live' && p.playback.here")
    player(page, f"p.transport.jump({moment_us})")
    until(page, f"p.playback.here && p.now.t_us === {moment_us}")
    player(page, "p.showPending()")
    expect(page.locator(MESSAGES).first).to_be_visible()
    return page


def commands(stage: Any) -> list[dict[str, Any]]:
    return [frame for frame in stage.said if frame["kind"] == "command"]


def done(page: Any) -> None:
    until(
        page,
        "p.session.revision === 1 && p.session.store.revision === 1 && !p.clock.held && p.playback.here && p.now.t_us === p.clock.t_us",
    )


def test_the_tray_lists_what_is_under_way_the_next_thing_first(stage: Any) -> None:
    page = tray(stage)
    flight = player(page, "p.now.state.flight.map((m) => [m.arrives_us, m.body[0], m.src + ' → ' + m.dst]).sort((a, b) => a[0] - b[0])")
    rows = page.locator(MESSAGES)
    assert [row.locator(".link").inner_text() for row in rows.all()] == [kind for _, kind, _ in flight]
    assert [row.locator(".route").inner_text() for row in rows.all()] == [route for _, _, route in flight]
    assert float(rows.first.locator(".due").inner_text().split()[1]) == pytest.approx((flight[0][0] - 3_005_000) / 1000, abs=0.1)
    timers = player(
        page, "Object.entries(p.now.state.timers).flatMap(([id, t]) => Object.entries(t).map(([n, { due_us }]) => [due_us, id, n]))"
    )
    shown = [[row.locator(".link").inner_text(), row.locator(".route").inner_text()] for row in page.locator(TIMERS).all()]
    assert shown == [timer[1:] for timer in sorted(timers)]
    assert {"election", "heartbeat", "think"} <= {name for _, name in shown}


def test_the_tray_follows_the_playhead_forward_and_back(stage: Any) -> None:
    page = tray(stage)
    at_first = page.locator(".pending").inner_text()
    player(page, "p.transport.jump(3100000)")
    until(page, "p.now.t_us === 3100000")
    assert page.locator(".pending").inner_text() != at_first
    player(page, "p.transport.jump(3005000)")
    until(page, "p.now.t_us === 3005000")
    assert page.locator(".pending").inner_text() == at_first


def test_a_message_is_delivered_at_once_and_the_ears_hear_it(stage: Any) -> None:
    page = tray(stage)
    seq, src, dst = player(
        page, "p.now.state.flight.map((m) => [m.arrives_us, m.seq, m.src, m.dst]).sort((a, b) => a[0] - b[0])[0].slice(1)"
    )
    page.locator(MESSAGES).first.get_by_role("button", name="Deliver now").click()
    done(page)
    [command] = commands(stage)
    assert (command["action"], command["args"], command["at_us"]) == ("deliver_message", {"message": seq}, 3_005_001)
    until(page, f"!p.now.state.flight.some((m) => m.seq === {seq})")
    assert player(page, f"p.session.store.events().find((e) => e.kind === 'message_moved' && e.message === {seq}).arrives_us") == 3_005_001
    expect(page.locator(".say .line")).to_have_text(f"3.00 s: AppendEntriesReply from {src} to {dst} was delivered at once.")
    expect(page.locator(".say [aria-live]")).to_contain_text("was delivered at once")
    assert player(page, "p.clock.playing") is False


def test_a_message_is_dropped_copied_and_delayed(stage: Any) -> None:
    page = tray(stage)
    seqs = player(page, "p.now.state.flight.toSorted((a, b) => a.arrives_us - b.arrives_us).map((m) => m.seq)")
    page.locator(MESSAGES).nth(0).get_by_role("button", name="Drop").click()
    done(page)
    kept = sorted(seqs[1:])
    until(page, f"p.now.state.flight.map((m) => m.seq).sort((a, b) => a - b).join() === '{','.join(map(str, kept))}'")
    page.locator(MESSAGES).nth(0).get_by_role("button", name="Duplicate").click()
    until(page, "p.session.revision === 2 && !p.clock.held && p.now.state.flight.some((m) => m.fate === 'duplicate')")
    before = player(page, f"p.now.state.flight.find((m) => m.seq === {seqs[2]}).arrives_us")
    page.locator(MESSAGES).filter(has_text="AppendEntriesReply").first.get_by_role("button", name="Delay…").click()
    expect(page.locator(".popover h3")).to_contain_text("Delay")
    page.locator(".popover input").fill("250")
    page.locator(".popover button[type=submit]").click()
    until(page, f"p.session.revision === 3 && p.now.state.flight.find((m) => m.seq === {seqs[2]}).arrives_us === {before + 250_000}")
    expect(page.locator(MESSAGES).last.locator(".due")).to_have_text(re.compile("in 2[0-9]{2} ms"))


def test_a_timer_is_fired_and_its_node_stands_for_election(stage: Any) -> None:
    page = tray(stage)
    row = page.locator(TIMERS).filter(has_text="election").first
    node = row.locator(".link").inner_text()
    row.get_by_role("button", name="Fire now").click()
    done(page)
    assert commands(stage)[0]["args"] == {"node": node, "timer": "election"}
    assert player(page, f"p.now.state.nodes.{node}.state.role") == "pre-candidate"
    expect(page.locator(".say [aria-live]")).to_contain_text(f"The timer election of {node} fired at once")


def test_acting_while_it_plays_stops_the_run_first(stage: Any) -> None:
    page = tray(stage)
    player(page, "(p.clock.speed = 0.02, p.transport.play())")
    expect(page.locator(".tray-hint")).to_contain_text("pauses the run")
    page.locator(TIMERS).filter(has_text="think").first.get_by_role("button", name="Fire now").click()
    done(page)
    assert player(page, "p.clock.playing") is False
    assert commands(stage)[0]["args"]["timer"] == "think"
    assert commands(stage)[0]["args"]["node"].startswith("c")


def test_what_was_just_stepped_to_can_be_acted_on(stage: Any) -> None:
    """A step stands on the event's own moment; the command has to come after it, or the message would not be sent yet."""
    page = tray(stage)
    player(page, "p.querySelector('.player').focus()")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        t_us = player(page, "p.clock.t_us")
        until(page, f"p.now.t_us === {t_us}")
        if player(page, f"p.now.state.flight.some((m) => m.t_us === {t_us})"):
            break
    seq = player(page, f"p.now.state.flight.find((m) => m.t_us === {t_us}).seq")
    player(page, f"void p.deeds.carryOut(p.lab.actions.find((a) => a.name === 'drop_message'), {{ message: {seq} }})")
    done(page)
    assert "was dropped" in player(page, "p.session.store.history().find((e) => e.name === 'drop_message').text")
    assert player(page, "p.clock.t_us") == t_us + 1
    until(page, f"!p.now.state.flight.some((m) => m.seq === {seq})")


def test_what_is_no_longer_pending_gets_a_sentence(stage: Any) -> None:
    page = tray(stage)
    player(page, "void p.deeds.carryOut(p.lab.actions.find((a) => a.name === 'drop_message'), { message: 1 })")
    done(page)
    expect(page.locator(".say .line")).to_contain_text("Nothing done: message 1 is not in flight at this moment")


def test_a_row_and_its_message_in_the_cluster_are_lit_together(stage: Any) -> None:
    page = tray(stage)
    page.mouse.move(5, 5)
    row = page.locator(MESSAGES).nth(1)
    row.hover()
    seq = player(page, "p.now.state.flight.toSorted((a, b) => a.arrives_us - b.arrives_us)[1].seq")
    until(page, f"p.view.cluster.flight.drawn.size && p.selection.pointed?.seq === {seq}")
    expect(row).to_have_class(re.compile("pointed"))
    x, y = player(page, f"(({{ x, y }}) => [x, y])(p.view.cluster.flight.drawn.get({seq}))")
    box = page.locator(".cluster").bounding_box()
    ring = player(page, f"[...p.view.cluster.flight.context.getImageData(({x} + 14) * p.view.cluster.flight.ratio, {y}, 1, 1).data]")
    page.mouse.move(5, 5)
    expect(row).not_to_have_class(re.compile("pointed"))
    until(page, "p.selection.pointed === null && !p.raf")
    assert (
        player(page, f"[...p.view.cluster.flight.context.getImageData(({x} + 14) * p.view.cluster.flight.ratio, {y}, 1, 1).data]") != ring
    )
    page.mouse.move(box["x"] + x, box["y"] + y)
    expect(row).to_have_class(re.compile("pointed"))


def test_pointing_at_a_timer_lights_its_node(stage: Any) -> None:
    page = tray(stage)
    row = page.locator(TIMERS).filter(has_text="election").first
    row.hover()
    expect(page.locator(f'[data-node="{row.locator(".link").inner_text()}"]')).to_have_class(re.compile("pointed"))


def test_the_keyboard_reaches_everything_in_the_tray_by_one_stop_and_the_arrows(stage: Any) -> None:
    page = tray(stage)
    player(page, "p.querySelector('.player').focus()")
    page.keyboard.press("t")
    focused = "document.activeElement.closest('.pending-row') !== null"
    page.wait_for_function(f"() => {focused}")
    assert page.locator('.pending button[tabindex="0"]').count() == 1
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.action") == "deliver_message"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.action") == "drop_message"
    assert page.evaluate("document.activeElement.closest('li') === document.querySelectorAll('.pending-row')[1]")
    assert player(page, "p.clock.t_us") == 3_005_000, "the arrows did not move the playhead"
    second = player(page, "p.now.state.flight.toSorted((a, b) => a.arrives_us - b.arrives_us)[1].seq")
    assert player(page, "p.selection.pointed") == {"type": "message", "seq": second}
    page.keyboard.press("Enter")
    done(page)
    assert commands(stage)[0]["args"] == {"message": second}
    assert page.evaluate(focused), "the focus goes on to the row that took its place"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.closest('ul').getAttribute('aria-label')") == "Timers"


def test_the_popover_of_a_message_and_of_a_node_offer_the_same(stage: Any) -> None:
    page = tray(stage)
    seq = player(page, "p.now.state.flight[0].seq")
    player(page, f"p.selection.set({{ type: 'message', seq: {seq} }})")
    names = page.locator(".popover [data-action]").evaluate_all("(all) => all.map((one) => one.dataset.action)")
    assert names == ["deliver_message", "drop_message", "duplicate_message", "delay_message"]
    player(page, "p.selection.set({ type: 'node', id: 'n2' })")
    expect(page.locator(".popover .timers li")).to_contain_text("election, due at 3.")
    page.locator(".popover .timers [data-action]").click()
    done(page)
    assert commands(stage)[0]["args"] == {"node": "n2", "timer": "election"}


def test_a_delivered_message_says_so_afterwards_and_a_dropped_one_too(stage: Any) -> None:
    page = tray(stage)
    for action, words in (("Deliver now", "arrived"), ("Drop", "dropped on the way")):
        seq = player(page, "p.now.state.flight.toSorted((a, b) => a.arrives_us - b.arrives_us)[0].seq")
        page.locator(MESSAGES).first.get_by_role("button", name=action).click()
        until(page, f"!p.clock.held && p.playback.here && !p.now.state.flight.some((m) => m.seq === {seq})")
        player(page, f"p.selection.set({{ type: 'message', seq: {seq} }})")
        expect(page.locator(".popover .route")).to_contain_text(words)
        page.keyboard.press("Escape")


@pytest.mark.parametrize(("action", "crosses"), [("Deliver now", 0), ("Drop", 1)])
def test_played_again_a_delivery_by_hand_leaves_no_cross_and_a_drop_by_hand_does(stage: Any, action: str, crosses: int) -> None:
    page = tray(stage)
    page.locator(MESSAGES).nth(1).get_by_role("button", name=action).click()
    done(page)
    player(page, "p.transport.jump(3004000)")
    until(page, "p.now.t_us === 3004000 && p.playback.here && !p.raf")
    at = "(p.clock.seek({}), p.draw(performance.now(), p.ready_us))"
    player(page, f"({at.format(3004900)}, {at.format(3005100)})")
    assert player(page, "p.view.cluster.flight.crosses.length") == crosses


def test_where_nothing_can_be_done_the_tray_says_why(stage: Any) -> None:
    page = tray(stage)
    player(page, "(p.whyNot = () => 'This run is over; start a new one to act.', p.invalidate())")
    expect(page.locator(".tray-hint")).to_have_text("This run is over; start a new one to act.")
    expect(page.locator(".pending [data-action]")).to_have_count(0)
    expect(page.locator(MESSAGES).first).to_be_visible()


def test_a_lost_message_is_listed_until_it_vanishes(stage: Any) -> None:
    page = tray(stage)
    told = page.evaluate(
        """async () => {
          const { hasVanished, progress } = await import("/static/player/geometry.js");
          const lost = { t_us: 100, arrives_us: 300, fate: "lost" };
          const late = { ...lost, moved_us: 150, way_ppm: 250000, arrives_us: 1150 };
          return [[199, 200].map((t) => hasVanished(lost, t)), [400, 483, 484].map((t) => hasVanished(late, t)),
                  hasVanished({ ...lost, fate: "delivered" }, 299), [150, 650, 1150, 2000].map((t) => progress(late, t))];
        }"""
    )
    assert told == [[False, True], [False, False, True], False, [0.25, 0.625, 1, 1]]


ARCS = """async ([view, timers]) => {
  const { drawArcs } = await import("/static/player/arcs.js");
  const arcs = [];
  const arc = (x, y, r, from, to) => arcs.push([x, (to - from) / (2 * Math.PI)]);
  const context = { save() {}, restore() {}, beginPath() {}, stroke() {}, arc };
  const servers = ["n1", "n2", "n3"];
  const plan = { servers, places: new Map(servers.map((id, i) => [id, { x: 1 + 2 * i, y: 5, r: 10 }])) };
  drawArcs(context, plan, { speed: 0.1, reduced: false, playing: true, t_us: 400, state: { timers }, ...view }, (token) => token);
  return arcs.map(([x, part]) => [x, Math.round(part * 1000) / 1000]);
}"""
SET = {"n1": {"slow": {"set_us": 0, "due_us": 1600}, "soon": {"set_us": 0, "due_us": 800}}, "n2": {"soon": {"set_us": 400, "due_us": 900}}}


@pytest.mark.parametrize(
    ("view", "arcs"),
    [
        ({}, [[1, 0.5], [3, 1]]),
        ({"speed": 5}, []),
        ({"speed": 5, "playing": False}, [[1, 0.5], [3, 1]]),
        ({"reduced": True}, []),
        ({"reduced": True, "playing": False}, [[1, 0.5], [3, 1]]),
        ({"pointed": {"type": "timer", "id": "n1", "timer": "slow"}}, [[1, 0.75], [3, 1]]),
    ],
)
def test_the_next_timer_of_a_node_is_an_arc_that_drains(stage: Any, view: dict[str, Any], arcs: list[Any]) -> None:
    stage.open(around="<p>Nothing here.</p>")
    assert stage.page.evaluate(ARCS, [view, SET]) == arcs
    assert stage.page.evaluate(ARCS, [view, None]) == []


# Links


def test_a_link_offers_each_way_alone_and_what_fits_how_it_is(stage: Any) -> None:
    page = tray(stage)
    player(page, "p.selection.set({ type: 'link', a: 'n1', b: 'n3' })")
    buttons = page.locator(".popover [data-action]")
    assert buttons.all_inner_texts()[:3] == ["Cut link", "Cut one way: n1 → n3", "Cut one way: n3 → n1"]
    assert "mend_link" not in buttons.evaluate_all("(all) => all.map((one) => one.dataset.action)")
    page.get_by_role("button", name="Cut one way: n3 → n1").click()
    done(page)
    assert commands(stage)[0]["args"] == {"a": "n3", "b": "n1"}
    expect(page.locator('[data-link="n1 n3"]')).to_have_attribute("aria-label", "Link between n1 and n3, cut one way")
    player(page, "p.selection.set({ type: 'link', a: 'n1', b: 'n3' })")
    assert page.locator(".popover [data-action]").all_inner_texts()[:2] == ["Cut link", "Cut one way: n1 → n3"]
    assert page.locator(".popover [data-action=cut_one_way]").count() == 1
    page.locator(".popover [data-action=cut]").click()
    until(page, "p.session.revision === 2 && !p.clock.held && p.now.state.links.length === 2")
    player(page, "p.selection.set({ type: 'link', a: 'n1', b: 'n3' })")
    assert page.locator(".popover [data-action=cut], .popover [data-action=cut_one_way]").count() == 0
    page.get_by_role("button", name="Mend link").click()
    until(page, "p.session.revision === 3 && !p.clock.held && p.now.state.links.length === 0")


def test_links_are_reached_by_keys_both_ways_round_and_are_wide_enough_for_a_finger(stage: Any) -> None:
    page = tray(stage)
    player(page, "p.querySelector('.player').focus()")
    page.keyboard.press("2")
    page.keyboard.press("k")
    expect(page.locator(".popover h3")).to_have_text("Link n1 – n2")
    page.keyboard.press("k")
    expect(page.locator(".popover h3")).to_have_text("Link n2 – n3")
    page.keyboard.press("Shift+K")
    expect(page.locator(".popover h3")).to_have_text("Link n1 – n2")
    page.keyboard.press("Shift+K")
    expect(page.locator(".popover h3")).to_have_text("Link n2 – n5")
    page.keyboard.press("Escape")
    assert float(page.locator('[data-link="n1 n2"] .hit').evaluate("(hit) => getComputedStyle(hit).strokeWidth").removesuffix("px")) >= 24
    ends = player(page, "['n1', 'n5'].map((id) => p.view.cluster.plan.places.get(id))")
    box = page.locator(".cluster").bounding_box()
    (x1, y1), (x2, y2) = [(end["x"], end["y"]) for end in ends]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    aside = 11  # px off the line, still within 24 px across
    page.mouse.click(box["x"] + (x1 + x2) / 2 + aside * (y1 - y2) / length, box["y"] + (y1 + y2) / 2 + aside * (x2 - x1) / length)
    expect(page.locator(".popover h3")).to_have_text("Link n1 – n5")


def test_the_menu_of_faults_leads_to_the_tray(stage: Any) -> None:
    page = tray(stage)
    page.get_by_role("tab", name="Log").click()
    page.get_by_role("button", name="Fault", exact=True).click()
    assert page.locator(".popover .menu-item").filter(has_text="Deliver now").count() == 0
    page.locator(".popover .menu-item").filter(has_text="Pending messages").click()
    expect(page.locator(MESSAGES).first).to_be_visible()
    expect(page.locator(".popover")).to_be_hidden()


# Size


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off_and_everything_can_be_touched(stage: Any, theme: str) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 760})
    page = tray(stage, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for button in page.locator(".pending-row .does button").all()[:8]:
        box = button.bounding_box()
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= 360
    assert page.locator(".pending").evaluate("(tray) => tray.scrollWidth <= tray.clientWidth")
