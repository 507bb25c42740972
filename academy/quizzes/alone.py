"""One worker at a time at something that takes long: the others leave it, and what a worker that died held is free with its connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

REGRADE = 0x7265  # kinds of work
GRADE = 0x6772


@contextmanager
def alone(kind: int, number: int) -> Iterator[bool]:
    """Whether nobody else is at this one. `number` is below 2**31; where two things share one, the second waits to be asked for again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, number])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, number])
