"""The types there are, and a question read by the type it names."""

import pkgutil
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module

from lessons.content.problems import Problem
from lessons.questions.model import Answers, Question, QuestionType, Raw

COMMON = ("type", "points", "concepts", "pool", "why")
POOL = re.compile(r"[a-z][a-z0-9-]{0,39}")
POINTS_MAX = 100


@cache
def types() -> Mapping[str, QuestionType]:
    """By name, sorted. A file without a TYPE is a mistake of ours and stops whoever asks."""
    package = import_module("lessons.questions.types")
    found = [import_module(f"{package.__name__}.{module.name}").TYPE for module in pkgutil.iter_modules(package.__path__)]
    return {one.name: one for one in sorted(found, key=lambda one: str(one.name))}


def read(raw: Raw) -> Question:
    """Never raises: what is wrong stands in `problems`."""
    name = raw.options.get("type", "")
    kind = types().get(name)
    problems: list[Problem] = []
    points = read_points(raw, problems)
    concepts = tuple(raw.options.get("concepts", "").replace(",", " ").split())
    if not concepts:
        problems.append(at(raw, "The question tests no concept.", "the slug of one or more concepts.", ":concepts: majority"))
    if kind is None:
        what = f"There is no type of question {name[:40]!r}." if name else "The question has no type."
        problems.append(at(raw, what, f"one of {', '.join(types())}.", ":type: single"))
        return Question(uid=raw.uid, type=name, title=name, line=raw.line, source=raw.source, problems=tuple(problems))
    problems.extend(unknown_options(raw, kind))
    if (pool := raw.options.get("pool", "")) and not POOL.fullmatch(pool):
        problems.append(at(raw, f"The pool is {pool[:40]!r}.", "small letters, digits and hyphens, at most 40.", ":pool: elections"))
    answers = kind.parse(raw)
    prompt_html = raw.render(answers.prompt, raw.body_line)
    if not answers.prompt.strip():
        problems.append(at(raw, "The question asks nothing.", "a sentence before the answers.", "How many votes make a leader of five?"))
    return built(raw, kind, points, concepts, prompt_html, answers, problems)


def built(
    raw: Raw, kind: QuestionType, points: Decimal, concepts: tuple[str, ...], prompt_html: str, answers: Answers, problems: list[Problem]
) -> Question:
    why = raw.options.get("why", "")
    return Question(
        uid=raw.uid, type=kind.name, title=kind.title, template=f"lessons/questions/{kind.name}.html", line=raw.line, points=points,
        concepts=concepts, prompt_html=prompt_html, items=tuple(answers.items), spec=answers.spec, key=answers.key, rule=answers.rule,
        pool=raw.options.get("pool", ""), why=why, why_html=raw.render(why, raw.line) if why else "", source=raw.source,
        problems=(*problems, *answers.problems),
    )  # fmt: skip


def read_points(raw: Raw, problems: list[Problem]) -> Decimal:
    written = raw.options.get("points", "")
    try:
        points = Decimal(written)
        if points.is_finite() and 0 < points <= POINTS_MAX and points == points.quantize(Decimal("0.01")):
            return points
    except InvalidOperation:
        pass
    what = f"The points are {written[:40]!r}." if written else "The question has no points."
    problems.append(at(raw, what, f"a number above 0, at most {POINTS_MAX}, with two decimals at most.", ":points: 1"))
    return Decimal(1)


def unknown_options(raw: Raw, kind: QuestionType) -> list[Problem]:
    if kind.any_option:
        return []
    known = [*COMMON, *sorted(kind.options)]
    return [
        at(raw, f"A question of type {kind.name} has no option {key!r}.", f"one of {', '.join(known)}.", ":points: 1")
        for key in raw.options
        if key not in known
    ]


def at(raw: Raw, what: str, expected: str, example: str) -> Problem:
    return Problem(line=raw.line, what=what, expected=expected, example=example)
