"""A stage for the player: the real modules and the real engine in a real browser; `Stage` plays the server's part of docs/stream.md.

What is tested here is the browser's side alone; tests/browser holds the stories on the whole site.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine

from academy.static import PackageFinder
from labs.catalog import find
from labs.engine import limits
from labs.engine.chunks import Chunk
from labs.engine.chunks import Run as EngineRun
from labs.engine.commands import Command
from labs.engine.simulation import Simulation
from labs.source import source

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://player.test"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
CSP = "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ws:; img-src 'self' data:"


def template(name: str) -> str:
    """A template as text, its static files at their plain addresses."""
    text = (ROOT / "templates" / name).read_text().replace("{% load static %}", "")
    return re.sub(r"{% static '([^']+)' %}", r"/static/\1", text)


class StageRun:
    """A run as a server would keep it: its log, and the chunks computed so far."""

    def __init__(self, lab: Any, parameters: dict[str, Any], seed: int, log: list[Command], parent: str | None = None) -> None:
        self.lab, self.parameters, self.seed, self.log, self.parent = lab, parameters, seed, log, parent
        self.chunks: list[tuple[int, Chunk]] = []
        self.compute(0)

    def compute(self, until_us: int) -> list[tuple[int, Chunk]]:
        """The chunks that were not there before, each with its revision."""
        engine = EngineRun(Simulation(self.lab, self.parameters, self.seed))
        while not self.chunks or self.chunks[-1][1].to_us < until_us:
            chunk = engine.next_chunk(self.log)
            if chunk.index > len(self.chunks):
                self.chunks.append((len(self.log), chunk))
        return self.chunks

    def append(self, at_us: int, action: str, args: dict[str, Any]) -> int:
        """Adds a command; returns the index from which on everything is another."""
        self.log = [*self.log, Command(len(self.log) + 1, at_us, action, args)]
        self.chunks = [(revision, chunk) for revision, chunk in self.chunks if chunk.to_us <= at_us]
        index = len(self.chunks) + 1
        self.compute(at_us + 1)
        return index


class Stage:
    """Plays the server. `said` holds the frames that came from the browser; `online` False refuses sockets and requests."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.runs: dict[str, StageRun] = {}
        self.said: list[dict[str, Any]] = []
        self.sockets: list[tuple[Any, dict[str, Any]]] = []
        self.created: list[dict[str, Any]] = []
        self.online = True
        self.silent: set[str] = set()  # kinds of frames that get no answer
        self.until_us_max = limits.RUN_US_MAX
        self.errors: list[str] = []
        self.body = ""
        self.lab = "raft"
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._complained(message))
        page.route(f"{ORIGIN}/**", self._serve)
        page.route_web_socket(re.compile(r"/ws/runs/"), self._socket)

    def _complained(self, message: Any) -> None:
        # The browser itself reports a network that a test took away.
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.errors.append(message.text)

    # Pages

    def open(self, scenario: str = "steady", run: str = "", around: str = "{lab}", theme: str = "light") -> None:
        """A page with a lab; `around` is the HTML about it."""
        self.body = around.replace("{lab}", self.partial(scenario, run))
        self.theme = theme
        self.page.goto(f"{ORIGIN}/")

    def open_beside(self, a: str, b: str, opens_at_us: int = 0, around: str = "{pair}", theme: str = "light") -> None:
        """Two runs side by side."""
        self.theme = theme
        sides = [
            {"letter": letter, "label": run[:8], "html": self.partial("steady", run, led=letter)} for letter, run in (("A", a), ("B", b))
        ]
        context = Context({"sides": sides, "abouts": [self.about(a), self.about(b)], "opens_at_us": opens_at_us})
        self.body = around.replace("{pair}", Engine().from_string(template("labs/beside_pair.html")).render(context))
        self.page.goto(f"{ORIGIN}/runs/{a}/beside/{b}/")

    def make(
        self, *log: tuple[int, str, dict[str, Any]], seed: int = 7, parent: str | None = None, until_us: int = 0, **parameters: Any
    ) -> str:
        """A run that exists, computed so far."""
        lab = find(self.lab)
        settings = lab.check_parameters({**lab.scenario("steady").parameters, **parameters})
        run = StageRun(lab, settings, seed, [Command(i + 1, *one) for i, one in enumerate(log)], parent)
        run.compute(until_us)
        return self.add(run)

    def about(self, name: str) -> dict[str, Any]:
        """A run as labs/family.py tells of it."""
        run = self.runs[name]
        kept = [command.at_us for command in self.runs[run.parent].log] if run.parent else []
        left = [command.at_us for command in run.log if command.at_us not in kept]
        return {
            "id": name,
            "url": f"/runs/{name}/",
            "label": "A cluster at work",
            "seed": run.seed,
            "parameters": dict(run.parameters),
            "parent": run.parent,
            "branched_at_us": left[0] if run.parent and left else None,
            "created_at": "2026-01-01T00:00:00+00:00",
            "revision": len(run.log),
            "commands": [{"seq": c.seq, "at_us": c.at_us, "action": c.action, "args": c.args} for c in run.log],
        }

    def family(self, name: str) -> dict[str, Any]:
        parent = self.runs[name].parent
        related = {other: run.parent for other, run in self.runs.items() if other != name and run.parent}
        return {
            "run": self.about(name),
            "parent": self.about(parent) if parent else None,
            "siblings": [self.about(other) for other, of in related.items() if of == parent],
            "children": [self.about(other) for other, of in related.items() if of == name],
        }

    def partial(self, scenario: str, run: str = "", **given: Any) -> str:
        lab = find(self.lab)
        chosen = lab.scenario(scenario)
        log = [Command(i + 1, *step) for i, step in enumerate(chosen.script)]
        settings = lab.check_parameters({**chosen.parameters})
        frame = EngineRun(Simulation(lab, settings, chosen.seed)).next_chunk(log).frame(len(log)).decode()
        context = {
            "lab": lab,
            "lab_json": json.dumps(lab.info()).replace("<", "\\u003c"),
            "poster_json": "" if run else frame.replace("<", "\\u003c"),
            "scenario": chosen,
            "parameters_json": "{}",
            "run_id": run,
            "place": "8.5/raft-first",
            "name": "raft-first",
            "create_url": f"/labs/{self.lab}/runs/",
            "ws_path": "/ws/runs/",
            "run_url": "/runs/",
            "csrf_token": "token",
            "source_url": f"/labs/{self.lab}/source/",
            **given,
        }
        return Engine().from_string(template("labs/player.html")).render(Context(context))

    def document(self) -> str:
        names = ("tokens", "base", "lesson", "figures", "player", "panels", "tray", "charts", "beside")
        sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in names)
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Stage</title>'
        main = f'<main class="page"><h1>Stage</h1><figure class="lab-figure" id="lab-raft-first">{self.body}</figure></main>'
        return f'<!doctype html><html lang="en" data-theme="{self.theme}">{head}{sheets}<body>{main}</body></html>'

    def _serve(self, route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0].split("#")[0]
        if not self.online:
            route.abort("internetdisconnected")
        elif path.startswith("/static/"):
            file = Path(packaged) if (packaged := PackageFinder().find(path.removeprefix("/static/"))) else ROOT / path.lstrip("/")
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix]) if file.exists() else route.fulfill(status=404)
        elif path == f"/labs/{self.lab}/runs/":
            self._create(route)
        elif path == f"/labs/{self.lab}/source/":
            route.fulfill(json=source(self.lab))
        elif found := re.fullmatch(r"/runs/([0-9a-f-]{36})/family/", path):
            route.fulfill(json=self.family(found[1])) if found[1] in self.runs else route.fulfill(status=404)
        elif path == "/favicon.ico":
            route.fulfill(status=204)
        else:
            route.fulfill(body=self.document(), content_type="text/html", headers={"Content-Security-Policy": CSP})

    def _create(self, route: Any) -> None:
        asked = route.request.post_data_json
        self.created.append({**asked, "token": route.request.headers.get("x-csrftoken")})
        lab = find(self.lab)
        scenario = lab.scenario(asked["scenario"])
        log = [Command(i + 1, *step) for i, step in enumerate(scenario.script)]
        run = self.add(StageRun(lab, lab.check_parameters({**scenario.parameters, **asked["parameters"]}), asked["seed"], log))
        route.fulfill(status=201, json={"run": run, "ws": f"/ws/runs/{run}/"})

    def add(self, run: StageRun) -> str:
        name = str(uuid.uuid4())
        self.runs[name] = run
        return name

    # Sockets

    def _socket(self, socket: Any) -> None:
        name = socket.url.rstrip("/").rsplit("/", 1)[1]
        if not self.online:
            socket.close(code=1001)
            return
        if name not in self.runs:
            socket.close(code=4404)
            return
        state = {"run": name, "sent": 0, "revision": 0, "open": True}
        self.sockets.append((socket, state))
        socket.on_message(lambda text: self._frame(socket, state, json.loads(text)))

    def hears(self, condition: Any) -> None:
        """Waits until what the browser said fulfils a condition."""
        for _ in range(500):
            if condition():
                return
            self.page.wait_for_timeout(20)  # lets the browser's frames in
        raise AssertionError(f"The browser said only {[frame['kind'] for frame in self.said]}")

    def drop(self) -> None:
        """The network goes away under all open sockets."""
        for socket, state in self.sockets:
            if state["open"]:
                state["open"] = False
                socket.close(code=1001)

    def _frame(self, socket: Any, state: dict[str, Any], frame: dict[str, Any]) -> None:
        self.said.append(frame)
        if frame["kind"] not in self.silent:
            getattr(self, f"_{frame['kind']}")(socket, state, frame)

    def _hello(self, socket: Any, state: dict[str, Any], frame: dict[str, Any]) -> None:
        run = self.runs[state["run"]]
        have = frame.get("have") or {"revision": len(run.log), "index": 0}
        if "at_us" in frame:
            held = next((chunk.index for _, chunk in run.chunks if chunk.from_us <= frame["at_us"] < chunk.to_us), 1)
            have = {"revision": len(run.log), "index": held - 1}
        say(socket, self.welcome(state["run"]))
        stale = [chunk for revision, chunk in run.chunks if revision > have["revision"] and chunk.index <= have["index"]]
        if stale:
            say(socket, {"kind": "rewound", "revision": len(run.log), "from_us": stale[0].from_us, "index": stale[0].index})
        state["sent"] = stale[0].index - 1 if stale else have["index"]
        self.flush(socket, state)

    def welcome(self, name: str) -> dict[str, Any]:
        run = self.runs[name]
        commands = [{"seq": c.seq, "at_us": c.at_us, "action": c.action, "args": c.args} for c in run.log]
        return {
            "kind": "welcome",
            "schema_version": 2,
            "run": name,
            "lab": self.lab,
            "lab_version": 1,
            "seed": run.seed,
            "parameters": run.parameters,
            "parent": run.parent,
            "revision": len(run.log),
            "commands": commands,
            "frontier_us": run.chunks[-1][1].to_us,
            "verdicts": [],
            "rights": {"act": True},
            "limits": {"until_us_max": self.until_us_max, "ahead_us_max": 60_000_000},
        }

    def flush(self, socket: Any, state: dict[str, Any]) -> None:
        for revision, chunk in self.runs[state["run"]].chunks:
            if chunk.index == state["sent"] + 1 and chunk.to_us <= self.until_us_max:
                socket.send(chunk.frame(revision).decode())
                state["sent"] = chunk.index

    def _need(self, socket: Any, state: dict[str, Any], frame: dict[str, Any]) -> None:
        self.runs[state["run"]].compute(frame["until_us"])
        self.flush(socket, state)

    def _seek(self, socket: Any, state: dict[str, Any], frame: dict[str, Any]) -> None:
        run = self.runs[state["run"]]
        run.compute(frame["at_us"] + 1)
        chunk = next(chunk for _, chunk in run.chunks if chunk.from_us <= frame["at_us"] < chunk.to_us)
        socket.send(chunk.frame(len(run.log)).decode())

    def _command(self, socket: Any, state: dict[str, Any], frame: dict[str, Any]) -> None:
        run = self.runs[state["run"]]
        if frame["revision"] != len(run.log):
            say(socket, {"kind": "refused", "id": frame["id"], "code": "stale", "text": "Changed elsewhere.", "revision": len(run.log)})
        elif frame["args"].get("node") == "n9":
            say(socket, {"kind": "refused", "id": frame["id"], "code": "bad_args", "text": "There is no n9 here.", "revision": None})
        elif frame["branch"]:
            log = [command for command in run.log if command.at_us <= frame["at_us"]]
            child = StageRun(run.lab, run.parameters, run.seed, log, parent=state["run"])
            child.append(frame["at_us"], frame["action"], frame["args"])
            say(socket, accepted(frame["id"], self.add(child), child, frame["at_us"]))
        else:
            self.change(state["run"], frame["at_us"], frame["action"], frame["args"], by=(socket, frame["id"]))

    def change(self, name: str, at_us: int, action: str, args: dict[str, Any], by: Any = None) -> None:
        """A command takes its place in the log; everybody who watches is told."""
        run = self.runs[name]
        index = run.append(at_us, action, args)
        if by:
            say(by[0], accepted(by[1], name, run, at_us))
        for socket, state in self.sockets:
            if state["open"] and state["run"] == name:
                if index <= state["sent"]:
                    say(socket, {"kind": "rewound", "revision": len(run.log), "from_us": run.chunks[index - 1][1].from_us, "index": index})
                    state["sent"] = index - 1
                self.flush(socket, state)


