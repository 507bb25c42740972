"""What a worker's processes do besides their tasks."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from academy.launch.place import ROOT
from labs import runs, stream, tasks

TASKS = 6  # more than there are processes


@pytest.fixture
def run(transactional_db):
    return runs.create(get_user_model().objects.create_user("alice"), "raft", "steady")


def connections_made():
    """How many there were to this database since it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_tasks_use_the_connections_of_those_before_them(live_site, run, eventually):
    tokens = iter(range(1_000))

    def a_round_without_a_new_one():
        before = connections_made()
        for _ in range(TASKS):
            token = f"worker-{next(tokens)}"
            tasks.seek.apply_async((str(run.pk), 1_000_000, token), queue="live")
            assert stream.connection().blpop([f"sought:{token}"], timeout=20)
        return connections_made() == before

    eventually("a round of tasks without a new connection", a_round_without_a_new_one)


def test_a_worker_steps_back_behind_other_sessions_too():
    code = "import os; from academy.celery import step_back; step_back(); print(os.nice(0))"
    code += "; print(open('/proc/self/autogroup').read().strip() if os.path.exists('/proc/self/autogroup') else 'nice 3')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "WORKER_NICE": "3"},
        start_new_session=True,
        capture_output=True,
        text=True,
    )
    nice, group = done.stdout.splitlines()
    assert int(nice) >= 3 and group.endswith(f"nice {nice}")
