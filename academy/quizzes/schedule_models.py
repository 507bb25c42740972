"""When a class takes a quiz, by which rules, and what is different for one student. Dates are a class's; a quiz's text has none."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

GRACE_S = 15
TIME_LIMIT_S_MAX = 24 * 3600
ATTEMPTS_MAX = 20
TIME_FACTOR_MAX = Decimal(5)


class Aggregate(models.TextChoices):
    BEST = "best", "the best attempt"
    LAST = "last", "the last attempt"
    MEAN = "mean", "the mean of all attempts"


class When(models.TextChoices):
    """When students see something of a submitted attempt."""

    AT_ONCE = "at_once", "as soon as it is graded"
    DUE = "due", "after the due date"
    CLOSED = "closed", "after the quiz closes"
    RELEASED = "released", "when an instructor releases it"
    NEVER = "never", "never"


class QuizSchedule(models.Model):
    """Moments are in UTC; pages show them on the class's clock. An empty one: from the beginning, without end."""

    quiz = models.ForeignKey("lessons.Quiz", on_delete=models.PROTECT, related_name="schedules")
    school_class = models.ForeignKey("classes.SchoolClass", on_delete=models.PROTECT, related_name="quiz_schedules")
    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    time_limit_s = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(60), MaxValueValidator(TIME_LIMIT_S_MAX)]
    )
    grace_s = models.PositiveSmallIntegerField(default=GRACE_S, validators=[MaxValueValidator(600)])
    attempts_max = models.PositiveSmallIntegerField(
        null=True, blank=True, default=2, validators=[MinValueValidator(1), MaxValueValidator(ATTEMPTS_MAX)], help_text="Empty: no limit."
    )
    aggregate = models.CharField(max_length=4, choices=Aggregate.choices, default=Aggregate.BEST)
    shuffle = models.BooleanField(default=True, help_text="Each attempt asks its questions in an order of its own.")
    # [[hours after the due date, percent of the marks], ...], hours rising: what arrives later than the last gets 0. Empty: no discount.
    late = models.JSONField(default=list, blank=True)
    score_when = models.CharField(max_length=8, choices=When.choices, default=When.AT_ONCE)
    feedback_when = models.CharField(max_length=8, choices=When.choices, default=When.AT_ONCE)
    key_when = models.CharField(max_length=8, choices=When.choices, default=When.CLOSED)
    released_at = models.DateTimeField(null=True, blank=True)
    # Practice shows the key of what it asks, from the same bank.
    practice_open = models.BooleanField(default=True, help_text="Students of the class may practise this quiz before it closes.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = [F("due_at").asc(nulls_last=True), "pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["quiz", "school_class"], name="one_schedule_for_a_quiz_and_class"),
            models.CheckConstraint(
                name="a_quiz_opens_before_it_is_due", condition=Q(opens_at=None) | Q(due_at=None) | Q(opens_at__lt=F("due_at"))
            ),
            models.CheckConstraint(
                name="a_quiz_is_due_before_it_closes", condition=Q(due_at=None) | Q(closes_at=None) | Q(due_at__lte=F("closes_at"))
            ),
            models.CheckConstraint(
                name="a_quiz_opens_before_it_closes", condition=Q(opens_at=None) | Q(closes_at=None) | Q(opens_at__lt=F("closes_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz} in {self.school_class}"


class PolicyOverride(models.Model):
    """What is different for one student: the newest row counts, whole. An empty field: as for everybody. Rows are never changed."""

    schedule = models.ForeignKey(QuizSchedule, on_delete=models.PROTECT, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="policy_overrides")
    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    time_limit_s = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(60), MaxValueValidator(TIME_LIMIT_S_MAX)]
    )
    attempts_max = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(ATTEMPTS_MAX)]
    )
    time_factor = models.DecimalField(
        max_digits=3, decimal_places=2, null=True, blank=True, help_text="1.5: half as much time again.",
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(TIME_FACTOR_MAX)],
    )  # fmt: skip
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["schedule", "user", "-id"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.schedule} otherwise"
