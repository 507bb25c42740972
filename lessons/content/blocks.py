"""The blocks a text can hold besides prose, written as colon fences: `:::{lab} raft`.

A block is `:key: value` lines, then a body. To add a kind: a dataclass here, a line in KINDS, a template in `templates/lessons/blocks/`.
"""

import re
from dataclasses import dataclass, field

from lessons.content.problems import Problem
from lessons.questions.model import Question

INFO = re.compile(r"\{(?P<kind>[a-z]+)\}\s*(?P<argument>\S*)\s*")
OPTION = re.compile(r":(?P<key>[a-z][a-z0-9_-]*):[ \t]*(?P<value>.*)")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A fence as read: what kind, its argument, options, body, and where."""

    kind: str
    argument: str
    options: dict[str, str]
    body: str
    line: int  # of the fence
    body_line: int  # of the body's first line


@dataclass(frozen=True, slots=True, kw_only=True)
class LabBlock:
    kind = "lab"
    line: int
    lab: str  # slug of the lab
    name: str  # what `lab:` links call it; unique on the page
    scenario: str | None
    parameters: dict[str, str]  # as written
    caption: str = ""  # html
    fallback: str = ""  # html, shown when labs cannot run
    figure: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    kind = "figure"
    line: int
    name: str  # a drawing in templates/lessons/figures/
    caption: str = ""  # html
    figure: int = 0

    @property
    def template(self) -> str:
        return f"lessons/figures/{self.name}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBlock:
    """A side note: beside the paragraph where there is room, under it where there is not."""

    kind = "note"
    line: int
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideStep:
    html: str
    see: str  # an action, note, checker or challenge of the lab: the step is done when the run shows it
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideBlock:
    """Steps to do in a lab of the page, one after the other; each ticks itself."""

    kind = "guide"
    line: int
    name: str  # of the lab block
    key: str = ""  # of the guide, unique on the page: progress is kept under it
    title: str = ""  # html
    steps: tuple[GuideStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizBlock:
    """Questions, kept as written too. Readers see that there is a quiz; its questions are asked on a page of its own."""

    kind = "quiz"
    line: int
    name: str
    title: str = ""  # html
    source: str = field(repr=False)
    questions: tuple[Question, ...] = ()
    picks: dict[str, int] = field(default_factory=dict)  # pool -> how many of its questions an attempt asks

    @property
    def size(self) -> int:
        """How many questions an attempt asks."""
        return sum(not one.pool for one in self.questions) + sum(self.picks.values())


Block = LabBlock | FigureBlock | NoteBlock | GuideBlock | QuizBlock
KINDS = {
    "lab": ":::{lab} raft",
    "figure": ":::{figure} majorities",
    "note": ":::{note}",
    "guide": ":::{guide} raft-first",
    "quiz": "::::{quiz} check-8-5",
}


def read(info: str, content: str, line: int) -> tuple[Raw | None, list[Problem]]:
    """A fence's info line and content. None and a problem when it is none of ours."""
    found = INFO.fullmatch(info.strip())
    if not found or found["kind"] not in KINDS:
        what = f"There is no block {info.strip()[:40]!r}."
        return None, [Problem(line=line, what=what, expected=f"one of {', '.join(KINDS)}, in braces.", example=KINDS["lab"])]
    options, body, used = options_of(content)
    raw = Raw(kind=found["kind"], argument=found["argument"], options=options, body=body, line=line, body_line=line + used + 1)
    return raw, list(wrong_shape(raw))


def options_of(content: str) -> tuple[dict[str, str], str, int]:
    """The `:key: value` lines a block begins with, the body after them, and how many lines they were."""
    options, lines, used = {}, content.splitlines(keepends=True), 0
    for text in lines:
        option = OPTION.fullmatch(text.strip())
        if not option:
            break
        options[option["key"]] = option["value"].strip()
        used += 1
    return options, "".join(lines[used:]), used


def wrong_shape(raw: Raw) -> list[Problem]:
    problems = []
    if raw.kind != "note" and not NAME.fullmatch(raw.argument):
        what = f"The {raw.kind} block names {raw.argument[:40]!r}." if raw.argument else f"The {raw.kind} block names nothing."
        problems.append(Problem(line=raw.line, what=what, expected="a name of small letters, digits and hyphens.", example=KINDS[raw.kind]))
    if raw.kind == "lab" and not NAME.fullmatch(raw.options.get("name", "")):
        what = "The lab block has no `:name:` that links could use."
        problems.append(
            Problem(line=raw.line, what=what, expected="small letters, digits and hyphens, at most 40.", example=":name: raft-first")
        )
    return problems
