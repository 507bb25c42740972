"""Attempts at quizzes, what was answered and what it was worth.

`ResponseEvent` and `GradeEvent` are logs: rows are added and never changed, by code (`save` refuses) and by the database (a trigger).
Everything else about an attempt's mark is computed from them. `attempts` and `marking` are the doors.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from academy.quizzes.regrade_models import RegradeDelta as RegradeDelta
from academy.quizzes.regrade_models import RegradeRun as RegradeRun
from academy.quizzes.schedule_models import PolicyOverride as PolicyOverride
from academy.quizzes.schedule_models import QuizSchedule as QuizSchedule


class Log(models.Model):
    """A row that is added and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is a log; add a row instead.")
        super().save(*args, **kwargs)


class State(models.TextChoices):
    IN_PROGRESS = "in_progress", "in progress"
    SUBMITTED = "submitted", "handed in, being graded"
    GRADED = "graded", "graded"
    NEEDS_REVIEW = "needs_review", "waits for an instructor"
    ABANDONED = "abandoned", "given up"  # practice that was never handed in
    VOIDED = "voided", "does not count"


class Why(models.TextChoices):
    """Why an attempt ended."""

    STUDENT = "student", "handed in"
    TIME = "time", "time was up"
    CLOSED = "closed", "the quiz closed"
    STAFF = "staff", "ended by an instructor"


OVER = (State.SUBMITTED, State.GRADED, State.NEEDS_REVIEW)


class Attempt(models.Model):
    """`school_class` none: practice, which counts for nothing. `deadline_at` none: no limit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    quiz = models.ForeignKey("lessons.Quiz", on_delete=models.PROTECT, related_name="attempts")
    school_class = models.ForeignKey("classes.SchoolClass", null=True, on_delete=models.PROTECT, related_name="attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()  # 1, 2, 3 ... of this user, quiz and class
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    seed = models.CharField(max_length=32)  # hexadecimal, secret: everything dealt comes from it
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submit_key = models.UUIDField(default=uuid.uuid4)
    finalize_reason = models.CharField(max_length=8, choices=Why.choices, blank=True)
    grading_tries = models.PositiveSmallIntegerField(default=0)  # by workers, so that what cannot be graded ends with a person
    grading_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "quiz", "school_class", "number"], condition=Q(school_class__isnull=False), name="one_attempt_per_number"
            ),
            models.UniqueConstraint(
                fields=["user", "quiz", "school_class"],
                condition=Q(state="in_progress"),
                nulls_distinct=False,
                name="one_attempt_in_progress",
            ),
            models.CheckConstraint(
                name="an_attempt_that_is_over_says_when",
                condition=Q(state__in=["in_progress", "abandoned", "voided"]) | Q(submitted_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(state="in_progress"), name="attempts_with_a_deadline"),
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="attempts_to_grade"),
            models.Index(fields=["school_class", "quiz", "user"]),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.quiz}, attempt {self.number}"

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def practice(self) -> bool:
        return self.school_class_id is None


class AttemptItem(models.Model):
    """One question of an attempt, at the version that was current when it began, and what was dealt to this student."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="items")
    slot = models.PositiveSmallIntegerField()  # 1, 2, 3 ... in the order asked
    question_version = models.ForeignKey("lessons.QuestionVersion", on_delete=models.PROTECT, related_name="+")
    seed = models.CharField(max_length=32)
    dealt = models.JSONField(default=dict)
    draft = models.JSONField(null=True, blank=True)
    draft_rev = models.PositiveIntegerField(default=0)
    drafted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["attempt", "slot"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["attempt", "slot"], name="one_item_per_slot")]

    def __str__(self) -> str:
        return f"{self.attempt_id} question {self.slot}"


class ResponseEvent(Log):
    """What arrived from the student. A final one is what is graded; a late one arrived after time and is kept, not graded."""

    class Kind(models.TextChoices):
        DRAFT = "draft"
        CHECK = "check"
        FINAL = "final"
        LATE = "late"

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="responses")
    seq = models.PositiveIntegerField()  # 1, 2, 3 ... of the item
    kind = models.CharField(max_length=5, choices=Kind.choices)
    answer = models.JSONField(null=True)  # None: blank
    client_event_id = models.UUIDField(null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["item", "seq"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["item", "seq"], name="one_response_per_number"),
            models.UniqueConstraint(fields=["item", "client_event_id"], name="one_response_per_client_event"),
            models.UniqueConstraint(fields=["item"], condition=Q(kind="final"), name="one_final_response"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind} {self.seq}"


class Receipt(Log):
    """What the student holds in hand: one for each attempt. `lines`: for each question, what arrived last, when, and whether it counts."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="receipt")
    code = models.CharField(max_length=20, unique=True)
    lines = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.code


class GradeEvent(Log):
    """What a grader decided of a response, and by which versions. What counts of an item: `marking.effective`."""

    class Kind(models.TextChoices):
        AUTO = "auto", "graded"
        REGRADE = "regrade", "regraded"
        MANUAL = "manual", "graded by hand"
        OVERRIDE = "override", "overridden"
        EXCUSED = "excused", "excused"
        CLEARED = "cleared", "decision by hand taken back"

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="grades")
    response = models.ForeignKey(ResponseEvent, null=True, on_delete=models.CASCADE, related_name="grades")
    question_version = models.ForeignKey("lessons.QuestionVersion", on_delete=models.PROTECT, related_name="+")
    grader_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    fraction = models.DecimalField(max_digits=9, decimal_places=8)
    points = models.DecimalField(max_digits=12, decimal_places=8)
    points_max = models.DecimalField(max_digits=8, decimal_places=2)  # 0 where the item is excused or dropped
    feedback = models.JSONField(default=list)  # [[id, right or null, html]]
    facts = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    regrade = models.ForeignKey(RegradeRun, null=True, blank=True, on_delete=models.PROTECT, related_name="grades")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["item", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question_version", "grader_version"], condition=Q(kind="auto"), name="graded_once_by_each_version"
            ),
            models.CheckConstraint(name="a_fraction_is_from_0_to_1", condition=Q(fraction__gte=0, fraction__lte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.points} of {self.points_max} ({self.kind})"


class AttemptRun(models.Model):
    """A run that was begun for a challenge of an attempt, with the seed and the parameters dealt. Only these and their branches count."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="runs")
    run = models.OneToOneField("labs.Run", on_delete=models.CASCADE, related_name="for_attempt")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.item_id}: {self.run_id}"


class ChallengeAttempt(Log):
    """What a replay of a run's log said of a challenge. The same log is judged once by each version."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="challenge_attempts")
    run = models.ForeignKey("labs.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    run_uuid = models.UUIDField()  # stays when the run goes
    challenge = models.CharField(max_length=60)
    lab_version = models.PositiveIntegerField()
    engine_version = models.PositiveIntegerField()
    commands_digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=12)  # met, not_met, unavailable, unfinished
    percent = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=list)  # seqs of events
    t_us = models.BigIntegerField(null=True)  # the moment it was met
    digest = models.CharField(max_length=64, blank=True)  # of the run up to there
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["run_uuid", "challenge", "commands_digest", "lab_version", "engine_version"], name="one_verdict_for_a_log"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge} in {self.run_uuid}: {self.outcome}"
