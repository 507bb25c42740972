"""The bank of questions: what published lessons ask, version by version, and the quizzes that ask it.

A version is never changed: an answer points at the one that was asked, a mark names the one it was made by. Publishing the same text again
finds the same version by its hash. `lessons.asking` is the door.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


class Question(models.Model):
    """An id under which a published lesson asked a question. It keeps its type for good, since answers are kept under it."""

    uid = models.CharField(max_length=40, unique=True)
    type = models.CharField(max_length=20)
    # Where it stands now; none where no published lesson asks it any more.
    lesson = models.ForeignKey("lessons.Lesson", null=True, on_delete=models.SET_NULL, related_name="questions")
    current = models.ForeignKey("lessons.QuestionVersion", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.uid} ({self.type})"


class QuestionVersion(models.Model):
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField()  # 1, 2, 3 ... within the question
    source = models.TextField()  # what stands between the fences
    spec = models.JSONField()
    key = models.JSONField()
    rule = models.CharField(max_length=40, blank=True)
    points = models.DecimalField(max_digits=6, decimal_places=2)
    concepts = models.JSONField(default=list)  # slugs
    sha256 = models.CharField(max_length=64)  # of the canonical JSON of all of the above
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["question", "n"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["question", "n"], name="one_question_version_per_number"),
            models.UniqueConstraint(fields=["question", "sha256"], name="one_question_version_per_text"),
            models.CheckConstraint(name="question_points_above_zero", condition=Q(points__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.question.uid} v{self.n}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A question version is never changed; publish the lesson with another text.")
        super().save(*args, **kwargs)


class Quiz(models.Model):
    """A quiz block of a published lesson. `slots`: `{"ask": uid}` or `{"pool": name, "pick": k, "of": [uids]}`, in the order asked."""

    name = models.CharField(max_length=40, unique=True)
    lesson = models.ForeignKey("lessons.Lesson", on_delete=models.PROTECT, related_name="quizzes")
    title = models.CharField(max_length=300, blank=True)  # words, no markup
    slots = models.JSONField(default=list)
    order = models.PositiveSmallIntegerField(default=0)  # in its lesson
    is_asked = models.BooleanField(default=True)  # whether a published lesson has it now

    class Meta:
        ordering = ["lesson__order", "order"]
        verbose_name_plural = "quizzes"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.title or f"Quiz {self.name}"

    @property
    def size(self) -> int:
        """How many questions an attempt asks."""
        return sum(slot.get("pick", 1) for slot in self.slots)
