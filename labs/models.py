"""What must not be lost of a run: what it is, and what was done to it. Chunks and checkpoints are computed from this and live in Redis."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Run(models.Model):
    """A run is a function of lab, version, parameters, seed and command log. Its revision is the number of commands."""

    class Origin(models.TextChoices):
        """How it came to be. Only what a student began or branched here can count for a grade."""

        NEW = "new", "started"
        BRANCH = "branch", "branch"
        COPY = "copy", "copy"
        SHARED = "shared", "shared copy"
        IMPORT = "import", "imported"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    lab = models.CharField(max_length=40)
    lab_version = models.PositiveIntegerField()
    engine_version = models.PositiveIntegerField()
    scenario = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=80, blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.NEW)
    share_key = models.CharField(max_length=32, unique=True, null=True, blank=True, editable=False, help_text="Of a shared copy.")
    place = models.CharField(max_length=120, blank=True, help_text="Where it was started: a lesson's lab block, or the lab's own page.")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="branches")
    branched_at_us = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(default=timezone.now, help_text="When somebody last played it.")

    class Meta:
        indexes = [models.Index(fields=["owner", "place", "-created_at"]), models.Index(fields=["owner", "-used_at"])]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or f"{self.lab} {str(self.id)[:8]}"

    @property
    def branched_at_s(self) -> str:
        """The moment it left its parent, in seconds, as pages show it."""
        return "" if self.branched_at_us is None else f"{self.branched_at_us / 1e6:.2f}"

    @property
    def shared(self) -> bool:
        """A copy behind a link: it never changes."""
        return self.share_key is not None


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


class LabTried(models.Model):
    """A student took part in a lab at a place: a lesson's lab block (`8.5#raft-first`) or the lab's own page. Stays when the run goes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="labs_tried")
    lab = models.CharField(max_length=40)
    place = models.CharField(max_length=120)
    tried_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "place", "lab"], name="lab_tried_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.lab} at {self.place}"


class ChallengePassed(models.Model):
    """A challenge was met in a run, as a worker saw it. Shown to the student as progress; no grade is made of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="challenges_passed")
    lab = models.CharField(max_length=40)
    challenge = models.CharField(max_length=60)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="challenges_passed")  # the pass stays when it goes
    t_us = models.BigIntegerField()  # the moment in the run
    passed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "challenge"], name="challenge_passed_once_in_a_run")]

    def __str__(self) -> str:
        return f"{self.user}: {self.challenge} of {self.lab}"

    @property
    def moment(self) -> str:
        """Seconds, as an address names a moment: `#t=12.5`. Rounded up, so that what happened then has happened."""
        return f"{-(-self.t_us // 1000) / 1000:.3f}"


class Poster(models.Model):
    """The first chunk of a scenario, computed when the course is imported: what a page shows before any run exists."""

    key = models.CharField(max_length=64, unique=True)
    lab = models.CharField(max_length=40)
    frame = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.lab} {self.key[:8]}"
