"""A lesson's source, read: front matter, parts in order (prose and blocks), outline, links, and what is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, count
from typing import Any

from markdown_it.token import Token

from lessons.content import blocks, bounds, footnotes, guides, links, maths, quizzes
from lessons.content import matter as front
from lessons.content.markdown import MARKDOWN, resolve, sanitise, to_html
from lessons.content.problems import ContentError, Problem
from lessons.questions.model import Question

HEADINGS_MAX = 200
EXPLICIT_ID = re.compile(r"\s*\{#([a-z][a-z0-9-]{0,60})\}\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    kind = "prose"
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    level: int  # 2 or 3
    id: str
    text: str
    line: int = 0


@dataclass(slots=True, kw_only=True)
class Text:
    """`parts` are Prose and blocks in reading order. A text with problems can be shown as a preview and is never published."""

    matter: front.Matter = front.NOTHING
    title: str = ""  # html of the first heading
    parts: list[Prose | blocks.Block] = field(default_factory=list)
    outline: list[Heading] = field(default_factory=list)
    levels: list[tuple[int, int]] = field(default_factory=list)  # (line, level) of every heading below the title
    links: list[Any] = field(default_factory=list)  # LabLink, LessonLink, or (line, id) for a place on this page
    problems: list[Problem] = field(default_factory=list)

    @property
    def labs(self) -> list[blocks.LabBlock]:
        return [part for part in self.parts if isinstance(part, blocks.LabBlock)]

    @property
    def quizzes(self) -> list[blocks.QuizBlock]:
        return [part for part in self.parts if isinstance(part, blocks.QuizBlock)]

    @property
    def questions(self) -> list[Question]:
        return [question for quiz in self.quizzes for question in quiz.questions]

    def require(self, name: str) -> "Text":
        if self.problems:
            raise ContentError(name, tuple(sorted(self.problems, key=lambda p: p.line)))
        return self


@lru_cache(maxsize=64)
def parse(source: str) -> Text:
    """Read a source. Kept by content, so a page costs its parsing once. Callers must not change what they get."""
    text = Text(problems=list(bounds.too_large(source)))
    if text.problems:
        return text
    lines = bounds.lines_of(source)
    tokens = MARKDOWN.parse(source)
    read_matter(tokens, text)
    prose: list[Token] = []
    for token in tokens:
        if token.type == "colon_fence" and token.level == 0:
            close_prose(prose, text)
            expect_closed(token, lines, text)
            read_block(token, text)
        elif token.type != "front_matter":
            prose.append(token)
    close_prose(prose, text)
    number_figures(text)
    text.problems = list(bounds.merge_markers(source)) or text.problems  # what else is wrong around them comes from them
    return text


def read_matter(tokens: Sequence[Token], text: Text) -> None:
    if tokens and tokens[0].type == "front_matter":
        text.matter, problems = front.parse(tokens[0].content)
        text.problems.extend(problems)
    else:
        text.problems.append(
            Problem(
                line=1,
                what="There is no front matter.",
                expected="it between two lines of dashes at the top.",
                example='---, id: "8.5", title: Consensus, ---',
            )
        )
    titles = [t for t in tokens if t.type == "heading_open" and t.tag == "h1" and t.level == 0]
    if len(titles) != 1:
        line = titles[1].map[0] + 1 if len(titles) > 1 and titles[1].map else 1
        text.problems.append(
            Problem(
                line=line,
                what=f"There are {len(titles)} headings of the first level.",
                expected="one, the lesson's title.",
                example="# Consensus",
            )
        )


def close_prose(tokens: list[Token], text: Text) -> None:
    """End a stretch of prose: name its headings, resolve its links, render it."""
    if not tokens:
        return
    name_headings(tokens, text)
    html = render(tokens, 1, text)
    tokens.clear()
    if html.strip():
        text.parts.append(Prose(html=html))


def name_headings(tokens: list[Token], text: Text) -> None:
    for i, token in enumerate(tokens):
        if token.type != "heading_open" or token.level:
            continue
        inline = tokens[i + 1]
        line = inline.map[0] + 1 if inline.map else 1
        identifier = take_id(inline, text)
        if token.tag == "h1" and not text.title:
            text.title = sanitise(MARKDOWN.renderer.render([inline], MARKDOWN.options, {}))
            tokens[i : i + 3] = []
            return name_headings(tokens, text)
        text.levels.append((line, int(token.tag[1])))
        if token.tag in ("h2", "h3"):
            if len(text.outline) < HEADINGS_MAX:
                text.outline.append(Heading(level=int(token.tag[1]), id=identifier, text=plain(inline), line=line))
            token.attrSet("id", identifier)
    return None


def take_id(inline: Token, text: Text) -> str:
    """The id in braces at the heading's end, which stays when the words change; else one made of the words."""
    last = inline.children[-1] if inline.children else None
    explicit = EXPLICIT_ID.search(last.content) if last is not None and last.type == "text" else None
    if last is not None and explicit:
        last.content = last.content[: explicit.start()]
    base = explicit[1] if explicit else slug(plain(inline))
    taken = {heading.id for heading in text.outline}
    if explicit and base in taken:
        line = inline.map[0] + 1 if inline.map else 1
        text.problems.append(
            Problem(
                line=line, what=f"The id {base!r} is used twice.", expected="each id once.", example="## A majority is enough {#majority}"
            )
        )
    return next(name for name in chain([base], (f"{base}-{n}" for n in count(2))) if name not in taken)


def slug(words: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:60].strip("-") or "section"


def plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline")).strip()


