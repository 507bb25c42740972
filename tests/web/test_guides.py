"""Guides in lesson texts: what is read, and what is refused with its line; and footnotes that have no place."""

import pytest

from lessons import embeds
from lessons.content.blocks import GuideBlock
from lessons.content.check import check
from lessons.content.guides import STEPS_MAX
from lessons.content.text import parse

HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
LAB = ":::{lab} raft\n:name: first\n:::\n\n"  # the guide's fence is line 11


def guides(body):
    return [part for part in parse(HEAD + LAB + body).parts if isinstance(part, GuideBlock)]


def problems(body, before=HEAD + LAB):
    text = parse(before + body)
    return [(one.line, one.what) for one in text.problems or check(text, embeds.lab_info, {"9.1": set()})]


def guide(*steps, name="first", title=""):
    return f":::{{guide}} {name}\n{title}" + "".join(f"{step}\n" for step in steps) + ":::\n"


def test_a_guide_is_its_steps_and_what_each_waits_for():
    body = guide("1. [Stop the leader](lab:first#crash-leader). {see: crash}", "2. Another *leads*. {see: became_leader}")
    (found,) = guides(body)
    assert not problems(body)
    assert [step.see for step in found.steps] == ["crash", "became_leader"]
    assert 'data-step="crash-leader"' in found.steps[0].html
    assert "Another <em>leads</em>." in found.steps[1].html
    assert "{see" not in "".join(step.html for step in found.steps)


def test_guides_have_keys_of_their_own_that_stay():
    step = "1. Stop it. {see: crash}"
    body = guide(step, title=":title: A leader falls\n") + guide(step, title=":title: A leader falls\n") + guide(step) + guide(step)
    assert [one.key for one in guides(body)] == ["a-leader-falls", "a-leader-falls-2", "first", "first-2"]


@pytest.mark.parametrize("see", ["crash", "became_leader", "election-safety", "change-membership"])
def test_a_step_waits_for_an_action_a_note_a_promise_or_a_challenge(see):
    assert not problems(guide(f"1. Look. {{see: {see}}}"))


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        (guide("1. Stop it. {see: melt}"), 12, "shows no 'melt'"),
        (guide("1. Stop it. {see: crash}", "2. Look. {see: Became Leader}"), 13, "does not say what shows"),
        (guide("1. Stop it. {see: crash} Now."), 12, "does not say what shows"),
        (guide("1. Stop it."), 12, "does not say what shows"),
        (guide("1. Stop it. {see: crash}", name="other"), 11, "No lab on this page is named 'other'"),
        (guide("Stop it. {see: crash}"), 11, "not one numbered list"),
        (guide("- Stop it. {see: crash}"), 11, "not one numbered list"),
        (guide("1. Stop it. {see: crash}", "", "And then."), 11, "not one numbered list"),
        (guide(), 11, "not one numbered list"),
        (guide(*["1. Stop it. {see: crash}"] * (STEPS_MAX + 1)), 11, "not one numbered list"),
        (guide("1. Stop it. {see: crash}", "   1. Within. {see: crash}"), 12, "list inside a step"),
    ],
)
def test_a_mistake_in_a_guide_is_named_with_its_line(body, line, what):
    found = problems(body)
    assert [(at, what in said) for at, said in found] == [(line, True)], found


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (":::{note}\nSaid.[^a]\n:::\n\nHere.[^a]\n\n[^a]: By whom.\n", 8),
        (":::{note}\nSaid.[^a]\n\n[^a]: By whom.\n:::\n", 8),
        ("One.\n\nSaid.[^nowhere]\n", 9),
    ],
)
def test_a_footnote_stands_in_prose_and_has_its_text(body, line):
    found = problems(body, HEAD)
    assert [(at, "footnote" in said) for at, said in found] == [(line, True)], found


def test_brackets_in_code_are_no_footnotes():
    assert not problems("`[^a-z]` and\n\n```\n[^x]\n```\n\nSaid.[^1]\n\n[^1]: By whom.\n", HEAD)


def test_a_formula_on_a_line_of_its_own_can_scroll():
    assert '<p class="formula">' in parse(HEAD + "$$a + b$$\n").parts[0].html
