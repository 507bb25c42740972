"""The frames a browser may send (docs/stream.md), typed and bounded: what does not fit is refused with the reason."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import msgspec

from labs.engine import limits

FRAME_BYTES_MAX = 16_384

Time = Annotated[int, msgspec.Meta(ge=0, le=limits.RUN_US_MAX)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Frame(msgspec.Struct, tag_field="kind", frozen=True, kw_only=True):
    """Base: `kind` says which."""


class Have(msgspec.Struct, frozen=True):
    revision: Count = 0
    index: Count = 0


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    have: Have | None = None
    at_us: Time | None = None


class Need(Frame, tag="need", frozen=True, kw_only=True):
    until_us: Time


class Seek(Frame, tag="seek", frozen=True, kw_only=True):
    at_us: Time


class Judge(Frame, tag="judge", frozen=True, kw_only=True):
    until_us: Time


class CommandFrame(Frame, tag="command", frozen=True, kw_only=True):
    id: uuid.UUID
    revision: Count
    at_us: Time
    action: Annotated[str, msgspec.Meta(max_length=40)]
    args: dict[str, Any] = {}
    branch: bool = False


AnyFrame = Hello | Need | Seek | Judge | CommandFrame
_decoder = msgspec.json.Decoder(AnyFrame)


def read(text: str) -> AnyFrame:
    """The frame in this text. Raises ValueError with a sentence for anything else."""
    size = len(text.encode())
    if size > FRAME_BYTES_MAX:
        raise ValueError(f"A frame has at most {FRAME_BYTES_MAX} bytes; this one has {size}.")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"This frame cannot be read: {error}. See docs/stream.md for what is expected.") from error
