"""The steps of a guide: an ordered list, each item ending with what the run shows once it is done: `{see: became_leader}`."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from lessons.content import blocks
from lessons.content.markdown import MARKDOWN
from lessons.content.problems import Problem

SEE = re.compile(r"\s*\{see: ([a-z][a-z0-9_-]{0,60})\}\s*$")
STEPS_MAX = 12
EXAMPLE = "1. [Stop the leader](lab:raft-first#crash-leader). {see: crash}"


def read(raw: blocks.Raw, problems: list[Problem]) -> Iterator[tuple[str, Sequence[Token], int]]:
    """What each step waits for, its tokens and the file's line its tokens' line 0 stands on."""
    tokens = MARKDOWN.parse(raw.body)
    if not tokens or tokens[0].type != "ordered_list_open" or tokens[-1].type != "ordered_list_close" or count(tokens) > STEPS_MAX:
        what = "A guide is not one numbered list."
        problems.append(Problem(line=raw.line, what=what, expected=f"1 to {STEPS_MAX} numbered steps, nothing else.", example=EXAMPLE))
        return
    for item in items(tokens):
        line = raw.body_line + (item[0].map or [0])[0]
        if any(token.type in ("ordered_list_open", "bullet_list_open") for token in item):
            what = "There is a list inside a step."
            problems.append(Problem(line=line, what=what, expected="steps of one level.", example=EXAMPLE))
            continue
        see = take_see(item)
        if see is None:
            what = "The step does not say what shows that it is done."
            problems.append(Problem(line=line, what=what, expected="`{see: NAME}` at its end.", example=EXAMPLE))
        else:
            yield see, item, raw.body_line


def items(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for at, token in enumerate(tokens):
        if token.type == "list_item_open" and token.level == 1:
            start = at + 1
        elif token.type == "list_item_close" and token.level == 1:
            yield tokens[start:at]


def count(tokens: Sequence[Token]) -> int:
    return sum(token.type == "list_item_open" and token.level == 1 for token in tokens)


def take_see(item: Sequence[Token]) -> str | None:
    """Takes the condition off the item's last words."""
    inline = next((token for token in reversed(item) if token.type == "inline"), None)
    last = inline.children[-1] if inline is not None and inline.children else None
    found = SEE.search(last.content) if last is not None and last.type == "text" else None
    if last is None or found is None:
        return None
    last.content = last.content[: found.start()]
    return found[1]
