"""Where on the timeline things happened, for jumping there without loading all chunks.

A worker writes down, beside each chunk, those of its events that leave a mark: faults, violations, marked notes, reached
goals. They are the events themselves, as rows; what they are called is the lab's to say.
"""

from __future__ import annotations

from typing import Any

import msgspec

from labs.engine.definition import Lab
from labs.engine.events import CheckEvent, Event, FaultEvent, GoalEvent, NoteEvent

NOTES_PER_CHUNK_MAX = 40  # a flood of notes leaves marks for its beginning

MARKING = frozenset({NoteEvent, CheckEvent, FaultEvent, GoalEvent})
_encode = msgspec.json.Encoder().encode


def encoded(events: list[Event], lab: Lab) -> bytes:
    """The marks among a chunk's events, as a JSON list of rows."""
    marks = [event for event in events if type(event) in MARKING and leaves_mark(event, lab)]  # most events are of other kinds
    notes = [event for event in marks if isinstance(event, NoteEvent)]
    left_out = {event.seq for event in notes[NOTES_PER_CHUNK_MAX:]}
    return _encode([event for event in marks if event.seq not in left_out])


def leaves_mark(event: Event, lab: Lab) -> bool:
    if isinstance(event, NoteEvent):
        note = lab.notes.get(event.name)
        return note is not None and bool(note.get("mark"))
    if isinstance(event, CheckEvent):
        return not event.holds
    return isinstance(event, FaultEvent) or (isinstance(event, GoalEvent) and event.progress >= 1)


def effective(stored: dict[int, tuple[int, Any]]) -> list[tuple[int, int, Any]]:
    """Of `{index: (revision, rows)}` those that no newer revision has replaced, as `(index, revision, rows)` in order.

    A rewind replaces its chunk and all after it, so a chunk stands where no chunk before it is of a newer revision.
    """
    kept, newest = [], 0
    for index, (revision, rows) in sorted(stored.items()):
        newest = max(newest, revision)
        if revision == newest:
            kept.append((index, revision, rows))
    return kept
