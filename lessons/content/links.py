"""Links that only lessons have: `lab:` drives a lab on the same page, `lesson:` points at another lesson, `concept:` at a concept."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

LAB = re.compile(r"(?P<name>[a-z][a-z0-9-]*)(\?(?P<params>[^#]+))?(#(?P<fragment>.+))?")
MOMENT = re.compile(r"t=(\d{1,5}(\.\d{1,6})?)s", re.ASCII)
PARAMS = re.compile(r"[a-z_][a-z0-9_]*=[A-Za-z0-9_.-]+(&[a-z_][a-z0-9_]*=[A-Za-z0-9_.-]+)*")
LESSON = re.compile(r"(?P<number>\d{1,2}\.\d{1,2})(#(?P<anchor>[a-z0-9-]+))?", re.ASCII)
CONCEPT = re.compile(r"[a-z][a-z0-9-]{0,60}")
EXAMPLE_LAB = "[stop the leader](lab:raft-first#crash-leader)"
EXAMPLE_LESSON = "[an earlier lesson](lesson:8.3#quorum)"

EXAMPLE_CONCEPT = "[quorum](concept:replication-quorum)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabLink:
    """`[text](lab:NAME#STEP)`, `[text](lab:NAME?nodes=7)` or `[text](lab:NAME#t=12.5s)`."""

    line: int
    name: str
    step: str = ""
    params: str = ""  # "nodes=7&latency_ms=50"
    moment: str = ""  # seconds of virtual time, "12.5"

    @property
    def attributes(self) -> dict[str, str]:
        """What the page's link carries; the player reads it, and without JavaScript it scrolls to the lab."""
        data = {"data-step": self.step, "data-params": self.params, "data-moment": self.moment}
        return {"class": "drive", "href": f"#lab-{self.name}", "data-lab": self.name} | {k: v for k, v in data.items() if v}


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonLink:
    line: int
    number: str
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptLink:
    line: int
    slug: str


def read_lab(href: str, line: int) -> LabLink | None:
    """`href` after `lab:`. None when it has no form we know."""
    found = LAB.fullmatch(unquote(href))
    if not found:
        return None
    params, fragment = found["params"] or "", found["fragment"] or ""
    moment = MOMENT.fullmatch(fragment)
    if params and not PARAMS.fullmatch(params):
        return None
    return LabLink(line=line, name=found["name"], params=params, moment=moment[1] if moment else "", step="" if moment else fragment)


def read_lesson(href: str, line: int) -> LessonLink | None:
    found = LESSON.fullmatch(unquote(href))
    return LessonLink(line=line, number=found["number"], anchor=found["anchor"] or "") if found else None


def read_concept(href: str, line: int) -> ConceptLink | None:
    """`href` after `concept:`."""
    return ConceptLink(line=line, slug=href) if CONCEPT.fullmatch(href) else None
