"""The browser's copy of the event schema: `python -m labs.engine.schema > static/player/schema.js`. A test compares the two."""

from __future__ import annotations

import json
import sys

from labs.engine.events import SCHEMA_VERSION, schema


def javascript() -> str:
    """The whole text of `static/player/schema.js`: one line for each kind of event, in the order of `events.py`."""
    rows = "".join(f"  {kind}: {json.dumps(fields)},\n" for kind, fields in schema().items())
    return (
        "// Made by `python -m labs.engine.schema` from labs/engine/events.py. Change it there.\n"
        f"export const SCHEMA_VERSION = {SCHEMA_VERSION};\n\n"
        "// Kind -> names of the fields that follow it in an event's row.\n"
        f"export const SCHEMA = {{\n{rows}}};\n"
    )


if __name__ == "__main__":
    sys.stdout.write(javascript())
