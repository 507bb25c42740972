"""Ports: a free one for a server of our own, and the site's own, held from the first moment."""

import errno
import socket
from collections.abc import Callable
from typing import TypeVar

from academy.launch.errors import LaunchError

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_free_port(start: Callable[[int], T]) -> T:
    """Another program may take the port between our asking and the server's: then it is tried on another."""
    for attempt in range(3):
        try:
            return start(free_port())
        except LaunchError as error:
            if attempt == 2 or "already in use" not in str(error):
                raise
    raise AssertionError


def listen(host: str, port: int) -> socket.socket:
    """The socket the web process serves from. Held here, so that requests wait, and are not refused, while that process is restarted."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise LaunchError(
            f"`--host {host}` is not an address of this machine: {error.strerror}. Use 127.0.0.1, or 0.0.0.0 for all."
        ) from None
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address)
        held.listen(2048)
    except OSError as error:
        held.close()
        raise LaunchError(refusal(error, host, port)) from None
    return held


def refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program. End it, or choose another port: python3 manage.py up --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"This account may not serve on port {port}. Choose one from 1024 up: python3 manage.py up --port 8000"
    return f"Serving on {host} port {port} is not possible: {error.strerror}. Use --host 127.0.0.1 and a port from 1024 up."
