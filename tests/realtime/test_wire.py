"""How frames go over the wire: deflated, by the web server as it is started."""

import asyncio
import re
import socket
import threading
import zlib

import pytest
import uvicorn
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.sync.client import connect

from academy import wire
from academy.launch import programs
from academy.launch.place import ROOT

FRAME = "".join(f'["message",{seq},{seq * 4099 % 2_000_000},"n{seq % 5}","n{seq % 3}"],' for seq in range(2_000))


async def twice(scope, receive, send):
    """Sends the same text two times to whoever connects."""
    await receive()
    await send({"type": "websocket.accept"})
    for _ in range(2):
        await send({"type": "websocket.send", "text": FRAME})
    await receive()


@pytest.fixture
def address(eventually):
    held = socket.create_server(("127.0.0.1", 0))
    options = {"log_level": "warning", "lifespan": "off", "ws_per_message_deflate": True, "ws": option(programs.WEB, "--ws")}
    server = uvicorn.Server(uvicorn.Config(twice, **options))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[held]),), daemon=True)
    thread.start()
    eventually("the server", lambda: server.started)
    yield f"ws://127.0.0.1:{held.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


def option(command, name):
    return command[command.index(name) + 1]


def test_frames_are_deflated_quickly_and_come_whole(address, monkeypatch):
    came, decode = [], PerMessageDeflate.decode
    monkeypatch.setattr(PerMessageDeflate, "decode", lambda self, frame, **kw: came.append(bytes(frame.data)) or decode(self, frame, **kw))
    with connect(address, max_size=2**22) as client:
        assert [client.recv(timeout=10), client.recv(timeout=10)] == [FRAME, FRAME]
    quick = zlib.compressobj(wire.DEFLATE["level"], zlib.DEFLATED, -wire.WINDOW_BITS, wire.DEFLATE["memLevel"])
    expected = [(quick.compress(FRAME.encode()) + quick.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff") for _ in range(2)]
    assert [len(data) for data in came[:2]] == [len(data) for data in expected]  # then the server closes


def test_the_container_speaks_as_the_launcher_does():
    [command] = re.findall(r'^CMD \["uvicorn".*', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    words = re.findall(r'"([^"]*)"', command)
    assert option(words, "--ws") == option(programs.WEB, "--ws") == f"{wire.Wire.__module__}:{wire.Wire.__qualname__}"
