"""The Celery application. Tasks live in each app's `tasks.py`; they carry ids as JSON and nothing else."""

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings")

OBJECTS_BETWEEN = 50_000  # before young objects are looked through for rings that nobody needs: about one slice of a run

app = Celery("academy")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would end connections and their pool before and after each task, and each of them costs more than all queries of a task
# together. `settle_connections` does what Django does around each request.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="regrade_tasks")


@worker_init.connect
def step_back(**kwargs: Any) -> None:
    """A worker whose results are not waited for leaves the processors to those whose are."""
    nice = os.nice(int(os.environ.get("WORKER_NICE", "0")))
    # Where Linux shares processors out by session, `nice` weighs only within one, and each of our programs has its own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


@worker_process_init.connect
def spare_the_collector(**kwargs: Any) -> None:
    """What was loaded once stays, so the garbage collector need not look at it again; and it looks seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, 10, 10)


@task_prerun.connect
@task_postrun.connect
def settle_connections(task: Any, **kwargs: Any) -> None:
    """A connection that broke or is too old is not used again; one from a pool goes back to it."""
    from django.db import close_old_connections

    if not task.request.is_eager:
        close_old_connections()
