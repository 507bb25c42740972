"""The concepts of the course, `lessons/concepts/NUMBER.yaml`: what each lesson teaches, where, seen in which lab, built on what."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

FOLDER = Path(__file__).resolve().parent.parent / "concepts"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A concept as its file has it. `needs` are slugs of the same or an earlier lesson, without circles."""

    slug: str
    name: str
    section: str  # heading id in the lesson
    definition: str  # CommonMark, inline
    labs: tuple[str, ...] = ()  # slugs; those that do not exist yet are owed
    needs: tuple[str, ...] = ()


class Concept(Entry, frozen=True, kw_only=True):
    lesson: str  # the file's name says it


class ConceptError(ValueError):
    """A file of concepts that cannot be read; the text names it and the place in it."""


def order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


@cache
def every() -> tuple[Concept, ...]:
    """All concepts, in the order of the course. Raises ConceptError."""
    files = sorted(FOLDER.glob("*.yaml"), key=lambda path: order(path.stem))
    return tuple(concept for path in files for concept in read(path))


@cache
def by_slug() -> Mapping[str, Concept]:
    return {concept.slug: concept for concept in every()}


def read(path: Path) -> list[Concept]:
    """Raises ConceptError."""
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = msgspec.convert(data, list[Entry])
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConceptError(f"{path.name}: {error}") from error
    return [Concept(lesson=path.stem, **msgspec.structs.asdict(entry)) for entry in entries]
