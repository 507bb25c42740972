"""Three-way merge by lines (diff3): what one side changed is taken, what both changed differently is marked and left to somebody.

Where base, ours and theirs agree the texts are in step; between two such places stands a hunk. All lines with LF.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "ours", "theirs", "both", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """`kind` says who changed it: nobody, we, they, both alike, both differently."""

    kind: Kind
    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def merged(self) -> tuple[str, ...]:
        return self.theirs if self.kind == "theirs" else self.ours


def hunks(base: str, ours: str, theirs: str) -> list[Hunk]:
    lines = [tuple(text.splitlines(keepends=True)) for text in (base, ours, theirs)]
    return list(between(*lines))


def between(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Hunk]:
    at = (0, 0, 0)
    for start, end, a, b in in_step(base, ours, theirs):
        changed = (tuple(base[at[0] : start]), tuple(ours[at[1] : a]), tuple(theirs[at[2] : b]))
        if any(changed):
            yield Hunk(kind=kind_of(*changed), base=changed[0], ours=changed[1], theirs=changed[2])
        if start < end:
            same = tuple(base[start:end])
            yield Hunk(kind="same", base=same, ours=same, theirs=same)
        at = (end, a + end - start, b + end - start)


def kind_of(base: tuple[str, ...], ours: tuple[str, ...], theirs: tuple[str, ...]) -> Kind:
    if ours == theirs:
        return "both"
    if theirs == base:
        return "ours"
    return "theirs" if ours == base else "conflict"


def in_step(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """(from, to) in the base and where these lines begin in ours and theirs; the last is empty and at the ends."""
    left = SequenceMatcher(None, base, ours).get_matching_blocks()
    right = SequenceMatcher(None, base, theirs).get_matching_blocks()
    i = j = 0
    while i < len(left) and j < len(right):
        a, b = left[i], right[j]
        start, end = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
        if start < end:
            yield start, end, a.b + start - a.a, b.b + start - b.a
        if a.a + a.size < b.a + b.size:
            i += 1
        else:
            j += 1
    yield len(base), len(base), len(ours), len(theirs)


def marked(found: Sequence[Hunk], *, ours: str, theirs: str, base: str = "before both") -> str:
    """The merged text, with all three versions between markers where both sides changed the same lines."""
    lines: list[str] = []
    for hunk in found:
        if hunk.kind != "conflict":
            lines += hunk.merged
            continue
        for marker, part in ((f"<<<<<<< {ours}", hunk.ours), (f"||||||| {base}", hunk.base), ("=======", hunk.theirs)):
            lines += [f"{marker}\n", *ended(part)]
        lines.append(f">>>>>>> {theirs}\n")
    return "".join(lines)


def ended(lines: Sequence[str]) -> list[str]:
    """A last line without its end would swallow the marker that follows."""
    return [line if line.endswith("\n") else f"{line}\n" for line in lines]


def conflicts(found: Sequence[Hunk]) -> int:
    return sum(hunk.kind == "conflict" for hunk in found)
