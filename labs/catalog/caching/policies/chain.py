"""A queue of keys that gives up its middle in constant time.

Two dicts of neighbours with the same keys, closed to a circle by the empty key: `newer[""]` is the oldest, `older[""]` the
newest. (A plain dict keeps order too, but finding its first key takes longer the more were deleted before it.)
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def _end() -> dict[str, str]:
    return {"": ""}


class Chain(msgspec.Struct, array_like=True):
    """Keys from the oldest to the newest. No key is empty."""

    newer: dict[str, str] = msgspec.field(default_factory=_end)
    older: dict[str, str] = msgspec.field(default_factory=_end)

    def push(self, key: str) -> None:
        """Add a key as the newest."""
        newer, older = self.newer, self.older
        last = older[""]
        newer[last] = older[""] = key
        newer[key], older[key] = "", last

    def unlink(self, key: str) -> None:
        """Take a key out, wherever it stands."""
        after, before = self.newer.pop(key), self.older.pop(key)
        self.newer[before], self.older[after] = after, before

    def renew(self, key: str) -> None:
        """Make a key the newest."""
        self.unlink(key)
        self.push(key)

    @property
    def oldest(self) -> str:
        """The oldest key; empty where there is none."""
        return self.newer[""]

    def __iter__(self) -> Iterator[str]:
        key = self.newer[""]
        while key:
            yield key
            key = self.newer[key]