def render(tokens: Sequence[Token], line: int, text: Text) -> str:
    """Sanitised HTML, with links collected. `line` is the file's line of the tokens' line 0."""
    read, unread = resolve(tokens, line)
    text.links.extend(read)
    for at, href in unread:
        what = f"The link to {href[:60]!r} leads nowhere."
        text.problems.append(
            Problem(
                line=at,
                what=what,
                expected="https:, mailto:, #id, lesson: or lab:.",
                example=links.EXAMPLE_LAB if href.startswith("lab:") else links.EXAMPLE_LESSON,
            )
        )
    here = line
    for token in tokens:
        here = line + token.map[0] if token.map else here
        if token.type == "colon_fence":
            text.problems.append(
                Problem(
                    line=here,
                    what="A block stands inside a list, a quotation or another block.",
                    expected="it at the left margin.",
                    example=blocks.KINDS["lab"],
                )
            )
        for formula in (one for one in (token, *(token.children or ())) if one.type.startswith("math_") and maths.unreadable(one.content)):
            what = f"The formula {formula.content.strip()[:60]!r} cannot be read."
            text.problems.append(
                Problem(line=here, what=what, expected=f"LaTeX of at most {maths.SOURCE_MAX} characters.", example=maths.EXAMPLE)
            )
        for name in footnotes.without_text(token):
            what = f"The footnote {name!r} has no text here."
            text.problems.append(Problem(line=here, what=what, expected=footnotes.EXPECTED, example=footnotes.EXAMPLE))
        if any(child.type == "image" for child in token.children or ()):
            text.problems.append(
                Problem(line=here, what="Pictures are drawn by name.", expected="a figure block.", example=blocks.KINDS["figure"])
            )
    return to_html([token for token in tokens if token.type != "colon_fence"])


def expect_closed(token: Token, lines: Sequence[str], text: Text) -> None:
    """An open fence swallows the rest of the lesson without a word, unless somebody says so."""
    start, end = token.map or [0, 0]
    last = lines[end - 1].strip() if end <= len(lines) else ""
    if len(last) < 3 or last.strip(":") or end - 1 == start:
        text.problems.append(
            Problem(line=start + 1, what="The block is never closed.", expected=f"a line {token.markup} after it.", example=token.markup)
        )


def read_block(token: Token, text: Text) -> None:
    line = token.map[0] + 1 if token.map else 1
    raw, problems = blocks.read(token.info, token.content, line)
    text.problems.extend(problems)
    if raw is not None and not problems:
        text.parts.append(BUILDERS[raw.kind](raw, text))


def inner(source: str, line: int, text: Text) -> str:
    """Of what stands in a block. It is read alone, so it can have no footnotes: their numbers and places would be the lesson's."""
    tokens = MARKDOWN.parse(source)
    if any(token.type == "footnote_block_open" for token in tokens):
        what = "A block has a footnote of its own."
        text.problems.append(Problem(line=line, what=what, expected=footnotes.EXPECTED, example=footnotes.EXAMPLE))
    return render(tokens, line, text)


def lab_block(raw: blocks.Raw, text: Text) -> blocks.LabBlock:
    options = dict(raw.options)
    name, scenario, caption = options.pop("name"), options.pop("scenario", None), options.pop("caption", "")
    if any(lab.name == name for lab in text.labs):
        text.problems.append(
            Problem(line=raw.line, what=f"Two labs are named {name!r}.", expected="each name once on a page.", example=":name: raft-second")
        )
    return blocks.LabBlock(
        line=raw.line, lab=raw.argument, name=name, scenario=scenario, parameters=options,
        caption=inner(caption, raw.line, text), fallback=inner(raw.body, raw.body_line, text),
    )  # fmt: skip


def figure_block(raw: blocks.Raw, text: Text) -> blocks.FigureBlock:
    return blocks.FigureBlock(line=raw.line, name=raw.argument, caption=inner(raw.body, raw.body_line, text))


def note_block(raw: blocks.Raw, text: Text) -> blocks.NoteBlock:
    return blocks.NoteBlock(line=raw.line, html=inner(raw.body, raw.body_line, text))


def guide_block(raw: blocks.Raw, text: Text) -> blocks.GuideBlock:
    steps = []
    for see, tokens, line in guides.read(raw, text.problems):
        steps.append(blocks.GuideStep(html=render(tokens, line, text), see=see, line=line))
    title = inner(raw.options.get("title", ""), raw.line, text)
    return blocks.GuideBlock(line=raw.line, name=raw.argument, key=guide_key(raw, text), title=title, steps=tuple(steps))


def guide_key(raw: blocks.Raw, text: Text) -> str:
    """What a reader's progress keeps a guide under: its title's words, so that another guide above it changes nothing."""
    base = slug(raw.options["title"]) if raw.options.get("title") else raw.argument
    taken = {part.key for part in text.parts if isinstance(part, blocks.GuideBlock)}
    return next(name for name in chain([base], (f"{base}-{n}" for n in count(2))) if name not in taken)


def quiz_block(raw: blocks.Raw, text: Text) -> blocks.QuizBlock:
    questions = quizzes.read(raw, text.problems, lambda source, line: inner(source, line, text))
    picks = quizzes.read_picks(raw, questions, text.problems)
    title = inner(raw.options.get("title", ""), raw.line, text)
    return blocks.QuizBlock(line=raw.line, name=raw.argument, title=title, source=raw.body, questions=questions, picks=picks)


BUILDERS: dict[str, Any] = {"lab": lab_block, "figure": figure_block, "note": note_block, "guide": guide_block, "quiz": quiz_block}


def number_figures(text: Text) -> None:
    """Labs and drawings are figures alike, numbered down the page."""
    n = 0
    for i, part in enumerate(text.parts):
        if isinstance(part, blocks.LabBlock | blocks.FigureBlock):
            n += 1
            text.parts[i] = replace(part, figure=n)
