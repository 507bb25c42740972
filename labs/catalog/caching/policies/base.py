"""What every eviction policy is: which objects stay in a cache of so many bytes, request by request.

A policy knows keys and sizes, never values. It is a plain Struct, so that a cache node can hold one in its state and a
checkpoint can carry it. Two ways in:

- `request(key, size)` plays one request of a trace: a hit touches the object, a miss admits it.
- A cache that also drops objects for its own reasons calls `touch`, `admit`, `rewrite` and `remove` itself.

An object larger than the capacity is never admitted. The size of an object that stays is the one it came with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec


class Policy(msgspec.Struct):
    """Base of all policies. A policy says in `enter`, `touch`, `leave` and `victim` in which order objects go."""

    capacity: int = 0  # bytes
    used: int = 0  # bytes; used <= capacity
    sizes: dict[str, int] = {}  # of the objects that are in

    def request(self, key: str, size: int) -> bool:
        """One request of a trace. True for a hit."""
        if key in self.sizes:
            self.touch(key)
            return True
        self.admit(key, size)
        return False

    def play(self, trace: Iterable[tuple[str, int]]) -> int:
        """A whole trace of `(key, size)`. Returns the hits."""
        request = self.request
        return sum([request(key, size) for key, size in trace])

    def admit(self, key: str, size: int) -> list[str]:
        """Take in an object that is not here. Returns what had to leave: the key itself where it was not admitted."""
        capacity, sizes, used = self.capacity, self.sizes, self.used + size
        if size > capacity:
            return [key]
        gone = []
        while used > capacity:
            victim = self.victim()
            self.leave(victim)
            used -= sizes.pop(victim)
            gone.append(victim)
        sizes[key] = size
        self.used = used
        self.enter(key)
        return gone

    def remove(self, key: str) -> None:
        """Take out an object that is here."""
        self.used -= self.sizes.pop(key)
        self.leave(key)

    def touch(self, key: str) -> None:
        """An object that is here was asked for."""

    def rewrite(self, key: str) -> None:
        """An object that is here got a new value."""

    def enter(self, key: str) -> None:
        """A new object came in."""
        raise NotImplementedError

    def leave(self, key: str) -> None:
        """An object goes."""
        raise NotImplementedError

    def victim(self) -> str:
        """The object that has to go next."""
        raise NotImplementedError

    def order(self) -> Iterator[str]:
        """All objects, the next to go first, as far as the policy knows it now."""
        raise NotImplementedError
