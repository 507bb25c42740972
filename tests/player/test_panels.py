"""State machine, source, events, checks, challenges, and the jumps of the timeline."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from labs.catalog import find
from tests.lab_page import player, scrub, until


def shown(stage: Any, tab: str, moment_s: float = 3.0, scenario: str = "leader-crash", run: str = "") -> Any:
    """A panel of a paused run."""
    stage.open(scenario=scenario, run=run)
    page = stage.page
    until(page, "p.playback.state && p.view.cluster.plan")
    page.get_by_role("button", name="Pause", exact=True).click()
    scrub(page, moment_s)
    page.get_by_role("tab", name=tab, exact=True).click()
    return page


def select(page: Any, which: str) -> None:
    """Selects the first event that fits, as a panel does."""
    player(page, f"p.selection.setEvent(p.session.store.events().find((event) => {which}))")


def broken(stage: Any) -> Any:
    """A run whose promise is broken, a little after."""
    switch = next(one for one in find("raft").switches if one.name == "majority")
    run = stage.make(*switch.script, seed=switch.seed, until_us=switch.until_us, majority=False)
    page = shown(stage, "Checks", 7.9, run=run)
    until(page, "Object.values(p.now.state.checks).some((check) => !check.holds)")
    return page


# State machine


def test_each_node_stands_in_its_state_and_the_last_transition_is_lit(stage: Any) -> None:
    page = shown(stage, "Roles", 0.35)
    expect(page.locator("[data-token]")).to_have_count(5)
    expect(page.locator(".machine")).to_have_attribute("aria-label", re.compile("n3 candidate"))
    expect(page.locator(".machine-said")).to_contain_text("n3: asking to candidate, a majority would vote.")
    assert player(page, "document.querySelectorAll('.transition.lit').length") == 1
    scrub(page, 0.45)
    expect(page.locator(".machine-said")).to_contain_text("n3: candidate to leader, majority of votes.")
    expect(page.locator(".transition-words.lit")).to_have_text("majority ofvotes")
    scrub(page, 0.35)
    expect(page.locator(".machine-said")).to_contain_text("n3: asking to candidate")


def test_a_stop_is_no_transition_and_a_start_is_one(stage: Any) -> None:
    run = stage.make((1_000_000, "crash", {"node": "n3"}), (1_300_000, "restart", {"node": "n3"}), until_us=2_000_000)
    page = shown(stage, "Roles", 1.1, run=run)
    expect(page.locator('[data-token="n3"]')).to_have_attribute("data-status", "down")
    expect(page.locator(".machine-said")).to_contain_text("n3: candidate to leader")
    scrub(page, 1.3)
    expect(page.locator(".machine-said")).to_contain_text("1.300 s: n3 is follower, starts.")


def test_what_the_diagram_does_not_allow_is_said(stage: Any) -> None:
    page = shown(stage, "Roles", 0.3, scenario="steady")
    replace = """(() => {
      const store = p.session.store;
      const first = store.byIndex(1);
      const events = ["follower", "leader"].map((role, i) => ["state", i + 1, 100 + i, "n1", { role }]);
      store.chunks.delete(1);
      store.order = [];
      return store.add({ ...first, kind: "chunk", index: 1, digest: "", events });
    })()"""
    assert player(page, replace) == "new"
    scrub(page, 0.2)
    expect(page.locator(".machine-said.strange")).to_contain_text("n1: follower to leader, which the diagram does not allow.")


def test_on_a_phone_the_arrows_carry_numbers_and_the_words_stand_below(stage: Any) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 900})
    page = shown(stage, "Roles", 0.45)
    expect(page.locator(".machine-key li")).to_have_count(11)
    expect(page.locator(".machine-key .lit")).to_have_text("majority of votes")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


# Source


def test_the_handler_of_the_selected_message_is_marked_and_in_sight(stage: Any) -> None:
    page = shown(stage, "Source", 1.0)
    expect(page.locator(".code li").first).to_be_visible()
    select(page, "event.kind === 'message' && event.body[0] === 'AppendEntries'")
    expect(page.locator(".source-words")).to_contain_text(re.compile(r"What handles AppendEntries, in n\d: on_append_entries"))
    assert page.locator(".source-bar select").first.input_value() == "replication.py"
    expect(page.locator(".code .marked").first).to_contain_text("def on_append_entries(self, src: str, body: AppendEntries")
    box, code = page.locator(".code .marked").first.bounding_box(), page.locator(".code").bounding_box()
    assert code["y"] <= box["y"] <= code["y"] + code["height"] - box["height"]


def test_a_note_leads_to_the_line_that_says_it_and_a_reply_to_a_client_to_the_clients_code(stage: Any) -> None:
    page = shown(stage, "Source", 1.0)
    expect(page.locator(".code li").first).to_be_visible()
    select(page, "event.name === 'became_leader'")
    expect(page.locator(".code .here")).to_contain_text('ctx.note("became_leader"')
    select(page, "event.kind === 'message' && event.body[0] === 'ClientReply'")
    expect(page.locator(".code .marked").first).to_contain_text("def on_message")
    assert page.locator(".source-bar select").first.input_value() == "client.py"


def test_one_can_go_to_any_handler_by_name(stage: Any) -> None:
    page = shown(stage, "Source", 1.0)
    expect(page.locator(".code li").first).to_be_visible()
    page.get_by_label("Go to what handles").select_option("server timers election")
    expect(page.locator(".code .marked").first).to_contain_text('timer == "election"')
    expect(page.locator(".code .c-k").first).to_be_attached()


def test_a_message_and_a_timer_lead_from_what_is_told_of_them_to_their_code(stage: Any) -> None:
    page = shown(stage, "Log", 2.0)
    page.locator('[data-node="n1"] .hit').click()
    page.locator(".popover .timers").get_by_role("button", name="See the code").first.click()
    expect(page.locator(".source-words")).to_contain_text("What handles the timer election, in n1: on_timer")
    expect(page.locator(".code .marked").first).to_contain_text('timer == "election"')
    expect(page.locator(".popover")).to_be_hidden()


def test_code_that_cannot_be_fetched_says_so_and_is_asked_for_again(stage: Any) -> None:
    stage.open()
    page = stage.page
    until(page, "p.playback.state && p.view.cluster.plan")
    stage.online = False
    page.get_by_role("tab", name="Source").click()
    expect(page.locator(".source-words")).to_have_text("The code could not be fetched. You seem to be offline.")
    stage.online = True
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".code li").first).to_be_visible()


# Events


def rows(page: Any) -> list[str]:
    return page.locator(".event-list > li > button > span").all_inner_texts()


def test_events_are_found_by_node_and_by_words(stage: Any) -> None:
    page = shown(stage, "Events", 2.4)
    page.get_by_label("Node").select_option("c2")
    assert rows(page)
    assert all(text.startswith("c2:") for text in rows(page))
    page.get_by_label("Node").select_option("")
    page.get_by_label("Search the events").fill("BECAME leader")
    assert rows(page) == ["n3 became leader of term 1 with votes from n1, n3, n4."]
    page.get_by_label("Search the events").fill("no such thing")
    expect(page.locator(".events .empty")).to_have_text("Nothing here fits this search.")


def test_a_row_leads_to_its_moment_and_shows_all_it_says(stage: Any) -> None:
    page = shown(stage, "Events", 2.4)
    page.get_by_role("button", name="Messages").click()
    page.get_by_label("Search the events").fill("n3 to n1: AppendEntries")
    page.locator(".event-list > li > button").first.click()
    until(page, "p.selection.thing?.type === 'message' && p.clock.t_us === p.eventOf(p.selection.seq).t_us")
    expect(page.locator(".event-more")).to_contain_text("prev log index")
    expect(page.locator(".popover")).to_be_hidden()
    page.locator(".event-more").get_by_role("button", name="See the code").click()
    expect(page.locator(".source-words")).to_contain_text("on_append_entries")
    page.get_by_role("tab", name="Events").click()
    page.locator('.event-list button[aria-expanded="true"]').click()
    expect(page.locator(".event-more")).to_have_count(0)


def test_the_list_does_not_tell_that_a_message_will_be_lost(stage: Any) -> None:
    run = stage.make(until_us=3_000_000, loss_percent=30)
    page = shown(stage, "Events", 0.3, run=run)
    page.get_by_role("button", name="Messages").click()
    found = "p.session.store.events().find((event) => event.fate === 'lost' && event.t_us > 300000)"
    sent_us, arrives_us = player(page, f"[{found}.t_us, {found}.arrives_us]")
    seq = player(page, f"{found}.seq")
    told = f"[...document.querySelectorAll('.event-list [data-kind=message]')].some((row) => row.textContent.includes('(lost)') && {seq})"
    player(page, f"p.transport.jump({sent_us})")
    until(page, f"p.now.t_us === {sent_us}")
    before = player(page, f"document.querySelectorAll('.event-list > li').length && {told}")
    assert before is False
    player(page, f"p.transport.jump({arrives_us})")
    until(page, told)


def test_with_thousands_of_messages_the_list_stays_small(stage: Any) -> None:
    page = shown(stage, "Events", 20.0, scenario="busy")
    page.get_by_role("button", name="Messages").click()
    until(page, "p.session.store.events().length > 8000")
    page.get_by_label("Search the events").fill("appendentries")
    until(page, "document.querySelectorAll('.event-list > li').length > 100")
    assert page.locator(".event-list > li").count() <= 210


def test_after_a_command_elsewhere_the_list_tells_the_new_story(stage: Any) -> None:
    page = shown(stage, "Events", 2.0, scenario="steady")
    player(page, "(p.seen_us = 3e6, p.invalidate())")
    before = rows(page)
    stage.change(player(page, "p.session.run"), 1_000_000, "crash", {"node": "n3"})
    until(page, "p.now.state.nodes.n3.status === 'down' && p.playback.here")
    expect(page.locator('.event-list [data-kind="fault"]').first).to_contain_text("n3")
    told = page.evaluate("""async () => {
      const p = document.querySelector("lab-run");
      const { sentence } = await import("/static/player/words.js");
      const kinds = new Set(["note", "check", "limit", "fault", "operation"]);
      const listed = ({ kind, t_us }) => t_us <= Math.max(p.seen_us, p.now.t_us) && kinds.has(kind);
      return p.session.store.history().filter(listed).map((event) => sentence(event, p.lab));
    }""")
    assert rows(page) == told
    assert told != before


def test_a_row_is_made_again_where_its_event_is_another_of_the_same_number(stage: Any) -> None:
    page = shown(stage, "Events", 0.5)
    assert "n3 became leader of term 1" in " ".join(rows(page))
    other = "(events) => events.map((event) => (event.kind === 'note' ? { ...event, fields: { ...event.fields, term: 99 } } : event))"
    swap = "store.chunks.set(1, { ...chunk, events: other(chunk.events), history: other(chunk.history) }); store.version += 1;"
    player(page, f"(({{ session: {{ store }} }}, other) => {{ const chunk = store.byIndex(1); {swap} }})(p, {other})")
    player(page, "p.invalidate()")
    expect(page.locator(".event-list").get_by_text("n3 became leader of term 99")).to_have_count(1)


# Checks and challenges


def test_a_broken_promise_shows_its_evidence_and_lights_it(stage: Any) -> None:
    page = broken(stage)
    row = page.locator('.tab-panel .checks li[data-holds="false"]').first
    assert row.locator(".evidence li").count() > 0
    scrub(page, 7.8)
    row.get_by_role("button", name="See the moment").click()
    proof = player(page, "[...p.selection.proof.seqs]")
    moments = player(page, f"{proof}.map((seq) => p.eventOf(seq)?.t_us).filter(Boolean)")
    assert player(page, "p.clock.t_us") == max(moments)
    expect(page.locator(".node.proof").first).to_be_attached()
    causes = "[...p.selection.proof.seqs].map((seq) => p.eventOf(seq)).filter((event) => event?.kind === 'message')"
    arrivals = player(page, f"{causes}.map((event) => [event.dst, event.arrives_us])")
    proved = player(
        page, f"{proof}.map((seq) => p.eventOf(seq)).filter((event) => event?.kind === 'state').map((event) => [event.node, event.t_us])"
    )
    assert arrivals
    assert all(arrival in proved for arrival in arrivals)
    row.get_by_role("button", name="Show the proof in space-time").click()
    panel = "p.view.tabs.panels.find((one) => one.name === 'space-time')"
    until(page, f"{panel}.picture.scene?.proof.size > 0")
    assert player(page, f"{panel}.window.from_us") <= min(moments)
    assert player(page, f"{panel}.window.to_us") >= max(moments)
    page.locator("lab-run .player").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".node.proof")).to_have_count(0)


def test_hints_come_one_after_another(stage: Any) -> None:
    page = shown(stage, "Challenges", 1.0)
    challenge = find("raft").challenges[0]
    item = page.locator(".challenges > li").first
    expect(item.locator(".hints li")).to_have_count(0)
    item.get_by_role("button", name="Show a hint").click()
    expect(item.locator(".hints li")).to_have_text([challenge.hints[0]])
    item.get_by_role("button", name="Next hint").click()
    expect(item.locator(".hints li")).to_have_text(list(challenge.hints))
    expect(item.get_by_role("button", name="hint")).to_have_count(0)


def test_progress_is_shown_and_a_goal_met_says_so_and_leads_to_its_moment(stage: Any) -> None:
    page = shown(stage, "Challenges", 2.6)
    item = page.locator(".challenges > li").first
    expect(item.locator(".percent")).to_have_text("50 %")
    expect(item.locator(".met")).to_be_hidden()
    scrub(page, 5.0)
    expect(item.locator(".met")).to_contain_text("Goal met.")
    item.get_by_role("button", name="See the moment").click()
    until(page, "p.clock.t_us < 5e6 && p.now.state.goals['elect-after-crash'].progress === 1 || p.clock.t_us < 5e6")
    assert player(page, "p.session.marks().some((mark) => mark.kind === 'goal' && mark.t_us === p.clock.t_us)")


# Jumps


def test_one_jumps_from_election_to_election_by_buttons_and_by_keys(stage: Any) -> None:
    page = shown(stage, "Log", 5.0)
    page.get_by_label("Kind of moment to jump to").select_option("election")
    marks = player(page, "p.session.marks().filter((mark) => mark.label === 'election').map((mark) => mark.t_us)")
    assert len(marks) == 2
    page.get_by_role("button", name="Previous election").click()
    assert player(page, "p.clock.t_us") == marks[1]
    page.locator("lab-run .player").focus()
    page.keyboard.press("[")
    assert player(page, "p.clock.t_us") == marks[0]
    page.keyboard.press("[")
    expect(page.locator(".say .line")).to_have_text("No election before this moment.")
    page.keyboard.press("]")
    assert player(page, "p.clock.t_us") == marks[1]
    page.keyboard.press("j")
    expect(page.locator(".jumps select")).to_have_value("commit")
    page.keyboard.press("]")
    assert player(page, "p.session.marks().find((mark) => mark.t_us === p.clock.t_us).label") == "commit"


def test_the_kinds_are_the_labs_own(stage: Any) -> None:
    page = shown(stage, "Log", 1.0)
    told = page.locator(".jumps option").all_inner_texts()
    assert told == ["any mark", "candidacy", "election", "commit", "fault", "violation", "goal met"]


def test_marks_that_the_server_tells_are_known_before_their_chunks_and_gone_with_a_rewind(stage: Any) -> None:
    page = shown(stage, "Log", 1.0, scenario="steady")
    note = "['note', 90001, 41e6, 'n2', 'became_leader', { term: 2, votes: 'n2, n3' }]"
    late = "['note', 90009, 61e6, 'n2', 'became_leader', { term: 3, votes: 'n2, n3' }]"
    player(page, f"p.session.receive({{ kind: 'marks', revision: 0, chunks: [[21, 0, [{note}]], [31, 0, [{late}]], [1, 0, []]] }})")
    marks = "p.session.marks().filter((mark) => mark.label === 'election').map((mark) => mark.t_us)"
    assert player(page, marks)[1:] == [41_000_000, 61_000_000]
    assert len(player(page, marks)) == 3  # the chunk that is here tells its own
    player(page, "p.transport.setKind('election')")
    player(page, "p.transport.jumpMark(1)")
    assert player(page, "p.clock.t_us") == 41_000_000
    until(page, "p.playback.here")
    player(page, "p.session.receive({ kind: 'rewound', revision: 1, index: 25, from_us: 48e6 })")
    assert 61_000_000 not in player(page, marks)
    player(page, f"p.session.receive({{ kind: 'marks', revision: 0, chunks: [[31, 0, [{late}]]] }})")
    assert 61_000_000 not in player(page, marks)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_panel_is_wider_than_the_screen(stage: Any, width: int) -> None:
    stage.page.set_viewport_size({"width": width, "height": 900})
    page = shown(stage, "Space-time", 1.0)
    for tab in ("Space-time", "Roles", "Events", "Checks", "Challenges", "Source"):
        page.get_by_role("tab", name=tab, exact=True).click()
        until(page, "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        chosen = page.get_by_role("tab", name=tab, exact=True).bounding_box()
        assert chosen["x"] >= -1
        assert chosen["x"] + chosen["width"] <= width + 1
