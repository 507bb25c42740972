"""What counts in a class: columns, and the log of each cell.

A cell is what its newest `GradebookEvent` says. Nothing is changed in place, so every number can be explained from the log.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from academy.quizzes.models import Log

COLUMNS_MAX = 100  # of a class
WEIGHT_MAX = Decimal(1000)


class Column(models.Model):
    """Something that counts: a quiz of the class, or a thing that is marked by hand. `weight` is relative to the other columns."""

    school_class = models.ForeignKey("classes.SchoolClass", on_delete=models.PROTECT, related_name="columns")
    schedule = models.OneToOneField("quizzes.QuizSchedule", null=True, blank=True, on_delete=models.PROTECT, related_name="column")
    title = models.CharField(max_length=120)
    points = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(100), help_text="The most there is to get.")
    weight = models.DecimalField(
        max_digits=6, decimal_places=2, default=Decimal(1), validators=[MinValueValidator(Decimal(0)), MaxValueValidator(WEIGHT_MAX)]
    )
    order = models.PositiveSmallIntegerField(default=0)
    hidden_from_students = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)  # its log stays
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["order", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="column_points_above_zero", condition=Q(points__gt=0)),
            models.CheckConstraint(name="column_weight_not_below_zero", condition=Q(weight__gte=0)),
        ]

    def __str__(self) -> str:
        return self.title


class GradebookEvent(Log):
    """What counts in a cell from now on, and why. `graded` comes from attempts; an override or an exemption stands until it is lifted."""

    class State(models.TextChoices):
        GRADED = "graded", "graded"
        EXEMPT = "exempt", "exempt"
        OVERRIDE = "override", "set by hand"
        LIFTED = "lifted", "as graded again"
        EXTENSION = "extension", "extension"

    school_class = models.ForeignKey("classes.SchoolClass", on_delete=models.PROTECT, related_name="gradebook_events")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="gradebook_events")
    column = models.ForeignKey(Column, on_delete=models.PROTECT, related_name="events")
    points = models.DecimalField(max_digits=12, decimal_places=8, null=True)  # none: nothing counts (exempt, lifted without a grade)
    max = models.DecimalField(max_digits=8, decimal_places=2)
    state = models.CharField(max_length=9, choices=State.choices)
    why = models.JSONField(default=dict)  # how a graded number came about: attempts, their marks, credit, aggregate
    reason = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["school_class", "column", "user", "-id"])]

    def __str__(self) -> str:
        return f"{self.user}, {self.column}: {self.points} of {self.max} ({self.state})"
