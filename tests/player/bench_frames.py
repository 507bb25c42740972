"""How long the main thread works on a frame. Figures as JSON, not a test; nothing fails because it was slow.

    python3 manage.py test -- tests/player/bench_frames.py -q -s

Each case draws real frames of the whole element, one moment after the other at 60 a second, three times over; of each moment the
quickest counts, since other programs share the machine. Milliseconds of JavaScript, without the browser's own painting.
"""

import json
from typing import Any

import pytest

from tests.lab_page import player, until

FRAMES = """async (at_us) => {
  const p = document.querySelector("lab-run");
  const quickest = Array(120).fill(Infinity);
  for (let pass = 0; pass < 3; pass++) {
    for (const i of quickest.keys()) {
      const now_ms = await new Promise(requestAnimationFrame);
      p.clock.seek(at_us + i * 1667);
      const from_ms = performance.now();
      p.frame(now_ms);
      quickest[i] = Math.min(quickest[i], performance.now() - from_ms);
    }
  }
  return quickest.sort((a, b) => a - b);
}"""

# A crowd in place of what the run has: nodes like its first, and so many messages under way between them at every moment.
CROWD = """([nodes, messages]) => {
  const p = document.querySelector("lab-run");
  const moveTo = p.playback.moveTo.bind(p.playback);
  const first = Object.values(p.playback.state.nodes).find((node) => node.kind === "server");
  const ids = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  const crowd = Object.fromEntries(ids.map((id) => [id, { ...first, id }]));
  const body = ["AppendEntries", 1, "n1", 1, 1, [], 1, 1];
  const sent = { kind: "message", t_us: p.clock.t_us, arrives_us: p.clock.t_us + 5e5, fate: "delivered", body };
  const way = (i) => ({ src: ids[i % nodes], dst: ids[(i + 1 + (i % (nodes - 1))) % nodes] });
  const flight = Array.from({ length: messages }, (_, i) => ({ ...sent, seq: 1e6 + i, ...way(i) }));
  const known = new Map();
  p.playback.moveTo = (t_us) => {
    const state = moveTo(t_us);
    if (!state) return state;
    if (!known.has(state)) known.set(state, { ...state, nodes: crowd, flight });
    return known.get(state);
  };
}"""


def paused_at(stage: Any, at_us: int, panel: str) -> Any:
    page = stage.page
    page.set_viewport_size({"width": 1280, "height": 900})
    stage.open("busy")
    until(page, "p.view.cluster.plan")
    page.locator("lab-run .player").focus()
    page.keyboard.press("Space")
    player(page, f"(p.seen_us = {at_us} + 1e6, p.transport.jump({at_us}))")
    until(page, f"p.playback.here && p.now.t_us === {at_us} && p.session.status === 'live'")
    page.get_by_role("tab", name=panel).click()
    return page


def told(case: str, times: list[float]) -> None:
    at = lambda part: round(times[int(len(times) * part)], 2)  # noqa: E731
    print("\n" + json.dumps({"case": case, "frames": len(times), "median_ms": at(0.5), "p95_ms": at(0.95), "max_ms": round(times[-1], 2)}))


@pytest.mark.parametrize(("nodes", "messages"), [(7, 300), (60, 300)])
def test_crowd(stage: Any, nodes: int, messages: int) -> None:
    page = paused_at(stage, 5_000_000, "Log")
    page.evaluate(CROWD, [nodes, messages])
    until(page, f"(p.invalidate(), Object.keys(p.now.state.nodes).length === {nodes})")
    told(f"{nodes} nodes, {messages} messages in flight", page.evaluate(FRAMES, 5_000_000))


@pytest.mark.parametrize("panel", ["Log", "Space-time", "Roles", "Pending", "Events"])
def test_panel(stage: Any, panel: str) -> None:
    page = paused_at(stage, 5_900_000, panel)
    told(f"busy scenario, panel {panel}", page.evaluate(FRAMES, 5_900_000))
