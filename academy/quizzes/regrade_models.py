"""A question's answers marked anew: looked at first, applied in batches, taken back if need be. `regrading` is the door."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models


class RegradeRun(models.Model):
    """A question's answers marked anew, in a class or everywhere: looked at first, applied, and taken back if need be."""

    class Mode(models.TextChoices):
        NEW_KEY = "new_key", "mark by the new version"
        BEST_OF = "best_of", "the better of old and new"
        ACCEPT_BOTH = "accept_both", "accept the old and the new key"
        FULL_CREDIT = "full_credit", "full marks for everybody"
        DROP_ITEM = "drop_item", "leave the question out"

    class State(models.TextChoices):
        DRAFT = "draft", "being computed"
        PREVIEWED = "previewed", "waits for a decision"
        APPLYING = "applying", "being applied"
        APPLIED = "applied", "applied"
        REVERTED = "reverted", "taken back"
        FAILED = "failed", "failed"

    question = models.ForeignKey("lessons.Question", on_delete=models.PROTECT, related_name="regrades")
    school_class = models.ForeignKey("classes.SchoolClass", null=True, on_delete=models.PROTECT, related_name="regrades")
    to_version = models.ForeignKey("lessons.QuestionVersion", on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=12, choices=Mode.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(max_length=300)
    error = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    reverted_at = models.DateTimeField(null=True, blank=True)
    reverted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revert_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.question.uid}: {self.get_mode_display()}"


class RegradeDelta(models.Model):
    """What a regrade changes for one item: fractions of the points, and whether it crosses the line between passing and failing."""

    regrade = models.ForeignKey(RegradeRun, on_delete=models.CASCADE, related_name="deltas")
    item = models.ForeignKey("quizzes.AttemptItem", on_delete=models.CASCADE, related_name="+")
    from_version = models.ForeignKey("lessons.QuestionVersion", on_delete=models.PROTECT, related_name="+")
    old_points = models.DecimalField(max_digits=12, decimal_places=8)
    new_points = models.DecimalField(max_digits=12, decimal_places=8)
    old_max = models.DecimalField(max_digits=8, decimal_places=2)
    new_max = models.DecimalField(max_digits=8, decimal_places=2)
    # The mark to write: fraction, feedback, facts, grader_version; `of`: the grade it came from; `left`: why it is left alone, or "".
    new = models.JSONField(default=dict)
    pass_flip = models.SmallIntegerField(default=0)  # +1 passes now, -1 passes no more
    note = models.CharField(max_length=300, blank=True)  # why it is left alone, where it is
    applied = models.BooleanField(default=False)  # and not taken back

    class Meta:
        ordering = ["regrade", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["regrade", "item"], name="one_delta_per_item")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.old_points} to {self.new_points}"

    @property
    def gain(self) -> Decimal:
        return self.new_points - self.old_points
