"""Histories as JSON lines: `{"process": 0, "type": "invoke", "f": "write", "key": "x", "value": 1}`.

Blank lines and further fields (`time`, `index`, `error`) are passed over. A completion repeats `process` and `f`; it may
leave out `key`. Model `kv` wants a key in every invoke; model `register` takes a history without one as one register
whose key is null, and one with several keys as several registers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from labs.engine.histories.history import HistoryError, Operation, Outcome, Pairing, encoded, is_scalar

TYPES = ("invoke", "ok", "fail", "info")
COMPLETIONS: dict[str, Outcome] = {"ok": "ok", "fail": "fail", "info": "info"}


def read_history(lines: Iterable[bytes], model: str) -> list[Operation]:
    """Positions are line numbers, from 1. Raises HistoryError with the first line that is not as it should be."""
    pairing = Pairing()
    for number, line in enumerate(lines, start=1):
        if not line.isspace():
            take(number, fields(number, line), model, pairing)
    return pairing.operations()


def take(number: int, entry: dict[str, Any], model: str, pairing: Pairing) -> None:
    process, f = entry["process"], entry["f"]
    if entry["type"] == "invoke":
        if model == "kv" and "key" not in entry:
            raise HistoryError(number, "model kv wants a key in every invoke")
        value = None if f == "read" else entry.get("value")
        pairing.invoke(process, Operation(process=process, f=f, key=entry.get("key"), value=value, invoked=number))
        return
    invoke = pairing.outstanding.get(process)
    if invoke is not None:
        if invoke.f != f:
            raise HistoryError(number, f"process {encoded(process)} completes a {f}; it invoked a {invoke.f} at {invoke.invoked}")
        if "key" in entry and encoded(entry["key"]) != encoded(invoke.key):
            raise HistoryError(
                number, f"process {encoded(process)} completes on key {encoded(entry['key'])}; it invoked on {encoded(invoke.key)}"
            )
    pairing.complete(process, number, COMPLETIONS[entry["type"]], entry.get("value"))


def fields(number: int, line: bytes) -> dict[str, Any]:
    """The line as an object whose `process`, `type`, `f` and `key` are of the right kind."""
    entry = decoded(number, line)
    for name in ("process", "type", "f"):
        if name not in entry:
            raise HistoryError(number, f"{name} is missing")
    if isinstance(entry["process"], bool) or not isinstance(entry["process"], (int, str)):
        raise HistoryError(number, "process is a whole number or text")
    if entry["type"] not in TYPES:
        raise HistoryError(number, f"type is one of {', '.join(TYPES)}; got {json.dumps(entry['type'])}")
    if not isinstance(entry["f"], str):
        raise HistoryError(number, "f is text")
    if not is_scalar(entry.get("key")):
        raise HistoryError(number, "key is null, a truth value, a number or text")
    return entry


def decoded(number: int, line: bytes) -> dict[str, Any]:
    """The line as an object."""
    try:
        entry = json.loads(line.decode().rstrip(), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise HistoryError(number, f"not UTF-8: {error.reason} at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise HistoryError(number, f"not JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise HistoryError(number, f"not JSON: {error}") from error
    if not isinstance(entry, dict):
        raise HistoryError(number, "not a JSON object")
    return entry


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
