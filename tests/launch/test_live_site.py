"""The fixtures themselves: a page by HTTP, a chunk through worker, Redis and websocket, a page in Chromium."""

import pytest

from academy.launch import proof
from academy.launch.errors import LaunchError
from academy.launch.proof import LAB, Browser, exchange
from academy.launch.supervise import Supervisor


def test_a_page_is_served(live_site):
    assert b"</html>" in Browser(live_site).get("/")


def test_a_worker_computes_a_chunk_that_comes_over_the_websocket(live_site):
    browser = Browser(live_site)
    browser.post("/accounts/guest/", {})
    run = browser.post_json(f"/labs/{LAB}/runs/", {"scenario": None})["run"]
    with browser.websocket(f"/ws/runs/{run}/") as socket:
        assert exchange(socket, {"kind": "hello"}, "welcome")["run"] == run
        chunk = exchange(socket, {"kind": "need", "until_us": 2_000_000}, "chunk")
    assert chunk["index"] == 1
    assert chunk["events"]


def test_a_browser_opens_the_home_page(live_site, page):
    page.goto(live_site)
    assert "Academy" in page.title()


def test_the_check_of_up_passes_on_a_site_that_works(live_site, children, capsys):
    proof.prove(live_site, Supervisor(children))
    assert "a worker computes a chunk" in capsys.readouterr().out


def test_the_check_of_up_fails_where_the_site_does(live_site, children, monkeypatch):
    monkeypatch.setattr(proof, "LAB", "no-such-lab")
    with pytest.raises(
        LaunchError, match=r"The check failed where a no-such-lab run is created: expected success from /labs/no-such-lab/runs/"
    ):
        proof.prove(live_site, Supervisor(children))
