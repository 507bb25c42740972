"""Putting things in order: with buttons, with the keyboard, by dragging; what is sent is what stands in the selects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from lessons.content.text import parse
from lessons.questions import registry

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://quiz.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
CSP = "default-src 'self'; script-src 'self'; style-src 'self'"
SOURCE = """---
id: "9.1"
title: Clocks
---
# Clocks

::::{quiz} check
:::{question} q-1
:type: ordering
:points: 1
:concepts: majority
What first?

1. {append} It *appends*.
2. {send} It sends.
3. {commit} It commits.
4. {reply} It replies.
:::
::::
"""
DEALT = {"order": ["reply", "commit", "append", "send"]}


class Quiz:
    """A page with one question. `inputs`: the fields that said they were written to, as a page that saves by itself hears it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.route(f"{ORIGIN}/**", self.serve)

    def open(self, answer: list[str] | None = None, scripted: bool = True, **size: int) -> None:
        sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in ("tokens", "base", "quiz"))
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Quiz</title>{sheets}'
        script = '<script type="module" src="/static/js/quiz/order.js"></script>'
        form = f"<form>{rendered(answer)}</form>{script if scripted else ''}"
        self.document = f'<!doctype html><html lang="en"><head>{head}</head><body><main class="page">{form}</main></body></html>'
        if size:
            self.page.set_viewport_size(size)
        self.page.goto(f"{ORIGIN}/")
        expect(self.page.get_by_role("button", name="Up It sends.")).to_be_visible(visible=scripted)
        self.page.evaluate("() => { window.heard = []; document.forms[0].addEventListener('input', (e) => heard.push(e.target.name)); }")

    def serve(self, route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            file = ROOT / path.lstrip("/")
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        elif path == "/favicon.ico":
            route.fulfill(status=204)
        else:
            route.fulfill(body=self.document, content_type="text/html", headers={"Content-Security-Policy": CSP})

    @property
    def sent(self) -> dict[str, str]:
        return self.page.evaluate("() => Object.fromEntries(new FormData(document.forms[0]))")

    @property
    def order(self) -> list[str]:
        """The ids in the order of the list."""
        return self.page.evaluate(
            "() => [...document.querySelectorAll('[data-order-list] select')].map((s) => s.name.slice('q1-place-'.length))"
        )

    @property
    def said(self) -> str:
        return self.page.get_by_role("status").inner_text()


@pytest.fixture
def quiz(page: Any) -> Iterator[Quiz]:
    quiz = Quiz(page)
    yield quiz
    assert quiz.errors == []


def rendered(answer: list[str] | None) -> str:
    """The question as the site renders it, what it asks included."""
    question = parse(SOURCE).questions[0]
    view = registry.types()["ordering"].view(question, DEALT, answer)
    part = render_to_string("quizzes/types/ordering.html", {"question": question, "name": "q1", "view": view, "locked": False})
    return f'<p id="q1-prompt">What first?</p>{part}'


def placed(*ids: str) -> dict[str, str]:
    return {f"q1-place-{one}": str(n) for n, one in enumerate(ids, 1)}


def test_until_something_is_moved_there_is_no_answer(quiz: Quiz) -> None:
    quiz.open()
    assert quiz.order == DEALT["order"]
    assert set(quiz.sent.values()) == {""}
    expect(quiz.page.get_by_text("Not answered yet.")).to_be_visible()
    expect(quiz.page.locator("select").first).to_be_hidden()


def test_the_order_as_it_stands_can_be_the_answer(quiz: Quiz) -> None:
    quiz.open()
    quiz.page.get_by_role("button", name="Keep this order").press("Enter")
    assert quiz.sent == placed(*DEALT["order"])
    assert len(quiz.page.evaluate("heard")) == 1
    expect(quiz.page.get_by_text("Not answered yet.")).to_be_hidden()
    expect(quiz.page.get_by_role("button", name="Up It replies.")).to_be_focused()


def test_a_step_goes_up_and_down_by_the_keyboard_alone_and_keeps_the_focus(quiz: Quiz) -> None:
    quiz.open()
    up = quiz.page.get_by_role("button", name="Up It appends.")
    up.press("Enter")
    assert quiz.order == ["reply", "append", "commit", "send"]
    assert quiz.sent == placed(*quiz.order)
    assert quiz.said == "It appends.: place 2 of 4"
    expect(up).to_be_focused()
    up.press("Space")
    up.press("Enter")
    assert quiz.order[0] == "append"
    assert quiz.said == "It appends.: is first already"
    assert len(quiz.page.evaluate("heard")) == 2, "what did not move was not written"
    quiz.page.get_by_role("button", name="Down It appends.").press("Enter")
    assert quiz.sent == placed("reply", "append", "commit", "send")


def test_a_step_can_be_dragged_and_is_written_once_when_it_is_let_go(quiz: Quiz) -> None:
    quiz.open()
    handles = quiz.page.locator("[data-order-handle]")
    last, first = handles.nth(3).bounding_box(), handles.nth(0).bounding_box()
    quiz.page.mouse.move(last["x"] + 5, last["y"] + 5)
    quiz.page.mouse.down()
    quiz.page.mouse.move(first["x"] + 5, first["y"], steps=7)
    assert quiz.order == ["send", "reply", "commit", "append"]
    assert set(quiz.sent.values()) == {""}
    quiz.page.mouse.up()
    assert quiz.sent == placed("send", "reply", "commit", "append")
    assert quiz.said == "It sends.: place 1 of 4"
    assert len(quiz.page.evaluate("heard")) == 1


def test_an_answer_given_before_stands_in_its_order(quiz: Quiz) -> None:
    quiz.open(answer=["send", "append", "reply", "commit"])
    assert quiz.order == ["send", "append", "reply", "commit"]
    assert quiz.sent == placed(*quiz.order)
    expect(quiz.page.get_by_text("Not answered yet.")).to_be_hidden()


def test_without_the_script_everything_gets_its_place_in_a_list(quiz: Quiz) -> None:
    quiz.open(scripted=False)
    expect(quiz.page.get_by_text("Give each step its place")).to_be_visible()
    expect(quiz.page.get_by_text("Not answered yet.")).to_be_hidden()
    expect(quiz.page.locator("[data-order-handle]").first).to_be_hidden()
    for place, one in enumerate(("It appends.", "It sends.", "It commits.", "It replies."), 1):
        quiz.page.get_by_role("combobox", name=one).select_option(str(place))
    assert quiz.sent == placed("append", "send", "commit", "reply")


def test_places_written_by_somebody_else_are_followed(quiz: Quiz) -> None:
    """As when what was typed in another window, or before the connection broke, is put back."""
    quiz.open()
    quiz.page.evaluate(
        """(places) => {
        for (const [name, place] of Object.entries(places)) document.forms[0].elements[name].value = place;
        document.forms[0].dispatchEvent(new CustomEvent("quiz:filled", { bubbles: true }));
    }""",
        placed("commit", "send", "append", "reply"),
    )
    assert quiz.order == ["commit", "send", "append", "reply"]
    assert quiz.page.evaluate("heard") == []


def test_an_answer_that_takes_the_place_of_another_can_be_moved_too(quiz: Quiz) -> None:
    """As when two windows saved different answers and the student takes the stored one."""
    quiz.open()
    quiz.page.evaluate(
        """(html) => {
        document.forms[0].innerHTML = html;
        document.forms[0].dispatchEvent(new CustomEvent("quiz:replaced", { bubbles: true }));
    }""",
        rendered(["send", "append", "reply", "commit"]),
    )
    quiz.page.get_by_role("button", name="Down It sends.").press("Enter")
    assert quiz.sent == placed("append", "send", "reply", "commit")


def test_on_a_small_screen_nothing_is_wider_than_the_page(quiz: Quiz) -> None:
    quiz.open(width=360, height=700)
    assert quiz.page.evaluate("document.documentElement.scrollWidth") == 360
    for button in quiz.page.locator("[data-order-move]").all():
        box = button.bounding_box()
        assert box["width"] >= 24 and box["height"] >= 24
