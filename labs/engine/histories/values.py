"""Numbers for what a register holds, so that states compare and hash as integers. Null is number 0.

`Values` numbers any value. `Prefixes` is for a register that nothing but append changes: a state that matters is then a
prefix of the longest text read, and its length tells it; so a hundred thousand appends are not a hundred thousand texts.
"""

from __future__ import annotations

from typing import Any, Final

from labs.engine.errors import LabError

NULL: Final = 0
TEXT_MAX: Final = 200_000_000  # characters kept as states of one register; past it the search gives up


class TextLimit(LabError):
    """A register's states are too long and too many to be kept: the search for an order has to be given up."""


class Values:
    """True is not 1; 1 is 1.0, as JSON has one kind of number."""

    def __init__(self) -> None:
        self.known: list[Any] = [None]
        self.numbers: dict[Any, int] = {None: NULL}
        self.joined: dict[tuple[int, int], int] = {}
        self.characters = 0

    def number(self, value: Any) -> int:
        token = (value,) if isinstance(value, bool) else value
        found = self.numbers.get(token)
        if found is None:
            found = self.numbers[token] = len(self.known)
            self.known.append(value)
        return found

    def tail(self, text: str) -> int:
        """The number of a text as something to append."""
        return self.number(text)

    def join(self, state: int, tail: int) -> int:
        """The state after appending. Raises TextLimit."""
        found = self.joined.get((state, tail))
        if found is None:
            text = (self.known[state] or "") + self.known[tail]
            self.characters += len(text)
            if self.characters > TEXT_MAX:
                raise TextLimit(f"the states of one register come to more than {TEXT_MAX} characters")
            found = self.joined[state, tail] = self.number(text)
        return found

    def refuted_at(self, state: int, tail: int, level: int) -> int | None:
        """The level of a later read that appending would certainly contradict, or None."""
        return None


class Prefixes(Values):
    """Number n + 1 is the prefix of n characters. One number stands for every state that is no prefix, one for reads of anything else."""

    def __init__(self, reads: list[Any]) -> None:
        """`reads` are the values read, in the order the reads return."""
        super().__init__()
        self.longest = max((value for value in reads if isinstance(value, str)), key=len, default="")
        self.beyond = len(self.longest) + 2
        self.never = len(self.longest) + 3
        self.tails: list[str] = []
        self.due: list[tuple[int, int]] = []

    def number(self, value: Any) -> int:
        if value is None:
            return NULL
        return len(value) + 1 if isinstance(value, str) and self.longest.startswith(value) else self.never

    def tail(self, text: str) -> int:
        found = self.numbers.get(text)
        if found is None:
            found = self.numbers[text] = len(self.tails)
            self.tails.append(text)
        return found

    def join(self, state: int, tail: int) -> int:
        start = max(state - 1, 0)
        if state == self.beyond or not self.longest.startswith(self.tails[tail], start):
            return self.beyond
        return start + len(self.tails[tail]) + 1

    def expect(self, due: list[tuple[int, int]]) -> None:
        """`due[level]`: the length of the longest text that is read at that level or later, and the level at which it is."""
        self.due = due

    def refuted_at(self, state: int, tail: int, level: int) -> int | None:
        if state == self.beyond or self.join(state, tail) != self.beyond:
            return None
        length, due = self.due[level]
        start, text = max(state - 1, 0), self.tails[tail]
        extends = length - start <= len(text) and text.startswith(self.longest[start:length])
        return None if extends else due
