"""The site, and beside it a websocket that answers with what it was sent: what the server costs before the Academy does anything."""

from typing import Any

from academy.asgi import application as site

ECHO_PATH = "/ws/bench/echo/"


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket" and scope["path"] == ECHO_PATH:
        await echo(receive, send)
    else:
        await site(scope, receive, send)


async def echo(receive: Any, send: Any) -> None:
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": event.get("text")})
