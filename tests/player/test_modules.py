"""The pure modules, in a real browser: reducer, store, clock, playback, geometry, words."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labs.catalog import find
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.events import MessageEvent
from labs.engine.simulation import Simulation

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def blank(stage: Any) -> Any:
    """A page of the right origin that imports modules."""
    stage.open(around="<p>Nothing here.</p>")
    return stage.page


def test_the_browsers_copy_of_the_schema_is_the_generated_one() -> None:
    made = subprocess.run([sys.executable, "-m", "labs.engine.schema"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "static/player/schema.js").read_text() == made


def test_pages_name_every_module_so_that_they_load_at_once() -> None:
    named = set(re.findall(r"static '([^']+)'", (ROOT / "templates/labs/modules.html").read_text()))
    assert named == {path.relative_to(ROOT / "static").as_posix() for path in (ROOT / "static/player").rglob("*.js")}


PLAYED = """async (chunks) => {
  const { Store } = await import("/static/player/store.js");
  const { Playback } = await import("/static/player/playback.js");
  const store = new Store();
  for (const chunk of chunks) store.add(chunk);
  const sorted = (value) => Array.isArray(value) ? value.map(sorted)
    : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;
  const picture = (state) => JSON.stringify(sorted({ ...state, seq: undefined }));
  const moments = [...new Set(store.events().flatMap((event) => [event.t_us, event.t_us + 7]))].filter((t_us) => store.at(t_us));
  const forward = new Playback(store);
  const played = moments.map((t_us) => picture(forward.moveTo(t_us)));
  const backward = new Playback(store);
  const scrubbed = moments.toReversed().map((t_us) => picture(backward.moveTo(t_us))).toReversed();
  const jumped = moments.map((t_us) => picture(new Playback(store).moveTo(t_us)));
  const differing = moments.filter((_, i) => played[i] !== scrubbed[i] || played[i] !== jumped[i]);
  const pictures = new Set(played).size;
  return { moments: moments.length, pictures, differing: differing.length, first: differing[0] ?? null };
}"""


def test_playing_scrubbing_back_and_jumping_give_the_same_picture_at_every_moment(blank: Any, chunks: list[dict[str, Any]]) -> None:
    told = blank.evaluate(PLAYED, chunks)
    assert told["differing"] == 0, told
    assert told["moments"] > 1000
    assert told["pictures"] > 1000  # they are not all the same because nothing was drawn


@pytest.fixture
def chunks_by_hand() -> list[dict[str, Any]]:
    """Real chunks in which single messages are delayed, delivered, dropped and copied, lost ones too, and timers are fired."""
    lab = find("raft")
    settings = lab.check_parameters({**lab.scenarios[0].parameters, "loss_percent": 15, "latency_ms": 60})
    log: list[Command] = []
    acts = ("delay_message", "deliver_message", "duplicate_message", "drop_message", "delay_message")
    for i in range(26):
        at_us = 900_000 + i * 430_000
        engine, seen = EngineRun(Simulation(lab, settings, 7)), []
        while engine.frontier_us < at_us:
            engine.next_chunk(log)
            seen += [event for event in engine.simulation.events if event.t_us < at_us]
        flying = [e for e in seen if isinstance(e, MessageEvent) and e.arrives_us - e.t_us > 2 * (at_us - e.t_us)]
        if i % 6 == 5:
            log.append(Command(i + 1, at_us, "fire_timer", {"node": f"n{1 + i % 5}", "timer": "election"}))
        elif i == 9:
            log.append(Command(i + 1, at_us, "crash", {"node": "leader"}))
        elif i == 15:
            log.append(Command(i + 1, at_us, "restart_all", {}))
        elif flying:
            act = acts[i % 5]
            log.append(
                Command(i + 1, at_us, act, {"message": flying[i % len(flying)].seq} | ({"ms": 700} if act == "delay_message" else {}))
            )
        else:
            log.append(Command(i + 1, at_us, "heal", {}))
    engine = EngineRun(Simulation(lab, settings, 7))
    return [json.loads(engine.next_chunk(log).frame(len(log))) for _ in range(7)]


def test_with_messages_and_timers_handled_one_by_one_the_three_ways_give_the_same_picture(
    blank: Any, chunks_by_hand: list[dict[str, Any]]
) -> None:
    rows = [row for chunk in chunks_by_hand for row in chunk["events"]]
    moved = [row for row in rows if row[0] == "message_moved"]
    assert len(moved) >= 6
    assert any(row[4] > row[2] for row in moved)
    assert any(row[4] == row[2] for row in moved)
    assert any(chunk["keyframe"]["moved"] for chunk in chunks_by_hand), "a delayed message is under way where a chunk begins"
    assert any(row[0] == "timer" and row[5] is None for row in rows)
    assert not [row[6] for row in rows if row[0] == "fault" and row[6].startswith("Nothing done: message")]
    told = blank.evaluate(PLAYED, chunks_by_hand)
    assert told["differing"] == 0, told
    assert told["moments"] > 1000


def test_that_comparison_notices_timers_and_moved_messages(blank: Any, chunks_by_hand: list[dict[str, Any]]) -> None:
    at = next(i for i, chunk in enumerate(chunks_by_hand) if chunk["keyframe"]["moved"])
    for part in ("moved", "timers"):
        broken = copy.deepcopy(chunks_by_hand)
        broken[at]["keyframe"][part] = [] if part == "moved" else {}
        assert blank.evaluate(PLAYED, broken)["differing"] > 0, part
    broken = copy.deepcopy(chunks_by_hand)
    node, timers = next((node, timers) for node, timers in broken[at]["keyframe"]["timers"].items() if "election" in timers)
    timers["election"][0] -= 1
    assert blank.evaluate(PLAYED, broken)["differing"] > 0, node


def test_that_comparison_notices_a_keyframe_that_does_not_match_its_events(blank: Any, chunks: list[dict[str, Any]]) -> None:
    broken = copy.deepcopy(chunks)
    broken[2]["keyframe"]["nodes"]["n1"]["state"]["term"] = 99
    assert blank.evaluate(PLAYED, broken)["differing"] > 0


def test_the_end_of_a_chunk_is_the_keyframe_of_the_next(blank: Any, chunks: list[dict[str, Any]]) -> None:
    told = blank.evaluate(
        """async (chunks) => {
          const { fromKeyframe, reduceAll, settle } = await import("/static/player/reducer.js");
          const { decodeChunk } = await import("/static/player/events.js");
          const plain = (state, t_us) => {
            const { nodes, links, flight, timers } = settle(state, t_us);
            const told = Object.keys(nodes).sort().map((id) => [id, nodes[id].status, Object.entries(nodes[id].state).sort()]);
            const due = Object.keys(timers).sort().map((id) => [id, Object.entries(timers[id]).sort()]);
            return JSON.stringify([told, links, flight, due]);
          };
          const decoded = chunks.map(decodeChunk);
          const played = ({ keyframe, events }) => reduceAll(fromKeyframe(keyframe), events, 0, events.length);
          return decoded.slice(1).map((chunk, i) => {
            const last_us = chunk.from_us - 1;
            return plain(played(decoded[i]), last_us) === plain(fromKeyframe(chunk.keyframe), last_us);
          });
        }""",
        chunks,
    )
    assert told == [True] * (len(chunks) - 1)


def test_reducing_never_changes_the_state_it_was_given(blank: Any, chunks: list[dict[str, Any]]) -> None:
    told = blank.evaluate(
        """async (chunk) => {
          const { fromKeyframe, reduce, reduceAll } = await import("/static/player/reducer.js");
          const { decodeChunk } = await import("/static/player/events.js");
          const freeze = (value) => {
            if (value && typeof value === "object" && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(freeze);
            return value;
          };
          const { keyframe, events } = decodeChunk(chunk);
          let state = freeze(fromKeyframe(keyframe));
          for (const event of events) state = freeze(reduce(state, freeze(event)));
          return JSON.stringify(state) === JSON.stringify(reduceAll(fromKeyframe(keyframe), events, 0, events.length));
        }""",
        chunks[1],
    )
    assert told is True


def test_what_an_event_does_not_touch_keeps_its_identity(blank: Any, chunks: list[dict[str, Any]]) -> None:
    told = blank.evaluate(
        """async (chunk) => {
          const { fromKeyframe, reduce } = await import("/static/player/reducer.js");
          const before = fromKeyframe(chunk.keyframe);
          const after = reduce(before, { kind: "state", seq: 1, t_us: 1, node: "n1", changed: { term: 9 } });
          const same = [after.nodes.n1 === before.nodes.n1, after.nodes.n2 === before.nodes.n2, after.flight === before.flight];
          return [...same, after.nodes.n1.state.term];
        }""",
        chunks[1],
    )
    assert told == [False, True, True, 9]


def test_a_list_is_spliced_and_an_unknown_kind_changes_nothing(blank: Any) -> None:
    told = blank.evaluate(
        """async () => {
          const { reduce } = await import("/static/player/reducer.js");
          const n1 = { id: "n1", kind: "server", status: "up", state: { log: [1, 2, 3] } };
          const state = { seq: 0, nodes: { n1 }, links: [], flight: [], operations: {}, checks: {}, goals: {} };
          const spliced = reduce(state, { kind: "state", seq: 1, t_us: 1, node: "n1", changed: { log: { at: 1, drop: 2, items: [9] } } });
          const same = reduce(spliced, { kind: "from a later version", seq: 2, t_us: 2 });
          return [spliced.nodes.n1.state.log, state.nodes.n1.state.log, same.nodes === spliced.nodes, same.seq];
        }"""
    )
    assert told == [[1, 9], [1, 2, 3], True, 2]


def test_a_message_is_in_flight_until_it_arrives_or_is_dropped(blank: Any) -> None:
    told = blank.evaluate(
        """async () => {
          const { reduce, settle } = await import("/static/player/reducer.js");
          const empty = { seq: 0, nodes: {}, links: [], flight: [], operations: {}, checks: {}, goals: {} };
          const ping = { kind: "message", t_us: 0, src: "n1", dst: "n2", arrives_us: 100, fate: "delivered", body: ["Ping"] };
          const message = (seq) => ({ ...ping, seq });
          const two = reduce(reduce(empty, message(1)), message(2));
          const one = reduce(two, { kind: "message_dropped", seq: 3, t_us: 50, message: 1, reason: "cut" });
          return [two, one, settle(one, 99), settle(one, 100)].map((state) => state.flight.map((sent) => sent.seq));
        }"""
    )
    assert told == [[1, 2], [2], [2], []]


def test_a_timer_is_gone_when_it_is_due_cancelled_or_its_node_stops(blank: Any) -> None:
    told = blank.evaluate(
        """async () => {
          const { reduce, settle } = await import("/static/player/reducer.js");
          const empty = { seq: 0, nodes: {}, links: [], flight: [], timers: {}, operations: {}, checks: {}, goals: {} };
          const timer = (node, name, due_us) => ({ kind: "timer", seq: 1, t_us: 10, node, name, due_us });
          const set = [timer("n1", "a", 100), timer("n1", "b", 200), timer("n2", "a", 300)].reduce(reduce, empty);
          const down = { kind: "node", seq: 2, t_us: 20, node: "n1", status: "down" };
          const states = [set, settle(set, 99), settle(set, 100), reduce(set, timer("n2", "a", null)), reduce(set, down)];
          const names = ({ timers }) => Object.entries(timers).map(([id, mine]) => id + Object.keys(mine).sort().join("")).sort();
          return [...states.map(names), set.timers === settle(set, 99).timers, set.timers.n1.a];
        }"""
    )
    assert told == [["n1ab", "n2a"], ["n1ab", "n2a"], ["n1b", "n2a"], ["n1ab"], ["n2a"], True, {"set_us": 10, "due_us": 100}]


STORE = "const { Store } = await import('/static/player/store.js'); const store = new Store({ keep: 4 });"
# Chunk n spans [10(n-1), 10n) and holds one event, in its middle.
FRAME = """const frame = (index, revision = 0) => {
  const from_us = (index - 1) * 10;
  const events = [["note", index, from_us + 5, "n1", "x", {}]];
  return { kind: "chunk", revision, index, from_us, to_us: index * 10, keyframe: {}, events };
};"""


def store(page: Any, script: str) -> Any:
    return page.evaluate(f"async () => {{ {STORE} {FRAME} {script} }}")


def test_a_chunk_is_taken_once_and_a_hole_is_noticed(blank: Any) -> None:
    told = store(blank, "return [1, 1, 2, 4].map((index) => store.add(frame(index))).concat(store.cursor());")
    assert told == ["new", "duplicate", "new", "gap", {"revision": 0, "index": 2}]


def test_after_a_rewind_old_chunks_are_not_taken_and_new_ones_are(blank: Any) -> None:
    told = store(
        blank,
        "[1, 2, 3].forEach((i) => store.add(frame(i))); store.rewind({ revision: 1, index: 2, from_us: 10 });"
        "const before = [store.cursor(), store.until_us]; const taken = [frame(2), frame(2, 1), frame(3, 1)].map((one) => store.add(one));"
        "return [...before, ...taken, store.byIndex(1).revision, store.byIndex(3).revision];",
    )
    assert told == [{"revision": 1, "index": 1}, 10, "stale", "new", "new", 0, 1]


def test_the_same_rewind_told_twice_loses_nothing(blank: Any) -> None:
    told = store(
        blank,
        "[1, 2].forEach((i) => store.add(frame(i))); const told = { revision: 1, index: 2, from_us: 10 };"
        "store.rewind(told); store.add(frame(2, 1)); store.rewind(told); return store.readyUntil(5);",
    )
    assert told == 20


def test_a_newer_revision_without_a_word_replaces_what_is_held_beyond_it(blank: Any) -> None:
    told = store(
        blank, "[1, 2].forEach((i) => store.add(frame(i))); return [store.add(frame(3, 2)), store.add(frame(4, 0)), store.cursor()];"
    )
    assert told == ["new", "stale", {"revision": 2, "index": 3}]


def test_far_chunks_are_let_go_and_come_back_when_sought(blank: Any) -> None:
    told = store(
        blank,
        "for (let i = 1; i <= 9; i++) store.add(frame(i)); store.evict(85); const kept = [...store.order];"
        "const gone = store.at(5); store.sought.push(5); const taken = store.add(frame(1));"
        "return [kept, gone, taken, store.at(5).index, store.cursor().index];",
    )
    assert told == [[6, 7, 8, 9], None, "new", 1, 9]


def test_a_sought_chunk_of_a_newer_revision_does_not_move_the_cursor(blank: Any) -> None:
    told = store(blank, "for (let i = 1; i <= 9; i++) store.add(frame(i)); store.evict(85); store.add(frame(2, 5)); return store.cursor();")
    assert told == {"revision": 0, "index": 9}


def test_time_is_found_at_both_edges_of_a_chunk(blank: Any) -> None:
    told = store(blank, "[1, 2].forEach((i) => store.add(frame(i))); return [0, 9, 10, 19, 20].map((t) => store.at(t)?.index ?? null);")
    assert told == [1, 1, 2, 2, None]


def test_stepping_finds_the_events_around_a_moment_across_chunks(blank: Any) -> None:
    told = store(
        blank,
        "[1, 2].forEach((i) => store.add(frame(i)));"
        "return [[0, 1], [5, 1], [15, 1], [15, -1], [16, -1], [5, -1]].map(([t, step]) => store.neighbour(t, step));",
    )
    assert told == [5, 15, None, 5, 15, None]


def test_a_branch_keeps_the_chunks_that_end_before_it(blank: Any) -> None:
    told = store(
        blank,
        "[1, 2, 3].forEach((i) => store.add(frame(i, 4))); store.branchAt(25, 2);"
        "return [store.order, store.cursor(), store.add(frame(3, 1)), store.add(frame(3, 2)), store.until_us];",
    )
    assert told == [[1, 2], {"revision": 2, "index": 2}, "stale", "new", 30]


def clock(page: Any, script: str) -> Any:
    made = "const { Clock } = await import('/static/player/clock.js'); const clock = new Clock();"
    return page.evaluate(f"async () => {{ {made} {script} }}")


def test_virtual_time_is_wall_time_times_speed(blank: Any) -> None:
    told = clock(
        blank,
        "clock.speed = 0.1; clock.play(); clock.tick(1000, 1e9); clock.tick(1016, 1e9); const slow = clock.t_us;"
        "clock.speed = 20; clock.tick(1032, 1e9); return [slow, clock.t_us];",
    )
    assert told == [1600, 1600 + 320_000]


def test_the_playhead_waits_at_the_end_and_goes_on_by_itself(blank: Any) -> None:
    told = clock(
        blank,
        "clock.play(); clock.tick(0, 10000); clock.tick(50, 10000); const at = clock.t_us; clock.tick(66, 10000);"
        "const waiting = clock.waiting; clock.tick(82, 1e6); return [at, waiting, clock.waiting, clock.t_us];",
    )
    assert told == [9999, True, False, 25_999]


def test_a_late_frame_does_not_make_the_student_miss_anything(blank: Any) -> None:
    assert clock(blank, "clock.play(); clock.tick(0, 1e9); clock.tick(60000, 1e9); return clock.t_us;") == 100_000


def test_a_held_clock_stands_still_and_a_paused_one_too(blank: Any) -> None:
    held = "clock.play(); clock.tick(0, 1e9); clock.held = true; clock.tick(16, 1e9); clock.held = false;"
    assert clock(blank, f"{held} clock.pause(); clock.tick(32, 1e9); return clock.t_us;") == 0


def test_speed_moves_along_its_steps_and_stops_at_the_ends(blank: Any) -> None:
    told = clock(
        blank,
        "const seen = []; for (let i = 0; i < 12; i++) { clock.faster(); seen.push(clock.speed); }"
        "for (let i = 0; i < 20; i++) clock.slower(); return [seen[0], seen.at(-1), clock.speed];",
    )
    assert told == [2, 20, 0.02]


@pytest.mark.parametrize(("width", "height"), [(760, 430), (360, 340), (1400, 900)])
def test_nodes_and_clients_stand_inside_the_box_and_do_not_overlap(blank: Any, width: int, height: int) -> None:
    laid_out = blank.evaluate(
        """async ([width, height]) => {
          const { layout } = await import("/static/player/geometry.js");
          const server = (_, i) => ({ id: `n${i + 1}`, kind: "server" });
          const nodes = (servers) => [...Array.from({ length: servers }, server), { id: "c1", kind: "client" }];
          const box = ({ x, y, r, w, h }) => ({ x, y, half: w ? w / 2 : r, tall: h ? h / 2 : r });
          return [1, 2, 3, 4, 5, 6, 7, 9, 12].map((servers) => [...layout(nodes(servers), width, height).places.values()].map(box));
        }""",
        [width, height],
    )
    for places in laid_out:
        for i, a in enumerate(places):
            assert a["half"] <= a["x"] <= width - a["half"], (len(places) - 1, a)
            assert a["tall"] <= a["y"] <= height - a["tall"], (len(places) - 1, a)
            for b in places[i + 1 :]:
                beside = abs(a["x"] - b["x"]) >= a["half"] + b["half"]
                over = abs(a["y"] - b["y"]) >= a["tall"] + b["tall"]
                far = ((a["x"] - b["x"]) ** 2 + (a["y"] - b["y"]) ** 2) ** 0.5 >= a["half"] + b["half"]
                assert beside or over or far, (len(places) - 1, a, b)


@pytest.mark.parametrize(("width", "height"), [(328, 300), (760, 420)])
def test_every_server_stands_on_its_zones_ground_and_on_no_other(blank: Any, width: int, height: int) -> None:
    grounds = blank.evaluate(
        """async ([width, height]) => {
          const { layout } = await import("/static/player/geometry.js");
          const zones = ["", "east", "west", "north"];
          const nodes = Array.from({ length: 10 }, (_, i) => ({ id: `n${i}`, kind: "server", zone: zones[i % 4] || undefined }));
          const { places, grounds, servers } = layout([...nodes, { id: "c1", kind: "client" }], width, height);
          const paint = document.createElement("canvas").getContext("2d");
          const holds = ({ path, wide }, { x, y }) => {
            paint.lineWidth = wide;
            const shape = new Path2D(path);
            return paint.isPointInPath(shape, x, y) || paint.isPointInStroke(shape, x, y);
          };
          return [servers, grounds.map((one) => [one.zone, nodes.filter(({ id }) => holds(one, places.get(id))).map(({ id }) => id)])];
        }""",
        [width, height],
    )
    servers, held = grounds
    assert servers == [f"n{i}" for i in range(10)]  # keys count them as before
    assert held == [["east", ["n1", "n5", "n9"]], ["west", ["n2", "n6"]], ["north", ["n3", "n7"]]]


def test_sentences_are_filled_from_the_labs_templates(blank: Any) -> None:
    told = blank.evaluate(
        """async () => {
          const { sentence, fill, say, quantity } = await import("/static/player/words.js");
          const lab = { notes: { won: { text: "{node} won term {term} with votes from {votes}" } }, messages: {}, checkers: [] };
          return [sentence({ kind: "note", node: "n3", name: "won", fields: { term: 4, votes: ["n2", "n4", "n3"] } }, lab),
                  sentence({ kind: "note", node: "n3", name: "not_listed", fields: {} }, lab), fill("{gone}", {}),
                  say([]), say(true), say({ x: 4 }), quantity("latency_us", 90000), quantity("loss_ppm", 50000)];
        }"""
    )
    assert told[:3] == ["n3 won term 4 with votes from n2, n4 and n3.", "n3: not listed.", "{gone}"]
    assert told[3:] == ["", "yes", "x 4", "latency 90 ms", "loss 5 %"]
