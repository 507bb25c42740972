"""Colours that carry words reach 4.5:1 on what they stand on, in both themes (WCAG 2.2, 1.4.3)."""

import re

import pytest

ROLES = ("role-leader", "role-follower", "role-candidate", "state-down", "state-paused")
GROUNDS = ("paper", "surface", "sunken")
PAIRS = [
    *[(text, ground) for text in ("ink", "ink-soft", "ink-faint", "accent", "ok", "violated", "pending") for ground in GROUNDS],
    *[(role, f"{role}-fill") for role in ROLES],  # a role's word on its shape, a chip
    *[(role, "surface") for role in ROLES],  # the head of a column
    *[("surface", role) for role in ROLES],  # a token in the state machine
    *[("ok", "ok-soft"), ("violated", "violated-soft"), ("pending", "pending-soft"), ("accent", "accent-soft")],
    *[("paper", "accent"), ("surface", "ok"), ("ink", "accent-soft"), ("ink-soft", "accent-soft")],
    *[("ink-soft", "ok-soft"), ("ink", "pending-soft"), ("ink-soft", "violated-soft")],
    *[(f"code-{part}", ground) for part in ("keyword", "string", "comment", "number", "name") for ground in ("sunken", "accent-soft")],
]


def colours(css, theme):
    """Token -> its three parts; the dark set stands on the light one."""
    light = re.search(r":root \{(.*?)\n\}", css, re.S)
    dark = re.search(r':root\[data-theme="dark"\] \{(.*?)\n\}', css, re.S)
    text = light[1] + (dark[1] if theme == "dark" else "")
    return {name: tuple(bytes.fromhex(value)) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6})", text)}


def luminance(colour):
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    darker, lighter = sorted((luminance(a), luminance(b)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1():
    assert round(contrast((0, 0, 0), (255, 255, 255)), 2) == 21


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(root, theme):
    known = colours((root / "static/css/tokens.css").read_text(), theme)
    weak = {f"{text} on {ground}": round(contrast(known[text], known[ground]), 2) for text, ground in PAIRS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_tokens_stand_in_one_file(root):
    """A colour that is a token in another sheet too has two values some day."""
    sheets = (root / "static/css").glob("*.css")
    names = {path.name for path in sheets if re.search(r"--(role|state|message|code)-[\w-]+:\s*#", path.read_text())}
    assert names == {"tokens.css"}
