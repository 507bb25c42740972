"""What questions about labs share: the lab they name, its scenario, its parameters."""

from collections.abc import Collection, Mapping
from typing import Any

from lessons.content.problems import Problem
from lessons.questions.model import LabInfo, Question, Raw
from lessons.questions.registry import COMMON

EXAMPLE = ":lab: raft"


def setting(raw: Raw, own: Collection[str]) -> dict[str, Any]:
    """The run a question is about. Options that are nobody's are parameters of the lab."""
    reserved = {*COMMON, *own, "lab", "scenario", "seed"}
    parameters = {name: value for name, value in raw.options.items() if name not in reserved}
    return {"lab": raw.options.get("lab", ""), "scenario": raw.options.get("scenario"), "parameters": parameters}


def no_seed(raw: Raw) -> list[Problem]:
    if "seed" not in raw.options:
        return []
    what, expected = "The question names a seed.", "none: each student gets a seed of their own, drawn with the attempt."
    return [Problem(line=raw.line, what=what, expected=expected, example=EXAMPLE)]


def wrong_setting(question: Question, lab_info: LabInfo) -> tuple[list[Problem], Mapping[str, Any] | None]:
    """What is wrong with the run, and what its lab declares."""
    from lessons.content.blocks import LabBlock
    from lessons.content.check import wrong_lab  # a check of texts, which hold questions

    wanted = question.spec
    info = lab_info(wanted["lab"]) if wanted["lab"] else None
    block = LabBlock(line=question.line, lab=wanted["lab"], name=question.uid, scenario=wanted["scenario"], parameters=wanted["parameters"])
    return wrong_lab(block, info), info


def unknown(question: Question, what: str, name: str, known: Collection[str], example: str) -> Problem:
    expected = f"one of {', '.join(sorted(known))}." if known else f"a lab that has {what}s."
    return Problem(
        line=question.line, what=f"The lab {question.spec['lab']} has no {what} {name[:40]!r}.", expected=expected, example=example
    )
