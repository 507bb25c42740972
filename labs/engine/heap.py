"""What the heap holds: plain integers and names, so that it can be dumped as it is.

An item is `(t_us, order, what, subject, detail)`; `order` never repeats, so there are no ties.
"""

from __future__ import annotations

from typing import Any

DELIVER = 0  # subject: seq of the message
TIMER = 1  # subject: process, detail: name of the timer
DISK = 2  # subject: process; a sync is done
CHAOS = 3  # subject: seq of the command that began it, detail: what to undo, or None for the next strike
WATCH = 4  # subject: number of the invariant that looks at the clock
WINDOW = 5  # the metrics window ends
FLOW = 6  # a busy lab tells its flows

HeapItem = tuple[int, int, int, Any, Any]
