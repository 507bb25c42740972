"""A gradebook of many cells on a running site, beside a bare page of the same server. Prints JSON; called by `academy.bench.main`.

The class has what a term leaves behind: three quarters of its columns are quizzes with two attempts of everybody and a grade written down
for each, some late; the others are marked by hand; here and there something is set by hand, lifted again, or exempt.
"""

import http.client
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import django

BARE = "/healthz"
WARM_UP = 3


def main() -> int:
    options = json.loads(sys.argv[1])
    django.setup()
    school_class, cookie = make(options["students"], options["columns"])
    path = f"/classes/{school_class.pk}/gradebook/"
    report = {"students": options["students"], "columns": options["columns"], **counted(school_class)}
    report |= inside(school_class) | over_http(options["address"], path, cookie, options["times"])
    print(json.dumps(report | {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 2)}, indent=2))
    return 0


def make(students: int, columns: int) -> tuple[Any, str]:
    """A class and the cookie of its instructor's session."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.utils import timezone

    from academy.classes.models import How, Membership, Role, SchoolClass

    user_model = get_user_model()
    instructor = user_model.objects.create_user("bench-instructor", is_superuser=True, is_staff=True)
    school_class = SchoolClass.objects.create(name="Bench", created_by=instructor)
    users = user_model.objects.bulk_create(
        [user_model(username=f"student-{n:04}", first_name="Ada", last_name=f"L{n:04}") for n in range(students)]
    )
    seats = [Membership(school_class=school_class, user=user, how=How.CODE, role=Role.STUDENT, agreed_at=timezone.now()) for user in users]
    Membership.objects.bulk_create(seats)
    dice = random.Random(1)  # noqa: S311 - made-up marks
    for n in range(columns):
        fill(school_class, users, n, dice, instructor)
    client = Client()
    client.force_login(instructor)
    return school_class, "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def fill(school_class: Any, users: list[Any], n: int, dice: random.Random, instructor: Any) -> None:
    """One column, every fourth marked by hand, with the logs of its cells."""
    from academy.gradebook.models import Column, GradebookEvent
    from academy.quizzes.models import QuizSchedule

    schedule = None if n % 4 == 3 else QuizSchedule.objects.create(quiz=quiz(n), school_class=school_class)
    column = Column.objects.create(
        school_class=school_class, schedule=schedule, title=f"Column {n + 1}", order=n, weight=Decimal(1 + n % 3)
    )
    rows: list[Any] = []
    for user in users:
        made = graded(column, user, dice) if schedule else [{"state": "override", "points": marks(dice), "reason": "Read"}]
        if dice.random() < 0.05:
            made.append({"state": "override", "points": marks(dice), "reason": "Looked at again"})
        if dice.random() < 0.02:
            made.append({"state": dice.choice(("exempt", "lifted")), "points": None, "reason": "Ill"})
        rows += [
            GradebookEvent(school_class=school_class, user=user, column=column, max=column.points, actor=instructor, **one) for one in made
        ]
    GradebookEvent.objects.bulk_create(rows, batch_size=2000)


def quiz(n: int) -> Any:
    from lessons.models import Lesson, Quiz

    return Quiz.objects.create(name=f"bench-{n}", lesson=Lesson.objects.all()[0], title=f"Quiz {n + 1}", is_asked=False)


def graded(column: Any, user: Any, dice: random.Random) -> list[dict[str, Any]]:
    """Two attempts, each with the grade that was written down after it."""
    from django.utils import timezone

    from academy.quizzes.models import Attempt

    at = timezone.now()
    schedule = column.schedule
    common = {"quiz_id": schedule.quiz_id, "school_class_id": column.school_class_id, "user": user, "state": "graded", "seed": "0" * 32}
    tries = Attempt.objects.bulk_create([Attempt(number=n, started_at=at, submitted_at=at, **common) for n in (1, 2)])
    why: list[dict[str, Any]] = []
    events = []
    for one in tries:
        points, credit = dice.randint(2, 20), "0.8" if dice.random() < 0.05 else "1"
        counts = Decimal(points) / 20 * Decimal(credit)
        why = [*why, {"id": str(one.pk), "number": one.number, "points": str(points), "max": "20", "credit": credit, "counts": str(counts)}]
        best = max(Decimal(told["counts"]) for told in why)
        events.append({"state": "graded", "points": best * 100, "why": {"aggregate": "best", "attempts": why}})
    return events


def marks(dice: random.Random) -> Decimal:
    return Decimal(dice.randint(0, 10_000)) / 100


def counted(school_class: Any) -> dict[str, int]:
    return {
        "cells": school_class.gradebook_events.values("user", "column").distinct().count(),
        "events": school_class.gradebook_events.count(), "attempts": school_class.attempts.count(),
    }  # fmt: skip


def inside(school_class: Any) -> dict[str, Any]:
    """Where the time goes, in this process: the database, the rest of reading, writing the rows."""
    from academy.gradebook import grid

    grid.of_class(school_class)
    with queries() as seen:
        table, read_ms = timed(lambda: grid.of_class(school_class))
    _, rows_ms = timed(lambda: [row.html for row in table.rows])
    return {"table_queries": len(seen), "queries_ms": round(sum(seen), 1), "read_ms": round(read_ms, 1), "rows_ms": round(rows_ms, 1)}


@contextmanager
def queries() -> Any:
    """The time of each query in it, in milliseconds."""
    from django.db import connection

    seen: list[float] = []

    def watch(execute: Callable[..., Any], *args: Any) -> Any:
        found, passed = timed(lambda: execute(*args))
        seen.append(passed)
        return found

    with connection.execute_wrapper(watch):
        yield seen


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = what()
    return found, (time.perf_counter() - began) * 1000


def over_http(address: str, path: str, cookie: str, times: int) -> dict[str, Any]:
    """Both pages in turn over one connection each, from the request to the last byte."""
    server = urlsplit(address)
    connections = {name: http.client.HTTPConnection(server.hostname or "", server.port) for name in (path, BARE)}
    passed: dict[str, list[float]] = {path: [], BARE: []}
    size = 0
    for turn in range(times + WARM_UP):
        for name, connection in connections.items():
            body, ms = timed(partial(fetch, connection, name, cookie))
            if turn >= WARM_UP:
                passed[name].append(ms)
            size = len(body) if name == path else size
    page, bare = (percentiles(passed[name]) for name in (path, BARE))
    return {"bytes": size, "page_ms": page, "bare_page_ms": bare, "ratio_p50": round(page["p50"] / bare["p50"], 1)}


def fetch(connection: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path} answered {response.status}; expected 200.")
    return body


def percentiles(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 1),
        "p95": round(sorted(values)[int(len(values) * 0.95) - 1], 1),
        "max": round(max(values), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
