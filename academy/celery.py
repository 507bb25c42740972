"""The Celery application. Tasks live in each app's `tasks.py`; they carry ids as JSON and nothing else."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings")

app = Celery("academy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def step_back(**kwargs: Any) -> None:
    """A worker whose results are not waited for leaves the processors to those whose are."""
    os.nice(int(os.environ.get("WORKER_NICE", "0")))
