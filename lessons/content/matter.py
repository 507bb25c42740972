"""Front matter: what a lesson says of itself, as YAML between two lines of dashes at the top of the file.

Anybody who edits lessons can write it, so it is read as untrusted: short, without aliases (with which a few lines stand for gigabytes), and
whatever a reader of YAML can raise is a problem of the text.
"""

import re
import reprlib
from dataclasses import dataclass
from typing import Any

import yaml

from lessons.content.problems import Problem

NUMBER = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
CONCEPT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LENGTH_MAX = 3000
UNREADABLE = (yaml.YAMLError, RecursionError, ValueError, OverflowError)  # the last two: dates and numbers there are none of
KNOWN = ("id", "title", "lead", "minutes", "concepts")
EXAMPLES = {
    "id": 'id: "8.5"',
    "title": "title: Consensus",
    "lead": "lead: Five servers hold your balance. One has stopped answering. Who decides?",
    "minutes": "minutes: 30",
    "concepts": "concepts: [consensus, majority]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    number: str  # "8.5"
    title: str
    lead: str = ""
    minutes: int = 20
    concepts: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        major, minor = self.number.split(".")
        return int(major) * 1000 + int(minor)


NOTHING = Matter(number="0.0", title="Untitled")


def parse(text: str) -> tuple[Matter, list[Problem]]:
    """`text` is what stands between the dashes. Problems name lines of the file, where the matter starts on line 2."""
    if len(text) > LENGTH_MAX:
        what, expected = f"The front matter has {len(text)} characters.", f"at most {LENGTH_MAX}."
        return NOTHING, [Problem(line=2, what=what, expected=expected, example=EXAMPLES["title"])]
    try:
        data = yaml.load(text, PlainLoader) or {}  # noqa: S506 (a SafeLoader)
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        return NOTHING, [unreadable(getattr(error, "what", "The front matter is not YAML."), mark.line + 2 if mark else 2)]
    if not isinstance(data, dict):
        return NOTHING, [unreadable("The front matter is not a list of keys.", 2)]
    problems = list(wrong_fields(data, text))
    return (NOTHING if problems else build(data)), problems


class Alias(yaml.YAMLError):
    what = "An anchor or an alias (`&x`, `*x`) stands in the front matter."

    def __init__(self, mark: yaml.Mark) -> None:
        self.problem_mark = mark


class PlainLoader(yaml.SafeLoader):
    """YAML without `&anchors` and `*aliases`."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if event.anchor is not None:
            raise Alias(event.start_mark)
        return super().compose_node(parent, index)


def unreadable(what: str, line: int) -> Problem:
    return Problem(line=line, what=what, expected="one `key: value` a line.", example=EXAMPLES["title"])


def build(data: dict[str, Any]) -> Matter:
    return Matter(
        number=data["id"],
        title=data["title"].strip(),
        lead=str(data.get("lead", "")).strip(),
        minutes=data.get("minutes", 20),
        concepts=tuple(data.get("concepts", ())),
    )


def wrong_fields(data: dict[str, Any], text: str) -> list[Problem]:
    found = []
    for name in sorted(set(data) - set(KNOWN), key=str):
        found.append(
            Problem(
                line=line_of(str(name), text),
                what=f"Unknown key {str(name)[:40]!r}.",
                expected=f"one of {', '.join(KNOWN)}.",
                example=EXAMPLES["minutes"],
            )
        )
    for name, (expected, holds) in RULES.items():
        if not holds(data.get(name)):
            what = f"`{name}` is missing." if data.get(name) is None else f"`{name}` is {SHOWN.repr(data[name])[:80]}."
            found.append(Problem(line=line_of(name, text), what=what, expected=expected, example=EXAMPLES[name]))
    return found


SHOWN = reprlib.Repr()
SHOWN.maxstring = SHOWN.maxother = 40  # cut before it is written out, however deep or long


def line_of(name: str, text: str) -> int:
    return next((i for i, line in enumerate(text.splitlines(), 2) if line.startswith(f"{name}:")), 1)


RULES: dict[str, tuple[str, Any]] = {
    "id": ("a lesson number in quotes, such as 8.5.", lambda v: isinstance(v, str) and bool(NUMBER.fullmatch(v))),
    "title": ("1 to 200 characters.", lambda v: isinstance(v, str) and 0 < len(v.strip()) <= 200),
    "lead": ("at most 400 characters.", lambda v: v is None or (isinstance(v, str) and len(v) <= 400)),
    "minutes": ("a whole number from 1 to 240.", lambda v: v is None or (type(v) is int and 1 <= v <= 240)),
    "concepts": (
        "a list of slugs (small letters, digits, hyphens).",
        lambda v: v is None or (isinstance(v, list) and all(isinstance(c, str) and CONCEPT.fullmatch(c) for c in v)),
    ),
}
