"""What must not be lost of a run: what it is, and what was done to it. Chunks and checkpoints are computed from this and live in Redis."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Run(models.Model):
    """A run is a function of lab, version, parameters, seed and command log. Its revision is the number of commands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    lab = models.CharField(max_length=40)
    lab_version = models.PositiveIntegerField()
    engine_version = models.PositiveIntegerField()
    scenario = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    place = models.CharField(max_length=120, blank=True, help_text="Where it was started: a lesson's lab block, or the lab's own page.")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="branches")
    branched_at_us = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "place", "-created_at"])]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.lab} {str(self.id)[:8]}"


class RunCommand(models.Model):
    """One line of a run's log. `seq` counts from 1; `at_us` never falls. A retry carries the same `client_id`."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="commands")
    seq = models.PositiveIntegerField()
    client_id = models.UUIDField(default=uuid.uuid4)
    at_us = models.BigIntegerField()
    action = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="command_seq_once"),
            models.UniqueConstraint(fields=["run", "client_id"], name="command_client_id_once"),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.action} at {self.at_us} us"


class Poster(models.Model):
    """The first chunk of a scenario, computed when the course is imported: what a page shows before any run exists."""

    key = models.CharField(max_length=64, unique=True)
    lab = models.CharField(max_length=40)
    frame = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.lab} {self.key[:8]}"