def accepted(id: str, name: str, run: StageRun, at_us: int) -> dict[str, Any]:
    return {"kind": "accepted", "id": id, "run": name, "seq": len(run.log), "revision": len(run.log), "at_us": at_us}


def say(socket: Any, frame: dict[str, Any]) -> None:
    socket.send(json.dumps(frame))


@pytest.fixture
def stage(page: Any) -> Iterator[Stage]:
    """A page with nothing on it yet; at the end the browser must not have complained."""
    stage = Stage(page)
    yield stage
    assert stage.errors == []


@pytest.fixture
def chunks() -> list[dict[str, Any]]:
    """Real chunks of an eventful run: the leader stops, comes back, is cut off; links lose messages."""
    lab = find("raft")
    settings = lab.check_parameters({**lab.scenarios[0].parameters, "loss_percent": 5})
    log = [
        Command(1, 3_000_000, "crash", {"node": "leader"}),
        Command(2, 5_500_000, "restart_all", {}),
        Command(3, 7_000_000, "partition", {"nodes": ["leader", "any-follower"]}),
        Command(4, 10_000_000, "heal", {}),
    ]
    engine = EngineRun(Simulation(lab, settings, 7))
    return [json.loads(engine.next_chunk(log).frame(len(log))) for _ in range(7)]
