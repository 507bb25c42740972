"""`up --check`: what a student's browser does, step by step, against the running site. Each step prints how long it took."""

import http.client
import json
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from academy.launch.errors import LaunchError
from academy.launch.supervise import Supervisor
from academy.launch.terminal import say

T = TypeVar("T")
ANSWER_S = 15
LAB = "raft"


def prove(address: str, supervisor: Supervisor) -> None:
    browser = Browser(address)
    step(supervisor, "the home page is served", lambda: browser.get("/"))
    step(supervisor, "a visitor becomes a guest", lambda: browser.post("/accounts/guest/", {}))
    created = step(supervisor, f"a {LAB} run is created", lambda: browser.post_json(f"/labs/{LAB}/runs/", {"scenario": None}))
    with step(supervisor, "its websocket opens", lambda: browser.websocket(f"/ws/runs/{created['run']}/")) as socket:
        step(supervisor, "the run says welcome", lambda: exchange(socket, {"kind": "hello"}, "welcome"))
        chunk = step(supervisor, "a worker computes a chunk", lambda: exchange(socket, {"kind": "need", "until_us": 2_000_000}, "chunk"))
        expect(bool(chunk.get("events")), "a chunk with events", chunk)


def step(supervisor: Supervisor, what: str, act: Callable[[], T]) -> T:
    began = time.monotonic()
    supervisor.look()
    supervisor.processes.pause(0)
    try:
        result = act()
    except (OSError, http.client.HTTPException, WebSocketException, ValueError) as error:
        raise LaunchError(
            f"The check failed where {what}: {error or type(error).__name__}. Logs as they were:\n{logs(supervisor)}"
        ) from None
    say(f"  {what}: {(time.monotonic() - began) * 1000:.0f} ms")
    return result


def logs(supervisor: Supervisor) -> str:
    from academy.launch.processes import last_lines

    return "\n".join(f"{watched.program.name}:\n  {last_lines(watched.program.log, 8)}" for watched in supervisor.watched)


def expect(holds: bool, expected: str, came: object) -> None:
    if not holds:
        raise ValueError(f"expected {expected}, got {str(came)[:300]}")


class Browser:
    """Just enough of one: cookies, the CSRF token, the origin."""

    def __init__(self, address: str):
        self.address = address
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.address)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_S)
        try:
            line.request(method, path, body, {"Cookie": self.cookie_header(), "Origin": self.address, **headers})
            answer = line.getresponse()
            for header in answer.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
            return answer.status, answer.read()
        finally:
            line.close()

    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> bytes:
        status, body = self.ask("GET", path, b"", {})
        expect(status == 200 and b"</html>" in body, f"a page at {path}", f"{status} {body[:200]!r}")
        return body

    def post(self, path: str, fields: dict[str, str]) -> bytes:
        if "csrftoken" not in self.cookies:
            self.get("/accounts/login/")  # a page with a form sets the token's cookie
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        status, body = self.ask("POST", path, urlencode(fields).encode(), headers)
        expect(status in (200, 302, 303) and "sessionid" in self.cookies, f"a session from {path}", f"{status} {body[:200]!r}")
        return body

    def post_json(self, path: str, value: object) -> dict:
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        status, body = self.ask("POST", path, json.dumps(value).encode(), headers)
        expect(status in (200, 201), f"success from {path}", f"{status} {body[:200]!r}")
        return dict(json.loads(body))

    def websocket(self, path: str) -> ClientConnection:
        headers = {"Cookie": self.cookie_header()}
        address = self.address.replace("http", "ws", 1) + path
        return connect(address, origin=Origin(self.address), additional_headers=headers, open_timeout=ANSWER_S, max_size=None)


def exchange(socket: ClientConnection, frame: dict, kind: str) -> dict:
    """Send one frame and read until one of this kind comes."""
    socket.send(json.dumps(frame))
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            came = json.loads(socket.recv(timeout=max(0.0, deadline - time.monotonic())))
        except TimeoutError:
            raise ValueError(f"no frame of kind {kind} within {ANSWER_S} s") from None
        if came["kind"] == kind:
            return dict(came)
        expect(came["kind"] not in ("refused", "gone"), f"a frame of kind {kind}", came)
