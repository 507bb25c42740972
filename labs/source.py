"""The code that runs in a lab's nodes, for reading beside them: files as coloured runs of text, and which lines handle what.

What is shown are the modules of the node classes and those beside them in the lab's folder; its tests are not. A message is handled by the
`on_...` function with a parameter annotated with its class, else by the branch of `on_message` that asks for it; a timer by the branch
of `on_timer` that asks for its name; a note stands where `ctx.note` says it. Functions count where the node's class finds them.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, Token, _TokenType

from labs import catalog
from labs.engine.definition import Lab
from labs.engine.node import Node

# Token of the lexer -> the letter the style sheet knows; the first that fits. The rest is plain text.
LETTERS: tuple[tuple[_TokenType, str], ...] = (
    (String.Doc, "c"),
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Number, "n"),
    (Literal, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "d"),
    (Name.Builtin.Pseudo, "b"),
)

Spot = dict[str, Any]  # {"file", "from", "to", "line", "name"}: lines from 1, `line` the one to look at


@cache
def source(slug: str) -> dict[str, Any]:
    """Files and handlers of a lab, as JSON-able data. Raises KeyError for a lab that is not in the catalogue."""
    lab = catalog.find(slug)
    classes = _node_classes(lab)
    paths = _paths(slug, classes)
    handlers = {kind: _handlers(node, lab) for kind, node in classes.items()}
    files = [{"name": path.name, "lines": _lines(path.read_text(encoding="utf-8"))} for path in paths]
    return {"lab": slug, "version": lab.version, "files": files, "handlers": handlers}


@cache
def etag(slug: str) -> str:
    """Another one for another version of the lab, and for any other text."""
    told = source(slug)
    digest = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
    return f'"{slug}-{told["version"]}-{digest}"'


def _node_classes(lab: Lab) -> dict[str, type[Node]]:
    """Kind of node -> its class, as the lab's defaults build them."""
    nodes = lab.setup(lab.check_parameters({})).nodes.values()
    return {node.kind: type(node) for node in nodes}


def _paths(slug: str, classes: dict[str, type[Node]]) -> list[Path]:
    """The folder's own modules: those the servers' class is made of first, from the class down, then the others by name."""
    folder = Path(catalog.__path__[0]).resolve() / slug
    beside = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    parts = [_path_of(part) for node in classes.values() for part in node.__mro__]
    first = [path for path in dict.fromkeys(parts) if path in beside]
    return [*first, *(path for path in beside if path not in first)]


def _path_of(part: type) -> Path | None:
    file = getattr(sys.modules.get(part.__module__), "__file__", None)
    return Path(file).resolve() if file else None


def _lines(text: str) -> list[list[list[str]]]:
    """Each line as `[letter, text]` runs, neighbours of one letter joined; the letter is empty for plain text."""
    lines: list[list[list[str]]] = [[]]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        letter = _letter(token)
        for i, piece in enumerate(value.split("\n")):
            if i:
                lines.append([])
            if piece and lines[-1] and lines[-1][-1][0] == letter:
                lines[-1][-1][1] += piece
            elif piece:
                lines[-1].append([letter, piece])
    return lines[:-1] if lines and not lines[-1] else lines


def _letter(token: _TokenType) -> str:
    return next((letter for known, letter in LETTERS if token in known), "") if token is not Token.Text else ""


# Which lines handle what


def _handlers(node: type[Node], lab: Lab) -> dict[str, dict[str, Spot]]:
    functions = list(_functions(node))
    messages = {t.__name__: _message_spot(t.__name__, functions) for t in lab.messages}
    timers = {name: spot for function in functions if function[1].name == "on_timer" for name, spot in _timer_spots(*function)}
    notes = {name: spot for function in functions for name, spot in _note_spots(*function)}
    return {"messages": {name: spot for name, spot in messages.items() if spot}, "timers": timers, "notes": notes}


def _functions(node: type[Node]) -> Iterator[tuple[str, ast.FunctionDef]]:
    """`(file, function)` of all that the class finds, an overriding one in place of what it overrides."""
    seen: set[str] = set()
    for part in node.__mro__:
        path = _path_of(part)
        if path is None or not part.__module__.startswith(f"{catalog.__name__}."):
            continue
        tree = ast.parse(inspect.getsource(sys.modules[part.__module__]))
        body = next(item.body for item in tree.body if isinstance(item, ast.ClassDef) and item.name == part.__name__)
        for item in body:
            if isinstance(item, ast.FunctionDef) and item.name not in seen:
                seen.add(item.name)
                yield path.name, item


def _message_spot(name: str, functions: list[tuple[str, ast.FunctionDef]]) -> Spot | None:
    for file, function in functions:
        arguments = [*function.args.args, *function.args.kwonlyargs]
        if function.name.startswith("on_") and any(_names(argument.annotation, name) for argument in arguments):
            return _spot(file, function, function.name)
    for file, function in functions:
        if function.name.startswith("on_"):
            for branch in _branches(function):
                if _asks_for_class(branch, name):
                    return _spot(file, function if _sends_away(branch) else branch, function.name)
    return None


def _sends_away(branch: ast.If | ast.match_case) -> bool:
    """`if not isinstance(body, Name): return`: what handles the message is what comes after."""
    return isinstance(branch, ast.If) and any(isinstance(part, ast.Not) for part in ast.walk(branch.test))


def _asks_for_class(branch: ast.If | ast.match_case, name: str) -> bool:
    if isinstance(branch, ast.match_case):
        patterns = ast.walk(branch.pattern)
        return any(isinstance(pattern, ast.MatchClass) and _names(pattern.cls, name) for pattern in patterns)
    calls = [call for call in ast.walk(branch.test) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
    return any(call.func.id == "isinstance" and _names(call.args[1], name) for call in calls if isinstance(call.func, ast.Name))


def _timer_spots(file: str, function: ast.FunctionDef) -> Iterator[tuple[str, Spot]]:
    """The branch for each name `on_timer` asks for. One that asks for none handles every timer: that is told under an empty name."""
    yield "", _spot(file, function, function.name)
    for branch in _branches(function):
        asked = branch.pattern if isinstance(branch, ast.match_case) else branch.test
        for constant in ast.walk(asked):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                yield constant.value, _spot(file, branch, function.name)


def _note_spots(file: str, function: ast.FunctionDef) -> Iterator[tuple[str, Spot]]:
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "note" and call.args):
            continue
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
            yield call.args[0].value, _spot(file, function, function.name) | {"line": call.lineno}


def _branches(function: ast.FunctionDef) -> list[ast.If | ast.match_case]:
    return [node for node in ast.walk(function) if isinstance(node, ast.If | ast.match_case)]


def _names(annotation: ast.AST | None, name: str) -> bool:
    """Whether an annotation, a pattern's class or the second argument of isinstance means this class, alone or among others:
    `Name`, `m.Name`, `A | Name`, `(A, Name)`.
    """
    parts = ast.walk(annotation) if annotation else ()
    return any(part.id == name if isinstance(part, ast.Name) else isinstance(part, ast.Attribute) and part.attr == name for part in parts)


def _spot(file: str, part: ast.FunctionDef | ast.If | ast.match_case, name: str) -> Spot:
    """From its first line to the last of its own body: the branches after it are not its."""
    first = part.pattern.lineno if isinstance(part, ast.match_case) else part.lineno
    last = max(item.end_lineno or first for item in part.body)
    return {"file": file, "from": first, "to": last, "line": first, "name": name}
