"""What differs between two versions of a question, as far as it decides about marks, in words."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lessons.models import QuestionVersion

WORDS_MAX = 300  # characters of one side of a change
RULES = {"balanced_net": "a part for each right choice, less for each wrong one", "all_or_nothing": "all or nothing", "weights": "weights"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`what`: the key, the rule, the points, the parts. `was` and `becomes` in words."""

    what: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Of the difference between two sources. `mark`: what a screen reader hears."""

    sign: str
    text: str

    @property
    def mark(self) -> str:
        return {"+": "added", "-": "taken out"}.get(self.sign, "")


def changes(old: QuestionVersion, new: QuestionVersion) -> list[Change]:
    """What makes another mark possible. Another wording or another feedback is none of it."""
    found = []
    if old.points != new.points:
        found.append(Change(what="points", was=plain(old.points), becomes=plain(new.points)))
    if old.rule != new.rule:
        found.append(Change(what="rule", was=RULES.get(old.rule, old.rule), becomes=RULES.get(new.rule, new.rule)))
    if old.key != new.key:
        found += list(of_key(old, new))
    if ids(old.spec) != ids(new.spec):
        found.append(Change(what="parts", was=listed(sorted(ids(old.spec)), {}), becomes=listed(sorted(ids(new.spec)), {})))
    return found


def of_key(old: QuestionVersion, new: QuestionVersion) -> Iterator[Change]:
    names = [texts(version.spec) for version in (old, new)]
    for part in [*old.key, *(one for one in new.key if one not in old.key)]:
        was, becomes = old.key.get(part), new.key.get(part)
        if was != becomes:
            what = "key" if len(new.key) == 1 else f"key, {part}"
            yield Change(what=what, was=said(was, names[0]), becomes=said(becomes, names[1]))


def said(value: Any, names: Mapping[str, str]) -> str:
    """A part of a key in one line: ids with the words they stand for."""
    text = "nothing" if value in (None, [], {}) else listed(value, names)
    return text if len(text) <= WORDS_MAX else text[: WORDS_MAX - 1] + "…"


def listed(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{one} {listed(entry, {})}" for one, entry in value.items())
    if isinstance(value, list):
        return ("; " if any(isinstance(one, list | dict) for one in value) else ", ").join(listed(one, names) for one in value)
    return f"{value} “{names[value]}”" if value in names else str(value)


def plain(value: Any) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parts(spec: Any) -> Iterator[Mapping[str, Any]]:
    """Everything in a spec that has an id, however deep."""
    if isinstance(spec, Mapping):
        if isinstance(spec.get("id"), str):
            yield spec
        spec = list(spec.values())
    if isinstance(spec, list):
        for one in spec:
            yield from parts(one)


def ids(spec: Any) -> set[str]:
    return {part["id"] for part in parts(spec)}


def texts(spec: Any) -> dict[str, str]:
    return {part["id"]: part["text"] for part in parts(spec) if part.get("text")}


def difference(old: QuestionVersion, new: QuestionVersion) -> list[Line]:
    """Of the sources, line by line, with what stands around each change."""
    lines = list(difflib.unified_diff(old.source.splitlines(), new.source.splitlines(), n=2, lineterm=""))
    return [Line(sign="", text="…") if line[0] == "@" else Line(sign=line[0], text=line[1:]) for line in lines[2:]]
