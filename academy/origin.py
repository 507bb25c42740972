"""Which pages may open a websocket here. Django's CSRF middleware does not run on websockets, and a browser sends its cookies with them.

The page must come from the very host and port that is asked, or from one that `CSRF_TRUSTED_ORIGINS` names.
"""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings


class SameOrigin:
    """ASGI wrapper: 403 for a handshake whose origin is missing, unreadable or another."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
        app = self.app if is_same(origin, host) else WebsocketDenier()
        return await app(scope, receive, send)


def is_same(origin: str, host: str) -> bool:
    """Whether a page of this origin (`https://example.org`) may talk to this host (`example.org`, with its port where it has one)."""
    try:
        asked = urlsplit(origin)
        ours = asked.scheme in ("http", "https") and asked.netloc.lower() == host.lower() and host != ""
    except ValueError:
        return False
    return ours or origin in settings.CSRF_TRUSTED_ORIGINS
