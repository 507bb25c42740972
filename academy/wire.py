"""How the web process speaks with sockets: as uvicorn does, but that frames are deflated quickly rather than as small as can be.

Chunks are large and repeat themselves. The quickest level takes a third of the time of the usual one for a quarter more bytes
(docs/decisions/stream.md), and a hundred players are sent some eighty chunks a second.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

DEFLATE = {"level": 1, "memLevel": 5}  # for zlib; window and memory are uvicorn's
WINDOW_BITS = 12


class Wire(WebSocketsSansIOProtocol):
    """One socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.config.ws_per_message_deflate:
            self.conn.available_extensions = [
                ServerPerMessageDeflateFactory(
                    server_max_window_bits=WINDOW_BITS, client_max_window_bits=WINDOW_BITS, compress_settings=DEFLATE
                )
            ]
