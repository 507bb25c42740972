"""How large a request may be. Django under ASGI reads the whole body before any middleware runs, so the limit stands in front of it.

A refusal is sent at once, and then what the client goes on sending is read and dropped for a while: most clients look for an answer only
when they have sent everything, and a connection closed on unread bytes takes the answer with it.
"""

import asyncio
import contextlib
from typing import Any

BODY_BYTES_MAX = 2 * 1024 * 1024
DROPPED_BYTES_MAX = 16 * 1024 * 1024
DROPPING_S_MAX = 10
TOO_LARGE = b"413 Content Too Large: a request to this site may carry 2 MB.\n"


class BodyLimit:
    """ASGI wrapper: answers 413 to a body that says it is too large, and to one that turns out to be (sent in chunks, no length said)."""

    def __init__(self, app: Any, bytes_max: int = BODY_BYTES_MAX) -> None:
        self.app = app
        self.bytes_max = bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if content_length(scope) > self.bytes_max:
            await refuse(receive, send)
            return
        body = Counted(receive, self.bytes_max)
        guarded = Guarded(send, body)
        await self.app(scope, body, guarded)
        if body.too_large and not guarded.started:
            await refuse(receive, send)


class Counted:
    """`receive` that stops handing on a body once it has grown too large: the application sees its client leave."""

    def __init__(self, receive: Any, bytes_max: int) -> None:
        self.receive = receive
        self.bytes_left = bytes_max
        self.too_large = False

    async def __call__(self) -> Any:
        message = await self.receive()
        if message["type"] == "http.request":
            self.bytes_left -= len(message.get("body", b""))
            if self.bytes_left < 0:
                self.too_large = True
                return {"type": "http.disconnect"}
        return message


class Guarded:
    """`send` that drops what the application says about a body it never saw whole."""

    def __init__(self, send: Any, body: Counted) -> None:
        self.send = send
        self.body = body
        self.started = False

    async def __call__(self, message: Any) -> None:
        if self.body.too_large and not self.started:
            return
        self.started = True
        await self.send(message)


def content_length(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def refuse(receive: Any, send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(TOO_LARGE)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DROPPING_S_MAX):
            await drop(receive)
    await send({"type": "http.response.body"})


async def drop(receive: Any) -> None:
    bytes_left = DROPPED_BYTES_MAX
    while bytes_left > 0:
        message = await receive()
        bytes_left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return
