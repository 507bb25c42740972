"""The door to the bank: publishing a lesson's questions, and reading a version back as the question it was."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.db.models import Max
from django.utils.html import strip_tags

from lessons.bank import Question, QuestionVersion, Quiz
from lessons.content import blocks
from lessons.content.text import Text, inner
from lessons.models import Lesson
from lessons.questions import model, registry

KEPT = 2_000  # questions read back, in a process


def publish(lesson: Lesson, text: Text) -> None:
    """Take the questions and quizzes of a text that readers see from now on. The caller holds the lesson's row."""
    asked = {one.uid: take(lesson, one) for one in text.questions}
    Question.objects.filter(lesson=lesson).exclude(uid__in=asked).update(lesson=None)
    for order, block in enumerate(text.quizzes):
        title = " ".join(strip_tags(block.title).split())[:300]
        settings = {"lesson": lesson, "title": title, "slots": slots(block), "order": order, "is_asked": True}
        Quiz.objects.update_or_create(name=block.name, defaults=settings)
    Quiz.objects.filter(lesson=lesson).exclude(name__in=[block.name for block in text.quizzes]).update(is_asked=False)


def take(lesson: Lesson, question: model.Question) -> Question:
    """The question's row, its current version being this text. A text that was asked before is the version it was."""
    row, _ = Question.objects.get_or_create(uid=question.uid, defaults={"type": question.type})
    sha256 = hash_of(question)
    version = row.versions.filter(sha256=sha256).first()
    if version is None:
        n = (row.versions.aggregate(n=Max("n"))["n"] or 0) + 1
        version = row.versions.create(
            n=n, source=question.source, spec=question.spec, key=question.key, rule=question.rule, points=question.points,
            concepts=list(question.concepts), sha256=sha256,
        )  # fmt: skip
    if (row.current_id, row.lesson_id) != (version.pk, lesson.pk):
        row.current, row.lesson = version, lesson
        row.save(update_fields=["current", "lesson"])
    return row


def hash_of(question: model.Question) -> str:
    """SHA-256 of what a version keeps, as canonical JSON."""
    kept = {
        "type": question.type, "source": question.source, "spec": question.spec, "key": question.key, "rule": question.rule,
        "points": str(question.points.normalize()), "concepts": list(question.concepts),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def slots(block: blocks.QuizBlock) -> list[dict[str, Any]]:
    """A pool stands where its first question does."""
    found: list[dict[str, Any]] = []
    pools: dict[str, list[str]] = {}
    for question in block.questions:
        if not question.pool:
            found.append({"ask": question.uid})
        elif question.pool in pools:
            pools[question.pool].append(question.uid)
        else:
            pools[question.pool] = [question.uid]
            found.append({"pool": question.pool, "pick": block.picks.get(question.pool, 1), "of": pools[question.pool]})
    return found


def quizzes_on(slug: str) -> list[tuple[Quiz, int]]:
    """Quizzes that may ask about a concept, and how many of their questions do."""
    uids = set(Question.objects.filter(current__concepts__contains=[slug]).values_list("uid", flat=True))
    found = []
    for quiz in Quiz.objects.filter(is_asked=True).select_related("lesson"):
        held = {uid for slot in quiz.slots for uid in slot.get("of", [slot.get("ask")])}
        found += [(quiz, len(held & uids))] if held & uids else []
    return found


def question_of(version: QuestionVersion) -> model.Question:
    """The question as it was asked. Its spec, key and rule are those kept with the version, whatever its source would mean today."""
    found = read_back(version.question.uid, version.source)
    return replace(found, spec=version.spec, key=version.key, rule=version.rule, points=version.points)


@lru_cache(maxsize=KEPT)
def read_back(uid: str, source: str) -> model.Question:
    options, body, used = blocks.options_of(source)
    raw = model.Raw(
        uid=uid,
        options=options,
        body=body,
        line=1,
        body_line=used + 1,
        source=source,
        render=lambda words, line: inner(words, line, Text()),
    )
    return registry.read(raw)


def kind_of(question: model.Question) -> model.QuestionType:
    """Its type. Types that answers are kept under are not taken away; a test sees to it."""
    return registry.types()[question.type]


def words_of(question: model.Question, most: int = 120) -> str:
    """What it asks, for lists: words without markup."""
    words = re.sub(r"\s+", " ", strip_tags(question.prompt_html)).strip()
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
