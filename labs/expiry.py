"""Runs that nobody uses do not stay for ever. Their chunks are gone from Redis an hour after the last look; this is about their logs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from labs.models import Run

IDLE_DAYS = 90
BATCH = 200  # at a time, so that no transaction is long


def expire_runs(days: int = IDLE_DAYS) -> int:
    """Delete runs without a name that were not played for `days` days; a name says that somebody wants to keep it. Returns how many.

    A shared copy is kept with its name, or while its link is followed.
    """
    idle = Run.objects.filter(name="", used_at__lt=timezone.now() - timedelta(days=days))
    expired = 0
    while ids := list(idle.values_list("pk", flat=True)[:BATCH]):
        Run.objects.filter(pk__in=ids).delete()
        expired += len(ids)
    return expired
