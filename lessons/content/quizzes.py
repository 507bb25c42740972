"""Quiz blocks: questions between `:::{question} ID` and `:::`, nothing else between them. What a question is, its type knows."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markdown_it.token import Token

from lessons.content import blocks, concepts
from lessons.content.markdown import MARKDOWN
from lessons.content.problems import Problem
from lessons.questions import registry
from lessons.questions.model import Question, Raw

Render = Callable[[str, int], str]
INFO = re.compile(r"\{question\}\s*(?P<uid>\S*)\s*")
QUESTIONS_MAX = 60
EXAMPLE = ":::{question} q-8-5-votes"
KNOWN = ("title", "pick")
PICK = re.compile(r"(?P<pool>[a-z][a-z0-9-]{0,39})\s*=\s*(?P<k>[1-9]\d?)")
PICK_EXAMPLE = ":pick: elections=3, logs=2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The questions and quizzes of the site: which lesson has them now, and the type each question has always had."""

    asked_in: Mapping[str, str] = field(default_factory=dict)  # uid -> number
    types: Mapping[str, str] = field(default_factory=dict)  # uid -> type
    quizzes: Mapping[str, str] = field(default_factory=dict)  # name -> number; a quiz keeps its lesson, since attempts are kept under it


NOBODY = Names()


def read(raw: blocks.Raw, problems: list[Problem], render: Render) -> tuple[Question, ...]:
    """The questions of a block that can be read; what cannot is in `problems`."""
    for key in sorted(set(raw.options) - set(KNOWN)):
        what = f"A quiz has no option {key!r}."
        problems.append(Problem(line=raw.line, what=what, expected=f"one of {', '.join(KNOWN)}.", example=":title: Check yourself"))
    found = []
    for token in MARKDOWN.parse(raw.body):
        line = raw.body_line + (token.map or [0])[0]
        if token.type == "colon_fence" and token.level == 0:
            question = read_question(token, line, raw, problems, render)
            found += [question] if question is not None else []
        elif token.type == "inline" or token.type in ("fence", "code_block"):
            what = f"{token.content.strip()[:40]!r} stands between the questions."
            problems.append(Problem(line=line, what=what, expected="questions and nothing else.", example=EXAMPLE))
    if not 0 < len(found) <= QUESTIONS_MAX and not problems:
        what = f"The quiz has {len(found)} questions."
        problems.append(Problem(line=raw.line, what=what, expected=f"1 to {QUESTIONS_MAX}.", example=EXAMPLE))
    return tuple(found)


def read_picks(raw: blocks.Raw, questions: Iterable[Question], problems: list[Problem]) -> dict[str, int]:
    """How many questions of each pool an attempt asks: fewer than there are, or the pool is of no use."""
    held = Counter(one.pool for one in questions if one.pool)
    picks = {}
    for written in filter(None, (one.strip() for one in raw.options.get("pick", "").split(","))):
        found = PICK.fullmatch(written)
        if not found or found["pool"] not in held or not 0 < int(found["k"]) < held[found["pool"]] or found["pool"] in picks:
            what = f"The pick {written[:60]!r} cannot be used."
            expected = "each pool of the quiz once, and a number below that of its questions."
            problems.append(Problem(line=raw.line, what=what, expected=expected, example=PICK_EXAMPLE))
        else:
            picks[found["pool"]] = int(found["k"])
    for pool in sorted(set(held) - set(picks)):
        what = f"It is not said how many questions of the pool {pool!r} are asked."
        problems.append(Problem(line=raw.line, what=what, expected="a pick for each pool.", example=PICK_EXAMPLE))
    return picks


def read_question(token: Token, line: int, quiz: blocks.Raw, problems: list[Problem], render: Render) -> Question | None:
    named = INFO.fullmatch(token.info.strip())
    if not named or not blocks.NAME.fullmatch(named["uid"]):
        what = f"{token.info.strip()[:40]!r} is no question with an id."
        problems.append(Problem(line=line, what=what, expected="small letters, digits and hyphens, at most 40.", example=EXAMPLE))
        return None
    if not closed(token, quiz.body):
        problems.append(Problem(line=line, what="The question is never closed.", expected="a line ::: after it.", example=":::"))
        return None
    options, body, used = blocks.options_of(token.content)
    raw = Raw(uid=named["uid"], options=options, body=body, line=line, body_line=line + used + 1, source=token.content, render=render)
    question = registry.read(raw)
    problems.extend(question.problems)
    return question


def closed(token: Token, body: str) -> bool:
    lines = body.splitlines()
    start, end = token.map or [0, 0]
    last = lines[end - 1].strip() if 0 < end <= len(lines) else ""
    return end - 1 > start and len(last) >= 3 and not last.strip(":")


def wrong(questions: list[Question], number: str, lab_info: Callable[[str], Mapping[str, Any] | None], names: Names) -> list[Problem]:
    """What cannot be seen in a question alone."""
    found: list[Problem] = []
    seen: set[str] = set()
    for question in questions:
        found += wrong_name(question, number, names, seen)
        found += wrong_concepts(question)
        found += registry.types()[question.type].problems(question, lab_info) if question.type in registry.types() else []
        seen.add(question.uid)
    return found


def wrong_quizzes(found: Iterable[blocks.QuizBlock], number: str, names: Names) -> list[Problem]:
    """Names that another quiz has."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for block in found:
        here = names.quizzes.get(block.name, number)
        if block.name in seen or here != number:
            where = "twice in this lesson" if block.name in seen else f"in lesson {here} already"
            what, expected = f"The quiz {block.name!r} stands {where}.", "a name of its own for each quiz of the site."
            problems.append(Problem(line=block.line, what=what, expected=expected, example="::::{quiz} check-8-5"))
        seen.add(block.name)
    return problems


def wrong_name(question: Question, number: str, names: Names, seen: Container[str]) -> list[Problem]:
    here, before = names.asked_in.get(question.uid, number), names.types.get(question.uid, question.type)
    if question.uid in seen or here != number:
        where = "twice in this lesson" if question.uid in seen else f"in lesson {here} already"
        what = f"The question {question.uid!r} stands {where}."
        return [Problem(line=question.line, what=what, expected="an id of its own for each question of the site.", example=f"{EXAMPLE}-2")]
    if before != question.type:
        what = f"The question {question.uid!r} was of type {before} and is now {question.type}."
        expected = "a new id for a question of another type, since answers are kept under the old one."
        return [Problem(line=question.line, what=what, expected=expected, example=f"{EXAMPLE}-2")]
    return []


def wrong_concepts(question: Question) -> list[Problem]:
    known = concepts.by_slug()
    unknown = [slug for slug in question.concepts if slug not in known]
    return [
        Problem(
            line=question.line, what=f"There is no concept {slug!r}.", expected="a slug of lessons/concepts.", example=":concepts: majority"
        )
        for slug in unknown
    ]
