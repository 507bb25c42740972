"""The course in the database: a lesson points at the revision that is shown; revisions are never changed."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class Origin(models.TextChoices):
    FILE = "file", "course file"
    ADMIN = "admin", "edited here"


class Lesson(models.Model):
    number = models.CharField(max_length=8, unique=True, help_text="As readers see it: 8.5")
    order = models.PositiveIntegerField(unique=True, help_text="major * 1000 + minor, so that 8.10 follows 8.9")
    # Copied from the published revision's front matter, so that lists need not parse texts.
    title = models.CharField(max_length=200)
    lead = models.CharField(max_length=400, blank=True)
    minutes = models.PositiveSmallIntegerField(default=20)
    published = models.ForeignKey(
        "LessonRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What readers see."
    )
    # A newer course file that was not published because an instructor had edited the text. Waits for a choice.
    pending = models.ForeignKey("LessonRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class LessonRevision(models.Model):
    """One text of a lesson. Immutable: what a student was shown can always be shown again."""

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="revisions")
    n = models.PositiveIntegerField("revision")  # 1, 2, 3 ... within the lesson
    source = models.TextField()  # the exact text, byte for byte
    sha256 = models.CharField(max_length=64, editable=False)  # of source in UTF-8
    origin = models.CharField(max_length=8, choices=Origin.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["lesson", "-n"]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "n"], name="one_revision_per_number"),
            models.CheckConstraint(name="revision_numbers_start_at_one", condition=Q(n__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.lesson.number} r{self.n}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A lesson revision is never changed; make a new one with lessons.revisions.add().")
        self.sha256 = sha256_of(self.source)
        super().save(*args, **kwargs)


def sha256_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
