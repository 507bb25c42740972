"""Hold a text against what it points at: labs and their steps, drawings, other lessons."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl

from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from lessons.content import blocks, concepts, guides, links, quizzes
from lessons.content.problems import Problem
from lessons.content.text import Text

LabInfo = Callable[[str], Mapping[str, Any] | None]
WORDS = {"true": True, "false": False}


def check(text: Text, lab_info: LabInfo, anchors: Mapping[str, set[str]], names: quizzes.Names = quizzes.NOBODY) -> list[Problem]:
    """`lab_info(slug)` is what a lab declares, or None; `anchors` are the heading ids of each lesson, by number; `names` its questions."""
    labs = {block.name: (block, lab_info(block.lab)) for block in text.labs}
    found = []
    for block, info in labs.values():
        found += wrong_lab(block, info)
    for part in text.parts:
        if isinstance(part, blocks.FigureBlock):
            found += wrong_figure(part)
        elif isinstance(part, blocks.GuideBlock):
            found += wrong_guide(part, labs)
    for link in text.links:
        if isinstance(link, links.LabLink):
            found += wrong_lab_link(link, labs)
        elif isinstance(link, links.LessonLink):
            found += wrong_lesson_link(link, anchors)
        elif isinstance(link, links.ConceptLink):
            found += wrong_concept_link(link)
        else:
            found += wrong_place(link[0], link[1], text)
    found += quizzes.wrong_quizzes(text.quizzes, text.matter.number, names)
    return found + quizzes.wrong(text.questions, text.matter.number, lab_info, names)


def wrong_lab(block: blocks.LabBlock, info: Mapping[str, Any] | None) -> list[Problem]:
    if info is None:
        return [
            Problem(
                line=block.line, what=f"There is no lab {block.lab!r}.", expected="a folder of labs/catalog.", example=blocks.KINDS["lab"]
            )
        ]
    scenarios = [s["name"] for s in info["scenarios"]]
    found = []
    if block.scenario is not None and block.scenario not in scenarios:
        what = f"The lab {block.lab} has no scenario {block.scenario!r}."
        found.append(Problem(line=block.line, what=what, expected=f"one of {', '.join(scenarios)}.", example=f":scenario: {scenarios[0]}"))
    return found + wrong_parameters(block.parameters, info, block.line)


def wrong_parameters(given: Mapping[str, str], info: Mapping[str, Any], line: int) -> list[Problem]:
    known = {p["name"]: p for p in info["parameters"]}
    found = []
    for name, written in given.items():
        if name not in known:
            what = f"The lab {info['slug']} has no parameter {name!r}."
            found.append(Problem(line=line, what=what, expected=f"one of {', '.join(known)}.", example=f":{next(iter(known), 'nodes')}: 5"))
        elif not fits(value_of(written, known[name]), known[name]):
            what = f"The parameter {name} cannot be {written[:40]!r}."
            found.append(Problem(line=line, what=what, expected=range_of(known[name]), example=f":{name}: {known[name]['default']}"))
    return found


def value_of(written: str, parameter: Mapping[str, Any]) -> Any:
    """The value meant by what stands in the text; the text itself when it means none, which then does not fit."""
    if parameter["type"] == "bool":
        return WORDS.get(written.lower(), written)
    if parameter["type"] == "choice":
        return next((c for c in parameter["choices"] if str(c) == written), written)
    try:
        return int(written) if parameter["type"] == "int" else float(written)
    except ValueError:
        return written


def values_of(given: Mapping[str, str], info: Mapping[str, Any]) -> dict[str, Any]:
    known = {p["name"]: p for p in info["parameters"]}
    return {name: value_of(written, known[name]) for name, written in given.items() if name in known}


def fits(value: Any, parameter: Mapping[str, Any]) -> bool:
    if parameter["type"] == "bool":
        return isinstance(value, bool)
    if parameter["type"] == "choice":
        return value in parameter["choices"]
    return not isinstance(value, str) and parameter["min"] <= value <= parameter["max"]


def range_of(parameter: Mapping[str, Any]) -> str:
    if parameter["type"] == "bool":
        return "true or false."
    if parameter["type"] == "choice":
        return f"one of {', '.join(map(str, parameter['choices']))}."
    return f"{parameter['min']} to {parameter['max']} {parameter.get('unit', '')}".strip() + "."


def wrong_figure(block: blocks.FigureBlock) -> list[Problem]:
    try:
        get_template(block.template)
    except TemplateDoesNotExist:
        return [
            Problem(
                line=block.line,
                what=f"There is no drawing {block.name!r}.",
                expected=f"a file templates/{block.template}.",
                example=blocks.KINDS["figure"],
            )
        ]
    return []


def wrong_guide(block: blocks.GuideBlock, labs: Mapping[str, tuple[blocks.LabBlock, Mapping[str, Any] | None]]) -> list[Problem]:
    if block.name not in labs:
        what = f"No lab on this page is named {block.name!r}."
        return [Problem(line=block.line, what=what, expected=f"one of {', '.join(labs) or '(none)'}.", example=blocks.KINDS["guide"])]
    info = labs[block.name][1]
    known = seen_in(info) if info else None
    return [
        Problem(
            line=step.line,
            what=f"The lab {labs[block.name][0].lab} shows no {step.see!r}.",
            expected=f"one of {', '.join(sorted(known))}.",
            example=guides.EXAMPLE,
        )
        for step in block.steps
        if known is not None and step.see not in known
    ]


def seen_in(info: Mapping[str, Any]) -> set[str]:
    """What a run of the lab can show: actions done, notes of nodes, rules broken, challenges met."""
    return {one["name"] for key in ("actions", "checkers", "challenges") for one in info[key]} | set(info["notes"])


def wrong_lab_link(link: links.LabLink, labs: Mapping[str, tuple[blocks.LabBlock, Mapping[str, Any] | None]]) -> list[Problem]:
    if link.name not in labs:
        what = f"No lab on this page is named {link.name!r}."
        return [
            Problem(line=link.line, what=what, expected=f"one of {', '.join(labs) or '(the page has no lab)'}.", example=links.EXAMPLE_LAB)
        ]
    info = labs[link.name][1]
    if info is None:
        return []  # said once, at the block
    steps = [s["name"] for s in info["steps"]]
    found = wrong_parameters(dict(parse_qsl(link.params)), info, link.line)
    if link.step and link.step not in steps:
        what = f"The lab {info['slug']} has no step {link.step[:40]!r}."
        found.append(
            Problem(
                line=link.line, what=what, expected=f"one of {', '.join(steps)}.", example=f"(lab:{link.name}#{next(iter(steps), 'step')})"
            )
        )
    return found


def wrong_lesson_link(link: links.LessonLink, anchors: Mapping[str, set[str]]) -> list[Problem]:
    if link.number not in anchors:
        what = f"There is no lesson {link.number}."
        return [Problem(line=link.line, what=what, expected=f"one of {', '.join(anchors)}.", example=links.EXAMPLE_LESSON)]
    if link.anchor and link.anchor not in anchors[link.number]:
        what = f"Lesson {link.number} has no heading {link.anchor!r}."
        return [
            Problem(line=link.line, what=what, expected=f"one of {', '.join(sorted(anchors[link.number]))}.", example=links.EXAMPLE_LESSON)
        ]
    return []


def wrong_concept_link(link: links.ConceptLink) -> list[Problem]:
    if link.slug in concepts.by_slug():
        return []
    near = get_close_matches(link.slug, concepts.by_slug(), n=3, cutoff=0.4) or ["a slug of lessons/concepts"]
    return [
        Problem(line=link.line, what=f"There is no concept {link.slug!r}.", expected=f"{' or '.join(near)}.", example=links.EXAMPLE_CONCEPT)
    ]


def wrong_place(line: int, identifier: str, text: Text) -> list[Problem]:
    ids = {heading.id for heading in text.outline}
    if identifier in ids:
        return []
    return [
        Problem(
            line=line,
            what=f"This page has no heading {identifier[:40]!r}.",
            expected=f"one of {', '.join(sorted(ids))}.",
            example="[above](#majority)",
        )
    ]
