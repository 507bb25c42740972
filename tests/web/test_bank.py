"""The course's own bank of questions: whole, mixed, teaching, and not to be answered by its form."""

from collections import Counter

import pytest

from lessons.content import library
from lessons.questions import form, registry

BANK_MIN = 220
ASKED = range(12, 21)
PREDICT_MIN, ORDERS_MIN = 18, 15
PREDICTED = {"raft", "sharding", "caching"}


@pytest.fixture(scope="module")
def texts():
    return {file.number: file.text for file in library.read_all()}


@pytest.fixture(scope="module")
def bank(texts):
    return [question for text in texts.values() for question in text.questions]


def test_the_bank_is_as_large_as_promised(bank):
    types = Counter(question.type for question in bank)
    assert len(bank) >= BANK_MIN
    assert types["predict"] >= PREDICT_MIN
    assert types["ordering"] + types["causal"] >= ORDERS_MIN
    assert set(types) == set(registry.types())
    assert {question.spec["lab"] for question in bank if question.type == "predict"} == PREDICTED


def test_every_lesson_has_a_quiz_with_a_mix_of_types(texts):
    assert len(texts) == 11
    for number, text in texts.items():
        quiz = next(one for one in text.quizzes if one.name == f"check-{number.replace('.', '-')}")
        assert quiz.size in ASKED, number
        types = Counter(question.type for question in quiz.questions)
        assert len(types) >= 6, (number, types)
        assert max(types.values()) <= 0.6 * len(quiz.questions), (number, types)


def test_questions_drawn_in_each_others_place_are_worth_the_same(texts):
    for text in texts.values():
        for quiz in text.quizzes:
            worth = {}
            for question in quiz.questions:
                worth.setdefault(question.pool, set()).add(question.points)
            assert [pool for pool, points in worth.items() if pool and len(points) > 1] == [], quiz.name


def test_each_option_has_feedback_of_its_own(bank):
    for question in bank:
        said = [item.feedback for item in question.items]
        if question.type in ("single", "multiple"):
            assert all(said) and len(set(said)) == len(said), question.uid
        elif question.type in ("numeric", "short"):
            assert all(item.feedback for item in question.items if not item.right), question.uid


def test_no_question_is_answered_by_its_form(bank):
    assert [str(problem) for question in bank for problem in form.tells(question)] == []
    singles = [question for question in bank if question.type == "single"]
    chance = sum(1 / len(question.items) for question in singles) / len(singles)
    assert sum(map(form.longest, singles)) / len(singles) < chance + 0.05  # whoever picks the longest choice is no better than luck


def test_no_two_questions_differ_in_their_numbers_alone(bank):
    assert form.twins(bank) == []


def test_what_a_form_gives_away_is_found(bank):
    """The other way round: the checks above can fail."""
    from dataclasses import replace

    single = next(question for question in bank if question.type == "single")
    wordy = tuple(replace(item, text=item.text + " and a great deal more than that") if item.right else item for item in single.items)
    assert "much the longest" in str(next(form.tells(replace(single, items=wordy))))
    catch_all = (replace(single.items[0], text="All of the above"), *single.items[1:])
    assert "about the other choices" in str(next(form.tells(replace(single, items=catch_all))))
    assert "explains nothing" in str(next(form.tells(replace(single, type="causal", why=""))))
    assert form.twins([single, replace(single, uid="q-again", source=single.source.replace("1", "2"))]) != []
