"""What questions about labs share: the lab they name, its scenario, its parameters.

A parameter may be written as alternatives, `:nodes: 3|5|7`: each student gets one of them, drawn from the item's seed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from labs import runs
from labs.engine.definition import Lab
from labs.engine.errors import LabError
from lessons.content.problems import Problem
from lessons.questions.model import LabInfo, Question, Raw
from lessons.questions.registry import COMMON

EXAMPLE = ":lab: raft"
APART = "|"


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


def alternatives(written: str) -> list[str]:
    """`3|5|7`: three; most values are the only one."""
    return [one.strip() for one in written.split(APART)]


def covering(parameters: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Choices of one alternative each, as few as it takes for every alternative to be among them."""
    options = {name: alternatives(written) for name, written in parameters.items()}
    for number in range(max(map(len, options.values()), default=1)):
        yield {name: of[number % len(of)] for name, of in options.items()}


def wrong_setting(question: Question, lab_info: LabInfo) -> tuple[list[Problem], Mapping[str, Any] | None]:
    """What is wrong with the run under any of its alternatives, and what its lab declares."""
    from lessons.content.blocks import LabBlock
    from lessons.content.check import wrong_lab  # a check of texts, which hold questions

    wanted = question.spec
    info = lab_info(wanted["lab"]) if wanted["lab"] else None
    found: dict[Problem, None] = {}
    for chosen in covering(wanted["parameters"]):
        block = LabBlock(line=question.line, lab=wanted["lab"], name=question.uid, scenario=wanted["scenario"], parameters=chosen)
        found |= dict.fromkeys(wrong_lab(block, info))
    return list(found), info


def unknown(question: Question, what: str, name: str, known: Collection[str], example: str) -> Problem:
    expected = f"one of {', '.join(sorted(known))}." if known else f"a lab that has {what}s."
    return Problem(
        line=question.line, what=f"The lab {question.spec['lab']} has no {what} {name[:40]!r}.", expected=expected, example=example
    )


# What is dealt


def number_of(seed: str, *purpose: object) -> int:
    """64 bits for a purpose, the same for the same seed everywhere."""
    return int.from_bytes(blake2b("/".join((seed, *map(str, purpose))).encode(), digest_size=8).digest(), "big")


def run_seed(seed: str, number: int = 0) -> int:
    """The seed of a run; the next one where that run is of no use."""
    return number_of(seed, "run", number) % (runs.SEED_MAX + 1)


def drawn(parameters: Mapping[str, str], seed: str) -> dict[str, str]:
    """One alternative of each parameter, as written."""
    options = {name: alternatives(written) for name, written in parameters.items()}
    return {name: of[number_of(seed, "parameter", name) % len(of)] for name, of in options.items()}


def values(lab: Lab, written: Mapping[str, str]) -> dict[str, Any]:
    """Parameters as the lab takes them, of those that stand in a text."""
    from lessons.content.check import values_of

    return values_of(written, lab.info())


def in_words(lab: Lab, values: Mapping[str, Any], names: Iterable[str]) -> list[list[str]]:
    """`[label, value]` of these parameters, for who has to reason with them."""
    known = {one.name: one for one in lab.parameters}
    words = {True: "on", False: "off"}
    return [
        [known[name].label, words[values[name]] if known[name].type == "bool" else f"{values[name]} {known[name].unit}".strip()]
        for name in names
    ]


def tried(question: Question, what: Callable[[], Any], expected: str, example: str) -> list[Problem]:
    """What a lab refuses, as a problem of the question."""
    try:
        what()
    except LabError as error:
        return [Problem(line=question.line, what=str(error), expected=expected, example=example)]
    return []
