"""Two runs side by side: what is compared, one clock for both, and that the two players do not get into each other's way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

PARTS_US = 3_000_000
STOP = (PARTS_US, "crash", {"node": "n2"})


def beside(page: Any, script: str) -> Any:
    """Something of the page: `b` is the pair, `p` and `q` its players."""
    return page.evaluate(f"() => {{ const b = document.querySelector('lab-beside'); const [p, q] = b.players; return {script}; }}")


def until(page: Any, script: str) -> None:
    page.wait_for_function(
        f"() => {{ const b = document.querySelector('lab-beside'); const [p, q] = b?.players ?? []; return q?.now && ({script}); }}"
    )


def both_at(page: Any, t_us: int) -> None:
    until(page, f"p.playback.here && q.playback.here && p.now.t_us === {t_us} && q.now.t_us === {t_us}")


def jump(page: Any, t_us: int) -> None:
    beside(page, f"b.transport.jump({t_us})")
    both_at(page, t_us)


def scrub(page: Any, t_us: int) -> None:
    moved = "range.value = ms; range.dispatchEvent(new Event('input')); range.dispatchEvent(new Event('change'));"
    page.locator(".both .track input").evaluate(f"(range, ms) => {{ {moved} }}", round(t_us / 1000))
    both_at(page, t_us)


def nodes(page: Any, which: str) -> str:
    return beside(
        page,
        f"JSON.stringify(Object.entries({which}.now.state.nodes).map(([id, n]) => [id, n.status, Object.entries(n.state).sort()]).sort())",
    )


@pytest.fixture
def pair(stage: Any) -> Any:
    """A run and its branch, which leaves it at 3 s by stopping n2; paused at 2 s."""
    a = stage.make(until_us=6_000_000)
    b = stage.make(STOP, parent=a, until_us=6_000_000)
    stage.a, stage.b = a, b
    stage.open_beside(a, b, 2_000_000)
    until(stage.page, "p.playback.here && q.playback.here")
    stage.page.get_by_role("button", name="Pause", exact=True).click()
    jump(stage.page, 2_000_000)
    return stage


# What is compared: pure functions


@pytest.fixture
def blank(stage: Any) -> Any:
    stage.open(around="<p>Nothing here.</p>")
    return stage.page


def compare(page: Any, script: str, *values: Any) -> Any:
    modules = "const [c, v] = await Promise.all(['compare', 'values'].map((name) => import(`/static/player/beside/${name}.js`)));"
    return page.evaluate(f"async (values) => {{ {modules} return await ({script}); }}", list(values))


def run(*commands: tuple[int, str], seed: int = 7, **parameters: Any) -> dict[str, Any]:
    log = [{"seq": i + 1, "at_us": at_us, "action": action, "args": {}} for i, (at_us, action) in enumerate(commands)]
    return {"seed": seed, "parameters": parameters, "commands": log}


@pytest.mark.parametrize(
    ("a", "b", "t_us", "why"),
    [
        (run((5, "heal")), run((5, "heal")), None, None),
        (run(), run((5, "heal")), 5, "commands"),
        (run((5, "heal"), (9, "crash")), run((5, "heal"), (7, "crash")), 7, "commands"),
        (run((5, "heal")), run((5, "crash")), 5, "commands"),
        (run(), run(seed=8), 0, "seed"),
        (run(nodes=3), run(nodes=5), 0, "parameters"),
    ],
)
def test_two_runs_part_where_what_they_are_made_of_differs(
    blank: Any, a: dict[str, Any], b: dict[str, Any], t_us: int | None, why: str | None
) -> None:
    told = compare(blank, "c.partingOf(values[0], values[1])", a, b)
    assert (told["t_us"], told["why"]) == (t_us, why)


def test_the_commands_apart_are_those_behind_the_shared_beginning(blank: Any) -> None:
    a, b = run((5, "heal"), (9, "crash")), run((5, "heal"), (7, "crash"), (9, "crash"))
    told = compare(blank, "c.commandsApart(values[0], values[1])", a, b)
    assert [[one["at_us"] for one in side] for side in told] == [[9], [7, 9]]


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (4, 5, ["4", "5"]),
        (None, "n3", ["–", "n3"]),
        (False, True, ["no", "yes"]),
        ([], [1], ["empty", "1"]),
        ([1, 2], [1, 2, 3], ["ends after 2", "2 the same, then 3"]),
        ([9, 1, 2, 3, 4], [8], ["9, 1, 2, and 2 more", "8"]),
        ({"n2": 4, "n3": 1}, {"n3": 1, "n2": 5}, ["n2 4", "n2 5"]),
        ({"n2": 4}, {}, ["n2 4", "n2 –"]),
    ],
)
def test_of_two_values_what_is_not_the_same_is_told(blank: Any, a: Any, b: Any, words: list[str]) -> None:
    assert compare(blank, "v.differing(values[0], values[1])", a, b) == words


def test_states_differ_in_fields_statuses_links_and_promises(blank: Any) -> None:
    up = {"status": "up", "state": {"term": 4, "log": [[1, "x"]]}}
    a = {"nodes": {"n1": up, "n2": up, "n3": up}, "links": [["n1", "n2", {"cut": True}]], "checks": {"safe": {"holds": True}}}
    ahead = {"status": "up", "state": {"log": [[1, "x"]], "term": 5}}
    b = {"nodes": {"n1": up, "n2": up | {"status": "down"}, "n3": ahead, "n4": up}, "links": [], "checks": {"safe": {"holds": False}}}
    told = compare(blank, "c.nodesApart(values[0], values[1]).map(({ id, a, b, fields }) => [id, Boolean(a), Boolean(b), fields])", a, b)
    assert told == [["n2", True, True, []], ["n3", True, True, [["term", 4, 5]]], ["n4", False, True, []]]
    assert compare(blank, "c.linksApart(values[0], values[1])", a, b) == [["n1", "n2", {"cut": True}, None]]
    assert [one[0] for one in compare(blank, "c.checksApart(values[0], values[1])", a, b)] == ["safe"]


def test_the_first_event_that_differs_is_found_and_never_guessed(blank: Any, chunks: list[dict[str, Any]]) -> None:
    script = """(async () => {
      const { Store } = await import("/static/player/store.js");
      const store = (frames) => { const made = new Store(); for (const frame of frames) made.add(structuredClone(frame)); return made; };
      const [frames] = values;
      const other = structuredClone(frames);
      const at = other[1].events.findIndex((row) => row[0] === "message" && row[2] > other[1].from_us + 500000);
      other[1].events[at][4] = "n9";
      const told = c.firstEventApart(store(frames), store(other), 0);
      const short = c.firstEventApart(store(frames), store(other.slice(0, 1)), 0);
      return [told.t_us === frames[1].events[at][2], told.b.dst, c.firstEventApart(store(frames), store(frames), 0), short];
    })()"""
    assert compare(blank, script, chunks) == [True, "n9", None, None]


def test_what_is_true_of_both_is_said_once(blank: Any) -> None:
    said = [["A", "n1 leads."], ["B", "n1 leads."], ["B", "n2 stopped."], ["", "Two values differ."]]
    told = blank.evaluate("async (said) => (await import('/static/player/beside/voice.js')).merged(said)", said)
    assert told == ["Both: n1 leads.", "B: n2 stopped.", "Two values differ."]


# The same until they part, another story after


def test_both_show_the_same_until_they_part_and_differ_after_and_back_again(pair: Any) -> None:
    page = pair.page
    for t_us in (500_000, 2_500_000, PARTS_US - 1):
        jump(page, t_us)
        assert nodes(page, "p") == nodes(page, "q")
        expect(page.locator(".differs .summary")).to_contain_text("nothing differs")
        expect(page.locator(".differs table")).to_have_count(0)
    for t_us in (PARTS_US, 4_500_000):
        scrub(page, t_us)
        assert nodes(page, "p") != nodes(page, "q")
        card = page.locator(".differs table").filter(has=page.get_by_role("columnheader", name="n2", exact=True))
        assert card.locator("tbody tr").first.locator("td").all_inner_texts() == ["up", "down"]
    scrub(page, 2_500_000)
    expect(page.locator(".differs table")).to_have_count(0)


def test_only_what_differs_is_listed_with_the_values_of_both(pair: Any) -> None:
    page = pair.page
    jump(page, 4_500_000)
    apart = beside(
        page,
        "Object.fromEntries(Object.keys(p.now.state.nodes).map((id) => [id, Object.keys(p.now.state.nodes[id].state)"
        ".filter((name) => JSON.stringify(p.now.state.nodes[id].state[name]) !== JSON.stringify(q.now.state.nodes[id].state[name])).length"
        " + (p.now.state.nodes[id].status === q.now.state.nodes[id].status ? 0 : 1)]).filter(([, n]) => n))",
    )
    rows = "[one.querySelector('th').textContent, one.querySelectorAll('tbody tr').length]"
    shown = page.locator(".differs table").evaluate_all(f"(all) => Object.fromEntries(all.map((one) => {rows}))")
    assert shown == apart
    assert "n2" in shown
    expect(page.locator(".differs .summary")).to_contain_text(f"{sum(apart.values())} values differ on {len(apart)} nodes")


def test_the_heads_and_the_timeline_say_where_the_branch_left(pair: Any) -> None:
    page = pair.page
    expect(page.locator('.one[data-side="A"] .about')).to_contain_text("Nothing was done here")
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("branch of A at 3.00 s")
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("Only here3.00 s stop n2")
    expect(page.locator(".differs .story")).to_contain_text("3.00 s They part here: in B stop n2; A goes on without it.")
    mark = page.get_by_role("button", name="The runs part at 3.00 s")
    expect(mark).to_be_visible()
    mark.click()
    both_at(page, PARTS_US)
    expect(page.locator('.marks.lower .mark[data-kind="fault"]')).to_have_count(1)
    expect(page.locator('.marks.upper .mark[data-kind="fault"]')).to_have_count(0)


def test_runs_of_other_seeds_and_parameters_part_at_the_start_and_say_in_what(stage: Any) -> None:
    a = stage.make(until_us=4_000_000)
    b = stage.make(seed=41, until_us=4_000_000, nodes=3)
    stage.open_beside(a, b)
    until(stage.page, "p.playback.here && q.playback.here")
    page = stage.page
    expect(page.locator('.one[data-side="A"] .chip.differs')).to_have_text(["seed 7", "Servers: 5"])
    expect(page.locator('.one[data-side="B"] .chip.differs')).to_have_text(["seed 41", "Servers: 3"])
    expect(page.locator(".differs .story")).to_contain_text("Other seeds: they part at the start.")
    expect(page.locator(".differs .story")).to_contain_text("The first event that differs")


def test_the_same_run_twice_says_so(stage: Any) -> None:
    a = stage.make(until_us=4_000_000)
    stage.open_beside(a, a)
    until(stage.page, "p.playback.here && q.playback.here")
    expect(stage.page.locator(".differs .story")).to_contain_text("they are the same run")
    expect(stage.page.locator(".parting")).to_be_hidden()


# One clock


def test_play_pause_speed_and_jumps_move_both_from_wherever_they_are_asked(pair: Any) -> None:
    page = pair.page
    assert beside(page, "p.clock === q.clock && p.clock === b.clock")
    page.locator(".both .readout select").select_option("0.25")
    page.locator('.one[data-side="B"] .player').focus()
    page.keyboard.press("Space")
    until(page, "p.now.t_us > 2050000 && p.now.t_us === q.now.t_us")
    page.locator('.one[data-side="A"] .player').focus()
    page.keyboard.press("Space")
    until(page, "!b.clock.playing && p.now.t_us === q.now.t_us")
    page.keyboard.press("Home")
    both_at(page, 0)
    page.locator('.one[data-side="B"]').get_by_role("tab", name="Events").click()
    page.locator('.one[data-side="B"] .event-list li button').first.click()
    until(page, "p.now.t_us > 0 && p.now.t_us === q.now.t_us")


def test_a_step_goes_to_the_nearest_event_of_either(stage: Any) -> None:
    page = stage.page
    stage.open_beside(stage.make(until_us=4_000_000), stage.make(seed=41, until_us=4_000_000))
    until(page, "p.playback.here && q.playback.here")
    page.get_by_role("button", name="Pause", exact=True).click()
    jump(page, 1_000_000)
    stepped, back = [], []
    for _ in range(12):
        here, *next_us = beside(page, "[b.clock.t_us, ...b.players.map((one) => one.session.store.neighbour(b.clock.t_us, 1))]")
        page.get_by_role("button", name="Step to the next event").click()
        both_at(page, min(next_us))
        stepped.append(next_us.index(min(next_us)))
        back.append(here)
    assert set(stepped) == {0, 1}
    for t_us in reversed(back[1:]):
        page.get_by_role("button", name="Step back to the event before").click()
        both_at(page, t_us)


def test_marks_of_both_are_jumped_to(pair: Any) -> None:
    page = pair.page
    jump(page, 2_990_000)
    page.locator('.one[data-side="A"] .player').focus()
    beside(page, "b.transport.setKind('fault')")
    page.keyboard.press("]")
    both_at(page, PARTS_US)
    expect(page.locator('.one[data-side="B"] .say .line')).to_contain_text("n2")


def test_where_one_waits_for_its_worker_both_wait_and_the_other_says_for_whom(pair: Any) -> None:
    page, answer, seek = pair.page, pair._need, pair._seek
    pair._need = lambda socket, state, frame: answer(socket, state, frame) if state["run"] == pair.a else None
    pair._seek = lambda socket, state, frame: seek(socket, state, frame) if state["run"] == pair.a else None
    beside(page, "(b.clock.speed = 5, b.transport.play())")
    until(page, "b.clock.waiting && p.ready_us > b.clock.t_us + 1000000")
    stands = beside(page, "b.clock.t_us")
    expect(page.locator('.one[data-side="A"] .say')).to_contain_text("Waiting for run B")
    expect(page.locator('.one[data-side="B"] .say')).to_contain_text("Waiting for the worker")
    assert beside(page, "[p.now.t_us, q.now.t_us]") == [stands, stands]
    pair._need, pair._seek = answer, seek
    until(page, f"b.clock.t_us > {stands} + 500000 && q.now.t_us === p.now.t_us")


def test_the_playhead_is_held_while_either_has_a_command_on_its_way(blank: Any) -> None:
    told = blank.evaluate(
        """async () => {
          const { SharedClock } = await import("/static/player/beside/lead.js");
          const clock = new SharedClock();
          clock.play();
          const moved = (now_ms) => clock.tick(now_ms, 1e9);
          moved(0);
          const said = [];
          clock.held = true; clock.held = true; said.push(moved(10));
          clock.held = false; said.push(moved(20));
          clock.held = false; said.push(moved(30));
          clock.held = false; clock.held = true; said.push(moved(40));
          return said;
        }"""
    )
    assert told == [False, False, True, False]


# Two players, each its own


def test_each_has_its_own_socket_and_store_and_one_voice_speaks_for_both(pair: Any) -> None:
    page = pair.page
    assert sorted(state["run"] for _, state in pair.sockets) == sorted([pair.a, pair.b])
    assert beside(page, "p.session !== q.session && p.session.store !== q.session.store")
    assert page.locator("lab-beside [aria-live]").count() == 1
    jump(page, 100_000)
    beside(page, "(b.clock.speed = 2, b.transport.play())")
    expect(page.locator("lab-beside [aria-live]")).to_contain_text("Both: ", timeout=15_000)


def test_that_they_part_and_meet_is_said_in_words(pair: Any) -> None:
    page = pair.page
    jump(page, 4_500_000)
    expect(page.locator("lab-beside [aria-live]")).to_contain_text(re.compile(r"At 4\.50 s \d+ values differ"))
    jump(page, 1_000_000)
    expect(page.locator("lab-beside [aria-live]")).to_contain_text("At 1.00 s nothing differs.")


def test_keys_are_those_of_the_player_in_use_and_o_and_d_of_the_page(pair: Any) -> None:
    page = pair.page
    page.keyboard.press("3")
    expect(page.locator('.one[data-side="A"] .popover h3')).to_have_text("n3")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator('.one[data-side="B"]')).to_have_class(re.compile("active"))
    page.keyboard.press("4")
    expect(page.locator('.one[data-side="B"] .popover h3')).to_have_text("n4")
    expect(page.locator('.one[data-side="A"] .popover')).to_be_hidden()
    page.keyboard.press("d")
    both_at(page, PARTS_US)
    page.locator(".both .track input").focus()
    page.keyboard.press("ArrowRight")
    until(page, f"p.now.t_us > {PARTS_US} && p.now.t_us === q.now.t_us")


def test_acting_in_the_past_of_one_makes_a_branch_that_the_page_follows(pair: Any) -> None:
    page = pair.page
    jump(page, 4_000_000)
    jump(page, 2_500_000)
    page.locator('.one[data-side="B"] [data-node="n4"] .hit').click()
    page.locator('.one[data-side="B"] .popover [data-action="crash"]').click()
    until(page, f"q.session.run !== '{pair.b}' && q.session.status === 'live' && q.now.state.nodes.n4.status === 'down'")
    made = beside(page, "q.session.run")
    assert page.url.endswith(f"/runs/{pair.a}/beside/{made}/")
    assert beside(page, "p.session.run") == pair.a
    assert beside(page, "p.now.state.nodes.n4.status") == "up"
    assert [frame["branch"] for frame in pair.said if frame["kind"] == "command"] == [True]
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("Only here2.50 s stop n4")
    expect(page.locator(".differs .story")).to_contain_text("2.50 s They part here: in B stop n4")
    expect(page.get_by_role("button", name="The runs part at 2.50 s")).to_be_visible()
    page.get_by_role("button", name="Back to the earlier run").click()
    until(page, f"q.session.run === '{pair.b}' && q.session.status === 'live' && q.playback.here")
    assert page.url.endswith(f"/runs/{pair.a}/beside/{pair.b}/")
    expect(page.locator('.one[data-side="B"] .about')).to_contain_text("Only here3.00 s stop n2")


def test_acting_at_the_front_of_one_appends_to_it_alone_and_is_told_in_its_head(pair: Any) -> None:
    page = pair.page
    page.keyboard.press("o")
    page.keyboard.press("o")
    jump(page, 5_000_000)
    page.keyboard.press("4")
    page.keyboard.press("s")
    until(page, "p.now.state.nodes.n4.status === 'down' && !b.clock.held")
    assert beside(page, "[p.session.run, q.session.run]") == [pair.a, pair.b]
    assert beside(page, "q.now.state.nodes.n4.status") == "up"
    expect(page.locator('.one[data-side="A"] .about')).to_contain_text("Only here5.00 s stop n4")


def test_one_that_loses_its_connection_says_so_alone(pair: Any) -> None:
    page = pair.page
    pair.online = False
    socket, state = next(one for one in pair.sockets if one[1]["run"] == pair.b)
    state["open"] = False
    socket.close(code=1001)
    expect(page.locator('.one[data-side="B"] .banner.offline')).to_be_visible()
    expect(page.locator('.one[data-side="A"] .banner')).to_be_hidden()
    pair.online = True
    until(page, "q.session.status === 'live'")


def test_out_of_sight_one_is_not_drawn_but_goes_on_and_with_neither_in_sight_nothing_runs(stage: Any) -> None:
    page = stage.page
    page.set_viewport_size({"width": 360, "height": 500})
    a = stage.make(until_us=8_000_000)
    b = stage.make(STOP, parent=a, until_us=8_000_000)
    stage.open_beside(a, b, around='<p class="filler">Above.</p>{pair}<p class="filler">Below.</p>')
    until(page, "p.playback.here && q.playback.here")
    page.locator(".filler").evaluate_all("(all) => all.forEach((one) => (one.style.height = '3000px'))")
    page.locator('.one[data-side="A"] .cluster').scroll_into_view_if_needed()
    until(page, "p.inSight && !q.inSight")
    beside(page, "b.clock.play(), b.invalidate()")
    drawn = beside(page, "q.view.shown_us = 0, q.view.draw = () => { q.drawnAgain = true; return false; }, b.clock.t_us")
    until(page, f"b.clock.t_us > {drawn} + 30000 && q.now.t_us === b.clock.t_us")
    assert beside(page, "q.drawnAgain ?? false") is False
    page.evaluate("scrollTo(0, 0)")
    until(page, "!b.inSight")
    page.wait_for_timeout(200)
    stands = beside(page, "b.clock.t_us")
    page.wait_for_timeout(400)
    assert beside(page, "b.clock.t_us") == stands


def test_after_a_reload_it_is_the_same_moment_and_still_paused(pair: Any) -> None:
    page = pair.page
    jump(page, 3_250_000)
    page.reload()
    both_at(page, 3_250_000)
    assert beside(page, "b.clock.playing") is False


def test_a_link_names_the_moment(pair: Any) -> None:
    page = pair.page
    page.goto(f"http://player.test/runs/{pair.a}/beside/{pair.b}/#t=4.25")
    page.reload()
    both_at(page, 4_250_000)


@pytest.mark.parametrize("width", [1440, 768, 360])
def test_it_fits_the_window_and_both_are_in_it(stage: Any, width: int) -> None:
    page = stage.page
    page.set_viewport_size({"width": width, "height": 800})
    a = stage.make(until_us=4_000_000)
    b = stage.make(STOP, parent=a, until_us=4_000_000)
    stage.open_beside(a, b, PARTS_US)
    until(page, "p.playback.here && q.playback.here")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [page.locator(f'.one[data-side="{letter}"] .cluster').bounding_box() for letter in "AB"]
    assert boxes[0]["width"] > 250
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=1)
    assert (boxes[0]["y"] == boxes[1]["y"]) is (width > 700)
    expect(page.locator(".both")).to_be_in_viewport()


# A branch and its parent in one player


def test_a_branch_says_whose_it_is_and_leads_back_and_side_by_side(stage: Any) -> None:
    a = stage.make(until_us=6_000_000)
    b = stage.make(STOP, parent=a, until_us=6_000_000)
    stage.open(run=b)
    line = stage.page.locator(".branch")
    expect(line).to_contain_text("A branch of “A cluster at work” at 3.00 s.")
    expect(line.get_by_role("link", name=re.compile("Side by side"))).to_have_attribute("href", f"/runs/{a}/beside/{b}/")
    line.get_by_role("button", name="Back to the earlier run").click()
    player = "document.querySelector('lab-run')"
    stage.page.wait_for_function(f"() => {player}.session.run === '{a}' && {player}.session.status === 'live'")


def test_a_parent_offers_its_branches_with_their_moment_and_first_deed(stage: Any) -> None:
    a = stage.make(until_us=6_000_000)
    b = stage.make(STOP, parent=a, until_us=6_000_000)
    stage.make((4_000_000, "heal", {}), parent=a, until_us=6_000_000)
    stage.open(run=a)
    stage.page.get_by_text("2 branches").click()
    rows = stage.page.locator(".relatives li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("3.00 sstop n2")
    expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/runs/{a}/beside/{b}/")
    rows.first.get_by_role("button", name="Open the branch stop n2").click()
    stage.page.wait_for_function(f"() => document.querySelector('lab-run').session.run === '{b}'")
    expect(stage.page.locator(".branch")).to_contain_text("1 other branch of the earlier run")
